"""Symbols and the registry: names are found from below, and dialects when they are first met."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import couloir
from couloir.ir import symbols
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, StringAttr, SymbolRefAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.registry import Registry
from couloir.ir.symbols import lookup, lookup_or_raise, nearest_table, references, symbols_in
from couloir.ir.traits import NoTerminator, SymbolTable


class Table(Operation, name="st.table", traits=(NoTerminator, SymbolTable)):
    body: Region


class Item(Operation, name="st.item"):
    pass


def named(cls: type[Operation], name: str, *ops: Operation) -> Operation:
    op = cls(Region([Block(ops=ops)])) if cls is Table else cls()
    op.attributes["sym_name"] = StringAttr(name)
    return op


def test_a_symbol_is_found_from_below_and_the_nearest_table_wins() -> None:
    user, deep, outer_f, inner_f = Item(), named(Item, "g"), named(Item, "f"), named(Item, "f")
    inner = named(Table, "inner", inner_f, user)
    root = named(Table, "root", outer_f, deep, inner)
    assert lookup(user, "f") is inner_f
    assert lookup(user, "g") is deep
    assert lookup(root, "f") is outer_f
    assert lookup(user, SymbolRefAttr("inner", ("f",))) is inner_f
    assert lookup(user, SymbolRefAttr("inner", ("h",))) is None
    assert lookup(user, "nothing") is None
    assert nearest_table(user) is inner
    assert nearest_table(inner) is inner
    assert nearest_table(Item()) is None
    assert lookup(Item(), "f") is None


def test_of_two_symbols_with_one_name_the_first_is_meant() -> None:
    first = named(Item, "f")
    assert symbols_in(named(Table, "t", first, named(Item, "f"), Item())) == {"f": first}


class Place(Attribute, name="st.place"):
    """An attribute that names symbols among its parameters."""

    where: SymbolRefAttr
    others: tuple[Attribute, ...]
    count: int


def test_references_are_found_in_the_parameters_of_attributes() -> None:
    a, b, c = (SymbolRefAttr(name) for name in "abc")
    nested = Place(a, (Place(b, (), 1), StringAttr("x")), 2)
    assert {r.root for r in references(ArrayAttr((nested, DictionaryAttr({"k": c}))))} == {"a", "b", "c"}


def test_a_name_that_means_nothing_gets_a_hint() -> None:
    table = named(Table, "t", named(Item, "forward"))
    with pytest.raises(Error, match="there is no symbol @forwrd") as caught:
        lookup_or_raise(table, "forwrd")
    assert "forward" in caught.value.hint
    assert lookup_or_raise(table, "forward").name == "st.item"


def test_references_are_found_inside_arrays_and_dictionaries() -> None:
    a, b = SymbolRefAttr("a"), SymbolRefAttr("b")
    nested = ArrayAttr((a, DictionaryAttr((("k", ArrayAttr((b,))),)), StringAttr("c")))
    assert set(references(nested)) == {a, b}


# -- the registry ------------------------------------------------------------------------------------------------------------


def test_a_dialect_is_imported_when_one_of_its_names_is_first_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lazy_dialect_of_test.py").write_text("from couloir.ir.registry import REGISTRY\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry()
    registry.declare("lazy", "lazy_dialect_of_test")
    assert "lazy_dialect_of_test" not in sys.modules
    assert registry.knows("lazy")
    assert registry.operation("lazy.op") is None
    assert "lazy_dialect_of_test" in sys.modules
    assert not registry.load("lazy")


def test_a_dialect_of_another_package_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name, value = "plug", "json"

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point()])
    registry = Registry()
    assert registry.knows("plug")
    assert "plug" in registry.dialects()
    assert registry.load("plug")


def test_a_dialect_that_cannot_be_imported_is_an_error_each_time() -> None:
    registry = Registry()
    registry.declare("broken", "no_such_module_anywhere")
    for _ in range(2):
        with pytest.raises(Error, match="cannot load the dialect `broken` from `no_such_module_anywhere`"):
            registry.operation("broken.op")


def test_a_factory_makes_classes_on_demand() -> None:
    registry = Registry()
    registry.declare_factory("made", lambda name: Item if name == "made.item" else None)
    assert registry.operation("made.item") is Item
    assert registry.operation("made.other") is None


def test_a_later_definition_replaces_an_earlier_one() -> None:
    registry = Registry()
    registry.add_operation("x.op", Item)
    registry.add_operation("x.op", Table)
    assert registry.operation("x.op") is Table
    assert registry.operations("x") == [Table]
    assert not registry.knows("y")


def test_the_verifier_reads_a_table_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of n functions with n calls is verified in time that grows with n."""
    lines = [f"func.func private @f{i}() {{\n  func.call @f{i + 1}() : () -> ()\n  return\n}}" for i in range(20)]
    module = couloir.parse("\n".join([*lines, "func.func private @f20() { return }"]))
    read: list[Operation] = []
    monkeypatch.setattr(symbols, "symbols_in", lambda table: read.append(table) or symbols_in(table))
    couloir.verify(module)
    assert read == [module]
