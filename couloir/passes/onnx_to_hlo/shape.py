"""Operators that move elements, or make constants."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.onnx.types import StringsAttr
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, f32, i64
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.tensors import broadcast, broadcast_shapes, full, reshape


def constant_of(value: Attribute) -> Tensor:
    """A constant tensor of ONNX. Raises `NotLowered` for strings and sparse ones."""
    if isinstance(value, StringsAttr):
        raise NotLowered("it is a tensor of strings")
    if not isinstance(value, DenseElementsAttr | DenseResourceAttr):
        raise NotLowered("it is a sparse tensor")
    return hlo.Constant(value).output


@lowers("Constant")
def constant(node: Node) -> Lowered:
    """`Constant` since 1, 9, 11, 12, 13, 19, 21, 23, 24, 25."""
    value = node.attribute("value")
    if value is not None:
        return constant_of(value)
    for key, element in (("value_float", f32), ("value_floats", f32), ("value_int", i64), ("value_ints", i64)):
        number = node.attribute(key)
        if number is not None:
            return hlo.constant(np.asarray(number), element)
    raise NotLowered("it is a tensor of strings, or a sparse one")


@lowers("ConstantOfShape")
def constant_of_shape(node: Node) -> Lowered:
    """`ConstantOfShape` since 9, 20, 21, 23, 24, 25."""
    shape = node.constant_integers(0, "shape")
    value = node.attribute("value")
    if value is None:
        return full(0, shape, f32)
    if not isinstance(value, DenseElementsAttr) or not isinstance(value.type, TensorType):
        raise NotLowered("its value is not a number")
    return full(value.array.reshape(-1)[0], shape, value.type.element_type)


@lowers("Identity")
def identity(node: Node) -> Lowered:
    """`Identity`, of a tensor or of a sequence."""
    return [node.inputs[0]]


@lowers("Dropout")
def dropout(node: Node) -> Lowered:
    """`Dropout` since 7, 10, 12, 13, 22, for inference: nothing is dropped."""
    if node.has(2) and node.constant(2, "training mode").any() and (not node.has(1) or node.constant(1, "ratio").any()):
        raise NotLowered("it trains: it drops elements at random")
    x = node[0]
    position = node.result_position(1)
    if position is None:
        return x
    return [x, full(1, x.type.shape, node.result_element(position))]


@lowers("Shape")
def shape_of(node: Node) -> Lowered:
    """`Shape` since 1, 13, 15 (of a range of dimensions), 19, 21, 23, 24, 25."""
    end = node.attribute("end")
    dims = node[0].type.shape[slice(node.integer("start", 0), end)]
    return hlo.constant(np.asarray(dims, np.int64))


@lowers("Size")
def size_of(node: Node) -> Lowered:
    """`Size` since 1, 13, 19, 21, 23, 24, 25."""
    return hlo.constant(np.asarray(node[0].type.size, np.int64))


@lowers("Reshape")
def reshape_(node: Node) -> Lowered:
    """`Reshape` since 5, 13, 14 (`allowzero`), 19, 21, 23, 24, 25."""
    x = node[0]
    wanted = list(node.constant_integers(1, "shape"))
    if not node.integer("allowzero"):
        for axis, size in enumerate(wanted):
            if size == 0:
                if axis >= x.type.rank:
                    raise Error(f"the shape {wanted} copies dimension {axis} of a tensor of rank {x.type.rank}")
                wanted[axis] = x.type.shape[axis]
    if -1 in wanted:
        known = math.prod(size for size in wanted if size != -1)
        wanted[wanted.index(-1)] = x.type.size // known if known else 0
    if math.prod(wanted) != x.type.size:
        raise Error(f"the {x.type.size} elements of `{x.type}` do not fit into the shape {wanted}")
    return reshape(x, wanted)


@lowers("Flatten")
def flatten(node: Node) -> Lowered:
    """`Flatten` since 1, 9, 11, 13, 21, 23, 24, 25: to a matrix."""
    x = node[0]
    axis = node.axis(x.type.rank, default=1, end=True)
    return reshape(x, (math.prod(x.type.shape[:axis]), math.prod(x.type.shape[axis:])))


@lowers("Squeeze")
def squeeze(node: Node) -> Lowered:
    """`Squeeze` since 1, 11 (axes are an attribute), 13, 21, 23, 24, 25 (an input)."""
    x = node[0]
    axes = _axes(node)
    if axes is None:
        doomed = [axis for axis, size in enumerate(x.type.shape) if size == 1]
    else:
        doomed = [normal_axis(axis, x.type.rank) for axis in axes]
        for axis in doomed:
            if x.type.shape[axis] != 1:
                raise Error(f"dimension {axis} has size {x.type.shape[axis]}: only those of size 1 can be squeezed")
    return reshape(x, [size for axis, size in enumerate(x.type.shape) if axis not in doomed])


def _axes(node: Node) -> tuple[int, ...] | None:
    """Axes from the attribute or, since version 13, from the second input."""
    if node.version < 13:
        return node.integers("axes")
    return node.constant_integers(1, "axes") if node.has(1) else None


@lowers("Unsqueeze")
def unsqueeze(node: Node) -> Lowered:
    """`Unsqueeze` since 1, 11 (axes are an attribute), 13, 21, 23, 24, 25 (an input)."""
    x = node[0]
    axes = _axes(node) or ()
    rank = x.type.rank + len(axes)
    new = {normal_axis(axis, rank) for axis in axes}
    sizes = iter(x.type.shape)
    return reshape(x, [1 if axis in new else next(sizes) for axis in range(rank)])


@lowers("Transpose")
def transpose(node: Node) -> Lowered:
    """`Transpose` since 1, 13, 21, 23, 24, 25."""
    x = node[0]
    order = node.integers("perm")
    permutation = order if order is not None else tuple(reversed(range(x.type.rank)))
    return hlo.Transpose(x, tuple(normal_axis(axis, x.type.rank) for axis in permutation))


@lowers("Concat")
def concatenate(node: Node) -> Lowered:
    """`Concat` since 4, 11, 13."""
    values = node.given
    return hlo.Concatenate(values, node.axis(values[0].type.rank))


@lowers("Split")
def split(node: Node) -> Lowered:
    """`Split` since 2, 11 (sizes are an attribute), 13 (an input), 18 (`num_outputs`)."""
    x = node[0]
    axis = node.axis(x.type.rank)
    size, count = x.type.shape[axis], len(node.op.results)
    sizes = node.integers("split") if node.version < 13 else None
    if node.version >= 13 and node.has(1):
        sizes = node.constant_integers(1, "sizes")
    if sizes is None:
        part = -(-size // count)
        sizes = tuple(max(min(part, size - number * part), 0) for number in range(count))
    starts = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    return [take_range(x, axis, starts[number], starts[number + 1]) for number in range(count)]


def take_range(x: Tensor, axis: int, start: int, limit: int, step: int = 1) -> Tensor:
    """The elements from `start` to before `limit` along one dimension."""
    starts, limits, steps = [0] * x.type.rank, list(x.type.shape), [1] * x.type.rank
    starts[axis], limits[axis], steps[axis] = start, limit, step
    return hlo.Slice(x, tuple(starts), tuple(limits), tuple(steps)).result


@lowers("Slice")
def slice_(node: Node) -> Lowered:
    """`Slice` since 1 (attributes), 10 (inputs, with steps), 11, 13."""
    x = node[0]
    if node.version < 10:
        starts, ends, axes = node.integers("starts") or (), node.integers("ends") or (), node.integers("axes")
        steps = None
    else:
        starts, ends = node.constant_integers(1, "starts"), node.constant_integers(2, "ends")
        axes = node.constant_integers(3, "axes") if node.has(3) else None
        steps = node.constant_integers(4, "steps") if node.has(4) else None
    ranges = [range(size) for size in x.type.shape]
    parts = zip(axes or range(len(starts)), starts, ends, steps or (1,) * len(starts), strict=True)
    for axis, start, end, step in parts:
        if step == 0:
            raise Error("a step of `Slice` is 0")
        number = normal_axis(axis, x.type.rank)
        ranges[number] = _clamped(start, end, step, x.type.shape[number])
    return take_ranges(x, ranges)


def _clamped(start: int, end: int, step: int, size: int) -> range:
    """The positions of a slice of `size` elements. Unlike Python's, a backward slice from before the first one begins at it."""
    start, end = (bound + size if bound < 0 else bound for bound in (start, end))
    if not size:
        return range(0)
    if step > 0:
        return range(min(max(start, 0), size), min(max(end, 0), size), step)
    return range(min(max(start, 0), size - 1), min(max(end, -1), size - 1), step)


