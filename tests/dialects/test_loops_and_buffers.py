"""scf, cf, affine, memref, vector, tensor, func and arith: what constructors and the verifier say."""

from __future__ import annotations

import pytest

from couloir.dialects import affine, arith, cf, func, memref, scf, tensor, vector
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.index_lists import DYNAMIC, mixed, split
from couloir.ir.affine import AffineMap
from couloir.ir.attributes import DenseElementsAttr, StringAttr
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import (
    FunctionType,
    MemRefType,
    StridedLayoutAttr,
    TensorType,
    VectorType,
    f16,
    f32,
    f64,
    i1,
    i8,
    i32,
    index,
)
from couloir.ir.verify import faults

V4 = VectorType((4,), f32)


def messages(op) -> str:
    return "\n".join(error.message for error in faults(op))


def function(*inputs, results=()):
    made = func.FuncOp.build("f", inputs, results)
    return made, made.entry.arguments


class TestScf:
    def test_a_loop_carries_values(self):
        f, (x, y) = function(index, f32, results=[f32])
        with at_end(f.entry):
            loop = scf.For.build(x, x, x, [y])
            func.Return([loop.outputs[0]])
        with at_end(loop.body.block):
            scf.Yield(loop.carried)
        assert loop.variable.type is index
        assert messages(f) == ""

    @pytest.mark.parametrize(
        ("arguments", "yields", "message"),
        [
            ([f32, f32], 1, "the body takes (f32, f32), not (index, f32)"),
            ([index, f32], 0, "the body yields (), not (f32)"),
        ],
    )
    def test_a_body_that_does_not_fit(self, arguments, yields, message):
        f, (x, y) = function(index, f32)
        block = Block(arguments)
        with at_end(block):
            scf.Yield(block.arguments[1 : 1 + yields])
        with at_end(f.entry):
            scf.For(x, x, x, [y], body=Region([block]))
            func.Return()
        assert message in messages(f)

    def test_if_with_results_has_an_else(self):
        f, (c, y) = function(i1, f32)
        then = Block()
        with at_end(then):
            scf.Yield([y])
        with at_end(f.entry):
            scf.If(c, Region([then]))
            func.Return()
        assert "there is an else region" in messages(f)
        with pytest.raises(Error, match="fill the regions first"):
            scf.If(c)
        with pytest.raises(Error, match="fill the region first"):
            scf.While([y])

    def test_if_branches_yield_the_results(self):
        f, (c, y) = function(i1, f32)
        blocks = [Block(), Block([index])]
        for block, values in zip(blocks, ([y], []), strict=True):
            with at_end(block):
                scf.Yield(values)
        with at_end(f.entry):
            scf.If(c, *(Region([block]) for block in blocks))
            func.Return()
        assert "the else region takes no arguments" in messages(f)
        assert "the else region yields (), not (f32)" in messages(f)

    @pytest.mark.parametrize(
        ("before", "passed", "after", "yielded", "message"),
        [
            ([f64], 0, [], 0, "the first region takes (f64), not (f32)"),
            ([f32], 1, [], 0, "the second region takes (), not (f32)"),
            ([f32], 1, [f32], 0, "the second region yields (), not (f32)"),
            ([f32], 1, [f32], 1, ""),
        ],
    )
    def test_while(self, before, passed, after, yielded, message):
        f, (c, y) = function(i1, f32)
        first, second = Block(before), Block(after)
        with at_end(first):
            scf.Condition(c, first.arguments[:passed])
        with at_end(second):
            scf.Yield(second.arguments[:yielded])
        with at_end(f.entry):
            loop = scf.While([y], Region([first]), Region([second]))
            func.Return()
        assert [value.type for value in loop.outputs] == before[:passed]
        assert message in messages(f) if message else messages(f) == ""


