"""Models with open dimensions: sizes bound from names or from arrays, inputs bound to constants, and programs that are compiled
once for each set of shapes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import attrs
import numpy as np

from couloir.backends.c.emit import entry_function
from couloir.backends.numpy.arguments import as_array
from couloir.dialects import hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.dimension_expressions import DimensionExpression, parse_dimension
from couloir.dialects.func import FuncOp
from couloir.dialects.onnx.structure import Initializer
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, StringAttr
from couloir.ir.builder import at_start
from couloir.ir.errors import Error, nearest
from couloir.ir.operation import Operation
from couloir.ir.types import FunctionType, ShapedType, TensorType, UnrankedTensorType, dtype_of
from couloir.levels import level_of
from couloir.passes.refine_shapes import refine_shapes

if TYPE_CHECKING:
    from couloir.backends.c.program import Executable

Shape: TypeAlias = "tuple[int, ...]"
Shapes: TypeAlias = "Mapping[str, Sequence[int]] | Sequence[Sequence[int] | None]"
"""By the name of the input, or one for each input, None for one that stays as it is."""

NAMELESS: Final = frozenset({"", "?"})
"""What exporters write for a dimension that they know nothing of: two of these need not be equal."""


def specialized(
    module: ModuleOp,
    shapes: Shapes | None = None,
    *,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, Any] | None = None,
    function: str | None = None,
) -> ModuleOp:
    """A copy of a module with bound shapes and values; see `couloir.specialize`."""
    copy = module.clone()
    entry = entry_function(copy, function)
    signature = Signature.of(entry)
    known = signature.listed(shapes or {})
    constants = {signature.position(name): _constant(value, name, entry) for name, value in (values or {}).items()}
    for number, constant in constants.items():
        known[number] = constant.array.shape
    wanted = signature.bound(known, dims or {})
    is_changed = wanted != list(entry.function_type.inputs)
    _bind_values(entry, constants)  # first: they may decide sizes
    if is_changed or constants:
        _retype(entry, [type for number, type in enumerate(wanted) if number not in constants])
    return copy


def is_open(function: FuncOp) -> bool:
    """Whether an input has a dimension without a size, or nothing is known of its shape."""
    types = function.function_type.inputs
    return any(isinstance(t, UnrankedTensorType) or (isinstance(t, TensorType) and not t.is_static) for t in types)


def check_shapes(module: ModuleOp, arrays: Sequence[Any], name: str | None) -> None:
    """Raises `couloir.Error` when arrays do not fit the open dimensions of a function, such as two sizes for one name."""
    bodies = [
        f
        for f in module.functions
        if not f.is_declaration and (f.sym_name == name or (name is None and not f.is_private))
    ]
    if bodies and is_open(bodies[0]) and len(arrays) == len(bodies[0].arguments):
        shapes = [getattr(array, "shape", None) for array in arrays]
        Signature.of(bodies[0]).bound(shapes, {})


@attrs.frozen
class _Origin:
    """A size, and where it comes from."""

    size: int
    place: str


@attrs.frozen
class Signature:
    """What the inputs of a function are called, and their dimensions."""

    function: str
    names: tuple[str, ...]
    types: tuple[Any, ...]
    dims: tuple[tuple[str, ...], ...]
    """For each input the names of its dimensions, empty for those without one."""

    @classmethod
    def of(cls, function: FuncOp) -> Signature:
        """The signature of a function; names are those of the model it comes from."""
        names: list[str] = []
        dims: list[tuple[str, ...]] = []
        for index, argument in enumerate(function.arguments):
            stored = function.argument_attribute(index, "onnx.name")
            names.append(stored.value if isinstance(stored, StringAttr) else argument.name_hint or str(index))
            listed = function.argument_attribute(index, "onnx.dims")
            items = [getattr(item, "value", "") for item in listed] if isinstance(listed, ArrayAttr) else []
            dims.append(tuple("" if item in NAMELESS else str(item) for item in items))
        return cls(function.sym_name, tuple(names), tuple(function.function_type.inputs), tuple(dims))

    def listed(self, shapes: Shapes) -> list[Shape | None]:
        """Shapes by position."""
        given: Any = shapes
        if not isinstance(given, Mapping | Sequence) or isinstance(shapes, str):
            raise Error(f"shapes are given by name, or as a list with one for each input, not as {shapes!r}")
        if not isinstance(shapes, Mapping):
            if len(shapes) != len(self.names):
                raise Error(f"@{self.function} has {len(self.names)} inputs; {len(shapes)} shapes were given")
            return [
                None if shape is None else _checked(shape, name) for shape, name in zip(shapes, self.names, strict=True)
            ]
        for name in shapes:
            self.position(name)
        return [_checked(shapes[name], name) if name in shapes else None for name in self.names]

    def position(self, name: str) -> int:
        """The number of an input."""
        if name not in self.names:
            known = ", ".join(f"`{known}`" for known in self.names)
            raise Error(
                f"@{self.function} has no input `{name}`",
                hint=nearest(name, self.names) or (f"its inputs are {known}" if known else "it has none"),
            )
        return self.names.index(name)

    def bound(self, shapes: Sequence[Shape | None], dims: Mapping[str, int]) -> list[Any]:
        """The types of the inputs with the sizes that follow from shapes and names."""
        given: Any = dims
        if not isinstance(given, Mapping):
            raise Error(f"`dims` maps names to sizes, it is not {dims!r}")
        known = {name for names in self.dims for name in names if name}
        derived = {name: found for name in sorted(known) if (found := parse_dimension(name)) is not None}
        known.update(variable for expression in derived.values() for variable in expression.variables)
        sizes: dict[str, _Origin] = {}
        for name, size in dims.items():
            if name not in known:
                listed = ", ".join(f"`{other}`" for other in sorted(known))
                raise Error(
                    f"@{self.function} has no dimension `{name}`",
                    hint=nearest(name, sorted(known))
                    or (f"it has {listed}" if known else "its dimensions have no names"),
                )
            if not _is_size(size):
                raise Error(f"`dims` gives `{name}` the size {size!r}; a size is an integer from 0")
            sizes[name] = _Origin(int(size), "`dims`")
        for number, shape in enumerate(shapes):
            if shape is not None:
                self._collect(number, shape, sizes)
        _derive(derived, sizes)
        return [self._typed(number, shape, sizes) for number, shape in enumerate(shapes)]

    def _collect(self, number: int, shape: Shape, sizes: dict[str, _Origin]) -> None:
        """Checks the shape of an input, and notes the sizes of the dimensions with names."""
        type, name = self.types[number], self.names[number]
        if isinstance(type, UnrankedTensorType):
            return
        if not isinstance(type, ShapedType):
            if shape:
                raise Error(f"the input `{name}` is a `{type}`; the shape {_text(shape)} does not fit")
            return
        fits = len(type.dims) == len(shape) and all(
            old is None or old == new for old, new in zip(type.dims, shape, strict=False)
        )
        if not fits:
            raise Error(f"the input `{name}` is `{type}`; the shape {_text(shape)} does not fit")
        for axis, (dim, size) in enumerate(zip(self.dims[number], shape, strict=False)):
            place = f"dimension {axis} of `{name}`"
            old = sizes.setdefault(dim, _Origin(size, place)) if dim else _Origin(size, place)
            if old.size != size:
                raise Error(f"the dimension `{dim}` is {old.size} by {old.place}, but {size} by {place}")

    def _typed(self, number: int, shape: Shape | None, sizes: Mapping[str, _Origin]) -> Any:
        type = self.types[number]
        if isinstance(type, UnrankedTensorType) and shape is not None:
            return TensorType(shape, type.element_type)
        if not isinstance(type, TensorType):
            return type
        if shape is not None:
            return type.with_dims(shape)
        names = (*self.dims[number], *[""] * type.rank)
        dims = [
            sizes[name].size if old is None and name in sizes else old
            for old, name in zip(type.dims, names, strict=False)
        ]
        return type.with_dims(tuple(dims))


def _derive(derived: Mapping[str, DimensionExpression], sizes: dict[str, _Origin]) -> None:
    """Adds the sizes that follow from others, `2*h` from `h` or `h` from `2*h`, and checks those that are there."""
    is_new = True
    while is_new:  # each round finds a size, or is the last one
        is_new = False
        values = {name: origin.size for name, origin in sizes.items()}
        for name, expression in derived.items():
            missing = [variable for variable in expression.variables if variable not in sizes]
            if not missing:
                found = expression.size(values)
                places = [
                    f"`{variable}` is {values[variable]} by {sizes[variable].place}"
                    for variable in expression.variables
                ]
                if found is None or found < 0:
                    raise Error(f"the dimension `{name}` has no size: {', '.join(places)}")
                if name not in sizes:
                    sizes[name] = _Origin(found, f"`{name}`, where {', '.join(places)}")
                    is_new = True
                elif sizes[name].size != found:
                    raise Error(
                        f"the dimension `{name}` is {sizes[name].size} by {sizes[name].place}, "
                        f"but {found} because {', '.join(places)}"
                    )
            elif name in sizes and (solved := expression.solved(sizes[name].size, values)) is not None:
                variable, value = solved
                sizes[variable] = _Origin(value, sizes[name].place)
                is_new = True
                break
            elif name in sizes and expression.linear(values) is not None:
                raise Error(
                    f"the dimension `{name}` is {sizes[name].size} by {sizes[name].place}, "
                    f"which no size `{missing[0]}` makes it"
                )


def _is_size(size: Any) -> bool:
    return isinstance(size, int | np.integer) and not isinstance(size, bool) and bool(size >= 0)


def _checked(shape: Sequence[int], name: str) -> Shape:
    given: Any = shape
    sizes: list[Any] = list(cast("Sequence[Any]", given)) if isinstance(given, Sequence | np.ndarray) else [None]
    if not all(_is_size(size) for size in sizes):
        raise Error(f"the shape {shape!r} for `{name}` is not a list of sizes")
    return tuple(int(size) for size in sizes)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "of a scalar"


def _retype(function: FuncOp, types: Sequence[Any]) -> None:
    """Gives the inputs of a function their types."""
    parent = function.parent_op
    level = level_of(parent) if isinstance(parent, ModuleOp) else "onnx"
    if level == "hlo":
        refine_shapes(function, types)
        return
    if level != "onnx":
        raise Error(f"shapes are bound in modules of ONNX and StableHLO; this one is of the level `{level}`")
    for argument, type in zip(function.arguments, types, strict=True):
        argument.set_type(type)
    function.function_type = FunctionType(tuple(types), function.function_type.results)


def _bind_values(function: FuncOp, constants: Mapping[int, DenseElementsAttr]) -> None:
    """Puts constants in the place of inputs."""
    if not constants:
        return
    count = len(function.arguments)
    is_onnx = any(op.name.startswith("onnx.") for op in function.walk())
    with at_start(function.entry, loc=function.location):
        for number, constant in constants.items():
            made: Operation = Initializer(constant, None) if is_onnx else hlo.Constant(constant)
            function.arguments[number].replace_all_uses_with(made.results[0])
    kept = [number for number in range(count) if number not in constants]
    function.entry.erase_arguments(constants)
    function.function_type = FunctionType(
        tuple(function.function_type.inputs[number] for number in kept), function.function_type.results
    )
    stored = function.arg_attrs
    if stored is not None:
        function.arg_attrs = ArrayAttr(tuple(item for number, item in enumerate(stored) if number in kept))


def _constant(value: Any, name: str, function: FuncOp) -> DenseElementsAttr:
    """A value as a constant of the type of an input."""
    number = Signature.of(function).position(name)
    type = function.function_type.inputs[number]
    if not isinstance(type, ShapedType):
        raise Error(f"the input `{name}` is a `{type}`, which cannot be made a constant")
    array = as_array(value, f"the value of `{name}`")
    wanted = dtype_of(type.element_type)
    if array.dtype != wanted:
        if isinstance(value, np.ndarray | np.generic) or not np.can_cast(array.dtype, wanted, "same_kind"):
            raise Error(f"the value of `{name}` is {array.dtype}, but the input is `{type}`")
        array = array.astype(wanted)
    if array.ndim != len(type.dims) or any(
        size is not None and size != given for size, given in zip(type.dims, array.shape, strict=True)
    ):
        raise Error(f"the value of `{name}` has the shape {_text(array.shape)}, but the input is `{type}`")
    return DenseElementsAttr.from_numpy(array, type.element_type)


class DynamicExecutable:
    """A model with open dimensions: call it on NumPy arrays. It is compiled once for each set of their shapes.

    The programs made last are kept: `model.programs` maps the shapes to them, the one used last at the end.
    """

    def __init__(
        self, module: ModuleOp, build: Callable[[ModuleOp], Executable], *, function: str | None, limit: int
    ) -> None:
        if not _is_size(limit) or limit < 1:
            raise Error(f"`programs` is how many programs are kept, at least one: not {limit!r}")
        self.module = module
        self.function = function
        self.limit = limit
        """How many programs are kept."""
        self.programs: OrderedDict[tuple[Shape, ...], Executable] = OrderedDict()
        self._build = build
        self._signature = Signature.of(entry_function(module, function))

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        if len(arrays) != len(self._signature.names):
            names = ", ".join(f"`{name}`" for name in self._signature.names)
            raise Error(f"the model takes {len(self._signature.names)} arrays ({names}), {len(arrays)} were given")
        given = zip(arrays, self._signature.names, strict=True)
        return self.program(*(as_array(array, f"the input `{name}`").shape for array, name in given))(*arrays)

    def program(self, *shapes: Sequence[int]) -> Executable:
        """The program for inputs of these shapes; compiled now when it is not there."""
        key = tuple(tuple(map(int, shape)) for shape in shapes)
        found = self.programs.get(key)
        if found is None:
            found = self._build(specialized(self.module, list(key), function=self.function))
            self.programs[key] = found
            while len(self.programs) > self.limit:
                self.programs.popitem(last=False)
        self.programs.move_to_end(key)
        return found
