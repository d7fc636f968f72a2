"""Ops that move elements, against JAX for drawn shapes and attributes, in every carrier."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import DOMAINS, floats, integers, residues
from couloir.ir.errors import Error

DTYPES = [np.dtype(t) for t in ("i4", "f4", "u1", "c8", "?", ml_dtypes.bfloat16)]

sizes = st.integers(0, 4)
shapes = st.lists(sizes, max_size=4)


def counted(shape: Any, dtype: Any = np.float32) -> Any:
    """Different elements, so that a misplaced one shows (booleans: alternating)."""
    count = np.arange(int(np.prod(shape)))
    return (count % 2 if dtype == np.bool_ else count % 256).astype(dtype).reshape(shape)


dtypes = st.sampled_from(DTYPES)


@given(data=st.data(), shape=shapes, dtype=dtypes)
def test_broadcast_in_dim(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    places = data.draw(st.permutations(range(len(shape) + 2)))[: len(shape)]
    target = [data.draw(sizes) for _ in range(len(shape) + 2)]
    for place, size in zip(places, shape, strict=True):
        target[place] = data.draw(sizes) if size == 1 else size
    operand = counted(shape, dtype)
    result = tensor.broadcast_in_dim(floats, operand, shape=target, broadcast_dimensions=places)
    # JAX wants the dimensions in ascending order, StableHLO does not.
    order = np.argsort(places)
    expected = lax.broadcast_in_dim(operand.transpose(order), target, sorted(places))
    assert_same(result, expected)


@given(data=st.data(), shape=shapes, dtype=dtypes)
def test_transpose_reverse_and_reshape(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    operand = counted(shape, dtype)
    permutation = data.draw(st.permutations(range(len(shape))))
    dimensions = permutation[: data.draw(st.integers(0, len(shape)))]
    assert_same(tensor.transpose(floats, operand, permutation=permutation), lax.transpose(operand, permutation))
    assert_same(tensor.reverse(floats, operand, dimensions=dimensions), lax.rev(operand, dimensions))
    flat = [operand.size, 1]
    assert_same(tensor.reshape(floats, operand, shape=flat), lax.reshape(operand, flat))


@given(data=st.data(), shape=shapes, dtype=dtypes)
def test_slice(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    operand = counted(shape, dtype)
    start = [data.draw(st.integers(0, size)) for size in shape]
    limit = [data.draw(st.integers(low, size)) for low, size in zip(start, shape, strict=True)]
    strides = [data.draw(st.integers(1, 3)) for _ in shape]
    result = tensor.slice(floats, operand, start_indices=start, limit_indices=limit, strides=strides)
    assert_same(result, lax.slice(operand, start, limit, strides))


@given(data=st.data(), shape=shapes, dtype=dtypes)
def test_pad_with_interior_and_negative_padding(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    operand = counted(shape, dtype)
    config: list[tuple[int, int, int]] = []
    for size in shape:
        interior = data.draw(st.integers(0, 3))
        spread = max(size + (size - 1) * interior, 0)
        low = data.draw(st.integers(-spread, 3))
        config.append((low, data.draw(st.integers(-(spread + low), 3)), interior))
    low, high, interior = zip(*config, strict=True) if config else ((), (), ())
    value = np.array(1).astype(dtype)
    result = tensor.pad(floats, operand, value, edge_padding_low=low, edge_padding_high=high, interior_padding=interior)
    assert_same(result, lax.pad(operand, value, config))


@given(data=st.data(), shape=st.lists(sizes, min_size=1, max_size=3), dtype=dtypes)
def test_concatenate(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    dimension = data.draw(st.integers(0, len(shape) - 1))
    inputs = []
    for _ in range(data.draw(st.integers(1, 3))):
        inputs.append(counted([data.draw(sizes) if d == dimension else size for d, size in enumerate(shape)], dtype))
    assert_same(tensor.concatenate(floats, inputs, dimension=dimension), lax.concatenate(inputs, dimension))


@given(data=st.data(), shape=st.lists(sizes, min_size=1, max_size=3))
def test_iota(data: Any, shape: Any, lax: Any, assert_same: Any) -> None:
    dtype = data.draw(st.sampled_from([d for d in DTYPES if d != np.bool_]))
    dimension = data.draw(st.integers(0, len(shape) - 1))
    result = tensor.iota(floats, dtype=dtype, shape=shape, iota_dimension=dimension)
    assert_same(result, lax.broadcasted_iota(dtype, shape, dimension))


@given(data=st.data(), shape=shapes, dtype=dtypes)
def test_dynamic_slices_are_moved_inside(data: Any, shape: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    operand = counted(shape, dtype)
    cut = [data.draw(st.integers(0, size)) for size in shape]
    starts = [np.array(data.draw(st.integers(-9, 9))) for _ in shape]
    result = tensor.dynamic_slice(floats, operand, starts, slice_sizes=cut)
    assert_same(result, lax.dynamic_slice(operand, starts, cut, allow_negative_indices=False))
    update = np.zeros(cut, dtype)
    before = operand.copy()
    updated = tensor.dynamic_update_slice(floats, operand, update, starts)
    assert_same(updated, lax.dynamic_update_slice(operand, update, starts, allow_negative_indices=False))
    assert_same(operand, before)


@st.composite
def gathers(draw: Any) -> Any:
    """(operand shape, indices shape, dimension numbers, slice sizes), legal by construction."""
    rank = draw(st.integers(1, 4))
    operand = [draw(st.integers(1, 4)) for _ in range(rank)]
    batching = sorted(draw(st.permutations(range(rank)))[: draw(st.integers(0, min(rank, 2)))])
    others = [d for d in range(rank) if d not in batching]
    collapsed = sorted(draw(st.permutations(others))[: draw(st.integers(0, len(others)))])
    mapped = draw(st.permutations(others))[: draw(st.integers(0, len(others)))]
    batch = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))] + [operand[d] for d in batching]
    order = draw(st.permutations(range(len(batch))))
    batch_shape = [batch[i] for i in order]
    # JAX has the index vectors last; StableHLO anywhere, which the test moves.
    start_batching = [order.index(len(batch) - len(batching) + i) for i in range(len(batching))]
    cut = [1 if d in batching or d in collapsed else draw(st.integers(0, operand[d])) for d in range(rank)]
    kept = rank - len(batching) - len(collapsed)
    offsets = sorted(draw(st.permutations(range(len(batch) + kept)))[:kept])
    return operand, batch_shape, offsets, collapsed, batching, start_batching, mapped, cut


@given(data=st.data(), case=gathers(), dtype=st.sampled_from([np.dtype("f4"), np.dtype("i4")]))
def test_gather(data: Any, case: Any, dtype: Any, lax: Any, assert_same: Any) -> None:
    shape, batch, offsets, collapsed, batching, start_batching, mapped, cut = case
    operand = counted(shape, dtype)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    indices = rng.integers(-3, 6, [*batch, len(mapped)])
    numbers = lax.GatherDimensionNumbers(
        offset_dims=tuple(offsets),
        collapsed_slice_dims=tuple(collapsed),
        start_index_map=tuple(mapped),
        operand_batching_dims=tuple(batching),
        start_indices_batching_dims=tuple(start_batching),
    )
    expected = lax.gather(operand, indices, numbers, cut, mode=lax.GatherScatterMode.CLIP)
    axis = data.draw(st.integers(0, len(batch)))
    result = tensor.gather(
        floats,
        operand,
        np.moveaxis(indices, -1, axis),
        offset_dims=offsets,
        collapsed_slice_dims=collapsed,
        operand_batching_dims=batching,
        start_indices_batching_dims=[d + (d >= axis) for d in start_batching],
        start_index_map=mapped,
        index_vector_dim=axis,
        slice_sizes=cut,
    )
    assert_same(result, expected)


def test_gather_with_scalar_indices_of_every_integer_type() -> None:
    operand = np.arange(10.0)
    for dtype in ("i1", "u1", "i8", "u8"):
        indices = np.array([3, 100, np.iinfo(dtype).max], dtype=dtype)
        result = tensor.gather(
            floats,
            operand,
            indices,
            offset_dims=[],
            collapsed_slice_dims=[0],
            start_index_map=[0],
            index_vector_dim=1,
            slice_sizes=[1],
        )
        assert result.tolist() == [3.0, 9.0, 9.0]


def every_move(xp: Any, x: Any) -> list[Any]:
    """Each op of the module once on a [3, 4] tensor."""
    zero = np.zeros((), x.dtype)
    index = np.array([[1], [0]])
    return [
        tensor.broadcast_in_dim(xp, x, shape=[2, 3, 4], broadcast_dimensions=[1, 2]),
        tensor.reshape(xp, x, shape=[2, 6]),
        tensor.transpose(xp, x, permutation=[1, 0]),
        tensor.reverse(xp, x, dimensions=[1]),
        tensor.slice(xp, x, start_indices=[1, 0], limit_indices=[3, 4], strides=[1, 2]),
        tensor.pad(xp, x, zero, edge_padding_low=[1, -1], edge_padding_high=[0, 2], interior_padding=[1, 1]),
        tensor.concatenate(xp, [x, x], dimension=1),
        tensor.iota(xp, dtype=np.dtype("f4"), shape=[2, 3], iota_dimension=1),
        tensor.dynamic_slice(xp, x, [np.array(1), np.array(9)], slice_sizes=[2, 2]),
        tensor.dynamic_update_slice(xp, x, x[:1, :2], [np.array(1), np.array(1)]),
        tensor.select(xp, np.indices(x.shape)[0] == 1, x, x[::-1]),
        tensor.gather(
            xp, x, index, offset_dims=[1], collapsed_slice_dims=[0], start_index_map=[0], index_vector_dim=1,
            slice_sizes=[1, 4],
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("xp", DOMAINS.values(), ids=list(DOMAINS))
def test_elements_move_alike_in_every_domain(xp: Any) -> None:
    x = counted([3, 4])
    carrier = xp.carrier(x.dtype)
    for plain, carried in zip(every_move(floats, x), every_move(xp, xp.array(x)), strict=True):
        assert carried.dtype == carrier
        assert carried.shape == plain.shape
        assert (carried == xp.array(plain)).all()


def test_index_tensors_are_the_same_in_every_domain() -> None:
    for xp in (integers, residues):
        assert tensor.iota(xp, dtype=np.dtype("i8"), shape=[3], iota_dimension=0).dtype == np.int64
        assert xp.array(np.arange(3)).dtype == np.int64


X = np.zeros((2, 3))
GATHER: dict[str, Any] = {
    "offset_dims": [1],
    "collapsed_slice_dims": [0],
    "start_index_map": [0],
    "index_vector_dim": 1,
    "slice_sizes": [1, 3],
}


BATCHING: dict[str, Any] = {
    "collapsed_slice_dims": [],
    "operand_batching_dims": [0],
    "start_indices_batching_dims": [0],
    "start_index_map": [1],
}


INDICES = np.zeros((4, 1), int)


def gather_x(indices: Any = INDICES, **changed: Any) -> Any:
    return tensor.gather(floats, X, indices, **{**GATHER, **changed})


def pad_x(value: Any, low: list[int], interior: list[int]) -> Any:
    return tensor.pad(floats, X, value, edge_padding_low=low, edge_padding_high=[0, 0], interior_padding=interior)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tensor.broadcast_in_dim(floats, X, shape=[2, 4], broadcast_dimensions=[0, 1]), "size 4 of"),
        (lambda: tensor.broadcast_in_dim(floats, X, shape=[2, 3], broadcast_dimensions=[0, 0]), "different numbers"),
        (lambda: tensor.broadcast_in_dim(floats, X, shape=[2, 3], broadcast_dimensions=[0]), "one entry for each of 2"),
        (lambda: tensor.reshape(floats, X, shape=[4, 2]), "from the 6 elements"),
        (lambda: tensor.reshape(floats, X, shape=[-1, -6]), "cannot make"),
        (lambda: tensor.transpose(floats, X, permutation=[0, 0]), "different numbers from 0 to 1"),
        (lambda: tensor.transpose(floats, X, permutation=[0]), "one entry"),
        (lambda: tensor.reverse(floats, X, dimensions=[2]), "different numbers from 0 to 1"),
        (lambda: tensor.reverse(floats, X, dimensions=[-1]), "different numbers from 0 to 1"),
        (lambda: tensor.slice(floats, X, start_indices=[0, 0], limit_indices=[2, 4], strides=[1, 1]), "of size 3"),
        (lambda: tensor.slice(floats, X, start_indices=[0, 0], limit_indices=[2, 3], strides=[1, 0]), "of size 3"),
        (lambda: tensor.slice(floats, X, start_indices=[0], limit_indices=[2, 3], strides=[1, 1]), "one entry"),
        (lambda: pad_x(np.zeros((), "f4"), [0, 0], [0, 0]), "padding value"),
        (lambda: pad_x(np.zeros(()), [-3, 0], [0, 0]), "leaves nothing"),
        (lambda: pad_x(np.zeros(()), [0, 0], [-1, 0]), "interior -1"),
        (lambda: pad_x(np.zeros(()), [0], [0, 0]), "one entry"),
        (lambda: tensor.concatenate(floats, [], dimension=0), "at least one"),
        (lambda: tensor.concatenate(floats, [X, X[:, :2]], dimension=0), "differ in dimension 0 alone"),
        (lambda: tensor.concatenate(floats, [X, X.astype("f4")], dimension=0), "differ in dimension 0 alone"),
        (lambda: tensor.concatenate(floats, [X], dimension=2), "different numbers from 0 to 1"),
        (lambda: tensor.iota(floats, dtype=np.dtype("f4"), shape=[], iota_dimension=0), "iota dimension"),
        (lambda: tensor.dynamic_slice(floats, X, [np.array(0)] * 2, slice_sizes=[3, 3]), "no slice of size 3"),
        (lambda: tensor.dynamic_slice(floats, X, [np.array(0)], slice_sizes=[1, 1]), "one entry"),
        (lambda: tensor.dynamic_update_slice(floats, X, X.astype("f4"), [np.array(0)] * 2), "rank and element type"),
        (lambda: tensor.dynamic_update_slice(floats, X, np.zeros((3, 3)), [np.array(0)] * 2), "no slice of size 3"),
        (lambda: gather_x(slice_sizes=[1, 4]), "no slice of size 4"),
        (lambda: gather_x(slice_sizes=[2, 3]), "no slice of size 2"),
        (lambda: gather_x(offset_dims=[]), "1 ascending numbers, not .."),
        (lambda: gather_x(start_index_map=[5]), "different numbers"),
        (lambda: gather_x(np.zeros((4, 2), int)), "index vectors of 2"),
        (lambda: gather_x(index_vector_dim=3), "index vector dimension"),
        (lambda: gather_x(offset_dims=[7]), "offset dimensions"),
        (lambda: gather_x(slice_sizes=[0, 3]), "no slice of size 0"),
        (lambda: gather_x(**BATCHING), "of sizes .2. in the operand but .4."),
    ],
)  # fmt: skip
def test_bad_parameters_are_told_apart(call: Any, message: str) -> None:
    with pytest.raises(Error, match=message):
        call()


def test_padding_inside_and_cutting_off_as_much_is_not_nothing() -> None:
    """The shape stays, the elements do not."""
    x = np.array([3.0, 5.0], np.float32)
    zero = np.zeros((), np.float32)
    padded = tensor.pad(floats, x, zero, edge_padding_low=[0], edge_padding_high=[-1], interior_padding=[1])
    np.testing.assert_array_equal(padded, np.array([3.0, 0.0], np.float32))