class TestCf:
    def test_values_fit_the_arguments_of_the_block(self):
        f, (x, c) = function(f32, i1)
        target = f.body.add_block([f32])
        with at_end(target):
            func.Return()
        with at_end(f.entry):
            jump = cf.Branch.to(target, [x])
        assert messages(f) == ""
        jump.set_operands([c])
        assert "(i1) go to a block that takes (f32)" in messages(f)
        jump.erase()
        with at_end(f.entry):
            cf.CondBranch(c, [x], [c], true_dest=target, false_dest=target)
        assert "(i1) go to a block that takes (f32)" in messages(f)

    def test_switch(self):
        f, (x, i) = function(f32, i32)
        one, other = f.body.add_block([f32]), f.body.add_block()
        for block in (one, other):
            with at_end(block):
                func.Return()
        with at_end(f.entry):
            op = cf.Switch.build(i, (other, []), [(-1, one, [x]), (7, other, [])])
        assert messages(f) == ""
        assert op.cases == [(-1, one, (x,)), (7, other, ())]
        with pytest.raises(Error, match="does not fit"):
            cf.Switch.build(i, (other, []), [(1 << 40, other, [])])
        op.case_operand_segments = (0, 0)
        assert "adds up to 0, not 1" in messages(f)
        op.case_operand_segments = (1,)
        assert "one entry for each case" in messages(f)


class TestAffine:
    def test_loops(self):
        f, (m,) = function(MemRefType((4, 4), f32))
        with at_end(f.entry):
            loops = affine.Parallel.constant((0, 0), (4, 4), (2, 1))
            func.Return()
        with at_end(loops.body.block):
            value = affine.Load(m, loops.variables, AffineMap.identity(2))
            affine.Store(value, m, loops.variables, AffineMap.identity(2))
            affine.Yield()
        assert messages(f) == ""
        assert loops.bounds("upper")[0] == [[loops.upper_bounds_map.results[0]], [loops.upper_bounds_map.results[1]]]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"steps": (1,)}, "a positive step for each loop"),
            ({"steps": (1, 0)}, "a positive step for each loop"),
            ({"lower_bounds_groups": (1, 2)}, "the groups divide the results"),
            ({"upper_bounds_groups": (2, 0)}, "the groups divide the results"),
            ({"upper_bounds_map": AffineMap.identity(2)}, "do not take its 0 operands"),
            ({"reductions": (affine.AtomicRMWKind.ADDF,)}, "a reduction for each result"),
        ],
    )
    def test_parallel_loops_that_do_not_fit(self, change, message):
        f, _ = function()
        with at_end(f.entry):
            loops = affine.Parallel.constant((0, 0), (4, 4))
            func.Return()
        with at_end(loops.body.block):
            affine.Yield()
        for name, value in change.items():
            setattr(loops, name, value)
        assert message in messages(f)

    def test_maps_take_their_operands(self, complaint):
        identity = AffineMap.identity(2)
        assert "1 operands for a map of 2" in complaint(lambda b: affine.Load(b.buffer(4), [b.value(index)], identity))
        assert "2 indices for rank 1" in complaint(
            lambda b: affine.Load(b.buffer(4), [b.value(index), b.value(index)], identity)
        )
        assert "the map takes the operands" in complaint(lambda b: affine.Apply([b.value(index)], identity))
        assert "the map has one result" in complaint(lambda b: affine.Apply([b.value(index)] * 2, identity))
        assert "and has results" in complaint(lambda b: affine.Min([b.value(index)], identity))
        assert "and has results" in complaint(lambda b: affine.Max([], AffineMap(0, 0, ())))

    def test_if(self):
        from couloir.ir.affine import AffineDim, IntegerSet

        f, (x, y) = function(index, f32)
        then = Block()
        with at_end(then):
            affine.Yield([y])
        with at_end(f.entry):
            op = affine.If([x], IntegerSet(1, 0, ((AffineDim(0), False),)), Region([then]))
            func.Return()
        assert [value.type for value in op.results_] == [f32]
        assert "there is an else region" in messages(f)
        op.set_operands([])
        assert "does not take its 0 operands" in messages(f)


