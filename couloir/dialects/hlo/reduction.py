"""StableHLO: reductions, over dimensions and over windows.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.dialects.hlo.attributes import PADDING, parse_numbers
from couloir.dialects.hlo.bounds import bounded, bounds_of, least
from couloir.dialects.hlo.control import Return
from couloir.dialects.hlo.elements import ANY
from couloir.dialects.hlo.elementwise import Add, And, Maximum, Minimum, Multiply, Or, Xor
from couloir.dialects.hlo.regions import combines
from couloir.dialects.hlo.window import WindowDimension, padding_fits, window_dimensions
from couloir.dialects.shapes import Dim, Dims, as_tensor, inside, merge, returned_types, same_dims, unique, within
from couloir.ir import fields
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.constraints import Holds, Infers, element_type
from couloir.ir.errors import Error, nearest
from couloir.ir.fields import Operands, Results, attr, attr_optional, region
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import Commutative, RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock
from couloir.ir.types import TensorType, Type, i64

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import Argument, OperandName, OperationReader

REDUCERS: Final[dict[str, type[Operation]]] = {
    "add": Add,
    "multiply": Multiply,
    "maximum": Maximum,
    "minimum": Minimum,
    "and": And,
    "or": Or,
    "xor": Xor,
}
"""The ops that `reduce` and `reduce_window` take by name."""

Tensor: TypeAlias = "Value[TensorType] | Operation"
Body: TypeAlias = "str | Callable[..., Sequence[Tensor] | Tensor]"
"""What a reducer computes: the name of a binary op, or a function from the arguments of the body to its results."""


def reducer(body: Body, element_types: Sequence[Type]) -> Region:
    """The region of a reduction: a block of two scalars for each input, first the accumulated ones."""
    block = Block([TensorType((), type) for type in (*element_types, *element_types)])
    with inside(block):
        if isinstance(body, str):
            if body not in REDUCERS:
                raise Error(
                    f"there is no reducer `{body}`",
                    hint=nearest(body, list(REDUCERS)) or f"one of {', '.join(REDUCERS)}",
                )
            make: Any = REDUCERS[body]
            count = len(element_types)
            pairs = zip(block.arguments[:count], block.arguments[count:], strict=True)
            values = [make(a, b) for a, b in pairs]
        else:
            made = body(*block.arguments)
            values = [made] if isinstance(made, Value | Operation) else list(made)
        Return(values)
    return Region([block])


def _same_shapes(op: Reduce | ReduceWindow) -> bool | str:
    first = op.inputs[0].type.dims
    for number, value in enumerate(op.inputs):
        if not same_dims(first, value.type.dims):
            return f"`inputs[0]` has {first}, `inputs[{number}]` has {value.type.dims}"
    return True


def _same_elements(op: Reduce | ReduceWindow) -> bool | str:
    for number, (value, init) in enumerate(zip(op.inputs, op.init_values, strict=True)):
        if value.type.element_type is not init.type.element_type:
            return f"`inputs[{number}]` is `{value.type}`, `init_values[{number}]` is `{init.type}`"
    return True


def _not_empty(id: str) -> Holds:
    return Holds("there is at least one input", lambda op: len(op.inputs) > 0, id=id)


def _body(id: str) -> Holds:
    return Holds(
        "`body` takes two scalars for each input and returns one, of its element type or a wider one",
        lambda op: combines(op.body, [value.type.element_type for value in op.inputs]),
        id=id,
        verify_only=True,
    )


def _shape(op: Reduce | ReduceWindow) -> tuple[Dims, tuple[Dim, ...]]:
    """What is known of the sizes of the inputs: the dimensions, and their bounds."""
    types = [value.type for value in op.inputs]
    bounds = [least(*column) for column in zip(*map(bounds_of, types), strict=True)]
    return merge(type.dims for type in types), tuple(bounds)


def _result_elements(op: Reduce | ReduceWindow) -> list[Type]:
    """The element types that the body returns; while there is no body, those of the inputs."""
    given = returned_types(op.body)
    if given is None or len(given) != len(op.inputs):
        return [value.type.element_type for value in op.inputs]
    return [element_type(type) for type in given]


class Reduce(Operation, name="stablehlo.reduce", traits=(RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock)):
    """Combines the elements along `dimensions` with `body`, in any order.

    `reduce(x, init, dimensions, "add")` builds the body.

    Source: StableHLO specification, `reduce`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    init_values: Operands[TensorType] = fields.operands(elements=ANY, rank=0)
    dimensions: tuple[int, ...] = attr()
    body: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _not_empty("C3"),
        Holds("the inputs have one shape", _same_shapes, id="C1"),
        Holds("each input has the element type of its initial value", _same_elements, id="C2"),
        Holds(
            "`dimensions` are dimensions of the inputs",
            lambda op: within(op.dimensions, op.inputs[0].type.rank),
            id="C4",
        ),
        Holds("`dimensions` are different", lambda op: unique(op.dimensions), id="C5"),
        _body("C6"),
        Infers("C7, C8"),
    )

    def infer(self) -> list[Type]:
        dims, bounds = _shape(self)
        kept = [axis for axis in range(len(dims)) if axis not in self.dimensions]
        shape = [dims[axis] for axis in kept], [bounds[axis] for axis in kept]
        return [bounded(*shape, element) for element in _result_elements(self)]

    def print(self, p: Printer) -> None:
        for index, (value, init) in enumerate(zip(self.inputs, self.init_values, strict=True)):
            p.write(", (" if index else "(")
            p.operand(value)
            p.write(" init: ")
            p.operand(init)
            p.write(")")
        inner = _only_op(self)
        if inner is not None:
            p.write(" applies ", inner.name)
        p.write(f" across dimensions = {list(self.dimensions)}")
        p.attr_dict(self, elided=("dimensions",))
        p.write(" : ")
        p.functional_type([value.type for value in self.operands], [value.type for value in self.results])
        if inner is None:
            self._print_body(p)

    def _print_body(self, p: Printer) -> None:
        arguments, count = self.body.block.arguments, len(self.inputs)
        p.newline()
        p.write(" reducer")
        for old, new in zip(arguments[:count], arguments[count:], strict=True):
            p.write("(")
            p.block_argument(old)
            p.write(", ")
            p.block_argument(new)
            p.write(") ")
        p.write(" ")
        p.region(self.body)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        pairs: list[tuple[OperandName, OperandName]] = []
        while not pairs or p.optional(","):
            pairs.append(_parse_input(p))
        applied = _parse_applied(p) if p.optional_keyword("applies") else None
        p.expect_keyword("across")
        p.expect_keyword("dimensions")
        p.expect("=")
        dimensions = DenseArrayAttr(i64, parse_numbers(p))
        attributes = {**p.attr_dict(), "dimensions": dimensions}
        p.expect(":")
        at = p.position
        type = p.functional_type()
        operands = p.resolve_all([*(value for value, _ in pairs), *(init for _, init in pairs)], type.inputs, at=at)
        if applied is not None:
            scalar = TensorType((), element_type(operands[0].type))
            body = Region([_block_of_one(applied, scalar)])
        else:
            p.expect_keyword("reducer")
            body = yield p.region_request(_parse_body_arguments(p))
        return p.build(cls, operands, attributes, [body], result_types=type.results)


