"""Rules proved for all sizes: true laws are, wrong ones are not, and what refutes them is a program that shows it."""

# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from itertools import islice
from time import monotonic
from typing import Any

import pytest

import couloir
from couloir.dialects import arith, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, apply_rules, is_splat
from couloir.ir.rewriting.rule import as_rewrite, function_rule
from couloir.ir.traits import ConstantLike
from couloir.ir.verify import faults
from couloir.passes.running import public_functions
from couloir.passes.simplification import control, indexing, sorting
from couloir.passes.simplification.reducers import copy_of_body
from couloir.testing.proofs import smt
from couloir.testing.proofs.expressions import constant, of, symbol
from couloir.testing.proofs.facts import Arithmetic, at_most
from couloir.testing.proofs.families import Family
from couloir.testing.proofs.paths import Paths
from couloir.testing.proofs.sizes import prove
from couloir.testing.rewrites.check import check_rewrite, equivalent
from couloir.testing.rewrites.programs import programs_for
from couloir.testing.rewrites.report import Candidate, Proof, Verdict
from couloir.testing.rewrites.stages import Check

pytestmark = pytest.mark.skipif(smt.why_not() is not None, reason="there is no SMT solver")
SECONDS = 20.0


def _program(arguments: str, body: str, result: str) -> ModuleOp:
    return couloir.parse(f"func.func @main({arguments}) -> {result} {{\n{body}\n}}")


def _outcome(rule: Any, *programs: ModuleOp, assumes: tuple[str, ...] = ()) -> Proof | Candidate | str:
    return prove(_rewrite(rule), programs, assumes=assumes, deadline=monotonic() + SECONDS)


def _rewrite(rule: Any) -> Rewrite:
    return as_rewrite(rule) if isinstance(rule, type | Rewrite) else function_rule(rule, ())


def _proved(rule: Any, *programs: ModuleOp, assumes: tuple[str, ...] = ()) -> str:
    found = _outcome(rule, *programs, assumes=assumes)
    assert isinstance(found, Proof), found if isinstance(found, str) else str(found.module)
    return found.scope


def _refuted(rule: Any, *programs: ModuleOp) -> ModuleOp:
    """The program that a rule makes wrong, which is shown to be one."""
    found = _outcome(rule, *programs)
    assert isinstance(found, Candidate), found
    assert not faults(found.module)
    after = found.module.clone()
    try:
        assert apply_rules(after, [_rewrite(rule)], erase_dead=False).applications
    except couloir.Error:
        return found.module
    assert faults(after) or equivalent(found.module, after, cases=40).verdict is Verdict.REFUTED
    return found.module


TRANSPOSES = _program(
    "%x: tensor<2x3x5xf32>",
    """%0 = stablehlo.transpose %x, dims = [1, 2, 0] : (tensor<2x3x5xf32>) -> tensor<3x5x2xf32>
       %1 = stablehlo.transpose %0, dims = [1, 2, 0] : (tensor<3x5x2xf32>) -> tensor<5x2x3xf32>
       return %1 : tensor<5x2x3xf32>""",
    "tensor<5x2x3xf32>",
)
SQUARE = _program(
    "%x: tensor<2x3xf32>",
    """%0 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
       return %0 : tensor<3x2xf32>""",
    "tensor<3x2xf32>",
)
SLICES = _program(
    "%x: tensor<9xi32>",
    """%0 = stablehlo.slice %x [2:8] : (tensor<9xi32>) -> tensor<6xi32>
       %1 = stablehlo.slice %0 [1:4] : (tensor<6xi32>) -> tensor<3xi32>
       return %1 : tensor<3xi32>""",
    "tensor<3xi32>",
)
PADS = _program(
    "%x: tensor<3xf32>, %v: tensor<f32>",
    """%0 = stablehlo.pad %x, %v, low = [1], high = [2], interior = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<6xf32>
       %1 = stablehlo.pad %0, %v, low = [2], high = [1], interior = [0] : (tensor<6xf32>, tensor<f32>) -> tensor<9xf32>
       return %1 : tensor<9xf32>""",
    "tensor<9xf32>",
)


class TestTranspose:
    def test_two_are_one(self) -> None:
        class _Right(Rule):
            def pattern(x, p, q):
                return hlo.Transpose(hlo.Transpose(x, p), q)

            def rewrite(x, p, q):
                return hlo.Transpose(x, tuple(p[axis] for axis in q))

        assert _proved(_Right, TRANSPOSES) == "all values, all sizes, rank 3; f32"

    def test_permutations_in_the_wrong_order(self) -> None:
        class _Wrong(Rule):
            def pattern(x, p, q):
                return hlo.Transpose(hlo.Transpose(x, p), q)

            def rewrite(x, p, q):
                inverse = tuple(p.index(axis) for axis in range(len(p)))
                return hlo.Transpose(x, tuple(inverse[axis] for axis in q))

        assert _refuted(_Wrong, TRANSPOSES)

    def test_a_wrong_rule_that_fires_on_squares_alone(self) -> None:
        """The program given is no square: equal sizes are a path of its family."""

        class _Wrong(Rule):
            def pattern(x, p):
                return hlo.Transpose(x, p)

            def where(x, op):
                return op.results[0].type is x.type

            def rewrite(x):
                return x

        square = _program(
            "%x: tensor<2x2xf32>",
            """%0 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
               return %0 : tensor<2x2xf32>""",
            "tensor<2x2xf32>",
        )
        assert _refuted(_Wrong, square)

    def test_exchanged_with_an_elementwise_op(self) -> None:
        class _Right(Rule):
            def pattern(x, y, p):
                return hlo.Add(hlo.Transpose(x, p), hlo.Transpose(y, p))

            def rewrite(x, y, p):
                return hlo.Transpose(hlo.Add(y, x), p)

        program = _program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
            """%0 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
               %1 = stablehlo.transpose %y, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
               %2 = stablehlo.add %0, %1 : tensor<3x2xf32>
               return %2 : tensor<3x2xf32>""",
            "tensor<3x2xf32>",
        )
        assert _proved(_Right, program) == "all values, all sizes, rank 2; f32"


class TestSlice:
    def test_two_are_one(self) -> None:
        class _Right(Rule):
            def pattern(x, a, b, c, d):
                return hlo.Slice(hlo.Slice(x, a, b, (1,)), c, d, (1,))

            def rewrite(x, a, b, c, d):
                return hlo.Slice(x, (a[0] + c[0],), (a[0] + d[0],), (1,))

        assert _proved(_Right, SLICES) == "all values, all sizes, rank 1; i32"

    @pytest.mark.parametrize(("start", "limit"), [(1, 1), (0, 1), (-1, -1)])
    def test_off_by_one(self, start: int, limit: int) -> None:
        class _Wrong(Rule):
            def pattern(x, a, b, c, d):
                return hlo.Slice(hlo.Slice(x, a, b, (1,)), c, d, (1,))

            def where(a, b, c, d, x):
                return a[0] + d[0] < x.type.dims[0] and c[0] > 0

            def rewrite(x, a, b, c, d):
                return hlo.Slice(x, (a[0] + c[0] + start,), (a[0] + d[0] + limit,), (1,))

        if start == limit:
            assert _refuted(_Wrong, SLICES)
        else:  # the type differs: the rule raises, for every size
            assert isinstance(_outcome(_Wrong, SLICES), Candidate)

    def test_strides_are_multiplied(self) -> None:
        class _Right(Rule):
            def pattern(x, a, b, s, c, d, t):
                return hlo.Slice(hlo.Slice(x, a, b, s), c, d, t)

            def where(c, d):
                return c[0] < d[0]

            def rewrite(x, a, s, c, d, t):
                return hlo.Slice(x, (a[0] + c[0] * s[0],), (a[0] + (d[0] - 1) * s[0] + 1,), (s[0] * t[0],))

        class _Wrong(_Right):
            def rewrite(x, a, s, c, d, t):
                return hlo.Slice(x, (a[0] + c[0],), (a[0] + (d[0] - 1) * s[0] + 1 - c[0] * (s[0] - 1),), (s[0] * t[0],))

        assert not isinstance(_outcome(_Right, SLICES), Candidate)  # dividing by both is more than the solver knows
        assert _refuted(_Wrong, SLICES)


