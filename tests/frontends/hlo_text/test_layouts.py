"""A bitcast gives the array whose bytes lie where those of its operand lie: compared with offsets counted element by element."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.frontends.hlo_text import parse

Tiles = list[tuple[int, ...]]


def offsets(
    shape: tuple[int, ...], minor_to_major: tuple[int, ...], tiles: Tiles
) -> tuple[dict[tuple[int, ...], int], int]:
    """For each element how many elements lie before it in memory, padding included, and how many places there are."""
    order = minor_to_major[::-1]
    found: dict[tuple[int, ...], int] = {}
    size = 1
    for element in product(*map(range, shape)):
        index, dims = [element[axis] for axis in order], [shape[axis] for axis in order]
        for tile in tiles:
            missing = len(tile) - len(dims)
            index, dims = [0] * missing + index, [1] * missing + dims
            first = len(dims) - len(tile)
            pairs = list(zip(index[first:], tile, strict=True))
            index = index[:first] + [i // t for i, t in pairs] + [i % t for i, t in pairs]
            dims = dims[:first] + [-(-d // t) for d, t in zip(dims[first:], tile, strict=True)] + list(tile)
        offset = 0
        for i, d in zip(index, dims, strict=True):
            offset = offset * d + i
        found[element], size = offset, prod(dims)
    return found, size


def written(shape: tuple[int, ...], minor_to_major: tuple[int, ...], tiles: Tiles, element: str = "s32") -> str:
    listed = "".join(f"({','.join(map(str, tile))})" for tile in tiles)
    layout = ",".join(map(str, minor_to_major)) + (f":T{listed}" if tiles else "")
    return f"{element}[{','.join(map(str, shape))}]{{{layout}}}"


def bitcast(source: str, target: str) -> couloir.Module:
    return parse(f"HloModule m\nENTRY e {{\n x = {source} parameter(0)\n ROOT r = {target} bitcast(x)\n}}")


shapes = st.lists(st.integers(1, 5), max_size=3).map(tuple)
tilings = st.one_of(
    st.just([]),
    st.lists(st.integers(1, 3), min_size=1, max_size=2).map(lambda tile: [tuple(tile)]),
    st.tuples(st.integers(2, 3), st.integers(2, 4)).map(lambda tile: [tile, (2, 1)]),
)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], Tiles]:
    shape = draw(shapes)
    order = tuple(draw(st.permutations(range(len(shape)))))
    return shape, order, draw(tilings) if shape else []


@given(arrays(), st.data())
def test_bitcast_moves_no_byte(source: tuple[tuple[int, ...], tuple[int, ...], Tiles], data: st.DataObject) -> None:
    shape, order, tiles = source
    before, size = offsets(shape, order, tiles)
    if data.draw(st.booleans()):  # the places in memory one by one
        target = ((size,), (0,), [])
    else:  # the same tiles, the dimensions in another order
        axes = data.draw(st.permutations(range(len(shape))))
        renamed = tuple(axes.index(axis) for axis in order)
        target = (tuple(shape[axis] for axis in axes), renamed, tiles)
    after, places = offsets(*target)
    assert places == size
    x = np.arange(1, prod(shape) + 1, dtype=np.int32).reshape(shape)
    memory = np.zeros(size, np.int32)
    for element, offset in before.items():
        memory[offset] = x[element]
    (found,) = couloir.run(bitcast(written(*source), written(*target)), x)
    for element, offset in after.items():
        assert found[element] == memory[offset]


def only_op(module: couloir.Module) -> str:
    names = [op.name for op in module.functions[0].entry.ops]
    assert names[1:] == ["func.return"]
    return names[0]


@pytest.mark.parametrize(
    ("source", "target", "op"),
    [
        ("f32[2,3]{1,0}", "f32[2,3]{1,0}", "stablehlo.reshape"),
        ("f32[2,3]{1,0}", "f32[3,2]{0,1}", "stablehlo.transpose"),
        ("f32[2,3]{1,0}", "f32[6]{0}", "stablehlo.reshape"),
        ("f32[2,3]", "f32[2,1,3]", "stablehlo.reshape"),
        ("f32[8,128]{1,0:T(8,128)}", "f32[128,8]{0,1:T(8,128)}", "stablehlo.transpose"),
        ("f32[]", "s32[]", "stablehlo.bitcast_convert"),
        ("f32[2,3]{0,1}", "u32[2,3]{0,1}", "stablehlo.bitcast_convert"),
        ("pred[2]", "u8[2]", "stablehlo.convert"),
    ],
)
def test_simple_bitcasts_are_one_op(source: str, target: str, op: str) -> None:
    assert only_op(bitcast(source, target)) == op


def test_bits_are_read_as_another_type() -> None:
    x = np.array([[1.5, -2.0], [0.0, 3.0], [4.0, 5.0]], np.float32)
    (found,) = couloir.run(bitcast("f32[3,2]{0,1}", "s32[6]{0}"), x)
    assert (found == x.T.reshape(-1).view(np.int32)).all()
    (found,) = couloir.run(bitcast("f32[3,2]{0,1}", "s16[6,2]{1,0}"), x)
    assert (found == x.T.reshape(-1).view(np.int16).reshape(6, 2)).all()
    (found,) = couloir.run(bitcast("s16[6,2]{1,0}", "f32[3,2]{0,1}"), found)
    assert (found == x).all()
    (found,) = couloir.run(bitcast("pred[3]{0}", "u8[3]{0}"), np.array([True, False, True]))
    assert found.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("f32[2,3]{1,0}", "f32[7]{0}", r"192 bits, `tensor<7xf32>` with `row-major` has 224"),
        ("f32[3]{0:T(4)}", "f32[3]{0}", r"128 bits"),
        ("pred[4]{0}", "s32[1]{0}", r"a bitcast makes no `i32` of `i1`"),
        ("f32[<=4]{0}", "f32[4]{0}", r"known sizes"),
        ("f32[4]{0:T(*)}", "f32[4]{0}", r"tiles with `\*`"),
        ("f32[2,3]{1,1}", "f32[6]{0}", r"does not name each of 2 dimensions once"),
        ("f32[2,3]{0}", "f32[6]{0}", r"does not name each of 2 dimensions once"),
        ("f32[4]{0:T(0)}", "f32[4]{0}", r"not positive"),
    ],
)
def test_what_is_no_bitcast(source: str, target: str, message: str) -> None:
    with pytest.raises(couloir.ParseError, match=message):
        bitcast(source, target)