def _only_op(op: Reduce) -> Operation | None:
    """The op that the body consists of, if `applies` says it all: commutative, of scalars, from arguments to return."""
    block = op.body.block
    inner, last = block.first_op, block.last_op
    if inner is None or inner.next_op is not last or not isinstance(last, Return) or not _may_be_applied(type(inner)):
        return None
    scalar = TensorType((), element_type(op.inputs[0].type))
    fits = (
        list(inner.operands) == block.arguments
        and all(value.type is scalar for value in (*inner.operands, *inner.results))
        and list(last.values) == list(inner.results)
    )
    return inner if fits else None


def _may_be_applied(cls: type[Operation]) -> bool:
    definition = cls.definition
    binary = len(definition.operands) == 2 and len(definition.results) == 1 and not definition.regions
    return cls.name.startswith("stablehlo.") and binary and cls.has_trait(Commutative)


def _parse_input(p: Parser) -> tuple[OperandName, OperandName]:
    p.expect("(")
    value = p.operand_name()
    p.expect_keyword("init")
    p.expect(":")
    init = p.operand_name()
    p.expect(")")
    return value, init


def _parse_applied(p: Parser) -> type[Operation]:
    at = p.position
    name = p.optional_string() or p.identifier("the name of an op")
    cls = REGISTRY.operation(name)
    if cls is None or not _may_be_applied(cls):
        raise p.error(f"`{name}` is not a commutative op of two StableHLO tensors", at=at)
    return cls


def _block_of_one(cls: type[Operation], scalar: Type) -> Block:
    block = Block([scalar, scalar])
    inner = cls.create(block.arguments, [scalar], dict(cls.definition.stored))
    block.append(inner)
    block.append(Return.create(inner.results))
    return block