class TestPad:
    def test_two_are_one_where_nothing_is_cut(self) -> None:
        class _Right(Rule):
            def pattern(x, v, a, b, i, c, d, j):
                return hlo.Pad(hlo.Pad(x, v, a, b, i), v, c, d, j)

            def where(a, b, c, d, i, j):
                return not any(i) and not any(j) and all(n >= 0 for n in (*a, *b, *c, *d))

            def rewrite(x, v, a, b, i, c, d):
                low, high = (tuple(p + q for p, q in zip(*pair, strict=True)) for pair in ((a, c), (b, d)))
                return hlo.Pad(x, v, low, high, i)

        class _NoGuard(_Right):
            def where(i, j):
                return not any(i) and not any(j)

        class _Exchanged(_Right):
            def rewrite(x, v, a, b, i, c, d):
                low, high = (tuple(p + q for p, q in zip(*pair, strict=True)) for pair in ((b, c), (a, d)))
                return hlo.Pad(x, v, low, high, i)

        assert _proved(_Right, PADS) == "all values, all sizes, rank 1; f32"
        assert _refuted(_NoGuard, PADS)  # one cuts off what the other has put there
        assert _refuted(_Exchanged, PADS)

    def test_a_negative_one_is_a_slice(self) -> None:
        class _Right(Rule):
            def pattern(x, v, a, b):
                return hlo.Pad(x, v, a, b, (0,))

            def where(a, b, x):
                return a[0] <= 0 and b[0] <= 0

            def rewrite(x, a, b):
                return hlo.Slice(x, (-a[0],), (x.type.dims[0] + b[0],), (1,))

        class _WrongSign(_Right):
            def where(a, b, x):
                return a[0] <= 0 and b[0] <= 0 and a[0] == -1 and b[0] == -1

            def rewrite(x, a, b):
                return hlo.Slice(x, (-a[0] - 1,), (x.type.dims[0] + b[0] - 1,), (1,))

        program = _program(
            "%x: tensor<7xi8>, %v: tensor<i8>",
            """%0 = stablehlo.pad %x, %v, low = [-1], high = [-1], interior = [0] : (tensor<7xi8>, tensor<i8>) -> tensor<5xi8>
               return %0 : tensor<5xi8>""",
            "tensor<5xi8>",
        )
        assert _proved(_Right, program) == "all values, all sizes, rank 1; i8"
        assert _refuted(_WrongSign, program)


