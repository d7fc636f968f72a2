"""StableHLO: constants, and ops that move elements without computing with them.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Final, cast

from couloir.dialects.hlo.bounds import bounds_of, least, most_of, with_sizes
from couloir.dialects.hlo.elements import (
    ANY,
    ANY_OR_PER_AXIS,
    NUMBER,
    SameElementTypeUpToAxis,
    SameElementTypeUpToScalesOfAxis,
    SameExactType,
    along,
    is_quantized,
    quantization_dimension,
    storage_type,
)
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import Dim, as_tensor, merge, same_dim, same_dims, unique, within
from couloir.ir import fields
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr, SparseElementsAttr
from couloir.ir.codecs import Codec
from couloir.ir.constraints import Holds, Infers, SameElementType
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, attr, result
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import ConstantLike, Involution, Pure
from couloir.ir.types import ComplexType, TensorType, Type, bit_width, dtype_of, i32, type_of_dtype

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer


def _encode_elements(value: Any) -> Attribute:
    if isinstance(value, Attribute):
        return value
    return DenseElementsAttr.from_numpy(value)


ELEMENTS: Final = Codec(
    "a constant tensor, `dense<...>`",
    _encode_elements,
    lambda attribute: attribute,
    lambda attribute: isinstance(attribute, DenseElementsAttr | DenseResourceAttr | SparseElementsAttr),
)
"""A constant; NumPy arrays become one."""


STATIC: Final = Holds("the shape of the result is known", lambda op: op.results[0].type.is_static, verify_only=True)


def _at_most_one_bound(op: Any) -> bool:
    type: TensorType = op.result.type
    return type.dims.count(None) == sum(bound is not None for bound in bounds_of(type)) <= 1


BOUNDED: Final = Holds(
    "the sizes of the result are known, but for one that may have a bound", _at_most_one_bound, verify_only=True
)


class Constant(Operation, name="stablehlo.constant", traits=(Pure, ConstantLike)):
    """A constant tensor. `constant(1.5, f32)` and `constant(array)` are the short ways to one.

    Source: StableHLO specification, `constant`.
    """

    value: DenseElementsAttr | DenseResourceAttr = attr(codec=ELEMENTS)
    output: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (Infers("C1"),)

    def infer(self) -> Type:
        stored = cast("TensorType", self.value.type)
        if self.results and is_quantized(self.output.type.element_type):  # the constant holds the integers
            wanted = self.output.type.with_element_type(storage_type(self.output.type.element_type))
            if stored is wanted:
                return self.output.type
        return stored

    def print(self, p: Printer) -> None:
        if self.results and self.output.type is not self.value.type:
            p.write("()")
            p.prop_dict(self)
            p.attr_dict(self, elided=("value",))
            p.write(" : ")
            p.functional_type([], [self.output.type])
            return
        p.attr_dict(self, elided=("value",))
        p.write(" ")
        p.attribute(self.value)

    @classmethod
    def parse(cls, p: Parser) -> Operation:
        if not p.at("("):
            attributes = p.attr_dict()
            attributes["value"] = p.attribute()
            return p.build(cls, (), attributes)
        p.expect("(")
        p.expect(")")
        attributes = {**p.prop_dict(), **p.attr_dict()}
        p.expect(":")
        return p.build(cls, (), attributes, result_types=p.functional_type().results)


def constant(value: Any, element_type: Type | None = None, *, shape: Sequence[int] | None = None) -> Constant:
    """A constant from a NumPy array, nested lists or a number.

    Args:
        value: Converted to `element_type` when that is given; otherwise its dtype says the element type.
        element_type: Needed where NumPy has several ways to read the value, as for Python floats. A tensor type says the shape,
            too: `constant(0, x.type)`.
        shape: Repeats one number in a tensor of this shape, which then needs no memory for its elements.

    Raises:
        Error: The value does not have the shape, or there are no arrays of the element type.
    """
    import numpy as np

    if isinstance(element_type, TensorType):
        if shape is not None:
            raise Error(f"give a tensor type or a shape, not both: `{element_type}` and {tuple(shape)}")
        numbers = np.asarray(value).astype(dtype_of(element_type.element_type))
        if not numbers.ndim:
            return Constant(DenseElementsAttr.splat(element_type, numbers))
        if numbers.shape != element_type.shape:
            raise Error(f"the value has the shape {numbers.shape}: it is no `{element_type}`")
        return Constant(DenseElementsAttr.from_numpy(numbers, element_type.element_type))
    array = np.asarray(value) if element_type is None else np.asarray(value).astype(dtype_of(element_type))
    if shape is not None:
        if array.ndim:
            raise Error(f"`shape` repeats one number; the value given has shape {array.shape}")
        element = type_of_dtype(array.dtype) if element_type is None else element_type
        return Constant(DenseElementsAttr.splat(TensorType(tuple(shape), element), array))
    return Constant(DenseElementsAttr.from_numpy(array, element_type))


class Iota(Operation, name="stablehlo.iota", traits=(Pure,)):
    """Counts from 0 along one dimension: `iota((2, 3), f32, 1)` has rows 0, 1, 2.

    Source: StableHLO specification, `iota`.
    """

    iota_dimension: int
    output: Result[TensorType] = result(elements=NUMBER)

    constraints = (
        Holds(
            "`iota_dimension` is a dimension of `output`",
            lambda op: 0 <= op.iota_dimension < op.output.type.rank,
            id="C1",
            verify_only=True,
        ),
        STATIC,
    )
    assembly_format = "`dim` `=` $iota_dimension attr-dict `:` type($output)"


def iota(shape: Sequence[int], element_type: Type, iota_dimension: int) -> Iota:
    """A tensor that counts from 0 along `iota_dimension`."""
    return Iota(iota_dimension, result_types=[TensorType(tuple(shape), element_type)])


def _expands(op: Any) -> bool | str:
    for position, target in enumerate(op.broadcast_dimensions):
        size, wanted = op.operand.type.dims[position], op.result.type.dims[target]
        if size != 1 and not same_dim(size, wanted):
            return f"dimension {position} of size {size} goes to dimension {target} of size {wanted}"
    return True


def _quantized_along(op: Any) -> bool | str:
    before, after = op.operand.type.element_type, op.result.type.element_type
    if not (isinstance(before, UniformType) and isinstance(after, UniformType)):
        return True
    if before.axis is None or after.axis is None:
        return True
    if after.axis != op.broadcast_dimensions[before.axis]:
        return f"dimension {before.axis} goes to {op.broadcast_dimensions[before.axis]}, the result has scales along {after.axis}"
    if op.operand.type.dims[before.axis] != 1:
        return True
    repeated = set(zip(after.scales, after.zero_points, strict=True))
    return repeated == {(before.scales[0], before.zero_points[0])} or f"`{before}` becomes `{after}`"


BROADCASTS: Final = (
    SameElementTypeUpToScalesOfAxis("operand", "result", id="C1"),
    Holds(
        "`broadcast_dimensions` has one entry for each dimension of `operand`",
        lambda op: len(op.broadcast_dimensions) == op.operand.type.rank,
        id="C2",
    ),
    Holds(
        "`broadcast_dimensions` are dimensions of the result",
        lambda op: within(op.broadcast_dimensions, op.result.type.rank),
        id="C3",
        verify_only=True,
    ),
    Holds("`broadcast_dimensions` are different", lambda op: unique(op.broadcast_dimensions), id="C4"),
    Holds("each dimension has size 1 or the size in the result", _expands, id="C5", verify_only=True),
    Holds("the result is quantized along the dimension that `operand` is", _quantized_along, id="C6", verify_only=True),
)
"""What `broadcast_dimensions` of an op with an `operand` and a `result` must be."""


class BroadcastInDim(Operation, name="stablehlo.broadcast_in_dim", traits=(Pure,)):
    """Dimension i becomes dimension `broadcast_dimensions[i]` of the result; along others, and from 1, it repeats.

    Source: StableHLO specification, `broadcast_in_dim`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    broadcast_dimensions: tuple[int, ...]
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (*BROADCASTS, BOUNDED)
    assembly_format = "$operand `,` `dims` `=` $broadcast_dimensions attr-dict `:` functional-type(operands, results)"