def take_ranges(x: Tensor, ranges: Sequence[range]) -> Tensor:
    """The elements at the positions of one range for each dimension; those that descend are reversed."""
    ascending = [r[::-1] if r.step < 0 else r for r in ranges]
    starts = tuple(r.start if len(r) else 0 for r in ascending)
    limits = tuple(r[-1] + 1 if len(r) else 0 for r in ascending)
    made = hlo.Slice(x, starts, limits, tuple(r.step for r in ascending)).result
    backwards = tuple(axis for axis, r in enumerate(ranges) if r.step < 0)
    return hlo.Reverse(made, backwards).result if backwards else made


@lowers("Expand")
def expand(node: Node) -> Lowered:
    """`Expand` since 8, 13: broadcasting in both directions."""
    x = node[0]
    return broadcast(x, broadcast_shapes([x.type.shape, node.constant_integers(1, "shape")]))


@lowers("Tile")
def tile(node: Node) -> Lowered:
    """`Tile` since 6, 13: each dimension becomes two, of which the first repeats."""
    x = node[0]
    repeats = node.constant_integers(1, "repeats")
    if len(repeats) != x.type.rank:
        raise Error(f"`Tile` has {len(repeats)} repeats for a tensor of rank {x.type.rank}")
    both = [part for pair in zip(repeats, x.type.shape, strict=True) for part in pair]
    spread = hlo.broadcast_in_dim(x, both, range(1, 2 * x.type.rank, 2))
    return reshape(spread, [count * size for count, size in zip(repeats, x.type.shape, strict=True)])


