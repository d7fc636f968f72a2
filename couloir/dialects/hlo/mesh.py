"""StableHLO: meshes of devices, and groups of processes that go along their axes.

Source: StableHLO specification, section "Replica groups". Texts are upstream's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.hlo.attributes import parse_key
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, SymbolRefAttr
from couloir.ir.codecs import Codec, dense_elements
from couloir.ir.errors import Error, nearest
from couloir.ir.types import TensorType, i64

if TYPE_CHECKING:
    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter

Groups = tuple[tuple[int, ...], ...]
MAX_DEVICES: Final = 2**20


class MeshAxis(Attribute, name="stablehlo.mesh_axis"):
    """A dimension of a mesh: `#stablehlo.mesh_axis<name = "x", size = 2>`."""

    axis_name: str
    size: int

    def verify_parameters(self) -> None:
        if self.size <= 0:
            raise Error(f"the axis `{self.axis_name}` of a mesh has {self.size} devices: at least 1 is needed")

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<name = ")
        p.string(self.axis_name)
        p.write(f", size = {self.size}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> MeshAxis:
        at = p.position
        found = _entries(p, {"name": p.string_literal, "size": p.integer}, {"name", "size"})
        return p.checked(at, cls, found["name"], found["size"])


class Mesh(Attribute, name="stablehlo.mesh"):
    """A grid of devices: `#stablehlo.mesh<axes=[<name = "x", size = 2>]>`.

    Attributes:
        axes: Its dimensions.
        device_ids: The numbers of the devices, the last axis fastest; None for 0, 1, ...
    """

    axes: tuple[MeshAxis, ...]
    device_ids: DenseElementsAttr | None = None

    def verify_parameters(self) -> None:
        if not self.axes:
            raise Error("a mesh has at least one axis")
        names = [axis.axis_name for axis in self.axes]
        if len(set(names)) < len(names):
            raise Error(f"the axes of a mesh have different names, not {', '.join(names)}")
        ids = self.device_ids
        if ids is not None and self.count > MAX_DEVICES:
            raise Error(f"{self.count} `device_ids` are too many: at most {MAX_DEVICES} are read")
        if ids is not None and (
            ids.array.size != self.count or sorted(ids.array.reshape(-1).tolist()) != list(range(self.count))
        ):
            raise Error(f"`device_ids` are the numbers of the {self.count} devices of the mesh, each once")

    @property
    def count(self) -> int:
        """How many devices there are."""
        return math.prod(axis.size for axis in self.axes)

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<axes=[")
        for index, axis in enumerate(self.axes):
            p.write(", " if index else "")
            axis.print_parameters(p)
        p.write("]")
        if self.device_ids is not None:
            p.write(", device_ids=")
            p.attribute(self.device_ids)
        p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Mesh:
        at = p.position

        def axis() -> MeshAxis:
            where = p.position
            if p.at("<"):
                return MeshAxis.parse_parameters(p)
            found = p.attribute()
            if not isinstance(found, MeshAxis):
                raise p.error(f"expected a `#stablehlo.mesh_axis<...>`, found `{found}`", at=where)
            return found

        def device_ids() -> DenseElementsAttr:
            where = p.position
            found = p.attribute()
            if not isinstance(found, DenseElementsAttr) or not dense_elements(i64).check(found):
                raise p.error(f"expected `dense<...>` of `i64`, found `{found}`", at=where)
            return found

        readers = {"axes": lambda: tuple(p.comma_separated(axis, "[", "]")), "device_ids": device_ids}
        found = _entries(p, readers, {"axes"})
        return p.checked(at, cls, found["axes"], found.get("device_ids"))


class AxisRef(Attribute, name="stablehlo.axis_ref"):
    """An axis of a mesh, or a part of one: `#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>`.

    Attributes:
        axis_name: The name of the axis.
        sub_axis_info: The product of the sizes of the parts before this one, and its own size; None for all of the axis.
    """

    axis_name: str
    sub_axis_info: tuple[int, int] | None = None

    def verify_parameters(self) -> None:
        if self.sub_axis_info is not None and min(self.sub_axis_info) <= 0:
            raise Error(f"sizes of parts of the axis `{self.axis_name}` are positive, not {self.sub_axis_info}")

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<name = ")
        p.string(self.axis_name)
        if self.sub_axis_info is not None:
            before, size = self.sub_axis_info
            p.write(f", sub_axis_info = ({before}){size}")
        p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> AxisRef:
        at = p.position

        def part() -> tuple[int, int]:
            p.expect("(")
            before = p.integer()
            p.expect(")")
            return before, p.integer()

        found = _entries(p, {"name": p.string_literal, "sub_axis_info": part}, {"name"})
        return p.checked(at, cls, found["name"], found.get("sub_axis_info"))


class ReplicaGroupMeshAxes(Attribute, name="stablehlo.replica_group_mesh_axes"):
    """Groups of the processes that differ along these axes of a mesh only.

    Attributes:
        mesh: The mesh, or the symbol of one that another dialect defines.
        axes: The axes along which the processes of a group lie, the last one fastest.
    """

    mesh: Mesh | SymbolRefAttr
    axes: tuple[AxisRef, ...]

    def verify_parameters(self) -> None:
        if isinstance(self.mesh, Mesh):
            _parts(self.mesh, self.axes)

    @property
    def group_size(self) -> int | None:
        """How many processes a group has; None where the mesh is not known here."""
        if not isinstance(self.mesh, Mesh):
            return None
        sizes = {axis.axis_name: axis.size for axis in self.mesh.axes}
        return math.prod(ref.sub_axis_info[1] if ref.sub_axis_info else sizes[ref.axis_name] for ref in self.axes)

    @property
    def groups(self) -> Groups:
        """The numbers of the processes of each group. Raises `couloir.Error` where the mesh is not known here."""
        if not isinstance(self.mesh, Mesh):
            raise Error(
                f"which processes are groups of the mesh `{self.mesh}` is not known here",
                hint="write the mesh in `replica_groups`: `mesh = #stablehlo.mesh<axes=[<name = ..., size = ...>]>`",
            )
        if self.mesh.count > MAX_DEVICES:
            raise Error(f"a mesh of {self.mesh.count} devices is too large: at most {MAX_DEVICES} are listed")
        sizes, chosen = _parts(self.mesh, self.axes)
        strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
        others = [place for place in range(len(sizes)) if place not in chosen]
        ids = None if self.mesh.device_ids is None else self.mesh.device_ids.array.reshape(-1).tolist()
        starts, steps = _offsets(sizes, strides, others), _offsets(sizes, strides, chosen)
        rows = [[start + step for step in steps] for start in starts]
        return tuple(tuple(row if ids is None else [ids[place] for place in row]) for row in rows)

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<mesh = ")
        p.attribute(self.mesh)
        p.write(", axes = [")
        p.list(self.axes)
        p.write("]>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> ReplicaGroupMeshAxes:
        at = p.position

        def mesh() -> Mesh | SymbolRefAttr:
            where = p.position
            found = p.attribute()
            if isinstance(found, Mesh) or (isinstance(found, SymbolRefAttr) and not found.nested):
                return found
            raise p.error(f"expected a `#stablehlo.mesh<...>` or the symbol of one, found `{found}`", at=where)

        def axis() -> AxisRef:
            where = p.position
            found = p.attribute()
            if not isinstance(found, AxisRef):
                raise p.error(f"expected a `#stablehlo.axis_ref<...>`, found `{found}`", at=where)
            return found

        readers = {"mesh": mesh, "axes": lambda: tuple(p.comma_separated(axis, "[", "]"))}
        found = _entries(p, readers, {"mesh", "axes"})
        return p.checked(at, cls, found["mesh"], found["axes"])


def _entries(p: AttributeParser, readers: dict[str, Any], needed: set[str]) -> dict[str, Any]:
    """Reads `<name = value, ...>`."""
    found: dict[str, Any] = {}
    at = p.position

    def entry() -> None:
        name = parse_key(p, list(readers), found)
        found[name] = readers[name]()

    p.comma_separated(entry, "<", ">")
    missing = [name for name in readers if name in needed and name not in found]
    if missing:
        raise p.error(f"expected {' and '.join(f'`{name} = ...`' for name in missing)}", at=at)
    return found


def _parts(mesh: Mesh, refs: Sequence[AxisRef]) -> tuple[list[int], list[int]]:
    """The sizes of the parts that the axes of a mesh are split into, and which of them these are, in this order."""
    known = {axis.axis_name: axis.size for axis in mesh.axes}
    wanted: dict[str, list[tuple[int, int]]] = {}
    spans: list[tuple[str, int, int]] = []
    for ref in refs:
        size = known.get(ref.axis_name)
        if size is None:
            raise Error(f"the mesh has no axis `{ref.axis_name}`", hint=nearest(ref.axis_name, list(known)))
        before, own = ref.sub_axis_info or (1, size)
        if size % (before * own):
            raise Error(f"the axis `{ref.axis_name}` of size {size} has no part ({before}){own}")
        wanted.setdefault(ref.axis_name, []).append((before, own))
        spans.append((ref.axis_name, before, own))
    sizes: list[int] = []
    places: dict[tuple[str, int, int], int] = {}
    for axis in mesh.axes:
        reached = 1
        for before, own in sorted(wanted.get(axis.axis_name, ())):
            if before % reached:
                raise Error(f"parts of the axis `{axis.axis_name}` overlap")
            places[axis.axis_name, before, own] = len(sizes) + 1
            sizes += [before // reached, own]
            reached = before * own
        sizes.append(axis.size // reached)
    return sizes, [places[span] for span in spans]


def _offsets(sizes: Sequence[int], strides: Sequence[int], places: Sequence[int]) -> list[int]:
    """The offsets of all positions along some dimensions, the last one fastest."""
    steps = [[number * strides[place] for number in range(sizes[place])] for place in places]
    return [sum(position) for position in product(*steps)]


_MATRIX: Final = dense_elements(i64)


def _encode(value: Any) -> Attribute | None:
    return value if isinstance(value, ReplicaGroupMeshAxes) else _MATRIX.encode(value)


REPLICA_GROUPS: Final = Codec(
    "`dense<...>` of `i64`, or axes of a mesh",
    _encode,
    lambda stored: stored.groups if isinstance(stored, ReplicaGroupMeshAxes) else _MATRIX.decode(stored),
    lambda stored: isinstance(stored, ReplicaGroupMeshAxes) or _MATRIX.check(stored),
)
"""Rows of numbers of processes stored as `dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>`, or as axes of a mesh."""


def is_matrix(stored: Attribute | None) -> bool | str:
    """Whether stored groups are rows of numbers, not more than there can be processes."""
    if not isinstance(stored, DenseElementsAttr) or not isinstance(stored.type, TensorType):
        return isinstance(stored, ReplicaGroupMeshAxes)
    if stored.type.rank == 2 and stored.type.size > MAX_DEVICES:
        return f"it has {stored.type.size} numbers: at most {MAX_DEVICES} are read"
    return stored.type.rank == 2