def broadcast_in_dim(
    operand: Value[TensorType] | Operation, shape: Sequence[Dim], broadcast_dimensions: Sequence[int] = ()
) -> BroadcastInDim:
    """Repeats a tensor to `shape`; without `broadcast_dimensions`, a scalar."""
    value = as_tensor(operand)
    return BroadcastInDim(
        value, tuple(broadcast_dimensions), result_types=[TensorType(tuple(shape), value.type.element_type)]
    )


def same_size(op: Any) -> bool | str:
    """Whether the result has as many elements as `operand`."""
    before, after = op.operand.type, op.result.type
    if not (before.is_static and after.is_static) or prod(before.shape) == prod(after.shape):
        return True
    return f"{prod(before.shape)} elements in {before.shape}, {prod(after.shape)} in {after.shape}"


def _keeps_quantized_slices(op: Any) -> bool | str:
    before, after = op.operand.type, op.result.type
    axis, new_axis = (quantization_dimension(type.element_type) for type in (before, after))
    if axis is None or new_axis is None:
        return True
    for name, old, new in (
        ("before", before.dims[:axis], after.dims[:new_axis]),
        ("along", before.dims[axis : axis + 1], after.dims[new_axis : new_axis + 1]),
        ("behind", before.dims[axis + 1 :], after.dims[new_axis + 1 :]),
    ):
        if None not in (*old, *new) and prod(old) != prod(new):
            return f"{name} it there were {old}, there are {new}"
    return True