@lowers("DepthToSpace")
def depth_to_space(node: Node) -> Lowered:
    """`DepthToSpace` since 1, 11 (`mode`), 13, 28."""
    x, block = node[0], node.integer("blocksize")
    batch, depth, height, width = x.type.shape
    rest = depth // (block * block)
    if node.string("mode", "DCR") == "DCR":
        parts, order = reshape(x, (batch, block, block, rest, height, width)), (0, 3, 4, 1, 5, 2)
    else:
        parts, order = reshape(x, (batch, rest, block, block, height, width)), (0, 1, 4, 2, 5, 3)
    return reshape(hlo.Transpose(parts, order), (batch, rest, height * block, width * block))


@lowers("SpaceToDepth")
def space_to_depth(node: Node) -> Lowered:
    """`SpaceToDepth` since 1, 13, 28 (`mode`)."""
    x, block = node[0], node.integer("blocksize")
    batch, depth, height, width = x.type.shape
    parts = reshape(x, (batch, depth, height // block, block, width // block, block))
    depth_first = node.string("mode", "DCR") == "CRD"
    moved = hlo.Transpose(parts, (0, 1, 3, 5, 2, 4) if depth_first else (0, 3, 5, 1, 2, 4))
    return reshape(moved, (batch, depth * block * block, height // block, width // block))
