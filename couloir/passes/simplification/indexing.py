"""Dynamic slices, gather and scatter.

Where the positions are known these are slices and paddings.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Guard, Rewrite, Rule, constant_array, guard, has_one_use, is_splat
from couloir.ir.traits import Elementwise
from couloir.passes.simplification.axes import inverse, is_empty, is_number, like, picked, spread
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.guards import same_size


def _are_known(starts) -> Guard:
    return guard(all(is_splat(start) for start in starts), "a start is not known")


def _places(starts, dims, sizes):
    """Where slices start: each start is moved so that all elements exist."""
    numbers = [int(constant_array(start).item()) for start in starts]
    return tuple(min(max(at, 0), most - size) for at, most, size in zip(numbers, dims, sizes, strict=True))


class DynamicSliceIsSlice(Rule):
    """dynamic_slice(x, constants)  =>  slice(x)"""

    examples = (
        program(
            "%x: tensor<4x5x6xf32>",
            """
            %0 = constant dense<1> : tensor<i32>
            %1 = constant dense<-7> : tensor<i32>
            %2 = constant dense<9> : tensor<i32>
            %r = dynamic_slice %x, %0, %1, %2, sizes = [2, 3, 2]
              : (tensor<4x5x6xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<2x3x2xf32>""",
        ),
    )

    def pattern(x, starts, sizes):
        return hlo.DynamicSlice(x, [*starts], sizes)

    def where(starts):
        return _are_known(starts)

    def rewrite(x, starts, sizes):
        places = _places(starts, x.type.shape, sizes)
        limits = tuple(at + size for at, size in zip(places, sizes, strict=True))
        return hlo.Slice(x, places, limits, (1,) * len(sizes))


class FullDynamicSlice(Rule):
    """dynamic_slice(x) of all elements  =>  x"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %i: tensor<i32>, %j: tensor<i32>",
            """
            %r = dynamic_slice %x, %i, %j, sizes = [2, 3] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>)
              -> tensor<2x3xf32>""",
        ),
    )

    def pattern(x, starts, sizes):
        return hlo.DynamicSlice(x, [*starts], sizes)

    def where(x, sizes):
        return guard(x.type.dims == sizes, "it takes only a part")

    def rewrite(x):
        return x


class DynamicSliceOfSplat(Rule):
    """dynamic_slice(constant with one value)  =>  constant with one value"""

    def pattern(x, starts, sizes):
        return hlo.DynamicSlice(x, [*starts], sizes)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class DynamicSliceOfBroadcast(Rule):
    """dynamic_slice(broadcast_in_dim(x, d))  =>  broadcast_in_dim(x, d), when it takes all along what is x's own"""

    allow_shared = True

    def pattern(x, d, starts, sizes):
        return hlo.DynamicSlice(hlo.BroadcastInDim(x, d), [*starts], sizes)

    def where(x, d, sizes):
        own = zip(x.type.dims, picked(sizes, d), strict=True)
        return guard(all(size in (1, taken) for size, taken in own), "it takes only a part of x")

    def rewrite(x, d, op):
        return hlo.BroadcastInDim(x, d, result_types=[op.result.type])


class DynamicSliceOfIota(Rule):
    """dynamic_slice(iota(a))  =>  iota(a), when it takes all along a"""

    def pattern(a, starts, sizes):
        return hlo.DynamicSlice(hlo.Iota(a), [*starts], sizes)

    def where(a, sizes, op):
        return guard(op.operand.type.dims[a] == sizes[a], "it takes only a part of the numbers")

    def rewrite(a, op):
        return hlo.Iota(a, result_types=[op.result.type])


class DynamicSliceOfTranspose(Rule):
    """dynamic_slice(transpose(x, p), starts)  =>  transpose(dynamic_slice(x, starts), p)"""

    def pattern(x, p, starts, sizes):
        return hlo.DynamicSlice(hlo.Transpose(x, p), [*starts], sizes)

    def rewrite(x, p, starts, sizes):
        back = inverse(p)
        return hlo.Transpose(hlo.DynamicSlice(x, list(picked(starts, back)), picked(sizes, back)), p)


