"""Control flow, calls, and what orders side effects."""

from __future__ import annotations

import re
from typing import Final

from couloir.dialects import hlo
from couloir.frontends.hlo_text.lexer import HloLexer
from couloir.frontends.hlo_text.node import Lowered, Node, lowers, read_numbers
from couloir.frontends.hlo_text.opcodes.indexing import largest
from couloir.frontends.hlo_text.shapes import Array, ShapeReader
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, DictionaryAttr, StringAttr, SymbolRefAttr
from couloir.ir.errors import Error, ParseError
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import TensorType, i1, i32, index


@lowers("while", named="stablehlo.while")
def while_rule(node: Node) -> Lowered:
    """Repeats a computation as long as another one says so."""
    return hlo.While(node.values, node.region("condition"), node.region("body")).results


@lowers("conditional")
def conditional(node: Node) -> Lowered:
    """Runs one of several computations, each on its own operand."""
    if not node.operands or not node.regions:
        raise Error("`conditional` has computations, and an operand that chooses one")
    choices, *given = node.operands
    branches = list(node.regions.values())
    if len(given) != len(branches):
        raise Error(f"`conditional` has {len(branches)} branches, and operands for {len(given)}")
    regions = [make(values) for make, values in zip(branches, given, strict=True)]
    if len(choices) != 1:
        raise Error("a branch is chosen by a truth value or a number, not by a tuple")
    choice = choices[0]
    scalar = choice.type
    if scalar == TensorType((), i1):
        if len(regions) != 2:
            raise Error(f"a truth value chooses between two branches, not {len(regions)}")
        return hlo.If(choice, *regions, result_types=node.types).results
    if scalar != TensorType((), i32):
        raise Error(f"a branch is chosen by a `pred[]` or an `s32[]`, not by a `{scalar}`")
    return hlo.Case(choice, tuple(regions), result_types=node.types).results


@lowers("call", named="func.call")
def call(node: Node) -> Lowered:
    """Calls a computation."""
    return node.called("to_apply").results


@lowers("fusion")
def fusion(node: Node) -> Lowered:
    """Calls a computation that is compiled as one."""
    made = node.called("calls")
    made.attributes["xla.fusion_kind"] = StringAttr(node.word("kind", ""))
    return made.results


@lowers("opt-barrier", named="stablehlo.optimization_barrier")
def opt_barrier(node: Node) -> Lowered:
    """Gives its operands, in order with what stands before and behind."""
    return hlo.OptimizationBarrier(node.values).results


@lowers("add-dependency")
def add_dependency(node: Node) -> Lowered:
    """The first operand, after the second."""
    made = hlo.OptimizationBarrier(node.values).results
    return made[: len(node.types)]


@lowers("domain")
def domain(node: Node) -> Lowered:
    """Its operand; it marks where another sharding begins."""
    return hlo.OptimizationBarrier(node.values).results


@lowers("after-all", named="stablehlo.after_all")
def after_all(node: Node) -> Lowered:
    """A token after others."""
    return hlo.AfterAll(node.values)


# -- foreign functions -------------------------------------------------------------------------------------------------

_JSON: Final = re.compile(r'\{\s*"[^"]*"\s*:')
"""How JSON begins; a dictionary of attributes has `=` behind its keys."""
_VERSIONS: Final = {version.name: version for version in hlo.CustomCallApiVersion}