RESHAPES: Final = (
    SameElementTypeUpToAxis("operand", "result", id="C1"),
    Holds("the result has as many elements as `operand`", same_size, id="C2", verify_only=True),
    Holds(
        "the dimension that is quantized along keeps its size, and as many elements before and behind it",
        _keeps_quantized_slices,
        id="C3",
        verify_only=True,
    ),
)
"""What the result of an op that reshapes its `operand` must be."""


class Reshape(Operation, name="stablehlo.reshape", traits=(Pure,)):
    """The same elements in the same (row-major) order, in another shape. Source: StableHLO specification, `reshape`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (*RESHAPES, BOUNDED)
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


def reshape(operand: Value[TensorType] | Operation, shape: Sequence[Dim]) -> Reshape:
    """A tensor in another shape."""
    value = as_tensor(operand)
    return Reshape(value, result_types=[TensorType(tuple(shape), value.type.element_type)])


def _transposes_axis(op: Transpose) -> bool:
    before, after = (quantization_dimension(value.type.element_type) for value in (op.operand, op.result))
    return before is None or after is None or op.permutation[after] == before


class Transpose(Operation, name="stablehlo.transpose", traits=(Pure,)):
    """Dimension i of the result is dimension `permutation[i]` of `operand`.

    Source: StableHLO specification, `transpose`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    permutation: tuple[int, ...]
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        SameElementTypeUpToAxis("operand", "result", id="C1"),
        Holds(
            "`permutation` names each dimension of `operand` once",
            lambda op: sorted(op.permutation) == list(range(op.operand.type.rank)),
            id="C2",
        ),
        Infers("C3"),
        Holds(
            "the result is quantized along the dimension that `operand` is", _transposes_axis, id="C4", verify_only=True
        ),
    )
    assembly_format = "$operand `,` `dims` `=` $permutation attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        type = self.operand.type
        dims, bounds = ([sizes[axis] for axis in self.permutation] for sizes in (type.dims, bounds_of(type)))
        quantized = quantization_dimension(type.element_type)
        element = (
            type.element_type if quantized is None else along(type.element_type, self.permutation.index(quantized))
        )
        return with_sizes(type, dims, bounds, element)