class DynamicSliceOfUnary(Rule):
    """dynamic_slice(f(x))  =>  f(dynamic_slice(x)), when f works element by element and nothing else takes f(x)"""

    def pattern(y: Elementwise, starts, sizes):
        return hlo.DynamicSlice(y, [*starts], sizes)

    def where(y):
        return guard(len(y.defining_op.operands) == 1, "f takes several operands") & has_one_use(y)

    def rewrite(y, starts, sizes, op):
        f = y.defining_op
        return like(f, [hlo.DynamicSlice(f.operands[0], list(starts), sizes).result], op.result.type)


class DynamicSliceOfUpdate(Rule):
    """dynamic_slice(dynamic_update_slice(x, u, starts), starts)  =>  u, when the sizes are those of u"""

    examples = (
        program(
            "%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i32>",
            """
            %0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
            %r = dynamic_slice %0, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, u, starts, sizes):
        return hlo.DynamicSlice(hlo.DynamicUpdateSlice(x, u, [*starts]), [*starts], sizes)

    def where(u, sizes):
        return guard(u.type.dims == sizes, "it takes other elements")

    def rewrite(u):
        return u


class FullUpdate(Rule):
    """dynamic_update_slice(x, u)  =>  u, when u is as large as x"""

    def pattern(x, u, starts):
        return hlo.DynamicUpdateSlice(x, u, [*starts])

    def where(x, u):
        return same_size(u, x)

    def rewrite(u):
        return u


class EmptyUpdate(Rule):
    """dynamic_update_slice(x, u)  =>  x, when u has no elements"""

    examples = (
        program(
            "%x: tensor<4xf32>, %u: tensor<0xf32>, %i: tensor<i32>",
            """
            %r = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<0xf32>, tensor<i32>) -> tensor<4xf32>""",
        ),
    )

    def pattern(x, u, starts):
        return hlo.DynamicUpdateSlice(x, u, [*starts])

    def where(u):
        return is_empty(u)

    def rewrite(x):
        return x


class UpdateOfUpdate(Rule):
    """dynamic_update_slice(dynamic_update_slice(x, u, at), w, at)  =>  dynamic_update_slice(x, w, at), for u as large as w"""

    examples = (
        program(
            "%x: tensor<4xf32>, %u: tensor<2xf32>, %w: tensor<2xf32>, %i: tensor<i32>",
            """
            %0 = dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>
            %r = dynamic_update_slice %0, %w, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, u, w, starts):
        return hlo.DynamicUpdateSlice(hlo.DynamicUpdateSlice(x, u, [*starts]), w, [*starts])

    def where(u, w):
        return same_size(u, w)

    def rewrite(x, w, starts):
        return hlo.DynamicUpdateSlice(x, w, list(starts))