@lowers("custom-call", named="stablehlo.custom_call")
def custom_call(node: Node) -> Lowered:
    """Calls a function that the program does not define."""
    target = node.string("custom_call_target")
    if target == "TopK" and (found := _top_k(node)) is not None:
        return found
    version = _VERSIONS[node.word("api_version", "API_VERSION_ORIGINAL", list(_VERSIONS))]
    made = foreign(node, target, version)
    made.has_side_effect = node.flag("custom_call_has_side_effect")
    typed = version is hlo.CustomCallApiVersion.API_VERSION_TYPED_FFI
    config = _backend_config(node, typed=typed)
    if isinstance(config, DictionaryAttr if typed else StringAttr):
        made.backend_config = config
    elif config is not None:
        made.attributes["xla.backend_config"] = config
    if node.has("called_computations"):
        names = node.computations("called_computations")
        made.called_computations = ArrayAttr(tuple(SymbolRefAttr(node.symbols[name]) for name in names))
    if node.has("operand_layout_constraints"):
        shapes = node.read("operand_layout_constraints", _read_shapes)
        made.operand_layouts = _layouts(shapes)
        made.result_layouts = _layouts(node.instruction.result.leaves)
    if node.has("output_to_operand_aliasing"):
        made.output_operand_aliases = node.read("output_to_operand_aliasing", _read_aliases)
    return made.results


def foreign(
    node: Node,
    target: str,
    version: hlo.CustomCallApiVersion = hlo.CustomCallApiVersion.API_VERSION_ORIGINAL,
) -> hlo.CustomCall:
    """A call of a function that the program does not define, with the operands and results of an instruction."""
    return hlo.CustomCall(node.values, target, api_version=version, result_types=node.types)


def _backend_config(node: Node, *, typed: bool) -> Attribute | None:
    if not node.has("backend_config"):
        return DictionaryAttr(()) if typed else None
    text = node.text("backend_config")
    if text.startswith('"'):
        return StringAttr(node.string("backend_config"))
    if not typed or _JSON.match(text):
        return StringAttr(text)
    parser = AttributeParser(text, file=node.module.lexer.file, limits=node.module.lexer.limits)
    try:
        found = parser.attribute()
        parser.expect_end()
    except ParseError as error:
        raise Error(f"`backend_config`: {error.message}", hint=error.hint) from error
    return found


def _read_shapes(lexer: HloLexer) -> list[Array]:
    reader = ShapeReader(lexer)
    shapes = lexer.comma_separated(reader.read, "{", "}")
    return [leaf for shape in shapes for leaf in shape.leaves]


def _layouts(shapes: list[Array] | tuple[Array, ...]) -> ArrayAttr:
    found: list[Attribute] = []
    for shape in shapes:
        rank = shape.type.rank if isinstance(shape.type, TensorType) else 0
        order = tuple(range(rank))[::-1] if shape.layout is None else shape.layout.minor_to_major
        found.append(_indices(order))
    return ArrayAttr(tuple(found))


def _indices(numbers: tuple[int, ...]) -> DenseElementsAttr:
    import numpy as np

    return DenseElementsAttr(TensorType((len(numbers),), index), np.asarray(numbers, np.int64))


def _read_aliases(lexer: HloLexer) -> ArrayAttr:
    return ArrayAttr(tuple(lexer.comma_separated(lambda: _read_alias(lexer), "{", "}")))


def _read_alias(lexer: HloLexer) -> Attribute:
    result = read_numbers(lexer)
    lexer.expect(":")
    lexer.expect("(")
    operand = lexer.integer()
    lexer.expect(",")
    inner = read_numbers(lexer)
    if lexer.optional(","):
        lexer.word("the kind of an alias")
    lexer.expect(")")
    return hlo.OutputOperandAlias(result, operand, inner)


def _top_k(node: Node) -> Lowered | None:
    """The function by which XLA finds the largest elements on CPUs: its comparator says whether they are the largest."""
    types = node.types
    names = node.computations("called_computations")
    if len(node.operands) != 1 or len(types) != 2 or len(names) != 1:
        return None
    root = node.module.computations[names[0]].root
    span = root.attributes.get("direction")
    x = node.tensor()
    direction = "" if span is None else node.module.text(span)
    wanted = types[0]
    if direction not in ("GT", "LT") or not isinstance(wanted, TensorType) or not wanted.rank:
        return None
    return largest(x, wanted.shape[-1], smallest=direction == "LT")