def _parse_body_arguments(p: Parser) -> list[Argument]:
    old: list[Argument] = []
    new: list[Argument] = []
    while p.optional("("):
        old.append(p.argument())
        p.expect(",")
        new.append(p.argument())
        p.expect(")")
    return [*old, *new]


def reduce(
    inputs: Tensor | Sequence[Tensor], init_values: Tensor | Sequence[Tensor], dimensions: Sequence[int], body: Body
) -> Reduce:
    """Reduces one tensor or several along `dimensions`.

    Args:
        inputs: One tensor, or several of one shape.
        init_values: A scalar for each input: what an empty reduction gives, and what others start from.
        dimensions: The dimensions that go.
        body: The name of an op ("add", "maximum", ...), or a function of the scalars that are combined: first one
            accumulated value for each input, then one new value for each. It returns one value for each input.
    """
    values, inits = _tensors(inputs), _tensors(init_values)
    return Reduce(values, inits, tuple(dimensions), reducer(body, [v.type.element_type for v in values]))


def _tensors(items: Tensor | Sequence[Tensor]) -> list[Value[TensorType]]:
    return [as_tensor(item) for item in ([items] if isinstance(items, Value | Operation) else items)]


def _entries(name: str, ids: tuple[str, str]) -> tuple[Holds, Holds]:
    """One entry for each dimension, each positive."""

    def entries(op: ReduceWindow) -> tuple[int, ...] | None:
        return getattr(op, name)

    return (
        Holds(
            f"`{name}` has one entry for each dimension of the inputs",
            lambda op: entries(op) is None or len(entries(op) or ()) == op.inputs[0].type.rank,
            id=ids[0],
        ),
        Holds(f"`{name}` is positive", lambda op: all(entry > 0 for entry in entries(op) or ()), id=ids[1]),
    )


class ReduceWindow(
    Operation, name="stablehlo.reduce_window", traits=(RecursiveMemoryEffects, SameVariadicOperandSize, SingleBlock)
):
    """Combines the elements of each window with `body`: pooling.

    What is left out has its default; `window` has all of it, one entry for each dimension.

    Source: StableHLO specification, `reduce_window`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    init_values: Operands[TensorType] = fields.operands(elements=ANY, rank=0)
    window_dimensions: tuple[int, ...] = attr()
    window_strides: tuple[int, ...] | None = attr_optional(default=None)
    base_dilations: tuple[int, ...] | None = attr_optional(default=None)
    window_dilations: tuple[int, ...] | None = attr_optional(default=None)
    padding: tuple[tuple[int, int], ...] | None = attr_optional(default=None, codec=PADDING)
    body: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _not_empty("C1"),
        Holds("the inputs have one shape", _same_shapes, id="C2"),
        Holds("each input has the element type of its initial value", _same_elements, id="C3"),
        *_entries("window_dimensions", ("C4", "C5")),
        *_entries("window_strides", ("C6", "C7")),
        *_entries("base_dilations", ("C8", "C9")),
        *_entries("window_dilations", ("C10", "C11")),
        Holds(
            "`padding` has a pair for each dimension of the inputs",
            lambda op: padding_fits(op, op.inputs[0].type.rank),
            id="C12",
        ),
        _body("C13"),
        Infers("C14, C15, C16"),
    )

    @property
    def window(self) -> tuple[WindowDimension, ...]:
        """How the window moves along each dimension."""
        return window_dimensions(
            self.window_dimensions, self.window_strides, self.padding, self.base_dilations, self.window_dilations
        )

    def infer(self) -> list[Type]:
        sizes, most = _shape(self)
        dims = [window.count(size) for window, size in zip(self.window, sizes, strict=True)]
        bounds = [window.count(size) for window, size in zip(self.window, most, strict=True)]
        return [bounded(dims, bounds, element) for element in _result_elements(self)]


def reduce_window(
    inputs: Tensor | Sequence[Tensor],
    init_values: Tensor | Sequence[Tensor],
    body: Body,
    *,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    base_dilations: Sequence[int] | None = None,
    window_dilations: Sequence[int] | None = None,
) -> ReduceWindow:
    """Reduces each window of one tensor or several; `body` as for `reduce`, the rest as for `ReduceWindow`."""
    values, inits = _tensors(inputs), _tensors(init_values)
    return ReduceWindow(
        values,
        inits,
        tuple(window_dimensions),
        None if window_strides is None else tuple(window_strides),
        None if base_dilations is None else tuple(base_dilations),
        None if window_dilations is None else tuple(window_dilations),
        None if padding is None else tuple(padding),
        reducer(body, [v.type.element_type for v in values]),
    )