class UpdateByItself(Rule):
    """dynamic_update_slice(x, dynamic_slice(x, starts), starts)  =>  x"""

    examples = (
        program(
            "%x: tensor<4xf32>, %i: tensor<i32>",
            """
            %0 = dynamic_slice %x, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>
            %r = dynamic_update_slice %x, %0, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, starts, sizes):
        return hlo.DynamicUpdateSlice(x, hlo.DynamicSlice(x, [*starts], sizes), [*starts])

    def rewrite(x):
        return x


class UpdateOfBroadcast(Rule):
    """dynamic_update_slice(broadcast_in_dim(v), u, constants)  =>  pad(u, v), when v is a scalar"""

    examples = (
        program(
            "%v: tensor<f32>, %u: tensor<2x3xf32>",
            """
            %0 = constant dense<1> : tensor<i32>
            %1 = constant dense<9> : tensor<i32>
            %2 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
            %r = dynamic_update_slice %2, %u, %0, %1
              : (tensor<4x5xf32>, tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<4x5xf32>""",
        ),
        program(
            "%v: tensor<f32>, %w: tensor<f32>",
            """
            %0 = constant dense<1> : tensor<i32>
            %1 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<4xf32>
            %2 = broadcast_in_dim %w, dims = [] : (tensor<f32>) -> tensor<2xf32>
            %r = dynamic_update_slice %1, %2, %0 : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(v, u, starts):
        return hlo.DynamicUpdateSlice(hlo.BroadcastInDim(v, ()), u, [*starts])

    def where(starts):
        return _are_known(starts)

    def rewrite(v, u, starts, op):
        whole, part = op.operand.type.shape, u.type.shape
        low = _places(starts, whole, part)
        high = tuple(most - at - size for most, at, size in zip(whole, low, part, strict=True))
        return hlo.Pad(u, v, low, high, (0,) * len(low))


class GatherOfSplat(Rule):
    """gather(constant with one value)  =>  constant with one value"""

    examples = (
        program(
            "%at: tensor<2xi32>",
            """
            %0 = constant dense<1.5> : tensor<4x5xf32>
            %r = "stablehlo.gather"(%0, %at)
              <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
              start_index_map = [1, 0], index_vector_dim = 0>,
              indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>)
              -> tensor<3xf32>""",
        ),
    )

    def pattern(x, at, numbers, sizes, ordered):
        return hlo.Gather(x, at, numbers, sizes, ordered)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class GatherIsSlice(Rule):
    """gather(x, constants)  =>  reshape(slice(x)), when it takes one slice"""

    examples = (
        program(
            "%x: tensor<4x5xf32>",
            """
            %0 = constant dense<[2, 7]> : tensor<2xi32>
            %r = "stablehlo.gather"(%x, %0)
              <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
              start_index_map = [1, 0], index_vector_dim = 0>,
              indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<2xi32>)
              -> tensor<3xf32>""",
        ),
        program(
            "%x: tensor<4x5xf32>",
            """
            %0 = constant dense<[[-3, 0]]> : tensor<1x2xi32>
            %r = "stablehlo.gather"(%x, %0)
              <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1],
              start_index_map = [1, 0], index_vector_dim = 1>,
              indices_are_sorted = false, slice_sizes = array<i64: 3, 1>}> : (tensor<4x5xf32>, tensor<1x2xi32>)
              -> tensor<1x3xf32>""",
        ),
        program(
            "%x: tensor<4x5xf32>",
            """
            %0 = constant dense<[3]> : tensor<1xi32>
            %r = "stablehlo.gather"(%x, %0)
            <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
            start_index_map = [1], index_vector_dim = 0>,
            indices_are_sorted = false, slice_sizes = array<i64: 2, 1>}> : (tensor<4x5xf32>, tensor<1xi32>)
            -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<4x5xf32>, %y: tensor<1x5xf32>",
            """
            %0 = constant dense<[1, 3]> : tensor<2xi32>
            %1 = constant dense<2> : tensor<1x1xi32>
            %2 = "stablehlo.gather"(%x, %0)
            <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 0>,
            indices_are_sorted = false, slice_sizes = array<i64: 0, 1>}> : (tensor<4x5xf32>, tensor<2xi32>)
            -> tensor<f32>
            %3 = "stablehlo.gather"(%x, %0)
            <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 0>,
            indices_are_sorted = false, slice_sizes = array<i64: 1, 1>}> : (tensor<4x5xf32>, tensor<2xi32>)
            -> tensor<f32>
            %4 = "stablehlo.gather"(%y, %1)
            <{dimension_numbers = #stablehlo.gather<offset_dims = [1], operand_batching_dims = [0],
            start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1>,
            indices_are_sorted = false, slice_sizes = array<i64: 0, 2>}> : (tensor<1x5xf32>, tensor<1x1xi32>)
            -> tensor<1x2xf32>
            %5 = reshape %3 : (tensor<f32>) -> tensor<1x1xf32>
            %6 = reshape %2 : (tensor<f32>) -> tensor<1x1xf32>
            %r = concatenate %4, %5, %6, dim = 1 : (tensor<1x2xf32>, tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>""",
        ),
    )

    def pattern(x, at, numbers, sizes, ordered):
        return hlo.Gather(x, at, numbers, sizes, ordered)

    def where(x, at, numbers, sizes):
        vector = numbers.index_vector_dim
        around = tuple(size for axis, size in enumerate(at.type.dims) if axis != vector)
        return (
            guard(not numbers.operand_batching_dims, "there are batching dimensions")
            & guard(all(size == 1 for size in around), "it takes several slices, or none")
            & guard(all(sizes[axis] for axis in numbers.collapsed_slice_dims), "a dimension of nothing is left out")
            & guard(constant_array(at) is not None, "the position is not known")
        )

    def rewrite(x, at, numbers, sizes, op):
        given = dict(zip(numbers.start_index_map, constant_array(at).reshape(-1).tolist(), strict=True))
        starts = tuple(
            min(max(int(given.get(axis, 0)), 0), most - size)
            for axis, (most, size) in enumerate(zip(x.type.shape, sizes, strict=True))
        )
        limits = tuple(start + size for start, size in zip(starts, sizes, strict=True))
        part = hlo.Slice(x, starts, limits, (1,) * len(sizes))
        return hlo.Reshape(part, result_types=[op.result.type])


class ScatterOfNothing(Rule):
    """scatter(x, at, updates)  =>  x, when there are no updates"""

    examples = (
        program(
            "%x: tensor<4xf32>, %i: tensor<0x1xi32>, %u: tensor<0xf32>",
            """
            %r = "stablehlo.scatter"(%x, %i, %u)
              <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
              scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            stablehlo.return %b : tensor<f32>
            }) : (tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>) -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xf32>, %i: tensor<0x1xi32>, %u: tensor<0xf32>, %w: tensor<1xf32>",
            """
            %0 = "stablehlo.scatter"(%x, %i, %u)
            <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
            scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            stablehlo.return %b : tensor<f32>
            }) : (tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>) -> tensor<4xf32>
            %j = constant dense<2> : tensor<1x1xi32>
            %r = "stablehlo.scatter"(%0, %j, %w)
            <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
            scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            stablehlo.return %b : tensor<f32>
            }) : (tensor<4xf32>, tensor<1x1xi32>, tensor<1xf32>) -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xf32>, %i: tensor<0x1xi32>, %u: tensor<0xf32>",
            """
            %0 = "stablehlo.scatter"(%x, %i, %u)
            <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
            scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            stablehlo.return %b : tensor<f32>
            }) : (tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>) -> tensor<4xf32>
            %1 = "stablehlo.scatter"(%x, %i, %u)
            <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
            scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
            ^bb0(%a: tensor<f64>, %b: tensor<f64>):
            stablehlo.return %b : tensor<f64>
            }) : (tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>) -> tensor<4xf64>
            %2 = convert %1 : (tensor<4xf64>) -> tensor<4xf32>
            %r = add %0, %2 : tensor<4xf32>""",
        ),
    )

    def pattern(x, at, u, numbers, ordered, unique):
        return hlo.Scatter([x], at, [u], numbers, ordered, unique)

    def where(x, u, op):
        return is_empty(u) & guard(x.type is op.outputs[0].type, "the element type changes")

    def rewrite(x):
        return x


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    FullDynamicSlice,
    DynamicSliceIsSlice,
    DynamicSliceOfSplat,
    DynamicSliceOfBroadcast,
    DynamicSliceOfIota,
    DynamicSliceOfUpdate,
    DynamicSliceOfTranspose,
    DynamicSliceOfUnary,
    FullUpdate,
    EmptyUpdate,
    UpdateOfUpdate,
    UpdateByItself,
    UpdateOfBroadcast,
    GatherOfSplat,
    GatherIsSlice,
    ScatterOfNothing,
)
