"""The parts of StableHLO's pretty forms that have a syntax of their own: what `custom<...>` in the formats means.

Source: openxla/stablehlo, stablehlo/dialect/AssemblyFormat.cpp (names are upstream's, but for `SameTypes`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.hlo.attributes import (
    PADDING,
    ConvDimensionNumbers,
    DotAlgorithm,
    DotDimensionNumbers,
    Precision,
    parse_numbers,
)
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, DenseElementsAttr, EnumAttr, IntegerAttr, StringAttr
from couloir.ir.errors import Error
from couloir.ir.text.custom import custom_directive
from couloir.ir.types import ComplexType, FunctionType, ShapedType, TupleType, i1, i32, i64

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperandName


def _print_functional_type(p: Printer, op: Operation) -> None:
    p.functional_type([value.type for value in op.operands], [value.type for value in op.results])


def _from_function_type(p: Parser, type: FunctionType, count: int, at: int) -> tuple[Type, ...]:
    if len(type.inputs) != count or len(type.results) != 1:
        raise p.error(f"expected a function type with {count} inputs and one result, found `{type}`", at=at)
    return (*type.inputs, type.results[0])


# One type when operands and result have the same, otherwise the functional type.


def _print_same_types(p: Printer, op: Operation, *types: Type) -> None:
    if all(type is types[-1] for type in types):
        p.type(types[-1])
    else:
        _print_functional_type(p, op)


def _parse_same_types(count: int) -> Callable[[Parser], tuple[Type, ...]]:
    def parse(p: Parser) -> tuple[Type, ...]:
        at = p.position
        type = p.type()
        if isinstance(type, FunctionType):
            return _from_function_type(p, type, count, at)
        return (type,) * (count + 1)

    return parse


for _count in (1, 2, 3):
    custom_directive(f"SameTypes{_count}", _print_same_types, _parse_same_types(_count))


def _print_variadic_same_types(
    p: Printer, op: Operation, operands: Sequence[Value[Any]], types: Sequence[Type], result: Type
) -> None:
    _print_same_types(p, op, *types, result)


def _parse_variadic_same_types(p: Parser, operands: Sequence[OperandName]) -> tuple[list[Type], Type]:
    *types, result = _parse_same_types(len(operands))(p)
    return types, result


custom_directive("VariadicSameTypes", _print_variadic_same_types, _parse_variadic_same_types)


# What belongs to one op each: its types.


def _real(type: Type) -> Type | None:
    """The type of the real parts, or None for a type that is not complex."""
    if isinstance(type, ShapedType) and isinstance(type.element_type, ComplexType):
        return type.with_element_type(type.element_type.element_type)
    return None


def _print_complex_type(p: Printer, op: Operation, lhs: Type, rhs: Type, result: Type) -> None:
    if lhs is rhs is _real(result):
        p.type(result)
    else:
        _print_functional_type(p, op)


def _parse_complex_type(p: Parser) -> tuple[Type, ...]:
    at = p.position
    type = p.type()
    if isinstance(type, FunctionType):
        return _from_function_type(p, type, 2, at)
    real = _real(type)
    if real is None:
        raise p.error(f"expected a tensor of complex numbers, found `{type}`", at=at)
    return real, real, type


def _print_select_type(p: Printer, op: Operation, pred: Type, on_true: Type, on_false: Type, result: Type) -> None:
    if on_true is on_false is result:
        p.types([pred, result])
    else:
        _print_functional_type(p, op)


def _parse_select_type(p: Parser) -> tuple[Type, ...]:
    at = p.position
    first = p.type()
    if isinstance(first, FunctionType):
        return _from_function_type(p, first, 3, at)
    p.expect(",")
    second = p.type()
    return first, second, second, second


def _print_tuple_type(p: Printer, op: Operation, types: Sequence[Type], result: Type) -> None:
    p.type(result)


def _parse_tuple_type(p: Parser) -> tuple[list[Type], Type]:
    at = p.position
    type = p.type()
    if not isinstance(type, TupleType):
        raise p.error(f"expected a tuple type, found `{type}`", at=at)
    return list(type.types), type


def _print_pairwise_types(p: Printer, op: Operation, types: Sequence[Type], results: Sequence[Type]) -> None:
    p.types(types)


def _parse_pairwise_types(p: Parser) -> tuple[list[Type], list[Type]]:
    types = p.types()
    return types, types


custom_directive("ComplexOpType", _print_complex_type, _parse_complex_type)
custom_directive("SelectOpType", _print_select_type, _parse_select_type)
custom_directive("TupleOpType", _print_tuple_type, _parse_tuple_type)
custom_directive("PairwiseOpType", _print_pairwise_types, _parse_pairwise_types)


# What belongs to one op each: its operands and attributes.


def _print_operands_and_comma(p: Printer, op: Operation, operands: Sequence[Value[Any]]) -> None:
    p.operands(operands)
    p.write(",")


def _parse_operands_and_comma(p: Parser) -> tuple[list[OperandName]]:
    names: list[OperandName] = []
    while (name := p.optional_operand_name()) is not None:
        names.append(name)
        p.expect(",")
    if not names:
        p.optional(",")
    return (names,)


def _numbers(attribute: Attribute | None) -> tuple[int, ...]:
    if not isinstance(attribute, DenseArrayAttr):
        raise Error("a list of numbers is missing")
    return attribute.values


def _print_slice_ranges(
    p: Printer, op: Operation, starts: Attribute | None, limits: Attribute | None, strides: Attribute | None
) -> None:
    ranges = zip(_numbers(starts), _numbers(limits), _numbers(strides), strict=True)
    texts = [f"{start}:{limit}" + (f":{stride}" if stride != 1 else "") for start, limit, stride in ranges]
    p.write(f"[{', '.join(texts)}]")


def _parse_slice_ranges(p: Parser) -> tuple[Attribute, ...]:
    def item() -> tuple[int, int, int]:
        start = p.integer("where the slice starts")
        p.expect(":")
        limit = p.integer("where the slice ends")
        return start, limit, p.integer("a stride") if p.optional(":") else 1

    ranges = p.comma_separated(item, "[", "]")
    return tuple(DenseArrayAttr(i64, tuple(part[index] for part in ranges)) for index in range(3))


_FORMAT: Final = re.compile(r"e([0-9]{1,9})m([0-9]{1,9})")


def _print_exponent_mantissa(p: Printer, op: Operation, exponent: IntegerAttr, mantissa: IntegerAttr) -> None:
    p.write(f"e{exponent.value}m{mantissa.value}")


def _parse_exponent_mantissa(p: Parser) -> tuple[Attribute, Attribute]:
    at = p.position
    found = _FORMAT.fullmatch(p.identifier("a float format such as `e8m23`"))
    if found is None:
        raise p.error("expected a float format: exponent and mantissa bits as in `e8m23`", at=at)
    return IntegerAttr(int(found[1]), i32), IntegerAttr(int(found[2]), i32)


def _print_call_target(p: Printer, op: Operation, target: StringAttr) -> None:
    p.symbol(target.value)


def _parse_call_target(p: Parser) -> tuple[Attribute]:
    return (StringAttr(p.symbol_name("the name of a function, `@name`")),)


custom_directive("VariadicOperandWithAttribute", _print_operands_and_comma, _parse_operands_and_comma)
custom_directive("SliceRanges", _print_slice_ranges, _parse_slice_ranges)
custom_directive("ExponentMantissa", _print_exponent_mantissa, _parse_exponent_mantissa)
custom_directive("CustomCallTarget", _print_call_target, _parse_call_target)


# Dot products.


def _print_dot_dimensions(p: Printer, op: Operation, numbers: DotDimensionNumbers) -> None:
    if numbers.lhs_batching_dimensions or numbers.rhs_batching_dimensions:
        batching = list(numbers.lhs_batching_dimensions), list(numbers.rhs_batching_dimensions)
        p.write(f"batching_dims = {batching[0]} x {batching[1]}, ")
    contracting = list(numbers.lhs_contracting_dimensions), list(numbers.rhs_contracting_dimensions)
    p.write(f"contracting_dims = {contracting[0]} x {contracting[1]}")


def _parse_pair(p: Parser) -> tuple[tuple[int, ...], tuple[int, ...]]:
    p.expect("=")
    left = parse_numbers(p)
    p.expect_keyword("x")
    return left, parse_numbers(p)


def _parse_dot_dimensions(p: Parser) -> tuple[Attribute]:
    batching: tuple[tuple[int, ...], tuple[int, ...]] = (), ()
    if p.optional_keyword("batching_dims"):
        batching = _parse_pair(p)
        p.expect(",")
    p.expect_keyword("contracting_dims")
    contracting = _parse_pair(p)
    return (DotDimensionNumbers(*batching, *contracting),)


def _print_precision_and_algorithm(
    p: Printer, op: Operation, precision: ArrayAttr | None, algorithm: DotAlgorithm | None
) -> None:
    if precision is not None:
        names = [str(item.member.value) if isinstance(item, EnumAttr) else str(item) for item in precision]
        p.write(f", precision = [{', '.join(names)}]")
    if algorithm is not None:
        p.write(", algorithm = ")
        algorithm.print_parameters(p)


def _parse_precision_and_algorithm(p: Parser) -> tuple[Attribute | None, Attribute | None]:
    precision: Attribute | None = None
    if not p.optional(","):
        return None, None
    if not p.optional_keyword("algorithm"):
        precision = _parse_precisions(p)
        if not p.optional(","):
            return precision, None
        p.expect_keyword("algorithm")
    p.expect("=")
    return precision, DotAlgorithm.parse_parameters(p)


def _parse_precisions(p: Parser) -> Attribute:
    p.expect_keyword("precision")
    p.expect("=")
    return ArrayAttr(tuple(p.comma_separated(lambda: _parse_precision(p), "[", "]")))


def _print_precision_config(p: Printer, op: Operation, precision: ArrayAttr | None) -> None:
    _print_precision_and_algorithm(p, op, precision, None)


def _parse_precision_config(p: Parser) -> tuple[Attribute | None]:
    return (_parse_precisions(p) if p.optional(",") else None,)


def _parse_precision(p: Parser) -> Attribute:
    at = p.position
    name = p.identifier("a precision")
    if name not in Precision.__members__:
        raise p.error(f"there is no precision `{name}`", at=at, hint=f"there are {', '.join(Precision.__members__)}")
    return EnumAttr(Precision[name])


custom_directive("DotDimensionNumbers", _print_dot_dimensions, _parse_dot_dimensions)
custom_directive("PrecisionConfig", _print_precision_config, _parse_precision_config)
custom_directive("PrecisionConfigAndAlgorithm", _print_precision_and_algorithm, _parse_precision_and_algorithm)


# Convolutions.


def _print_convolution_dimensions(p: Printer, op: Operation, numbers: ConvDimensionNumbers) -> None:
    p.write(numbers.text)


def _parse_convolution_dimensions(p: Parser) -> tuple[Attribute]:
    return (ConvDimensionNumbers.parse_text(p),)


def _print_window(
    p: Printer,
    op: Operation,
    strides: DenseArrayAttr | None,
    padding: DenseElementsAttr | None,
    lhs_dilation: DenseArrayAttr | None,
    rhs_dilation: DenseArrayAttr | None,
    reversal: DenseArrayAttr | None,
) -> None:
    parts: list[str] = []
    if strides is not None:
        parts.append(f"stride = {list(strides.values)}")
    if padding is not None:
        parts.append(f"pad = {padding.array.tolist()}")
    if lhs_dilation is not None:
        parts.append(f"lhs_dilate = {list(lhs_dilation.values)}")
    if rhs_dilation is not None:
        parts.append(f"rhs_dilate = {list(rhs_dilation.values)}")
    if reversal is not None:
        parts.append(f"reverse = {list(reversal.values)}".lower())
    p.write(", ".join(parts))


_WINDOW_KEYS: Final = ("stride", "pad", "lhs_dilate", "rhs_dilate", "reverse")


def _parse_window(p: Parser) -> tuple[Attribute | None, ...]:
    found: dict[str, Attribute] = {}
    while not p.at("}"):
        if found:
            p.expect(",")
        at = p.position
        key = p.identifier("a property of the window")
        if key not in _WINDOW_KEYS or key in found:
            hint = f"there are {', '.join(_WINDOW_KEYS)}, each at most once"
            raise p.error(f"`{key}` does not stand here", at=at, hint=hint)
        p.expect("=")
        found[key] = _parse_window_entry(p, key)
    return tuple(found.get(key) for key in _WINDOW_KEYS)


def _parse_window_entry(p: Parser, key: str) -> Attribute:
    if key == "pad":
        at = p.position
        pairs = p.comma_separated(lambda: parse_numbers(p), "[", "]")
        if any(len(pair) != 2 for pair in pairs):
            raise p.error("the padding is a pair of numbers for each dimension: `[[1, 1], [0, 0]]`", at=at)
        encoded = PADDING.encode(pairs)
        if encoded is None:
            raise p.error("the padding is empty", at=at)
        return encoded
    if key == "reverse":
        return DenseArrayAttr(i1, tuple(p.comma_separated(lambda: _parse_flag(p), "[", "]")))
    return DenseArrayAttr(i64, parse_numbers(p))


def _parse_flag(p: Parser) -> bool:
    if p.optional_keyword("true"):
        return True
    if not p.optional_keyword("false"):
        return p.integer("`true` or `false`") != 0
    return False


custom_directive("ConvolutionDimensions", _print_convolution_dimensions, _parse_convolution_dimensions)
custom_directive("WindowAttributes", _print_window, _parse_window)