class TestReshapeAndBroadcast:
    def test_two_reshapes_are_one(self) -> None:
        def right(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Reshape):
                return "no"
            rewriter.replace(op, hlo.reshape(inner.operand, op.result.type.shape))
            return None

        program = _program(
            "%x: tensor<2x3x5xf32>",
            """%0 = stablehlo.reshape %x : (tensor<2x3x5xf32>) -> tensor<6x5xf32>
               %1 = stablehlo.reshape %0 : (tensor<6x5xf32>) -> tensor<2x15xf32>
               return %1 : tensor<2x15xf32>""",
            "tensor<2x15xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 3; f32"

    def test_a_reshape_is_no_transpose(self) -> None:
        def wrong(op: hlo.Reshape, rewriter: Rewriter) -> str | None:
            dims = op.operand.type.dims
            if op.operand.type.rank != 2 or op.result.type.dims != (dims[1], dims[0]):
                return "no"
            rewriter.replace(op, hlo.Transpose(op.operand, (1, 0)))
            return None

        program = _program(
            "%x: tensor<2x3xf32>",
            """%0 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
               return %0 : tensor<3x2xf32>""",
            "tensor<3x2xf32>",
        )
        assert _refuted(wrong, program)

    def test_a_transpose_that_moves_a_one_is_a_reshape(self) -> None:
        def right(op: hlo.Transpose, rewriter: Rewriter) -> str | None:
            if op.permutation != (1, 0) or 1 not in op.operand.type.dims:
                return "no"
            rewriter.replace(op, hlo.reshape(op.operand, op.result.type.shape))
            return None

        def wrong(op: hlo.Transpose, rewriter: Rewriter) -> str | None:
            if op.permutation != (1, 0) or op.operand.type.dims[0] > 2:
                return "no"
            rewriter.replace(op, hlo.reshape(op.operand, op.result.type.shape))
            return None

        program = _program(
            "%x: tensor<1x3xf32>",
            """%0 = stablehlo.transpose %x, dims = [1, 0] : (tensor<1x3xf32>) -> tensor<3x1xf32>
               return %0 : tensor<3x1xf32>""",
            "tensor<3x1xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 2; f32"
        assert _refuted(wrong, program)

    def test_two_broadcasts_are_one(self) -> None:
        class _Right(Rule):
            def pattern(x, p, q):
                return hlo.BroadcastInDim(hlo.BroadcastInDim(x, p), q)

            def rewrite(x, p, q, op):
                return hlo.broadcast_in_dim(x, op.results[0].type.dims, tuple(q[axis] for axis in p))

        class _Wrong(_Right):
            def where(p, q):
                return len(p) == len(q)

            def rewrite(x, p, q, op):
                return hlo.broadcast_in_dim(x, op.results[0].type.dims, q)

        program = _program(
            "%x: tensor<3x1xf32>",
            """%0 = stablehlo.broadcast_in_dim %x, dims = [1, 0] : (tensor<3x1xf32>) -> tensor<4x3xf32>
               %1 = stablehlo.broadcast_in_dim %0, dims = [0, 2] : (tensor<4x3xf32>) -> tensor<4x5x3xf32>
               return %1 : tensor<4x5x3xf32>""",
            "tensor<4x5x3xf32>",
        )
        assert _proved(_Right, program) == "all values, all sizes, rank 3; f32"
        assert isinstance(_outcome(_Wrong, program), Candidate)

    def test_a_guard_that_forgets_what_repeats_from_size_one(self) -> None:
        def wrong(op: hlo.BroadcastInDim, rewriter: Rewriter) -> str | None:
            """Right but for a dimension of size 1 that repeats."""
            if op.broadcast_dimensions != tuple(range(op.operand.type.rank)) or op.operand.type.rank != 2:
                return "no"
            rewriter.replace(op, hlo.reshape(op.operand, op.result.type.shape))
            return None

        program = _program(
            "%x: tensor<2x3xf32>",
            """%0 = stablehlo.broadcast_in_dim %x, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
               return %0 : tensor<2x3xf32>""",
            "tensor<2x3xf32>",
        )
        assert isinstance(_outcome(wrong, program), Candidate)


class TestJoinedAndCombined:
    def test_a_slice_of_a_concatenation(self) -> None:
        def right(op: hlo.Slice, rewriter: Rewriter) -> str | None:
            """slice(concatenate(x, y)) that lies in x  =>  slice(x)"""
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Concatenate) or op.limit_indices[0] > inner.inputs[0].type.dims[0]:
                return "no"
            rewriter.replace(op, hlo.Slice(inner.inputs[0], op.start_indices, op.limit_indices, op.strides))
            return None

        def wrong(op: hlo.Slice, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Concatenate) or op.start_indices[0] < inner.inputs[0].type.dims[0] - 1:
                return "no"
            less = inner.inputs[0].type.dims[0] - 1
            bounds = [tuple(n - less for n in numbers) for numbers in (op.start_indices, op.limit_indices)]
            if bounds[1][0] > inner.inputs[1].type.dims[0]:
                return "no"
            rewriter.replace(op, hlo.Slice(inner.inputs[1], *bounds, op.strides))
            return None

        def program(start: int, limit: int) -> ModuleOp:
            return _program(
                "%x: tensor<4xf32>, %y: tensor<3xf32>",
                f"""%0 = stablehlo.concatenate %x, %y, dim = 0 : (tensor<4xf32>, tensor<3xf32>) -> tensor<7xf32>
                   %1 = stablehlo.slice %0 [{start}:{limit}] : (tensor<7xf32>) -> tensor<2xf32>
                   return %1 : tensor<2xf32>""",
                "tensor<2xf32>",
            )

        assert _proved(right, program(1, 3)) == "all values, all sizes, rank 1; f32"
        assert _refuted(wrong, program(4, 6))

    def test_a_sum_of_a_transpose(self) -> None:
        def exchanged(op: hlo.Reduce, rewriter: Rewriter, wrong: bool = False) -> str | None:
            inner = op.inputs[0].defining_op
            if not isinstance(inner, hlo.Transpose):
                return "no"
            axes = op.dimensions if wrong else tuple(inner.permutation[axis] for axis in op.dimensions)
            rewriter.replace(op, hlo.reduce(inner.operand, op.init_values[0], axes, "add"))
            return None

        def right(op: hlo.Reduce, rewriter: Rewriter) -> str | None:
            return exchanged(op, rewriter)

        def wrong(op: hlo.Reduce, rewriter: Rewriter) -> str | None:
            return exchanged(op, rewriter, wrong=True)

        program = _program(
            "%x: tensor<2x2x2xf32>, %v: tensor<f32>",
            """%0 = stablehlo.transpose %x, dims = [2, 1, 0] : (tensor<2x2x2xf32>) -> tensor<2x2x2xf32>
               %1 = stablehlo.reduce(%0 init: %v) applies stablehlo.add across dimensions = [1, 2]
                      : (tensor<2x2x2xf32>, tensor<f32>) -> tensor<2xf32>
               return %1 : tensor<2xf32>""",
            "tensor<2xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 3; f32"
        assert isinstance(_outcome(wrong, program), Candidate | str)

    def test_two_sums_are_one(self) -> None:
        def right(op: hlo.Reduce, rewriter: Rewriter) -> str | None:
            inner = op.inputs[0].defining_op
            if not isinstance(inner, hlo.Reduce) or not is_splat(inner.init_values[0], 0):
                return "no"
            rewriter.replace(op, hlo.reduce(inner.inputs[0], op.init_values[0], (0, 1), "add"))
            return None

        def wrong(op: hlo.Reduce, rewriter: Rewriter) -> str | None:
            """Where the sums start counts more than once."""
            inner = op.inputs[0].defining_op
            if not isinstance(inner, hlo.Reduce):
                return "no"
            rewriter.replace(op, hlo.reduce(inner.inputs[0], op.init_values[0], (0, 1), "add"))
            return None

        program = _program(
            "%x: tensor<2x3xi32>",
            """%v = stablehlo.constant dense<0> : tensor<i32>
               %0 = stablehlo.reduce(%x init: %v) applies stablehlo.add across dimensions = [1]
                  : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
               %1 = stablehlo.reduce(%0 init: %v) applies stablehlo.add across dimensions = [0]
                  : (tensor<2xi32>, tensor<i32>) -> tensor<i32>
               return %1 : tensor<i32>""",
            "tensor<i32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 2; i32"
        assert not isinstance(_outcome(wrong, program), Proof)

    def test_a_dot_of_transposes(self) -> None:
        def right(op: hlo.Transpose, rewriter: Rewriter) -> str | None:
            """(x y)^T  =>  y^T x^T, written as a product in the other order"""
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.DotGeneral) or op.permutation != (1, 0):
                return "no"
            numbers = inner.dot_dimension_numbers
            if numbers.lhs_contracting_dimensions != (1,) or numbers.rhs_contracting_dimensions != (0,):
                return "no"
            swapped = hlo.DotDimensionNumbers((), (), (0,), (1,))
            rewriter.replace(op, hlo.DotGeneral(inner.rhs, inner.lhs, swapped))
            return None

        program = _program(
            "%x: tensor<2x3xf32>, %y: tensor<3x5xf32>",
            """%0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
               %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<2x5xf32>) -> tensor<5x2xf32>
               return %1 : tensor<5x2xf32>""",
            "tensor<5x2xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 2; f32"


class TestPositionsThatAreComputed:
    PROGRAM = _program(
        "%x: tensor<7xf32>, %i: tensor<i32>",
        """%0 = stablehlo.dynamic_slice %x, %i, sizes = [3] : (tensor<7xf32>, tensor<i32>) -> tensor<3xf32>
           %1 = stablehlo.dynamic_slice %0, %i, sizes = [3] : (tensor<3xf32>, tensor<i32>) -> tensor<3xf32>
           return %1 : tensor<3xf32>""",
        "tensor<3xf32>",
    )

    def test_a_start_is_moved_to_where_the_slice_fits(self) -> None:
        def whole(op: hlo.DynamicSlice, rewriter: Rewriter) -> str | None:
            """dynamic_slice(x) of all elements  =>  x, wherever it starts"""
            if op.operand.type is not op.result.type:
                return "no"
            rewriter.replace(op, op.operand)
            return None

        def from_the_front(op: hlo.DynamicSlice, rewriter: Rewriter) -> str | None:
            sizes = op.slice_sizes
            rewriter.replace(op, hlo.Slice(op.operand, (0,) * len(sizes), sizes, (1,) * len(sizes)))
            return None

        assert _proved(whole, self.PROGRAM) == "all values, all sizes, rank 1; f32, i32"
        assert not isinstance(_outcome(from_the_front, self.PROGRAM), Proof)

    def test_an_update_is_read_back(self) -> None:
        def right(op: hlo.DynamicSlice, rewriter: Rewriter) -> str | None:
            """dynamic_slice(dynamic_update_slice(x, y, i), i) of the size of y  =>  y"""
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.DynamicUpdateSlice) or inner.update.type is not op.result.type:
                return "no"
            if list(inner.start_indices) != list(op.start_indices):
                return "no"
            rewriter.replace(op, inner.update)
            return None

        def wrong(op: hlo.DynamicSlice, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.DynamicUpdateSlice) or inner.update.type is not op.result.type:
                return "no"
            rewriter.replace(op, inner.update)
            return None

        def program(second: str) -> ModuleOp:
            return _program(
                "%x: tensor<7xf32>, %y: tensor<3xf32>, %i: tensor<i32>, %j: tensor<i32>",
                f"""%0 = stablehlo.dynamic_update_slice %x, %y, %i : (tensor<7xf32>, tensor<3xf32>, tensor<i32>) -> tensor<7xf32>
                    %1 = stablehlo.dynamic_slice %0, {second}, sizes = [3] : (tensor<7xf32>, tensor<i32>) -> tensor<3xf32>
                    return %1 : tensor<3xf32>""",
                "tensor<3xf32>",
            )

        assert _proved(right, program("%i")) == "all values, all sizes, rank 1; f32, i32"
        assert not isinstance(_outcome(wrong, program("%j")), Proof)

    def test_counting(self) -> None:
        def right(op: hlo.Slice, rewriter: Rewriter) -> str | None:
            """slice(iota) from its start  =>  iota"""
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Iota) or any(op.start_indices) or any(n != 1 for n in op.strides):
                return "no"
            rewriter.replace(op, hlo.iota(op.result.type.shape, op.result.type.element_type, inner.iota_dimension))
            return None

        def wrong(op: hlo.Slice, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Iota):
                return "no"
            rewriter.replace(op, hlo.iota(op.result.type.shape, op.result.type.element_type, inner.iota_dimension))
            return None

        program = _program(
            "",
            """%0 = stablehlo.iota dim = 0 : tensor<7xi32>
               %1 = stablehlo.slice %0 [0:3] : (tensor<7xi32>) -> tensor<3xi32>
               return %1 : tensor<3xi32>""",
            "tensor<3xi32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 1; i32"
        assert not isinstance(_outcome(wrong, program), Proof)


class TestWhatIsAroundARule:
    def test_regions_whose_bodies_are_equal_are_equal(self) -> None:
        class _DoubleNegate(Rule):
            def pattern(x):
                return hlo.Negate(hlo.Negate(x))

            def rewrite(x):
                return x

        class _SingleNegate(Rule):
            def pattern(x):
                return hlo.Negate(hlo.Negate(x))

            def rewrite(x):
                return hlo.Abs(x)

        program = _program(
            "%x: tensor<3xf32>, %p: tensor<i1>",
            """%0:2 = stablehlo.while(%a = %x, %b = %p) : tensor<3xf32>, tensor<i1>
                cond {
                  stablehlo.return %b : tensor<i1>
                } do {
                  %1 = stablehlo.negate %a : tensor<3xf32>
                  %2 = stablehlo.negate %1 : tensor<3xf32>
                  %3 = stablehlo.not %b : tensor<i1>
                  stablehlo.return %2, %3 : tensor<3xf32>, tensor<i1>
                }
               return %0#0 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        assert _proved(_DoubleNegate, program) == "all values, all sizes, rank 1; f32, i1"
        assert not isinstance(_outcome(_SingleNegate, program), Proof)

    def test_branches_are_a_choice(self) -> None:
        def right(op: hlo.If, rewriter: Rewriter) -> str | None:
            """if p then x else y  =>  select(p, x, y)"""
            first, second = (list(region.block.ops) for region in op.regions)
            if len(first) != 1 or len(second) != 1:
                return "no"
            rewriter.replace(op, hlo.Select(op.pred, first[0].operands[0], second[0].operands[0]))
            return None

        def wrong(op: hlo.If, rewriter: Rewriter) -> str | None:
            first, second = (list(region.block.ops) for region in op.regions)
            rewriter.replace(op, hlo.Select(op.pred, second[0].operands[0], first[0].operands[0]))
            return None

        program = _program(
            "%p: tensor<i1>, %x: tensor<3xf32>, %y: tensor<3xf32>",
            """%0 = "stablehlo.if"(%p) ({
                 stablehlo.return %x : tensor<3xf32>
               }, {
                 stablehlo.return %y : tensor<3xf32>
               }) : (tensor<i1>) -> tensor<3xf32>
               return %0 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 1; f32, i1"
        assert _refuted(wrong, program)

    def test_ops_beside_it_are_left_out(self) -> None:
        """What a rule does not look at has no part in the proof: here an op with side effects."""

        class _DoubleNot(Rule):
            def pattern(x):
                return hlo.Not(hlo.Not(x))

            def rewrite(x):
                return x

        program = _program(
            "%x: tensor<3x5xf32>, %t: !stablehlo.token",
            """%0 = stablehlo.is_finite %x : (tensor<3x5xf32>) -> tensor<3x5xi1>
               %1 = stablehlo.not %0 : tensor<3x5xi1>
               %2 = stablehlo.not %1 : tensor<3x5xi1>
               %3 = "stablehlo.outfeed"(%x, %t) <{outfeed_config = ""}> : (tensor<3x5xf32>, !stablehlo.token) -> !stablehlo.token
               return %2, %3 : tensor<3x5xi1>, !stablehlo.token""",
            "(tensor<3x5xi1>, !stablehlo.token)",
        )
        assert _proved(_DoubleNot, program) == "all values, all sizes, rank 2; i1"

    def test_constants_of_several_values_are_arguments_unless_the_rule_needs_them(self) -> None:
        class _DoubleNegate(Rule):
            def pattern(x):
                return hlo.Negate(hlo.Negate(x))

            def rewrite(x):
                return x

        program = _program(
            "",
            """%0 = stablehlo.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
               %1 = stablehlo.negate %0 : tensor<3xf32>
               %2 = stablehlo.negate %1 : tensor<3xf32>
               return %2 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        assert _proved(_DoubleNegate, program) == "all values, all sizes, rank 1; f32"

    def test_a_constant_that_is_made_may_be_empty_for_some_sizes(self) -> None:
        def right(op: hlo.Slice, rewriter: Rewriter) -> str | None:
            """slice(constant)  =>  constant"""
            if not is_splat(op.operand, 2):
                return "no"
            rewriter.replace(op, hlo.constant(2, op.result.type.element_type, shape=op.result.type.shape))
            return None

        program = _program(
            "",
            """%0 = stablehlo.constant dense<2.0> : tensor<5xf32>
               %1 = stablehlo.slice %0 [2:2] : (tensor<5xf32>) -> tensor<0xf32>
               return %1 : tensor<0xf32>""",
            "tensor<0xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 1; f32"


class TestWhatIsLeftOut:
    def test_constants_of_several_values_that_a_rule_needs_have_fixed_sizes(self) -> None:
        class _AddConstants(Rule):
            def pattern(x, a: ConstantLike, b: ConstantLike):
                return hlo.Add(hlo.Add(x, a), b)

            def rewrite(x, a, b):
                return hlo.Add(x, hlo.Add(a, b))

        def program(first: str) -> ModuleOp:
            return _program(
                "%x: tensor<3xi32>",
                f"""%0 = stablehlo.constant dense<{first}> : tensor<3xi32>
                    %1 = stablehlo.constant dense<7> : tensor<3xi32>
                    %2 = stablehlo.add %x, %0 : tensor<3xi32>
                    %3 = stablehlo.add %2, %1 : tensor<3xi32>
                    return %3 : tensor<3xi32>""",
                "tensor<3xi32>",
            )

        assert not isinstance(_outcome(_AddConstants, program("[1, 2, 3]")), Proof)
        assert _proved(_AddConstants, program("[1, 2, 3]"), program("4")) == "all values, all sizes, rank 1; i32"

    def test_a_rank_of_which_nothing_is_known_is_not_in_the_scope(self) -> None:
        def by_rank(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Negate) or (op.operand.type.rank == 2 and len(set(op.operand.type.dims)) > 9):
                return "no"
            rewriter.replace(op, inner.operand)
            return None

        def program(type: str) -> ModuleOp:
            return _program(
                f"%x: {type}",
                f"%0 = stablehlo.negate %x : {type}\n%1 = stablehlo.negate %0 : {type}\nreturn %1 : {type}",
                type,
            )

        programs = [program(type) for type in ("tensor<f32>", "tensor<3xf32>", "tensor<3x5xf32>", "tensor<3x5x2xf32>")]
        found = _outcome(by_rank, *programs)
        assert isinstance(found, Proof)
        assert found.scope == "all values, all sizes, ranks 0, 1 and 3; f32"
        assert "into a set" in found.rest
        assert not isinstance(_outcome(by_rank, programs[0], programs[2]), Proof)
        assert not isinstance(_outcome(by_rank, programs[0]), Proof)  # scalars have no sizes

    def test_sizes_that_nobody_looked_at_are_open(self) -> None:
        def at_most(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            inner = op.operand.defining_op
            if not isinstance(inner, hlo.Negate) or op.operand.type.dims[0] > 4:
                return "no"
            rewriter.replace(op, inner.operand)
            return None

        program = _program(
            "%x: tensor<3xf32>",
            """%0 = stablehlo.negate %x : tensor<3xf32>
               %1 = stablehlo.negate %0 : tensor<3xf32>
               return %1 : tensor<3xf32>""",
            "tensor<3xf32>",
        )

        def apply(module: ModuleOp) -> bool:
            return apply_rules(module, [_rewrite(at_most)], erase_dead=False).applications > 0

        with Arithmetic(monotonic() + SECONDS) as arithmetic:
            for runs, left in ((1, 1), (9, 0)):
                paths = Paths(Family.of(program), apply, arithmetic, monotonic() + SECONDS, runs=runs)
                paths.explore()
                assert len(paths.open) == left
            assert [path.run.kind for path in paths.all] == ["rewritten", "unchanged"]


class TestSizesInGuards:
    def test_a_condition_is_looked_at_from_both_sides(self) -> None:
        """Wrong for one size alone, which no program has that is given."""

        def wrong(op: hlo.Reverse, rewriter: Rewriter) -> str | None:
            size = op.operand.type.dims[0]
            if size > 1 and size != 137:
                return "no"
            rewriter.replace(op, op.operand)
            return None

        def right(op: hlo.Reverse, rewriter: Rewriter) -> str | None:
            if op.operand.type.dims[0] > 1:
                return "no"
            rewriter.replace(op, op.operand)
            return None

        program = _program(
            "%x: tensor<1xf32>",
            "%0 = stablehlo.reverse %x, dims = [0] : tensor<1xf32>\nreturn %0 : tensor<1xf32>",
            "tensor<1xf32>",
        )
        assert _proved(right, program) == "all values, all sizes, rank 1; f32"
        assert "tensor<137xf32>" in str(_refuted(wrong, program))

    def test_a_size_is_in_the_way_of_a_proof_when_it_cannot_be_followed(self) -> None:
        def in_a_set(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            if not isinstance(op.operand.defining_op, hlo.Negate) or len(set(op.operand.type.dims)) > 5:
                return "no"
            rewriter.replace(op, op.operand.defining_op.operand)
            return None

        def by_its_text(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            if not isinstance(op.operand.defining_op, hlo.Negate) or len(str(op.operand.type)) > 13:
                return "no"
            rewriter.replace(op, op.operand.defining_op.operand)
            return None

        def as_data(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            if not isinstance(op.operand.defining_op, hlo.Negate):
                return "no"
            rewriter.replace(
                op, hlo.constant(op.operand.type.dims[0], op.operand.type.element_type, shape=op.operand.type.shape)
            )
            return None

        program = _program(
            "%x: tensor<3xf32>",
            """%0 = stablehlo.negate %x : tensor<3xf32>
               %1 = stablehlo.negate %0 : tensor<3xf32>
               return %1 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        assert _outcome(in_a_set, program) == "it puts a size into a set or looks it up in a table"
        assert _outcome(by_its_text, program) == "it depends on sizes in a way that cannot be followed"
        assert _outcome(as_data, program) == "it depends on sizes in a way that cannot be followed"

    def test_a_rule_that_raises_for_some_size(self) -> None:
        def raises(op: hlo.Negate, rewriter: Rewriter) -> str | None:
            if not isinstance(op.operand.defining_op, hlo.Negate):
                return "no"
            if op.operand.type.dims[0] == 6:
                raise ValueError("six")
            rewriter.replace(op, op.operand.defining_op.operand)
            return None

        program = _program(
            "%x: tensor<3xf32>",
            """%0 = stablehlo.negate %x : tensor<3xf32>
               %1 = stablehlo.negate %0 : tensor<3xf32>
               return %1 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        found = _outcome(raises, program)
        assert isinstance(found, Candidate)
        assert "tensor<6xf32>" in str(found.module)


def _reduced(op: str, type: str, body: str, arguments: str) -> ModuleOp:
    """A reduction of a tensor %r of sizes 3 and 4, which `body` makes, along its first dimension, from %v on."""
    return _program(
        f"{arguments}, %v: tensor<{type}>",
        f"""{body}
            %0 = stablehlo.reduce(%r init: %v) applies stablehlo.{op} across dimensions = [0] :
              (tensor<3x4x{type}>, tensor<{type}>) -> tensor<4x{type}>
            return %0 : tensor<4x{type}>""",
        f"tensor<4x{type}>",
    )


def _repeated(op: str, type: str) -> ModuleOp:
    body = f"%r = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<4x{type}>) -> tensor<3x4x{type}>"
    return _reduced(op, type, body, f"%x: tensor<4x{type}>")


def _scaled(op: str, type: str) -> ModuleOp:
    body = f"""%1 = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<{type}>) -> tensor<3x4x{type}>
               %r = stablehlo.multiply %x, %1 : tensor<3x4x{type}>"""
    return _reduced(op, type, body, f"%x: tensor<3x4x{type}>, %s: tensor<{type}>")


def _once(op: hlo.Reduce, rewriter: Rewriter) -> None:
    """reduce(broadcast_in_dim(x), v)  =>  f(v, x)"""
    repeated, cls = op.inputs[0].defining_op, type(op.body.block.first_op)
    if isinstance(repeated, hlo.BroadcastInDim) and repeated.operand.type is op.outputs[0].type:
        start = hlo.BroadcastInDim(op.init_values[0], (), result_types=[repeated.operand.type])
        rewriter.replace(op, cls(start, repeated.operand))


def _once_if_there_is_one(op: hlo.Reduce, rewriter: Rewriter) -> None:
    if op.inputs[0].type.shape[0] > 0:
        _once(op, rewriter)


def _factor_last(op: hlo.Reduce, rewriter: Rewriter) -> None:
    """reduce(x * s, v)  =>  reduce(x, v) * s, which is wrong but for a sum from 0"""
    product, result = op.inputs[0].defining_op, op.outputs[0].type
    if isinstance(product, hlo.Multiply) and isinstance(product.rhs.defining_op, hlo.BroadcastInDim):
        again = hlo.Reduce([product.lhs], list(op.init_values), op.dimensions, copy_of_body(op.body)).outputs[0]
        factor = hlo.BroadcastInDim(product.rhs.defining_op.operand, (), result_types=[result])
        rewriter.replace(op, hlo.Multiply(again, factor))


def _from_zero(module: ModuleOp, type: str, zero: str = "0") -> ModuleOp:
    """The program with a constant in the place of its last argument."""
    start = public_functions(module)[0].body.block.arguments[-1]
    text = str(module).replace(f", %arg{start.index}: tensor<{type}>", "").replace(f"%arg{start.index}", "%zero")
    constant = f"%zero = stablehlo.constant dense<{zero}> : tensor<{type}>"
    return couloir.parse(text.replace("%0 =", f"{constant}\n    %0 =", 1))


class TestReductions:
    def test_what_repeats_counts_once_if_f_makes_x_of_x_and_x(self) -> None:
        programs = [_repeated(op, type) for op in ("maximum", "minimum") for type in ("i32", "f32", "i1")]
        assert _proved(_once_if_there_is_one, *programs)
        assert not isinstance(_outcome(_once_if_there_is_one, _repeated("add", "i32")), Proof)

    @pytest.mark.parametrize("type", ["i32", "f32", "i1"])
    def test_what_repeats_no_time_does_not_count(self, type: str) -> None:
        assert not isinstance(_outcome(_once, _repeated("maximum", type)), Proof)

    @pytest.mark.parametrize("type", ["i32", "ui8", "i1"])
    def test_factors_of_all_summands(self, type: str) -> None:
        def from_zero(op: hlo.Reduce, rewriter: Rewriter) -> None:
            if is_splat(op.init_values[0], 0):
                _factor_last(op, rewriter)

        assert _proved(from_zero, _from_zero(_scaled("add", type), type))

    @pytest.mark.parametrize(("op", "type"), [("add", "i32"), ("add", "i1"), ("maximum", "i32"), ("multiply", "i32")])
    def test_factors_that_are_none(self, op: str, type: str) -> None:
        assert not isinstance(_outcome(_factor_last, _scaled(op, type)), Proof)

    @pytest.mark.parametrize(
        ("init", "summand", "same"), [("0.0", "0.0", True), ("0.0", "-0.0", True), ("-0.0", "0.0", False)]
    )
    def test_sums_of_zeros(self, init: str, summand: str, same: bool) -> None:
        def start(op: hlo.Reduce, rewriter: Rewriter) -> None:
            if is_splat(op.inputs[0], float(summand)) and is_splat(op.init_values[0], float(init)):
                rewriter.replace(op, hlo.constant(float(init), op.outputs[0].type))

        program = _program(
            "",
            f"""%v = stablehlo.constant dense<{init}> : tensor<f32>
                %r = stablehlo.constant dense<{summand}> : tensor<3x4xf32>
                %0 = stablehlo.reduce(%r init: %v) applies stablehlo.add across dimensions = [0] :
                  (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
                return %0 : tensor<4xf32>""",
            "tensor<4xf32>",
        )
        assert isinstance(_outcome(start, program), Proof) == same

    @pytest.mark.parametrize(("number", "proved"), [("-0.0", True), ("0.0", False), ("1.0", False)])
    def test_a_sum_of_sums(self, number: str, proved: bool) -> None:
        """If the inner ones start from 0.0, the outer one from -0.0, the sum of -0.0 is 0.0."""

        def flat(op: hlo.Reduce, rewriter: Rewriter) -> None:
            inner = op.inputs[0].defining_op
            if isinstance(inner, hlo.Reduce) and is_splat(inner.init_values[0], float(number)):
                whole = hlo.Reduce([inner.inputs[0]], list(op.init_values), (0, 1), copy_of_body(op.body))
                rewriter.replace(op, whole.outputs[0])

        program = _program(
            "%x: tensor<3x4xf32>, %v: tensor<f32>",
            f"""%c = stablehlo.constant dense<{number}> : tensor<f32>
                %0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [0] :
                  (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
                %1 = stablehlo.reduce(%0 init: %v) applies stablehlo.add across dimensions = [0] :
                  (tensor<4xf32>, tensor<f32>) -> tensor<f32>
                return %1 : tensor<f32>""",
            "tensor<f32>",
        )
        assert isinstance(_outcome(flat, program), Proof) == proved

    @pytest.mark.parametrize("assumes", [(), ("no signed zeros",)])
    def test_a_sum_of_negatives(self, assumes: tuple[str, ...]) -> None:
        def last(op: hlo.Reduce, rewriter: Rewriter) -> None:
            inner = op.inputs[0].defining_op
            if isinstance(inner, hlo.Negate) and is_splat(op.init_values[0], 0.0):
                bare = hlo.Reduce([inner.operand], list(op.init_values), op.dimensions, copy_of_body(op.body))
                rewriter.replace(op, hlo.Negate(bare.outputs[0]))

        for type, zero in [("f32", "0.0"), ("complex<f32>", "(0.0, 0.0)")]:
            module = _from_zero(
                _reduced("add", type, f"%r = stablehlo.negate %x : tensor<3x4x{type}>", f"%x: tensor<3x4x{type}>"),
                type,
                zero,
            )
            assert isinstance(_outcome(last, module, assumes=assumes), Proof) == bool(assumes)

    @pytest.mark.parametrize(("op", "proved"), [("add", True), ("multiply", False), ("maximum", False)])
    def test_the_order_of_complex_numbers(self, op: str, proved: bool) -> None:
        """It changes what NaN and infinities make of a product, and which of two zeros is the greater."""

        def bare(found: hlo.Reduce, rewriter: Rewriter) -> None:
            reverse = found.inputs[0].defining_op
            if isinstance(reverse, hlo.Reverse):
                same = hlo.Reduce(
                    [reverse.operand], list(found.init_values), found.dimensions, copy_of_body(found.body)
                )
                rewriter.replace(found, same.outputs[0])

        type = "complex<f32>"
        body = f"%r = stablehlo.reverse %x, dims = [0] : tensor<3x4x{type}>"
        module = _reduced(op, type, body, f"%x: tensor<3x4x{type}>")
        assert isinstance(_outcome(bare, module), Proof) == proved

    @pytest.mark.parametrize(("body", "proved"), [("maximum", True), ("add", True), ("subtract", False)])
    def test_from_the_last_to_the_first(self, body: str, proved: bool) -> None:
        """But not by an op that has an order."""

        def bare(op: hlo.Reduce, rewriter: Rewriter) -> None:
            reverse = op.inputs[0].defining_op
            if isinstance(reverse, hlo.Reverse):
                same = hlo.Reduce([reverse.operand], list(op.init_values), op.dimensions, copy_of_body(op.body))
                rewriter.replace(op, same.outputs[0])

        module = _program(
            "%x: tensor<3x4xi32>, %v: tensor<i32>",
            f"""%r = stablehlo.reverse %x, dims = [0] : tensor<3x4xi32>
                %0 = stablehlo.reduce(%r init: %v) across dimensions = [0] : (tensor<3x4xi32>, tensor<i32>) -> tensor<4xi32>
                 reducer(%a: tensor<i32>, %b: tensor<i32>) {{
                  %1 = stablehlo.{body} %a, %b : tensor<i32>
                  stablehlo.return %1 : tensor<i32>
                }}
                return %0 : tensor<4xi32>""",
            "tensor<4xi32>",
        )
        assert isinstance(_outcome(bare, module), Proof) == proved


def _windows(low: int) -> ModuleOp:
    return _program(
        "%x: tensor<5xf32>, %v: tensor<f32>",
        f"""%p = stablehlo.pad %x, %v, low = [{low}], high = [1], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<{6 + low}xf32>
            %0 = "stablehlo.reduce_window"(%p, %v) <{{window_dimensions = array<i64: 2>}}> ({{
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
              %1 = stablehlo.maximum %a, %b : tensor<f32>
              stablehlo.return %1 : tensor<f32>
            }}) : (tensor<{6 + low}xf32>, tensor<f32>) -> tensor<{5 + low}xf32>
            return %0 : tensor<{5 + low}xf32>""",
        f"tensor<{5 + low}xf32>",
    )


class TestWindows:
    @pytest.mark.parametrize(("wrong", "proved"), [(0, True), (1, False)])
    def test_padding_that_the_windows_have_themselves(self, wrong: int, proved: bool) -> None:
        """By 2 elements before and 1 after; `wrong` is put on the wrong side."""

        def padded(op: hlo.ReduceWindow, rewriter: Rewriter) -> None:
            pad = op.inputs[0].defining_op
            amounts = ((2,), (1,), (0,))
            if not isinstance(pad, hlo.Pad):
                return
            if (pad.edge_padding_low, pad.edge_padding_high, pad.interior_padding) == amounts:
                new = hlo.ReduceWindow(
                    [pad.operand],
                    list(op.init_values),
                    op.window_dimensions,
                    op.window_strides,
                    op.base_dilations,
                    op.window_dilations,
                    ((2 - wrong, 1 + wrong),),
                    copy_of_body(op.body),
                )
                rewriter.replace(op, new.outputs[0])

        assert isinstance(_outcome(padded, _windows(2)), Proof) == proved


def _examples(rules: Any, name: str) -> list[ModuleOp]:
    (rule,) = (found for found in map(as_rewrite, rules.RULES) if found.name == name)
    return [couloir.parse(text) for text in rule.examples]


def _operands_of_sort(op: hlo.Sort, rewriter: Rewriter) -> None:
    rewriter.replace(op, *op.inputs)


def _operands_of_while(op: hlo.While, rewriter: Rewriter) -> None:
    rewriter.replace(op, *op.operand)


class TestOpsThatDoNothing:
    @pytest.mark.parametrize("name", ["SortOfSplat", "SortOfBroadcast"])
    def test_a_sort_of_equal_elements(self, name: str) -> None:
        def equal(op: hlo.Sort, rewriter: Rewriter) -> None:
            if op.inputs[0].defining_op is not None:
                rewriter.replace(op, *op.inputs)

        program = _examples(sorting, name)[0]
        assert _proved(equal, program)

    def test_a_sort_of_several_elements(self) -> None:
        def some(op: hlo.Sort, rewriter: Rewriter) -> None:
            if op.inputs[0].type.shape[0] <= 2:
                rewriter.replace(op, *op.inputs)

        program = _examples(sorting, "SortOfOne")[0]
        assert not isinstance(_outcome(some, program), Proof)
        assert not isinstance(_outcome(_operands_of_sort, program), Proof)

    @pytest.mark.parametrize(
        ("element", "relation", "proved"),
        [("i32", "LE", True), ("i32", "LT", True), ("i32", "GT", False), ("i32", "EQ", False), ("i8", "LE", False)],
    )
    def test_a_sort_of_whole_numbers(self, element: str, relation: str, proved: bool) -> None:
        """Of more than 128 they are not in order in an i8."""

        def ordered(op: hlo.Sort, rewriter: Rewriter) -> None:
            if isinstance(op.inputs[0].defining_op, hlo.Iota):
                rewriter.replace(op, *op.inputs)

        program = _examples(sorting, "SortOfIota")[0]
        module = couloir.parse(str(program).replace("compare LE", f"compare {relation}").replace("i32", element))
        assert isinstance(_outcome(ordered, module), Proof) == proved

    def test_a_loop_that_never_runs(self) -> None:
        def never(op: hlo.While, rewriter: Rewriter) -> None:
            last = op.cond.block.last_op
            assert last is not None
            if is_splat(last.operands[0], False):
                rewriter.replace(op, *op.operand)

        program = _examples(control, "while_of_false")[0]
        assert _proved(never, program)
        always = couloir.parse(str(program).replace("dense<false>", "dense<true>"))
        assert not isinstance(_outcome(_operands_of_while, always), Proof)

    def test_what_changes_in_a_loop(self) -> None:
        def taken(op: hlo.While, rewriter: Rewriter) -> None:
            for place in (0, 1)[: 1 + wrong]:
                for use in op.results[place].uses:
                    use.user.set_operand(use.index, op.operand[place])
                    rewriter.changed(use.user)

        program = _program(
            "%x: tensor<3xf32>, %i: tensor<i32>",
            """%0:2 = "stablehlo.while"(%x, %i) ({
               ^bb0(%c0: tensor<3xf32>, %c1: tensor<i32>):
                 %l = stablehlo.compare LE, %c1, %i : (tensor<i32>, tensor<i32>) -> tensor<i1>
                 stablehlo.return %l : tensor<i1>
               }, {
               ^bb0(%b0: tensor<3xf32>, %b1: tensor<i32>):
                 %n = stablehlo.add %b1, %b1 : tensor<i32>
                 stablehlo.return %b0, %n : tensor<3xf32>, tensor<i32>
               }) : (tensor<3xf32>, tensor<i32>) -> (tensor<3xf32>, tensor<i32>)
               return %0#0, %0#1 : tensor<3xf32>, tensor<i32>""",
            "(tensor<3xf32>, tensor<i32>)",
        )
        for wrong in (False, True):
            assert isinstance(_outcome(taken, program), Proof) == (not wrong)

    @pytest.mark.parametrize(("number", "proved"), [(2.0, True), (3.0, False)])
    def test_a_gather_of_equal_elements(self, number: float, proved: bool) -> None:
        def constant(op: hlo.Gather, rewriter: Rewriter) -> None:
            if is_splat(op.operand, 2.0):
                rewriter.replace(op, hlo.constant(number, op.result.type))

        gather = """"stablehlo.gather"(%x, %i) <{slice_sizes = array<i64: 1, 3>, dimension_numbers =
                    #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [0], start_index_map = [0]>}>
                    : (tensor<4x3xf32>, tensor<i32>) -> tensor<3xf32>"""
        program = _program(
            "%i: tensor<i32>",
            f"""%x = stablehlo.constant dense<2.0> : tensor<4x3xf32>
                %0 = {gather}
                return %0 : tensor<3xf32>""",
            "tensor<3xf32>",
        )
        assert isinstance(_outcome(constant, program), Proof) == proved

    def test_a_scatter_of_something(self) -> None:
        def bare(op: hlo.Scatter, rewriter: Rewriter) -> None:
            if not nothing or 0 in op.updates[0].type.shape:
                rewriter.replace(op, *op.inputs)

        program = _examples(indexing, "ScatterOfNothing")[0]
        for nothing in (True, False):
            assert isinstance(_outcome(bare, program), Proof) == nothing


@pytest.mark.parametrize("type", ["f32", "f6E2M3FN", "f4E2M1FN", "f8E4M3FNUZ"])
def test_zeros_without_signs_in_all_formats(type: str) -> None:
    def equal(op: hlo.Select, rewriter: Rewriter) -> None:
        compare = op.pred.defining_op
        if isinstance(compare, hlo.Compare) and [*compare.operands] == [op.on_true, op.on_false]:
            rewriter.replace(op, op.on_false)

    program = _program(
        f"%x: tensor<5x{type}>, %y: tensor<5x{type}>",
        f"""%0 = stablehlo.compare EQ, %x, %y : (tensor<5x{type}>, tensor<5x{type}>) -> tensor<5xi1>
            %1 = stablehlo.select %0, %x, %y : tensor<5xi1>, tensor<5x{type}>
            return %1 : tensor<5x{type}>""",
        f"tensor<5x{type}>",
    )
    assert _proved(equal, program, assumes=("no signed zeros",))
    assert isinstance(_outcome(equal, program), Proof) == (type == "f8E4M3FNUZ")  # which has one zero


def test_sizes_fit_into_a_machine_word() -> None:
    size = of(symbol("n"))
    with Arithmetic(monotonic() + SECONDS) as arithmetic:
        assert arithmetic.impossible([at_most(constant(2**31), size)])
        assert not arithmetic.impossible([at_most(constant(2**31 - 2), size)])


def test_a_candidate_may_be_too_large_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(op: hlo.Negate, rewriter: Rewriter) -> None:
        inner = op.operand.defining_op
        if isinstance(inner, hlo.Negate):
            large = op.result.type.rank == 1 and op.result.type.shape[0] == 77777
            rewriter.replace(op, hlo.Abs(inner.operand).result if large else inner.operand)

    def too_large(check: Check, candidate: Candidate) -> None:
        raise MemoryError

    monkeypatch.setattr(Check, "_replayed", too_large)
    report = check_rewrite(function_rule(wrong, ()), cases=4, seconds=10, isolate=False)
    assert report.verdict is Verdict.TESTED
    assert "does not show" in report["values"].detail


def test_tokens_have_no_sizes() -> None:
    def same(op: hlo.AfterAll, rewriter: Rewriter) -> None:
        if wrong or len(op.inputs) == 1:
            rewriter.replace(op, op.inputs[0])

    token = "!stablehlo.token"
    one, two = (
        _program(f"%a: {token}, %b: {token}", f"%0 = stablehlo.after_all {taken} : {token}\nreturn %0 : {token}", token)
        for taken in ("%a", "%a, %b")
    )
    wrong = False
    assert _proved(same, one) == "all values, all sizes, rank 0; no elements"
    wrong = True
    assert not isinstance(_outcome(same, two), Proof)


class TestSizesThatAreTold:
    PROGRAM = _program(
        "%s: tensor<2xi32>",
        """%0 = stablehlo.dynamic_iota %s, dim = 1 : (tensor<2xi32>) -> tensor<3x4xf32>
           return %0 : tensor<3x4xf32>""",
        "tensor<3x4xf32>",
    )

    @pytest.mark.parametrize("axis", [0, 1])
    def test_they_are_those_of_the_type(self, axis: int) -> None:
        def known(op: hlo.DynamicIota, rewriter: Rewriter) -> None:
            rewriter.replace(op, hlo.Iota(axis, result_types=[op.result.type]))

        assert isinstance(_outcome(known, self.PROGRAM), Proof) == (axis == 1)

    def test_they_may_be_others_in_a_program_that_a_rule_makes(self) -> None:
        def told(op: hlo.Reshape, rewriter: Rewriter) -> None:
            size = op.operand
            if size.type.shape == (2,):
                again = hlo.DynamicIota(size, 0, result_types=[op.result.type])
                rewriter.replace(op, again)

        program = _program(
            "%s: tensor<2xi32>",
            """%0 = stablehlo.reshape %s : (tensor<2xi32>) -> tensor<2x1xi32>
               return %0 : tensor<2x1xi32>""",
            "tensor<2x1xi32>",
        )
        assert not isinstance(_outcome(told, program), Proof)

    @pytest.mark.parametrize("exchanged", [False, True])
    def test_amounts_of_padding(self, exchanged: bool) -> None:
        def known(op: hlo.DynamicPad, rewriter: Rewriter) -> None:
            if all(map(is_splat, (op.edge_padding_low, op.edge_padding_high, op.interior_padding))):
                low, high = ((2,), (1,)) if exchanged else ((1,), (2,))
                padded = hlo.Pad(op.operand, op.padding_value, low, high, (0,))
                if padded.result.type == op.result.type:
                    rewriter.replace(op, padded)

        program = _program(
            "%x: tensor<5xf32>, %v: tensor<f32>",
            """%l = stablehlo.constant dense<1> : tensor<1xi32>
               %h = stablehlo.constant dense<2> : tensor<1xi32>
               %i = stablehlo.constant dense<0> : tensor<1xi32>
               %0 = stablehlo.dynamic_pad %x, %v, %l, %h, %i :
                 (tensor<5xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<8xf32>
               return %0 : tensor<8xf32>""",
            "tensor<8xf32>",
        )
        assert isinstance(_outcome(known, program), Proof) == (not exchanged)


def _neutral(type: str, number: str) -> ModuleOp:
    return _program(
        f"%x: {type}",
        f"""%c = arith.constant {number} : {type}
            %0 = arith.addi %x, %c : {type}
            return %0 : {type}""",
        type,
    )


NUMBERS = [
    _neutral("i32", "0"),
    _neutral("index", "0"),
    _neutral("vector<2x3xi8>", "dense<0>"),
    _neutral("tensor<2x3xi8>", "dense<0>"),
]


class TestNumbersAndVectors:
    def test_numbers_are_of_rank_0_and_vectors_of_all_sizes(self) -> None:
        def neutral(op: arith.AddI, rewriter: Rewriter) -> None:
            if is_splat(op.rhs, 0):
                rewriter.replace(op, op.lhs)

        assert _proved(neutral, *NUMBERS) == "all values, all sizes, ranks 0 and 2; i32, i8, index"

    @pytest.mark.parametrize("program", NUMBERS)
    def test_a_wrong_law_of_each_of_them(self, program: ModuleOp) -> None:
        def wrong(op: arith.AddI, rewriter: Rewriter) -> None:
            rewriter.replace(op, op.rhs)

        assert isinstance(_outcome(wrong, program), Candidate)

    def test_a_vector_that_has_one_size_is_not_all_vectors(self) -> None:
        def nothing(op: arith.AddI, rewriter: Rewriter) -> None:
            if is_splat(op.rhs, 0):
                sizes = getattr(op.result.type, "dims", ())
                rewriter.replace(op, op.rhs if sizes == (7, 7) else op.lhs)

        found = _outcome(nothing, _neutral("vector<2x3xi8>", "dense<0>"))
        assert isinstance(found, Candidate)
        assert "vector<7x7xi8>" in str(found.module)

    def test_a_condition_chooses_all_at_once_or_element_by_element(self) -> None:
        def either(op: arith.Select, rewriter: Rewriter) -> None:
            if op.true_value is op.false_value:
                rewriter.replace(op, op.true_value)

        def first(op: arith.Select, rewriter: Rewriter) -> None:
            rewriter.replace(op, op.true_value)

        for condition, types in [("i1", "tensor<4xf32>"), ("tensor<4xi1>", "tensor<4xi1>, tensor<4xf32>")]:
            arguments = f"%c: {condition}, %x: tensor<4xf32>, %y: tensor<4xf32>"
            same, other = (
                _program(
                    arguments, f"%0 = arith.select %c, %x, {y} : {types}\nreturn %0 : tensor<4xf32>", "tensor<4xf32>"
                )
                for y in ("%x", "%y")
            )
            assert _proved(either, same)
            assert isinstance(_outcome(first, other), Candidate)

    @pytest.mark.parametrize(
        ("op", "number", "exact"),
        [
            ("addf", "-0.0", True),
            ("subf", "0.0", True),
            ("mulf", "1.0", True),
            ("divf", "1.0", True),
            ("addf", "0.0", False),
            ("subf", "-0.0", False),
            ("mulf", "2.0", False),
        ],
    )
    @pytest.mark.parametrize("mode", ["downward", "upward", "toward_zero", "to_nearest_away"])
    def test_exact_results_are_the_same_in_whatever_direction_others_are_rounded(
        self, op: str, number: str, exact: bool, mode: str
    ) -> None:
        """But a zero that is rounded down is -0.0."""

        def left(found: arith.AddF | arith.SubF | arith.MulF | arith.DivF, rewriter: Rewriter) -> None:
            if is_splat(found.rhs, float(number)):
                rewriter.replace(found, found.lhs)

        program = _program(
            "%x: tensor<5xf32>",
            f"""%c = arith.constant dense<{number}> : tensor<5xf32>
                %0 = arith.{op} %x, %c {mode} : tensor<5xf32>
                return %0 : tensor<5xf32>""",
            "tensor<5xf32>",
        )
        wanted = exact and not (mode == "downward" and op in ("addf", "subf"))
        assert isinstance(_outcome(left, program), Proof) == wanted

    @pytest.mark.parametrize(("op", "commutes"), [("addf", True), ("mulf", True), ("subf", False), ("divf", False)])
    def test_operands_of_sums_and_products_change_places_in_whatever_direction_they_are_rounded(
        self, op: str, commutes: bool
    ) -> None:
        def exchanged(found: arith.AddF | arith.SubF | arith.MulF | arith.DivF, rewriter: Rewriter) -> None:
            if is_splat(found.lhs, 3.0):
                found.set_operands([found.rhs, found.lhs])
                rewriter.changed(found)

        program = _program(
            "%x: tensor<5xf32>",
            f"""%c = arith.constant dense<3.0> : tensor<5xf32>
                %0 = arith.{op} %c, %x upward : tensor<5xf32>
                return %0 : tensor<5xf32>""",
            "tensor<5xf32>",
        )
        assert isinstance(_outcome(exchanged, program), Proof) == commutes


class TestScalars:
    PROGRAM = _program(
        "%x: tensor<2x3xf32>",
        """%0 = stablehlo.constant dense<0.0> : tensor<2x3xf32>
           %1 = stablehlo.add %x, %0 : tensor<2x3xf32>
           return %1 : tensor<2x3xf32>""",
        "tensor<2x3xf32>",
    )

    def test_the_sign_of_a_zero_counts(self) -> None:
        class _AddZero(Rule):
            def pattern(x, zero):
                return hlo.Add(x, zero)

            def where(zero):
                return zero.defining_op is not None

            def rewrite(x):
                return x

        assert _refuted(_AddZero, self.PROGRAM)
        negative = couloir.parse(str(self.PROGRAM).replace("0.000000e+00", "-0.000000e+00"))
        assert _proved(_AddZero, negative) == "all values, all sizes, rank 2; f32"


@pytest.mark.parametrize("format", ["e5m3", "e4m7"])
def test_an_attribute_of_an_elementwise_op_is_not_forgotten(format: str) -> None:
    """The format of a reduced precision is two numbers."""
    exponent, mantissa = int(format[1]), int(format[3])

    def changed(op: hlo.ReducePrecision, rewriter: Rewriter) -> None:
        if (op.exponent_bits, op.mantissa_bits) == (5, 7):
            rewriter.replace(op, hlo.ReducePrecision(op.operand, exponent, mantissa))

    program = _program(
        "%x: tensor<4xf32>",
        """%0 = stablehlo.reduce_precision %x, format = e5m7 : tensor<4xf32>
           return %0 : tensor<4xf32>""",
        "tensor<4xf32>",
    )
    assert not isinstance(_outcome(changed, program), Proof)


def test_the_bits_of_complex_numbers_come_back() -> None:
    def kept(op: hlo.BitcastConvert, rewriter: Rewriter) -> None:
        rewriter.replace(op, op.operand)

    program = _program(
        "%x: tensor<4xcomplex<f32>>",
        """%0 = stablehlo.bitcast_convert %x : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
           return %0 : tensor<4xcomplex<f32>>""",
        "tensor<4xcomplex<f32>>",
    )
    assert _proved(kept, program)


def test_without_programs_nothing_is_said() -> None:
    assert _outcome(_any_rule()) == "it fires on no program whose sizes may vary"


def test_rules_of_the_project_are_proved() -> None:
    """Those for transpose and reverse, on random programs."""
    from couloir.passes.simplification import reverse, transpose

    for item in (transpose.DoubleTranspose, transpose.IdentityTranspose, reverse.DoubleReverse):
        rewrite = as_rewrite(item)
        found = prove(rewrite, list(islice(programs_for(rewrite, 0), 60)), assumes=(), deadline=monotonic() + SECONDS)
        assert isinstance(found, Proof), found
        assert "all sizes" in found.scope


def test_without_a_solver_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "z3_executable", lambda: None)
    assert "pip install couloir[z3]" in str(_outcome(_any_rule(), SQUARE))


def _any_rule() -> type[Rule]:
    class _AnyTranspose(Rule):
        def pattern(x, p):
            return hlo.Transpose(x, p)

        def rewrite(x, p):
            return hlo.Transpose(x, p)

    return _AnyTranspose


def test_programs_that_compute_something_else_as_far_as_can_be_seen_are_suspects() -> None:
    class SizesAddZero(Rule):
        """x + 0  =>  x, of what may be complex"""

        def pattern(x: Any, zero: ConstantLike) -> Any:
            return hlo.Add(x, zero)

        def rewrite(x: Any) -> Any:
            return x

    def program(element: str, zero: str) -> ModuleOp:
        type = f"tensor<3x{element}>"
        body = f"%c = stablehlo.constant dense<{zero}> : {type}\n%r = stablehlo.add %x, %c : {type}\nreturn %r : {type}"
        return _program(f"%x: {type}", body, type)

    for element, zero, count in (("complex<f32>", "(0.0, 0.0)", 1), ("i32", "0", 0)):
        suspects: list[ModuleOp] = []
        prove(_rewrite(SizesAddZero), [program(element, zero)], deadline=monotonic() + SECONDS, suspects=suspects)
        assert len(suspects) == count
