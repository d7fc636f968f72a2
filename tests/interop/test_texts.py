"""A text for every op of every dialect that upstream has too: both read what the other writes, and write the same.

The texts are in `texts/`, one file for a dialect or two, in upstream's pretty form.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import couloir.dialects
from couloir.ir.registry import REGISTRY
from couloir.ir.text.format import printer_of, reader_of
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from tests.interop.upstream import FORMS, Upstream

COMMON = {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("texts/*.mlir"))}
NEWER = {p.stem: p.read_text(encoding="utf-8") for p in sorted(Path(__file__).parent.glob("texts/newer/*.mlir"))}
"""Texts that only the newer upstream reads: jaxlib's has no quant dialect."""
OF_JAXLIB_ALONE = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("texts/jaxlib/*.mlir"))
}
"""Texts of dialects that the newer upstream does not have."""
TEXTS = COMMON | OF_JAXLIB_ALONE
CLASSES = Path(couloir.dialects.__file__).parent
DIALECTS = (
    "affine",
    "arith",
    "builtin",
    "cf",
    "chlo",
    "func",
    "math",
    "memref",
    "scf",
    "sdy",
    "stablehlo",
    "tensor",
    "vector",
)
OURS_ALONE = {
    "check": "only the tools of StableHLO's own tests have it; see tests/backends/numpy/test_interpreter_programs.py",
    "interpreter": "as `check`",
    "quant": "it has types only; see texts/newer",
    "onnx": "upstream has no ONNX dialect of the same names; see test_unregistered.py",
}


def test_a_dialect_has_texts_or_a_reason():
    ours = {
        name
        for name in REGISTRY.dialects()
        if (CLASSES / name).with_suffix(".py").exists() or (CLASSES / name).is_dir()
    }
    assert ours - {*DIALECTS, *OURS_ALONE} == set()


def ops_in(text: str) -> set[str]:
    return {op.name for op in parse_module_op(text).walk()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_texts_hold_every_op(dialect):
    written = set().union(*(ops_in(text) for text in (*TEXTS.values(), *NEWER.values())))
    assert {cls.name for cls in REGISTRY.operations(dialect)} - written == set()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_format_compiles(dialect):
    for cls in REGISTRY.operations(dialect):
        if hasattr(cls, "assembly_format"):
            printer_of(cls)
            reader_of(cls)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TEXTS)
def test_what_upstream_writes_is_read_and_written_the_same(jaxlib: Upstream, name, form):
    generic, locations = FORMS[form]
    text = jaxlib.text(TEXTS[name], form)
    module = parse_module_op(text)
    verify(module)
    # Upstream names some values after their ops (`%cst`): read names are kept on request.
    assert operation_text(module, generic=generic, locations=locations, use_names=not generic) + "\n" == text


@pytest.mark.parametrize("form", ["generic", "pretty", "generic located"])
@pytest.mark.parametrize("name", COMMON)
def test_what_a_newer_upstream_writes_is_read_as_the_same(jaxlib: Upstream, iree: Upstream, name, form):
    text = iree.text(jaxlib.text(TEXTS[name]), form)
    module = parse_module_op(text)
    verify(module)
    generic = operation_text(module, generic=True, locations="located" in form) + "\n"
    assert generic == (text if "generic" in form else iree.text(text))
    if form == "pretty":
        text = text.replace(" -1: ^", " 4294967295: ^")  # they print the cases of a switch as signed numbers
        assert operation_text(module, use_names=True, strict_properties=True) + "\n" == text


@pytest.mark.parametrize("generic", [True, False])
@pytest.mark.parametrize("name", NEWER)
def test_the_newer_upstream_writes_what_we_write(iree: Upstream, name, generic):
    text = iree.text(NEWER[name], "generic" if generic else "pretty")
    module = parse_module_op(text)
    verify(module)
    assert operation_text(module, generic=generic, use_names=not generic) + "\n" == text
    assert iree.text(operation_text(module)) == operation_text(parse_module_op(NEWER[name]), generic=True) + "\n"


@pytest.mark.parametrize("generic", [True, False])
@pytest.mark.parametrize("name", TEXTS)
def test_upstream_reads_what_we_write_as_what_we_meant(upstream: Upstream, name, generic):
    if name in OF_JAXLIB_ALONE and upstream.name == "iree":
        pytest.skip("it has no such dialect")
    module = parse_module_op(TEXTS[name])
    text = operation_text(module, generic=generic, strict_properties=upstream.name == "iree")
    assert upstream.text(text) == operation_text(module, generic=True) + "\n"


@pytest.mark.parametrize("name", TEXTS)
def test_pretty_text_reads_back_as_itself(name):
    once = operation_text(parse_module_op(TEXTS[name]))
    assert "error:" not in once
    assert operation_text(parse_module_op(once)) == once


NEWER_THAN_JAXLIB = {
    "stablehlo.collective_reduce": {"replica_groups", "channel_handle", "use_global_device_ids", "has_dynamic_root"},
    "stablehlo.collective_broadcast": {"has_dynamic_root"},
}
"""Attributes that only the newer upstream has; texts/newer has them."""
GENERATED = ("arith", "cf", "chlo", "func", "math", "memref", "scf", "stablehlo", "vector")


@pytest.mark.parametrize("dialect", GENERATED)
def test_attributes_have_upstream_s_names(dialect):
    """jaxlib's bindings have a settable property for each attribute, and for nothing else."""
    module = pytest.importorskip(f"jaxlib.mlir.dialects._{dialect}_ops_gen")
    theirs = {
        cls.OPERATION_NAME: {
            name.rstrip("_") for name, value in vars(cls).items() if isinstance(value, property) and value.fset
        }
        for cls in vars(module).values()
        if isinstance(cls, type) and hasattr(cls, "OPERATION_NAME") and not cls.__name__.endswith("Adaptor")
    }
    for cls in REGISTRY.operations(dialect):
        ours = {field.key for field in cls.definition.attributes}
        newer = NEWER_THAN_JAXLIB.get(cls.name, set())
        assert cls.name in theirs or newer == ours
        assert ours - newer <= theirs.get(cls.name, set()), cls.name


@pytest.mark.parametrize("dialect", ["chlo", "stablehlo"])
def test_every_op_of_upstream_s_dialect_is_ours_too(dialect):
    module = pytest.importorskip(f"jaxlib.mlir.dialects._{dialect}_ops_gen")
    theirs = {cls.OPERATION_NAME for cls in vars(module).values() if hasattr(cls, "OPERATION_NAME")}
    assert theirs - {cls.name for cls in REGISTRY.operations(dialect)} == set()