class Reverse(Operation, name="stablehlo.reverse", traits=(Pure, Involution)):
    """Turns the order of the elements round along `dimensions`. Source: StableHLO specification, `reverse`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    dimensions: tuple[int, ...]
    result: Result[TensorType] = result()

    constraints = (
        SameExactType("operand", "result", id="C1"),
        Holds("`dimensions` are different", lambda op: unique(op.dimensions), id="C2"),
        Holds(
            "`dimensions` are dimensions of `operand`", lambda op: within(op.dimensions, op.operand.type.rank), id="C3"
        ),
    )
    assembly_format = (
        "$operand `,` `dims` `=` $dimensions attr-dict `:` custom<SameTypes1>(type($operand), type($result))"
    )


def _slice_fits(op: Slice) -> bool | str:
    ranges = zip(op.start_indices, op.limit_indices, most_of(op.operand.type), strict=True)
    for axis, (start, limit, size) in enumerate(ranges):
        if not 0 <= start <= limit or (size is not None and limit > size):
            return f"dimension {axis} of size {'?' if size is None else size} is cut from {start} to {limit}"
    return True


class Slice(Operation, name="stablehlo.slice", traits=(Pure,)):
    """The elements from `start_indices` up to but without `limit_indices`, every `strides`-th.

    Source: StableHLO specification, `slice`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    start_indices: tuple[int, ...]
    limit_indices: tuple[int, ...]
    strides: tuple[int, ...]
    result: Result[TensorType] = result()

    constraints = (
        SameElementType("operand", "result", id="C1"),
        Holds(
            "`start_indices`, `limit_indices` and `strides` have one entry for each dimension of `operand`",
            lambda op: {len(op.start_indices), len(op.limit_indices), len(op.strides)} == {op.operand.type.rank},
            id="C2",
        ),
        Holds("0 <= `start_indices` <= `limit_indices` <= the sizes", _slice_fits, id="C3"),
        Holds("`strides` are positive", lambda op: all(stride > 0 for stride in op.strides), id="C4"),
        Infers("C5"),
    )
    assembly_format = (
        "$operand custom<SliceRanges>($start_indices, $limit_indices, $strides)"
        " attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        ranges = zip(self.start_indices, self.limit_indices, self.strides, strict=True)
        return self.operand.type.with_dims([-((start - limit) // stride) for start, limit, stride in ranges])


def padded(size: Dim, low: int, high: int, inner: int) -> Dim:
    """What padding makes of the size of a dimension."""
    return None if size is None else size + low + max(size - 1, 0) * inner + high


class Pad(Operation, name="stablehlo.pad", traits=(Pure,)):
    """Puts `padding_value` around the tensor and between its elements; negative padding at the edges cuts off.

    Source: StableHLO specification, `pad`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    padding_value: Operand[TensorType] = fields.operand(elements=ANY, rank=0)
    edge_padding_low: tuple[int, ...]
    edge_padding_high: tuple[int, ...]
    interior_padding: tuple[int, ...]
    result: Result[TensorType] = result()

    constraints = (
        SameElementType("operand", "padding_value", "result", id="C1"),
        Holds(
            "`edge_padding_low`, `edge_padding_high` and `interior_padding` have one entry for each dimension",
            lambda op: (
                {len(op.edge_padding_low), len(op.edge_padding_high), len(op.interior_padding)}
                == {op.operand.type.rank}
            ),
            id="C2",
        ),
        Holds(
            "`interior_padding` is not negative", lambda op: all(inner >= 0 for inner in op.interior_padding), id="C3"
        ),
        Infers("C4"),
    )
    assembly_format = (
        "$operand `,` $padding_value `,` `low` `=` $edge_padding_low `,` `high` `=` $edge_padding_high `,`"
        " `interior` `=` $interior_padding attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        type, amounts = self.operand.type, (self.edge_padding_low, self.edge_padding_high, self.interior_padding)
        dims, bounds = (
            tuple(padded(*each) for each in zip(sizes, *amounts, strict=True)) for sizes in (type.dims, bounds_of(type))
        )
        for sizes in (dims, bounds):
            if any(size is not None and size < 0 for size in sizes):
                raise Error(f"negative padding leaves the shape {sizes} (C4)")
        return with_sizes(type, dims, bounds)


def _same_beside_dimension(op: Concatenate) -> bool | str:
    known = op.inputs[0].type.dims
    for number, value in enumerate(op.inputs):
        dims = value.type.dims
        if len(dims) != len(known) or not all(
            axis == op.dimension or same_dim(a, b) for axis, (a, b) in enumerate(zip(known, dims, strict=True))
        ):
            return f"those before have the sizes {list(known)}, `inputs[{number}]` is `{value.type}`"
        known = merge((known, dims))
    return True


def _sum(sizes: Iterable[Dim]) -> Dim:
    """The sum of some sizes; None when one is not known."""
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


class Concatenate(Operation, name="stablehlo.concatenate", traits=(Pure,)):
    """Joins tensors along `dimension`. Source: StableHLO specification, `concatenate`."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    dimension: int = attr()
    result: Result[TensorType] = result()

    constraints = (
        Holds("there is at least one input", lambda op: len(op.inputs) > 0, id="C3"),
        SameElementType("inputs", id="C1"),
        Holds(
            "`dimension` is a dimension of the inputs", lambda op: 0 <= op.dimension < op.inputs[0].type.rank, id="C4"
        ),
        Holds("the shapes agree except in `dimension`", _same_beside_dimension, id="C2"),
        SameElementType("inputs", "result", id="C5"),
        Infers("C6"),
    )
    assembly_format = (
        "custom<VariadicOperandWithAttribute>($inputs) `dim` `=` $dimension"
        " attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        types = [value.type for value in self.inputs]
        dims = list(merge(type.dims for type in types))
        dims[self.dimension] = _sum(type.dims[self.dimension] for type in types)
        bounds = [least(*column) for column in zip(*map(bounds_of, types), strict=True)]
        bounds[self.dimension] = _sum(most_of(type)[self.dimension] for type in types)
        return with_sizes(types[0], dims, bounds)


def _bits_fit(op: BitcastConvert) -> bool | str:
    before, after = op.operand.type, op.result.type
    bits, new_bits = (bit_width(storage_type(type.element_type)) for type in (before, after))
    if bits == new_bits:
        return same_dims(before.dims, after.dims) or "elements of equal width keep the shape"
    wide, narrow = (before, after) if new_bits < bits else (after, before)
    ratio = max(bits, new_bits) // min(bits, new_bits)
    fits = (
        max(bits, new_bits) % min(bits, new_bits) == 0
        and narrow.rank == wide.rank + 1
        and same_dims(narrow.dims[:-1], wide.dims)
        and same_dim(narrow.dims[-1], ratio)
    )
    return fits or f"`{narrow}` and `{wide}` do not have the same bits: a last dimension of {ratio} is needed"


class BitcastConvert(Operation, name="stablehlo.bitcast_convert", traits=(Pure,)):
    """Reads the bits as another element type; a last dimension comes or goes with the ratio of the widths.

    Source: StableHLO specification, `bitcast_convert`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        Holds("the bits of `operand` are the bits of the result", _bits_fit, id="C1", verify_only=True),
        Holds(
            "both are complex or neither is",
            lambda op: (
                isinstance(op.operand.type.element_type, ComplexType)
                == isinstance(op.result.type.element_type, ComplexType)
            ),
            id="C2",
            verify_only=True,
        ),
    )
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


def bitcast_convert(operand: Value[TensorType] | Operation, element_type: Type) -> BitcastConvert:
    """Reads the bits of a tensor as another element type."""
    value = as_tensor(operand)
    bits, new_bits = (bit_width(storage_type(type)) for type in (value.type.element_type, element_type))
    dims = value.type.dims
    if new_bits < bits:
        dims = (*dims, bits // new_bits)
    elif new_bits > bits:
        dims = dims[:-1]
    return BitcastConvert(value, result_types=[TensorType(dims, element_type)])


class GetDimensionSize(Operation, name="stablehlo.get_dimension_size", traits=(Pure,)):
    """The size of one dimension, as a `tensor<i32>`. Source: StableHLO specification, `get_dimension_size`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    dimension: int
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        Holds("`dimension` is a dimension of `operand`", lambda op: 0 <= op.dimension < op.operand.type.rank, id="C1"),
    )
    assembly_format = "$operand `,` `dim` `=` $dimension attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return TensorType((), i32)