class TestMemref:
    def test_views(self, bench):
        x, i = bench.buffer(8, 6), bench.value(index)
        part = memref.SubView.of(x, (2, 1), (3, 2), (2, 1))
        assert part.result.type is MemRefType((3, 2), f32, StridedLayoutAttr((12, 1), 13))
        nested = memref.SubView.of(part.result, (0, i), (1, i))
        assert nested.result.type is MemRefType((1, None), f32, StridedLayoutAttr((12, 1), None))
        assert nested.static_offsets == (0, DYNAMIC)
        assert list(nested.offsets) == [i]
        with pytest.raises(Error, match="has 2 offsets, sizes and strides"):
            memref.SubView.of(x, (2,), (3,))

    def test_strides(self):
        assert memref.strides_and_offset(MemRefType((None, 3, 4), f32)) == ([12, 4, 1], 0)
        assert memref.strides_and_offset(MemRefType((2, None, 4), f32)) == ([None, 4, 1], 0)
        from couloir.ir.types import AffineMapAttr

        swapped = AffineMapAttr(AffineMap.from_callable(lambda i, j: (j, i), 2))
        with pytest.raises(Error, match="not strided"):
            memref.strides_and_offset(MemRefType((2, 3), f32, swapped))

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda b: memref.Load(b.buffer(4), []), "0 indices for rank 1"),
            (lambda b: memref.Store(b.value(f16), b.buffer(4), [b.value(index)]), "an element of"),
            (lambda b: memref.Alloc(result_types=[MemRefType((None,), f32)]), "0 sizes for 1 dynamic"),
            (lambda b: memref.Alloca(result_types=[MemRefType((None,), f32)]), "0 sizes for 1 dynamic"),
            (lambda b: memref.Copy(b.buffer(4), b.buffer(5)), "have the same shape"),
            (lambda b: memref.Cast(b.buffer(4), result_types=[MemRefType((4,), i8)]), "same element type"),
            (
                lambda b: memref.Global(
                    "g", MemRefType((4,), f32), initial_value=DenseElementsAttr.splat(TensorType((5,), f32), 0)
                ),
                "does not fit the type",
            ),
            (
                lambda b: memref.SubView(b.buffer(4), [], [], [], (0, 0), (1,), (1,), result_types=[b.buffer(1).type]),
                "for each dimension of the source",
            ),
            (
                lambda b: memref.ReinterpretCast(
                    b.buffer(4), [], [], [], (DYNAMIC,), (1,), (1,), result_types=[b.buffer(1).type]
                ),
                "0 operands for 1 marks",
            ),
            (
                lambda b: memref.CollapseShape(b.buffer(2, 3), ((0,),), result_types=[b.buffer(2).type]),
                "the groups are the dimensions of the source",
            ),
            (
                lambda b: memref.ExpandShape(
                    b.buffer(6), reassociation=((1, 0),), static_output_shape=(2, 3), result_types=[b.buffer(2, 3).type]
                ),
                "the groups are the dimensions of the result",
            ),
        ],
    )
    def test_what_does_not_fit(self, complaint, build, message):
        assert message in complaint(build)


class TestVectorAndTensor:
    def test_types(self, bench):
        v, w = bench.value(V4), bench.value(VectorType((2, 4), f32))
        assert vector.Extract.at(v, 0).result.type is f32
        assert vector.Extract.at(w, bench.value(index)).result.type is V4
        assert vector.Insert.at(v, w, 1).result.type is w.type
        assert vector.Reduction(vector.CombiningKind.ADD, v).dest.type is f32
        assert vector.Transpose(w, (1, 0)).result.type is VectorType((4, 2), f32)
        assert tensor.Extract(bench.tensor(2), [bench.value(index)]).result.type is f32

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda b: vector.Extract.at(b.value(V4), 4), "4 is not an index of dimension 0 of size 4"),
            (lambda b: vector.Extract.at(b.value(V4), 0, 0), "2 indices for 1 dimensions"),
            (lambda b: vector.Extract(b.value(V4), static_position=(DYNAMIC,)), "0 operands for 1 dynamic"),
            (lambda b: vector.Insert.at(b.value(f16), b.value(V4), 0), "the type of what stands at the position"),
            (lambda b: vector.Broadcast(b.value(V4), result_types=[VectorType((4, 2), f32)]), "does not stretch"),
            (lambda b: vector.Load(b.buffer(4), [], result_types=[V4]), "0 indices for rank 1"),
            (lambda b: vector.FMA(*(b.value(VectorType((4,), i32)) for _ in range(3))), "elements of float"),
            (lambda b: vector.Reduction(vector.CombiningKind.ADD, b.value(V4), b.value(f16)), "`acc` has the element"),
            (lambda b: vector.ShapeCast(b.value(V4), result_types=[VectorType((5,), f32)]), "as many elements"),
            (lambda b: vector.Transpose(b.value(V4), (1,)), "each dimension once"),
            (lambda b: tensor.Extract(b.tensor(2), []), "0 indices for rank 1"),
            (lambda b: tensor.Insert(b.value(f16), b.tensor(2), [b.value(index)]), "an element of"),
            (lambda b: tensor.Empty(result_types=[TensorType((None,), f32)]), "0 sizes for 1 dynamic"),
            (lambda b: tensor.FromElements([b.value(f32)], result_types=[TensorType((2,), f32)]), "for each element"),
            (lambda b: tensor.Cast(b.tensor(2), result_types=[TensorType((3,), f32)]), "the types differ only"),
        ],
    )
    def test_what_does_not_fit(self, complaint, build, message):
        assert message in complaint(build)

    def test_index_lists(self, bench):
        i = bench.value(index)
        static, dynamic = split([0, i, 3])
        assert (static, dynamic) == ((0, DYNAMIC, 3), [i])
        assert mixed(static, [i]) == [0, i, 3]
        with pytest.raises(Error, match="0 operands for 1"):
            mixed(static, [])


