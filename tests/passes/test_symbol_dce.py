"""Symbols to which nothing refers: what goes and what others may see."""

from __future__ import annotations

import couloir
from couloir.passes.symbol_dce import SymbolDce
from tests.passes.programs import after, same


def becomes(text: str, expected: str) -> None:
    same(after(text, SymbolDce()), expected)


CALL = "func.call @{} () : () -> ()"


def function(head: str, callee: str = "") -> str:
    return f"func.func {head}() {{ {CALL.format(callee) if callee else ''}\nreturn }}\n"


def test_what_only_dead_functions_call_is_dead() -> None:
    dead = function("private @a", "b") + function("private @b", "a") + function("private @c", "c")
    live = function("@main", "d") + function("private @d", "e") + function("private @e")
    becomes(dead + live, live)


def test_public_and_unmarked_functions_stay() -> None:
    text = function("@a") + function("public @b")
    becomes(text, text)


def test_declarations_and_globals() -> None:
    becomes(
        """
        func.func private @unused(f32)
        func.func private @used(f32)
        memref.global "private" constant @a : memref<1xf32> = dense<0.0>
        memref.global "private" constant @b : memref<1xf32> = dense<0.0>
        memref.global @c : memref<1xf32> = dense<0.0>
        func.func @f(%x: f32) {
          %0 = memref.get_global @b : memref<1xf32>
          func.call @used(%x) : (f32) -> ()
          return
        }""",
        """
        func.func private @used(f32)
        memref.global "private" constant @b : memref<1xf32> = dense<0.0>
        memref.global @c : memref<1xf32> = dense<0.0>
        func.func @f(%x: f32) {
          %0 = memref.get_global @b : memref<1xf32>
          func.call @used(%x) : (f32) -> ()
          return
        }""",
    )


def test_references_in_attributes_count() -> None:
    text = "module attributes {{ entries = [@a, {{deep = @inner::@b}}] }} {{ {0} module @inner {{ {1} }} }}"
    becomes(
        text.format(function("private @a") + function("private @z"), function("nested @b") + function("nested @y")),
        text.format(function("private @a"), function("nested @b")),
    )


def test_nested_tables() -> None:
    becomes(
        f"""
        module @public {{ {function("@a") + function("nested @b") + function("private @c")} }}
        module @hidden attributes {{sym_visibility = "private"}} {{ {function("@d")} }}
        module @needed attributes {{sym_visibility = "private"}} {{ {function("@e") + function("nested @g") + function("nested @h")} }}
        func.func @main() attributes {{uses = @needed::@g}} {{ return }}""",
        f"""
        module @public {{ {function("@a")} }}
        module @needed attributes {{sym_visibility = "private"}} {{ {function("@e") + function("nested @g")} }}
        func.func @main() attributes {{uses = @needed::@g}} {{ return }}""",
    )


def test_nested_symbols_stay_when_others_may_refer_to_them() -> None:
    inner = function("@a") + function("nested @b") + function("private @c")
    module = couloir.parse(
        f"module {{ module @public {{ {inner} }} func.func @main() attributes {{u = @public::@b}} {{ return }} }}"
    )
    public = next(op for op in module.ops if op.name == "builtin.module")
    SymbolDce().run(public, couloir.PassContext())
    assert [f.sym_name for f in public.functions] == ["a", "b"]
    hidden = couloir.parse(f'module {{ module @m attributes {{sym_visibility = "private"}} {{ {inner} }} }}')
    table = hidden.body.first_op
    SymbolDce().run(table, couloir.PassContext())
    assert [f.sym_name for f in table.functions] == ["a"]


def test_nested_symbols_of_a_private_table_may_go_wherever_that_stands() -> None:
    inner = f'module @m attributes {{sym_visibility = "private"}} {{ {function("@a") + function("nested @b")} }}'
    module = couloir.parse(
        f"module {{ module @root {{ {inner} func.func @main() attributes {{u = @m}} {{ return }} }} }}"
    )
    root = module.body.first_op
    SymbolDce().run(root, couloir.PassContext())
    assert [f.sym_name for f in root.symbols["m"].functions] == ["a"]


def test_the_nearest_table_decides_what_a_name_means() -> None:
    becomes(
        f"""
        {function("private @x")}
        module @m {{ {function("private @x") + function("@main", "x")} }}""",
        f"""
        module {{ module @m {{ {function("private @x") + function("@main", "x")} }} }}""",
    )
