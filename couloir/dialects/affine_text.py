"""The pretty forms of affine maps in ops: `%m[%i * 2, symbol(%n)]`, bounds of loops, maps with operands.

Source: MLIR, "affine" dialect, AffineOps.cpp and AsmPrinter's AffineMapOfSSAIds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.affine import AffineConstant, AffineDim, AffineExpr, AffineMap, AffineSymbol, expression_text
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.codecs import Codec, dense_elements
from couloir.ir.errors import Error
from couloir.ir.text.custom import custom_directive
from couloir.ir.types import AffineMapAttr, TensorType, i32

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperandName


def input_count(map: AffineMap) -> int:
    """How many operands a map takes."""
    return map.dim_count + map.symbol_count


def group_sizes(value: Sequence[int]) -> Attribute:
    """The sizes of groups as `dense<...> : tensor<Nxi32>`."""
    import numpy as np

    array = np.asarray(value, dtype=np.int32).reshape(-1)
    if array.size and (array == array[0]).all():  # as upstream stores it: one number for all
        array = np.broadcast_to(array[0], array.shape)
    return DenseElementsAttr(TensorType(array.shape, i32), array)


GROUPS: Final = Codec(
    "group sizes, `dense<...> : tensor<Nxi32>`", group_sizes, dense_elements(i32).decode, dense_elements(i32).check
)
"""A tuple of numbers stored as `dense<[1, 2]> : tensor<2xi32>`."""


class _Names:
    """The operands that an expression names, in the order in which they come: dimensions and symbols."""

    def __init__(self, p: Parser) -> None:
        self.p = p
        self.dims: dict[str, OperandName] = {}
        self.symbols: dict[str, OperandName] = {}

    def read(self) -> AffineExpr | None:
        """Reads `%i` or `symbol(%n)`."""
        p = self.p
        if p.at("%"):
            name = p.operand_name()
            self.dims.setdefault(name.name, name)
            return AffineDim(list(self.dims).index(name.name))
        if not p.optional_keyword("symbol"):
            return None
        p.expect("(")
        name = p.operand_name()
        p.expect(")")
        self.symbols.setdefault(name.name, name)
        return AffineSymbol(list(self.symbols).index(name.name))

    def expression(self) -> AffineExpr:
        """Reads an expression."""
        return self.p.affine_expression({}, self.read)

    @property
    def operands(self) -> list[OperandName]:
        """What the map takes."""
        return [*self.dims.values(), *self.symbols.values()]

    def map(self, results: Sequence[AffineExpr]) -> AffineMap:
        """The map with these results."""
        return AffineMap(len(self.dims), len(self.symbols), tuple(results))


def _texts(p: Printer, map: AffineMap, operands: Sequence[Value[Any]]) -> list[str]:
    names = [p.value_name(value) for value in operands]
    symbols = [f"symbol({name})" for name in names[map.dim_count :]]
    return [expression_text(result, names[: map.dim_count], symbols) for result in map.results]


def _map_of(attribute: Attribute | None) -> AffineMap:
    if not isinstance(attribute, AffineMapAttr):
        raise Error("the affine map is missing")
    return attribute.map


def _print_access(p: Printer, op: Operation, map: Attribute | None, operands: Sequence[Value[Any]]) -> None:
    p.write(f"[{', '.join(_texts(p, _map_of(map), operands))}]")


def _parse_access(p: Parser) -> tuple[Attribute, list[OperandName]]:
    names = _Names(p)
    results = p.comma_separated(names.expression, "[", "]")
    return AffineMapAttr(names.map(results)), names.operands


def print_map_operands(p: Printer, operands: Sequence[Value[Any]], dim_count: int) -> None:
    """Writes `(%i, %j)[%n]`."""
    p.write("(")
    p.operands(operands[:dim_count])
    p.write(")")
    if len(operands) > dim_count:
        p.write("[")
        p.operands(operands[dim_count:])
        p.write("]")


def parse_map_operands(p: Parser, dim_count: int, symbol_count: int) -> list[OperandName]:
    """Reads what `print_map_operands` writes."""
    at = p.position
    dims = p.operand_list()
    symbols = p.operand_list("[", "]") if p.at("[") else []
    if (len(dims), len(symbols)) != (dim_count, symbol_count):
        raise p.error(
            f"expected {dim_count} dimensions and {symbol_count} symbols, found {len(dims)} and {len(symbols)}", at=at
        )
    return [*dims, *symbols]


def _print_applied(p: Printer, op: Operation, map: Attribute | None, operands: Sequence[Value[Any]]) -> None:
    p.attribute(map)
    print_map_operands(p, operands, _map_of(map).dim_count)


def _parse_applied(p: Parser) -> tuple[Attribute, list[OperandName]]:
    map = _parse_map(p)
    return AffineMapAttr(map), parse_map_operands(p, map.dim_count, map.symbol_count)


def _parse_map(p: Parser) -> AffineMap:
    at = p.position
    found = p.attribute()
    if not isinstance(found, AffineMapAttr):
        raise p.error(f"expected `affine_map<...>`, found `{found}`", at=at)
    return found.map


custom_directive("Access", _print_access, _parse_access)
custom_directive("MapAndOperands", _print_applied, _parse_applied)


def print_bound(p: Printer, op: Operation, key: str, operands: Sequence[Value[Any]], choice: str) -> None:
    """Writes a bound of a loop: `4`, `%n`, `#map(%i)` or, with several results, `max #map(%i)[%n]`."""
    map = _map_of(op.attributes.get(key))
    if len(map.results) == 1:
        result = map.results[0]
        if isinstance(result, AffineConstant) and not operands:
            p.write(str(result.value))
            return
        if isinstance(result, AffineSymbol) and len(operands) == 1 and map.symbol_count == 1:
            p.operand(operands[0])
            return
    else:
        p.write(choice, " ")
    p.attribute(op.attributes[key])
    print_map_operands(p, operands, map.dim_count)


def parse_bound(p: Parser, choice: str) -> tuple[AffineMap, list[OperandName]]:
    """Reads what `print_bound` writes: the map and its operands."""
    several = p.optional_keyword(choice)
    if p.at("%"):
        return AffineMap(0, 1, (AffineSymbol(0),)), [p.operand_name()]
    if p.character in "-0123456789":
        return AffineMap.constant(p.integer("a bound")), []
    at = p.position
    map = _parse_map(p)
    if len(map.results) != 1 and not several:
        raise p.error(f"a bound with {len(map.results)} results begins with `{choice}`", at=at)
    return map, parse_map_operands(p, map.dim_count, map.symbol_count)


def print_groups(
    p: Printer, groups: Sequence[Sequence[AffineExpr]], operands: Sequence[Value[Any]], map: AffineMap, choice: str
) -> None:
    """Writes the bounds of parallel loops: `0, max(%i, 2)`."""
    texts = iter(_texts(p, map, operands))
    parts: list[str] = []
    for group in groups:
        listed = ", ".join(next(texts) for _ in group)
        parts.append(listed if len(group) == 1 else f"{choice}({listed})")
    p.write(", ".join(parts))


def parse_groups(p: Parser, choice: str) -> tuple[AffineMap, list[int], list[OperandName]]:
    """Reads `(0, max(%i, 2))`: the map, the number of its results for each loop, and its operands."""
    names = _Names(p)
    results: list[AffineExpr] = []
    sizes: list[int] = []

    def group() -> None:
        found = p.comma_separated(names.expression) if p.optional_keyword(choice) else [names.expression()]
        results.extend(found)
        sizes.append(len(found))

    p.comma_separated(group)
    return names.map(results), sizes, names.operands