class TestArith:
    def test_types(self, bench):
        v = bench.value(V4)
        assert arith.CmpF(arith.CmpFPredicate.OLT, v, v).result.type is VectorType((4,), i1)
        assert arith.constant(1.5, f32).result.type is f32
        assert arith.constant(3, V4).result.type is V4
        assert arith.constant(3, index).value.value == 3

    def test_flags(self, bench):
        x = bench.value(f32)
        both = arith.FastMath.NNAN | arith.FastMath.NINF
        op = arith.AddF(x, x, both)
        assert op.fastmath is both
        assert "#arith.fastmath<nnan,ninf>" in str(op.attributes["fastmath"])
        assert str(arith.OverflowAttr(arith.Overflow.NSW | arith.Overflow.NUW)) == "#arith.overflow<nsw, nuw>"
        assert str(arith.FastMathAttr(arith.FastMath.FAST)) == "#arith.fastmath<fast>"

    @pytest.mark.parametrize(
        ("build", "message"),
        [
            (lambda b: arith.AddI(b.value(i32), b.value(i8)), "the same type"),
            (lambda b: arith.AddF(b.value(i32), b.value(i32)), "elements of float"),
            (lambda b: arith.ExtF(b.value(f32), result_types=[f16]), "the result is wider"),
            (lambda b: arith.TruncI(b.value(i8), result_types=[i32]), "the result is narrower"),
            (lambda b: arith.ExtSI(b.value(i8), result_types=[VectorType((2,), i32)]), "same shape"),
            (lambda b: arith.Bitcast(b.value(f32), result_types=[i8]), "the same width"),
            (lambda b: arith.Select(b.value(VectorType((3,), i1)), b.value(V4), b.value(V4)), "does not choose"),
            (lambda b: arith.Constant(StringAttr("a")), "a constant is a number"),
        ],
    )
    def test_what_does_not_fit(self, complaint, build, message):
        assert message in complaint(build)


class TestFunc:
    def test_modules_and_functions(self):
        f, (x,) = function(f32, results=[f32])
        with at_end(f.entry):
            func.Return([x])
        module = ModuleOp.empty([f], name="m")
        assert module.functions == [f]
        assert module.symbols == {"f": f}
        assert messages(module) == ""

    def test_what_does_not_fit(self):
        f, (x,) = function(f32, results=[f64])
        with at_end(f.entry):
            func.Call("f", [x], result_types=[f32])
            func.Call("g", [], result_types=[])
            func.Return([x])
        found = messages(ModuleOp.empty([f]))
        assert "it is called as `(f32) -> f32`, but @f is `(f32) -> f64`" in found
        assert "there is no symbol @g" in found
        assert "it returns (f32), the function's type is `(f32) -> f64`" in found
        f.function_type = FunctionType((), (f32,))
        assert "the entry block takes (f32)" in messages(f)
