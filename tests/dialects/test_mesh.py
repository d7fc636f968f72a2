"""Groups of processes along the axes of a mesh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr, SymbolRefAttr
from couloir.ir.errors import Error
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import TensorType, i64


def mesh(**sizes: int) -> hlo.Mesh:
    return hlo.Mesh(tuple(hlo.MeshAxis(name, size) for name, size in sizes.items()))


def refs(*names: str) -> tuple[hlo.AxisRef, ...]:
    return tuple(hlo.AxisRef(name) for name in names)


@given(st.data())
def test_groups_are_the_rows_of_the_grid(data) -> None:
    """With NumPy: the axes of the groups last, in their order, the others before."""
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    names = [f"a{number}" for number in range(len(sizes))]
    chosen = data.draw(st.permutations(range(len(sizes))))[: data.draw(st.integers(0, len(sizes)))]
    ids = np.array(data.draw(st.permutations(range(int(np.prod(sizes))))))
    grid = hlo.Mesh(
        mesh(**dict(zip(names, sizes, strict=True))).axes, DenseElementsAttr(TensorType(ids.shape, i64), ids)
    )
    attribute = hlo.ReplicaGroupMeshAxes(grid, refs(*(names[axis] for axis in chosen)))
    others = [axis for axis in range(len(sizes)) if axis not in chosen]
    count = int(np.prod([sizes[axis] for axis in chosen]))
    assert attribute.group_size == count
    rows = ids.reshape(sizes).transpose(*others, *chosen).reshape(-1, count)
    assert np.array_equal(attribute.groups, rows)


def test_a_part_of_an_axis_is_an_axis_of_its_own() -> None:
    part = hlo.AxisRef("x", (2, 2))
    groups = hlo.ReplicaGroupMeshAxes(mesh(x=8), (part,)).groups
    rows = np.arange(8).reshape(2, 2, 2).transpose(0, 2, 1).reshape(-1, 2)
    assert np.array_equal(groups, rows)
    both = hlo.ReplicaGroupMeshAxes(mesh(x=8, y=3), (hlo.AxisRef("x", (4, 2)), hlo.AxisRef("x", (1, 2))))
    rows = np.arange(24).reshape(2, 2, 2, 3).transpose(1, 3, 2, 0).reshape(-1, 4)
    assert np.array_equal(both.groups, rows)


BAD = {
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 2>]>, axes = [#stablehlo.axis_ref<name = \"y\">]>": "has no axis `y`",
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 4>]>, axes = [#stablehlo.axis_ref<name = \"x\", sub_axis_info = (2)3>]>": (
        "no part (2)3"
    ),
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 4>]>, axes = [#stablehlo.axis_ref<name = \"x\">,"
    " #stablehlo.axis_ref<name = \"x\", sub_axis_info = (2)2>]>": "overlap",
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 0>]>, axes = []>": "at least 1 is needed",
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 2>, <name = \"x\", size = 2>]>, axes = []>": "different names",
    "<mesh = #stablehlo.mesh<axes = []>, axes = []>": "at least one axis",
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 2>], device_ids = dense<[0, 2]> : tensor<2xi64>>, axes = []>": (
        "the numbers of the 2 devices"
    ),
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 2>], device_ids = dense<0.5> : tensor<2xf32>>, axes = []>": (
        "expected `dense<...>` of `i64`"
    ),
    "<mesh = #stablehlo.mesh<axes = [<name = \"x\", size = 20000000000>], device_ids = dense<0> : tensor<20000000000xi64>>, axes = []>": (
        "are too many"
    ),
    "<mesh = @a::@b, axes = []>": "expected a `#stablehlo.mesh<...>`",
    "<mesh = @a, axes = [@x]>": "expected a `#stablehlo.axis_ref<...>`",
    "<mesh = @a, axes = [#stablehlo.axis_ref<name = \"x\", sub_axis_info = (0)2>]>": "are positive",
    "<axes = []>": "expected `mesh = ...`",
    "<mesh = #stablehlo.mesh<axes = [#stablehlo.axis_ref<name = \"x\">]>, axes = []>": "expected a `#stablehlo.mesh_axis<...>`",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_group_of_a_mesh_is_refused(text) -> None:
    with pytest.raises(Error) as caught:
        AttributeParser(f"#stablehlo.replica_group_mesh_axes{text}").attribute()
    assert BAD[text] in str(caught.value)


def test_groups_that_are_not_known_or_too_many_are_refused() -> None:
    symbol = hlo.ReplicaGroupMeshAxes(SymbolRefAttr("mesh"), refs("x"))
    assert symbol.group_size is None
    with pytest.raises(Error, match="is not known here"):
        _ = symbol.groups
    large = hlo.ReplicaGroupMeshAxes(mesh(x=2**40), refs("x"))
    assert large.group_size == 2**40
    with pytest.raises(Error, match="too large"):
        _ = large.groups
