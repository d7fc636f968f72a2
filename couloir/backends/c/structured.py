"""Structured control flow in C: loops and branches, with the values that they carry in variables.

A table: op class -> function that writes the line that opens it and says which regions follow. The regions are
written by the emitter's stack, so nothing recurses, however deep they nest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.backends.c.expressions import c_type, integer_literal, unsigned
from couloir.dialects import affine, arith, scf
from couloir.ir.attributes import IntegerAttr
from couloir.ir.operation import Operation, Value
from couloir.ir.types import index

if TYPE_CHECKING:
    from couloir.backends.c.emit import FunctionEmitter

Statement: TypeAlias = "Callable[[FunctionEmitter, Any], None]"

STRUCTURED: Final[dict[type[Operation], Statement]] = {}

_MIN: Final = "static inline int64_t min_index(int64_t a, int64_t b)\n{\n    return a < b ? a : b;\n}\n"
_MAX: Final = "static inline int64_t max_index(int64_t a, int64_t b)\n{\n    return a > b ? a : b;\n}\n"


def statement_of(*classes: type[Operation]) -> Callable[[Statement], Statement]:
    """Decorator: this function writes these ops."""

    def register(function: Statement) -> Statement:
        for cls in classes:
            STRUCTURED[cls] = function
        return function

    return register


def declare(writer: FunctionEmitter, values: Sequence[Value[Any]], prefix: str) -> None:
    """Variables without a value yet, one for each value."""
    for value in values:
        name = writer.names[value] = writer.fresh(prefix)
        writer.line(f"{c_type(value.type)} {name};")


def carry(
    writer: FunctionEmitter,
    results: Sequence[Value[Any]],
    inits: Sequence[Value[Any]],
    arguments: Sequence[Value[Any]],
) -> None:
    """Variables that a loop carries: they begin as `inits`, are the arguments of the body, and the results at last."""
    for result, init, argument in zip(results, inits, arguments, strict=True):
        name = writer.fresh("carried")
        writer.line(f"{c_type(argument.type)} {name} = {writer.names[init]};")
        writer.names[result] = writer.names[argument] = name


def assign(writer: FunctionEmitter, targets: Sequence[Value[Any]], sources: Sequence[Value[Any]]) -> None:
    """Sets variables; all values are read before any is written."""
    names = [writer.names[value] for value in sources]
    if len(targets) > 1:
        fresh = [writer.fresh("next") for _ in targets]
        for name, source, value in zip(fresh, names, sources, strict=True):
            writer.line(f"const {c_type(value.type)} {name} = {source};")
        names = fresh
    for target, name in zip(targets, names, strict=True):
        writer.line(f"{writer.names[target]} = {name};")


def maximum(writer: FunctionEmitter, texts: Sequence[str]) -> str:
    """The largest of some indices."""
    return _combined(writer, texts, "max_index", _MAX)


def minimum(writer: FunctionEmitter, texts: Sequence[str]) -> str:
    """The smallest of some indices."""
    return _combined(writer, texts, "min_index", _MIN)


def _combined(writer: FunctionEmitter, texts: Sequence[str], helper: str, source: str) -> str:
    combined = texts[0]
    for text in texts[1:]:
        combined = f"{writer.helpers.use(helper, source)}({combined}, {text})"
    return combined


@statement_of(affine.For)
def _affine_for(writer: FunctionEmitter, op: affine.For) -> None:
    carry(writer, op.results_, op.inits, op.body.block.arguments[1:])
    lower = maximum(writer, writer.map_texts(op.lower_bound_map, op.lower_bound_operands))
    upper = minimum(writer, writer.map_texts(op.upper_bound_map, op.upper_bound_operands))
    variable = writer.names[op.variable] = writer.fresh("i")
    advance = f"++{variable}" if op.step == 1 else f"{variable} += {op.step}"
    writer.line(f"for (int64_t {variable} = {lower}; {variable} < {upper}; {advance}) {{")
    writer.enter((op.body, "}"))


@statement_of(scf.For)
def _for(writer: FunctionEmitter, op: scf.For) -> None:
    carry(writer, op.outputs, op.init_args, op.carried)
    type = c_type(op.variable.type)
    lower, upper, step = (writer.names[value] for value in (op.lower_bound, op.upper_bound, op.step))
    variable = writer.names[op.variable] = writer.fresh("i")
    if _is_one(op.step) and not op.unsigned_cmp:
        writer.line(f"for ({type} {variable} = {lower}; {variable} < {upper}; ++{variable}) {{")
    else:  # the iterations are counted: the variable must not run over after the last one
        wide, count, number = unsigned(op.variable.type), writer.fresh("count"), writer.fresh("n")
        cast = f"({wide})" if op.unsigned_cmp else ""
        runs = f"{cast}{step} > 0 && {cast}{lower} < {cast}{upper}"
        span = f"({wide})(({wide}){upper} - ({wide}){lower} - 1)"
        writer.line(f"const uint64_t {count} = {runs} ? (uint64_t){span} / ({wide}){step} + 1 : 0;")
        writer.line(f"for (uint64_t {number} = 0; {number} < {count}; ++{number}) {{")
        writer.line(f"    const {type} {variable} = ({type})((uint64_t){lower} + {number} * ({wide}){step});")
    writer.enter((op.body, "}"))


def _is_one(value: Value[Any]) -> bool:
    op = value.defining_op
    return isinstance(op, arith.Constant) and isinstance(op.value, IntegerAttr) and op.value.value == 1


@statement_of(scf.If)
def _if(writer: FunctionEmitter, op: scf.If) -> None:
    declare(writer, op.outputs, "r")
    writer.line(f"if ({writer.names[op.condition]}) {{")
    if op.else_region.is_empty:
        writer.enter((op.then_region, "}"))
    else:
        writer.enter((op.then_region, "} else {"), (op.else_region, "}"))


@statement_of(scf.IndexSwitch)
def _index_switch(writer: FunctionEmitter, op: scf.IndexSwitch) -> None:
    declare(writer, op.outputs, "r")
    tests = [f"if ({writer.names[op.arg]} == {integer_literal(case, index)}) {{" for case in op.cases]
    writer.line(tests[0] if tests else "{")
    following = [f"}} else {test}" for test in tests[1:]] + (["} else {"] if tests else [])
    regions = [*op.case_regions, op.default_region]
    writer.enter(*zip(regions, [*following, "}"], strict=True))


@statement_of(scf.While)
def _while(writer: FunctionEmitter, op: scf.While) -> None:
    carry(writer, op.before.block.arguments, op.inits, op.before.block.arguments)
    declare(writer, op.outputs, "r")
    for result, argument in zip(op.outputs, op.after.block.arguments, strict=True):
        writer.names[argument] = writer.names[result]
    writer.line("for (;;) {")
    writer.enter((op.before, ""), (op.after, "}"))


@statement_of(scf.Condition)
def _condition(writer: FunctionEmitter, op: scf.Condition) -> None:
    loop = op.parent_op
    assert isinstance(loop, scf.While), "the module is verified"
    assign(writer, loop.outputs, op.args)
    writer.line(f"if (!{writer.names[op.condition]}) break;")


@statement_of(affine.Yield, scf.Yield)
def _yield(writer: FunctionEmitter, op: affine.Yield | scf.Yield) -> None:
    parent = op.parent_op
    values = op.arguments if isinstance(op, affine.Yield) else op.values
    match parent:
        case affine.For():
            assign(writer, parent.body.block.arguments[1:], values)
        case scf.For():
            assign(writer, parent.carried, values)
        case scf.While():
            assign(writer, parent.before.block.arguments, values)
        case scf.If() | scf.IndexSwitch():
            assign(writer, parent.outputs, values)
        case _:
            pass
