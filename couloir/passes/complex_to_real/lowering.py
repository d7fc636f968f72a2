"""The pass: a tensor of complex numbers becomes two real ones, its real and its imaginary parts.

In the types of functions it becomes one real tensor with a further dimension of size 2, last: that is how complex numbers lie
in memory, so that callers need not know.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, TypeAlias

import attrs

from couloir.dialects import chlo, func, hlo
from couloir.dialects.shapes import inside
from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionTarget,
    Convert,
    Inline,
    TypeConverter,
    conversion_rule,
    flat,
    why_illegal,
)
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rule import NoMatch
from couloir.ir.rewriting.why import Explanation
from couloir.ir.types import ComplexType, FunctionType, TensorType
from couloir.passes.bits import bits_by_shifts
from couloir.passes.complex_to_real import arithmetic
from couloir.passes.complex_to_real.arithmetic import Pair, Tensor

TENSORS: Final = "couloir.signature"
"""Attribute of a function: its type before its complex tensors became real ones."""


def is_complex(type: Type) -> bool:
    """Whether it is a tensor of complex numbers."""
    return isinstance(type, TensorType) and isinstance(type.element_type, ComplexType)


def _parts(type: TensorType) -> list[Type] | None:
    element = type.element_type
    return [type.with_element_type(element.element_type)] * 2 if isinstance(element, ComplexType) else None


def _joined_type(type: Type) -> Type:
    """The type of a value in the type of a function."""
    if not isinstance(type, TensorType) or not isinstance(type.element_type, ComplexType):
        return type
    if not type.is_static:
        raise NoMatch(
            f"the shape of `{type}` is not known",
            supported="shapes that are known: `dims` when a model is loaded, or couloir.specialize",
        )
    return TensorType((*type.shape, 2), type.element_type.element_type)


def _split(value: Value[Any]) -> Pair:
    """Real and imaginary parts of a tensor whose last dimension holds both."""
    shape = value.type.shape
    start, one = (0,) * (len(shape) - 1), (1,) * len(shape)
    pieces = [hlo.Slice(value, (*start, n), (*shape[:-1], n + 1), one) for n in range(2)]
    real, imag = (hlo.reshape(piece, shape[:-1]).result for piece in pieces)
    return real, imag


def _join(group: Sequence[Value[Any]]) -> Value[Any]:
    """One tensor of a value: as it is, or with real and imaginary parts in a last dimension."""
    if len(group) == 1:
        return group[0]
    shape = group[0].type.shape
    return hlo.Concatenate([hlo.reshape(part, (*shape, 1)).result for part in group], len(shape)).result


def _split_again(wanted: tuple[Type, ...], values: tuple[Value[Any], ...]) -> Pair | None:
    """An argument of a function as its parts."""
    fits = len(wanted) == 2 and len(values) == 1 and getattr(values[0].type, "dims", ())[-1:] == (2,)
    return _split(values[0]) if fits and not is_complex(values[0].type) else None


def _converter() -> TypeConverter:
    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)
    converter.add_conversion(TensorType, _parts)
    converter.add_target_materialization(_split_again)
    return converter


# -- functions ---------------------------------------------------------------------------------------------------------


@conversion_rule
def function_of_pairs(
    op: func.FuncOp, adaptor: Adaptor, rewriter: ConversionRewriter
) -> Generator[Any, Region, Operation]:
    """func @f(complex)  =>  func @f(a real tensor with a last dimension of 2)"""
    if op.is_declaration:
        raise NoMatch("it has no body")
    inputs = [_joined_type(type) for type in op.function_type.inputs]
    results = [_joined_type(type) for type in op.function_type.results]
    body = yield Convert(op.body, [[type] for type in inputs])
    made = func.FuncOp.create((), (), dict(op.attributes), [body], location=rewriter.location)
    made.function_type = FunctionType(inputs, results)
    made.attributes[TENSORS] = op.function_type
    return rewriter.insert(made)


@conversion_rule
def return_of_pairs(op: func.Return, adaptor: Adaptor, rewriter: ConversionRewriter) -> None:
    """return complex  =>  return both parts in a last dimension"""
    func.Return([_join(group) for group in adaptor.groups])


@conversion_rule
def call_of_pairs(op: func.Call, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """call @f(complex)  =>  call @f(both parts in a last dimension)"""
    types = [_joined_type(result.type) for result in op.results]
    made = func.Call(op.callee, [_join(group) for group in adaptor.groups], result_types=types)
    return [
        _split(value) if is_complex(old.type) else value for value, old in zip(made.results, op.results, strict=True)
    ]


# -- what takes several tensors ----------------------------------------------------------------------------------------


@conversion_rule
def several_in_pairs(
    op: hlo.Return
    | hlo.While
    | hlo.If
    | hlo.Case
    | hlo.Reduce
    | hlo.ReduceWindow
    | hlo.Scatter
    | hlo.OptimizationBarrier,
    adaptor: Adaptor,
    rewriter: ConversionRewriter,
) -> Generator[Any, Region, Operation]:
    """op(complex)  =>  op(real parts, imaginary parts)"""
    regions: list[Region] = []
    for region in op.regions:
        regions.append((yield Convert(region)))
    return rewriter.rebuild(adaptor, regions)


@conversion_rule
def sort_of_pairs(op: hlo.Sort, adaptor: Adaptor, rewriter: ConversionRewriter) -> Generator[Any, Any, list[Any]]:
    """sort(complex)  =>  sort(real parts, imaginary parts); the comparator takes two elements of each"""
    values = adaptor.flat_operands
    block = Block([TensorType((), value.type.element_type) for value in values for _ in range(2)])
    arguments: list[tuple[Value[Any], ...]] = []
    position = 0
    for group in adaptor.groups:
        for side in range(2):
            arguments.append(tuple(block.arguments[position + side + 2 * part] for part in range(len(group))))
        position += 2 * len(group)
    singles = [group[0] if len(group) == 1 else group for group in arguments]
    (less,) = flat((yield Inline(op.comparator.block, singles, into=block)))
    with inside(block):
        hlo.Return([less])
    results = iter(hlo.Sort(values, op.dimension, op.is_stable, Region([block])).outputs)
    made = [tuple(next(results) for _ in group) for group in adaptor.groups]
    return [group[0] if len(group) == 1 else group for group in made]


# -- part by part ------------------------------------------------------------------------------------------------------


@conversion_rule
def part_by_part(
    op: hlo.Reshape
    | hlo.BroadcastInDim
    | hlo.Transpose
    | hlo.Slice
    | hlo.Reverse
    | hlo.Concatenate
    | hlo.Pad
    | hlo.DynamicSlice
    | hlo.DynamicUpdateSlice
    | hlo.Gather
    | hlo.Select,
    adaptor: Adaptor,
    rewriter: ConversionRewriter,
) -> list[Any]:
    """move(complex)  =>  move(real parts), move(imaginary parts)"""
    wanted = rewriter.types([op.results[0].type])
    made: list[Value[Any]] = []
    for position, part_type in enumerate(wanted):
        operands = [group[position] if len(group) == 2 else group[0] for group in adaptor.groups]
        part = type(op).create(operands, [part_type], dict(op.attributes), location=rewriter.location)
        made.append(rewriter.insert(part).results[0])
    return [tuple(made)]


@conversion_rule
def constant_in_parts(op: hlo.Constant, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """constant complex  =>  constants"""
    if not isinstance(op.value, DenseElementsAttr):
        raise NoMatch("its elements are kept as a resource")
    array: Any = op.value.array
    type = op.output.type
    if op.value.is_splat and array.size:
        first = array[(0,) * array.ndim]
        made = [hlo.constant(part, None, shape=type.shape) for part in (first.real, first.imag)]
    else:
        made = [hlo.constant(part.copy()) for part in (array.real, array.imag)]
    return [tuple(constant.output for constant in made)]


# -- arithmetic --------------------------------------------------------------------------------------------------------

Function: TypeAlias = "Callable[..., Pair]"

FUNCTIONS: Final[dict[type[Operation], Function]] = {
    hlo.Add: arithmetic.add,
    hlo.Subtract: arithmetic.subtract,
    hlo.Multiply: arithmetic.multiply,
    hlo.Divide: arithmetic.divide,
    hlo.Power: arithmetic.power,
    hlo.Atan2: arithmetic.atan2,
    hlo.Maximum: arithmetic.maximum,
    hlo.Minimum: arithmetic.minimum,
    hlo.Negate: arithmetic.negate,
    hlo.Sign: arithmetic.sign,
    hlo.Exponential: arithmetic.exponential,
    hlo.ExponentialMinusOne: arithmetic.exponential_minus_one,
    hlo.Log: arithmetic.log,
    hlo.LogPlusOne: arithmetic.log_plus_one,
    hlo.Sqrt: arithmetic.sqrt,
    hlo.Rsqrt: arithmetic.rsqrt,
    hlo.Cbrt: arithmetic.cbrt,
    hlo.Sine: arithmetic.sine,
    hlo.Cosine: arithmetic.cosine,
    hlo.Tan: arithmetic.tan,
    hlo.Tanh: arithmetic.tanh,
    hlo.Logistic: arithmetic.logistic,
    chlo.Conj: arithmetic.conj,
    chlo.Square: arithmetic.square,
    chlo.Sinh: arithmetic.sinh,
    chlo.Cosh: arithmetic.cosh,
    chlo.Tan: arithmetic.tan,
    chlo.Acos: arithmetic.acos,
    chlo.Acosh: arithmetic.acosh,
    chlo.Asin: arithmetic.asin,
    chlo.Asinh: arithmetic.asinh,
    chlo.Atan: arithmetic.atan,
    chlo.Atanh: arithmetic.atanh,
}
"""The functions of complex numbers that are complex."""


@conversion_rule
def function_of_complex(
    op: hlo.Add
    | hlo.Subtract
    | hlo.Multiply
    | hlo.Divide
    | hlo.Power
    | hlo.Atan2
    | hlo.Maximum
    | hlo.Minimum
    | hlo.Negate
    | hlo.Sign
    | hlo.Exponential
    | hlo.ExponentialMinusOne
    | hlo.Log
    | hlo.LogPlusOne
    | hlo.Sqrt
    | hlo.Rsqrt
    | hlo.Cbrt
    | hlo.Sine
    | hlo.Cosine
    | hlo.Tan
    | hlo.Tanh
    | hlo.Logistic
    | chlo.Conj
    | chlo.Square
    | chlo.Sinh
    | chlo.Cosh
    | chlo.Tan
    | chlo.Acos
    | chlo.Acosh
    | chlo.Asin
    | chlo.Asinh
    | chlo.Atan
    | chlo.Atanh,
    adaptor: Adaptor,
    rewriter: ConversionRewriter,
) -> list[Any]:
    """f(complex)  =>  f by real arithmetic"""
    _check_static(op)
    return [FUNCTIONS[type(op)](*adaptor.groups)]


def _check_static(op: Operation) -> None:
    for value in op.operands:
        _joined_type(value.type)


@conversion_rule
def part_of_complex(op: hlo.Real | hlo.Imag | hlo.Abs, adaptor: Adaptor, rewriter: ConversionRewriter) -> Value[Any]:
    """real(complex)  =>  its real part"""
    (pair,) = adaptor.groups
    if isinstance(op, hlo.Abs):
        _check_static(op)
        return arithmetic.modulus((pair[0], pair[1]))
    return pair[0] if isinstance(op, hlo.Real) else pair[1]


@conversion_rule
def complex_of_parts(op: hlo.Complex, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """complex(x, y)  =>  x, y"""
    return [tuple(adaptor.flat_operands)]


@conversion_rule
def compare_complex(op: hlo.Compare, adaptor: Adaptor, rewriter: ConversionRewriter) -> Value[Any]:
    """compare(complex, complex)  =>  by real, then imaginary part"""
    a, b = adaptor.groups
    return arithmetic.compare((a[0], a[1]), (b[0], b[1]), op.comparison_direction)


@conversion_rule
def clamp_complex(op: hlo.Clamp, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """clamp(low, complex, high)  =>  minimum(maximum(complex, low), high)"""
    _check_static(op)
    shape = op.result.type.shape

    def spread(group: Sequence[Tensor]) -> Pair:
        whole = [v if v.type.shape == shape else hlo.broadcast_in_dim(v, shape, ()).result for v in group]
        return whole[0], whole[1]

    low, x, high = (spread(group) for group in adaptor.groups)
    return [arithmetic.minimum(arithmetic.maximum(x, low), high)]


@conversion_rule
def convert_complex(op: hlo.Convert, adaptor: Adaptor, rewriter: ConversionRewriter) -> Any:
    """convert(complex)  =>  its parts converted; the imaginary part of a real number is 0"""
    (group,) = adaptor.groups
    target = op.result.type.element_type
    if not isinstance(target, ComplexType):
        return hlo.convert(group[0], target).result
    _check_static(op)
    real = hlo.convert(group[0], target.element_type).result
    if len(group) == 1:
        return [(real, arithmetic.number(0.0, real))]
    return [(real, hlo.convert(group[1], target.element_type).result)]


@conversion_rule
def bits_of_complex(op: hlo.BitcastConvert, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """bitcast_convert(complex)  =>  the parts, as they lie side by side, in another width"""
    (parts,) = adaptor.groups
    before: Any = op.operand.type.element_type
    after: Any = op.result.type.element_type
    if not isinstance(before, ComplexType) or not isinstance(after, ComplexType):
        raise NoMatch("complex numbers are cast to complex numbers alone")
    _check_static(op)
    if before is after:
        return [(parts[0], parts[1])]
    part: Any = after.element_type
    return [_split(bits_by_shifts(_join(parts), part))]


@conversion_rule
def iota_of_complex(op: hlo.Iota, adaptor: Adaptor, rewriter: ConversionRewriter) -> list[Any]:
    """iota  =>  iota, 0"""
    element: Any = op.output.type.element_type
    real = hlo.iota(op.output.type.shape, element.element_type, op.iota_dimension).output
    return [(real, arithmetic.number(0.0, real))]


@conversion_rule
def contraction_of_complex(
    op: hlo.DotGeneral | hlo.Convolution, adaptor: Adaptor, rewriter: ConversionRewriter
) -> list[Any]:
    """dot(a, b)  =>  dot(ar, br) - dot(ai, bi), dot(ar, bi) + dot(ai, br)"""
    a, b = adaptor.groups
    (part, _) = rewriter.types([op.result.type])

    def product(x: Tensor, y: Tensor) -> Any:
        made = type(op).create([x, y], [part], dict(op.attributes), location=rewriter.location)
        return rewriter.insert(made).results[0]

    real = hlo.Subtract(product(a[0], b[0]), product(a[1], b[1])).result
    return [(real, hlo.Add(product(a[0], b[1]), product(a[1], b[0])).result)]


RULES: Final = (
    function_of_pairs,
    return_of_pairs,
    call_of_pairs,
    several_in_pairs,
    sort_of_pairs,
    part_by_part,
    constant_in_parts,
    function_of_complex,
    part_of_complex,
    complex_of_parts,
    compare_complex,
    clamp_complex,
    convert_complex,
    bits_of_complex,
    iota_of_complex,
    contraction_of_complex,
)


def _is_real(op: Operation) -> bool:
    """Whether an op has nothing to do with complex numbers, apart from what is inside it."""
    types = [value.type for value in (*op.operands, *op.results)]
    types += [argument.type for region in op.regions for block in region.blocks for argument in block.arguments]
    if isinstance(op, func.FuncOp):
        types += [*op.function_type.inputs, *op.function_type.results]
    return not any(is_complex(type) for type in types)


@attrs.frozen
class ComplexToReal(Pass, name="complex-to-real"):
    """Writes what computes with complex numbers as what computes with their real and imaginary parts."""

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        if all(_is_real(inner) for inner in op.walk()):
            return
        context.convert(op, _target(), RULES, _converter(), full=False, stoppable=False)

    def why_not(self, op: Operation) -> Explanation:
        return why_illegal(op, _target(), RULES, _converter())


def _target() -> ConversionTarget:
    target = ConversionTarget("real numbers")
    target.mark_unknown_dynamically_legal(_is_real)
    return target
