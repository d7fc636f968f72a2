"""What an op means: the table from op classes to functions of arrays.

    @meaning(Double)
    def double(xp, op, operand):
        return xp.apply("add", operand, operand)

A meaning takes the domain, the op, and an array for each operand, and gives an array for each result: one array, or a
sequence of them. What it may not do is write to an operand, unless that is a memref.

An op that runs its regions, calls a function or reads a global is a generator, which asks for that and gets the
answer; nothing recurses, so nests of any depth work:

    @meaning(hlo.If)
    def if_(xp, op, pred):
        return (yield Run(op.true_branch if pred else op.false_branch))

A function that the program does not define, `stablehlo.custom_call @target`, is given a meaning by its target:

    @custom_call("my_target")
    def my_target(xp, op, operand):
        return ...

A terminator that goes on with another block gives a `Jump`; one that ends its region has the trait `ReturnLike` and
needs no meaning, or gives `Leave`.

Meanings are looked up along the bases of the op's class, so one for a base class serves all ops of a family. The table
of a dialect is a module that is imported when one of its ops is first run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.processes import Request as ProcessRequest
from couloir.dialects.quant import UniformType
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.traits import ReturnLike
from couloir.ir.types import TensorType

#: `function(xp, op, *arrays)`: arrays, `Jump`, `Leave`, or a generator of requests that ends with one of them.
Meaning: TypeAlias = Callable[..., Any]
#: From the class of an op to its meaning, or None when it has none: for classes that are made in numbers.
Resolver: TypeAlias = Callable[[type[Operation]], "Meaning | None"]
#: From an op to its meaning, or None when it has none: for classes whose ops name what they do in an attribute.
Choice: TypeAlias = Callable[[Any], "Meaning | None"]
F = TypeVar("F", bound=Meaning)


@attrs.frozen(eq=False)
class Run:
    """A request: run a region, from its first block on.

    Attributes:
        region: One of the op's own regions.
        arguments: The arguments of its first block.
        batch: If given, the region computes with scalars, and is run on arrays of this shape, all elements at once; so are
            the regions and functions that it runs.
    """

    region: Region
    arguments: Sequence[Array] = ()
    batch: tuple[int, ...] | None = None


@attrs.frozen(eq=False)
class Call:
    """A request: run the function that a symbol names at the op."""

    symbol: str | SymbolRefAttr
    arguments: Sequence[Array] = ()


@attrs.frozen(eq=False)
class Global:
    """A request: the value of the symbol's op, such as a global buffer; it is made once in an evaluation."""

    symbol: str | SymbolRefAttr


@attrs.frozen(eq=False)
class Together:
    """A request: the results of several functions that run as the processes of one program.

    Attributes:
        programs: The functions by their symbols: rows are replicas, columns are partitions.
        arguments: Those of each function, row by row.
        infeed: Functions that give what an infeed reads, one after the other.
    """

    programs: Sequence[Sequence[str]]
    arguments: Sequence[Sequence[Array]]
    infeed: Sequence[str] = ()


@attrs.frozen(eq=False)
class Seen:
    """A request: what the `interpreter.probe` of a name has seen in this evaluation, in order: a list to read or add to."""

    name: str


@attrs.frozen(eq=False)
class Jump:
    """The outcome of a terminator that goes on with a block of the same region."""

    block: Block
    arguments: Sequence[Array] = ()


@attrs.frozen(eq=False)
class Leave:
    """The outcome of a terminator that ends its region, with what the region gives."""

    values: Sequence[Array] = ()


Request: TypeAlias = "Run | Call | Global | Together | Seen | ProcessRequest"
Outcome: TypeAlias = "Array | Sequence[Any] | Jump | Leave | None"
#: What a meaning with regions is: it asks, is sent the answer, and returns the results.
Steps: TypeAlias = Generator[Request, Any, Outcome]

_MEANINGS: Final[dict[type[Operation], Meaning]] = {}
_RESOLVERS: Final[dict[str, Resolver]] = {}
_CHOICES: Final[dict[type[Operation], Choice]] = {}
_CUSTOM_CALLS: Final[dict[str, Meaning]] = {}
_QUANTIZED: Final[dict[str, Mapping[type[Operation], Meaning]]] = {}
_MOVES: Final[set[type[Operation]]] = set()
_TABLES: Final[dict[str, str]] = {
    dialect: f"couloir.backends.numpy.tables.{module}"
    for dialect, module in {
        "affine": "affine",
        "arith": "arith",
        "builtin": "builtin",
        "cf": "cf",
        "check": "check",
        "chlo": "chlo",
        "func": "func",
        "interpreter": "interpreter",
        "math": "math",
        "memref": "memref",
        "onnx": "onnx",
        "scf": "scf",
        "sdy": "sdy",
        "stablehlo": "hlo",
        "tensor": "tensor",
        "vector": "vector",
    }.items()
}


def meaning(*classes: type[Operation]) -> Callable[[F], F]:
    """Decorator: this function is what ops of these classes, and of their subclasses, mean."""

    def register(function: F) -> F:
        for cls in classes:
            _MEANINGS[cls] = function
        return function

    return register


def custom_call(*targets: str) -> Callable[[F], F]:
    """Decorator: this function is what `stablehlo.custom_call` with one of these targets means."""

    def register(function: F) -> F:
        _CUSTOM_CALLS.update(dict.fromkeys(targets, function))
        return function

    return register


def custom_call_meaning(target: str) -> Meaning | None:
    """What `custom_call` declared for a target, or None."""
    return _CUSTOM_CALLS.get(target)


def custom_call_targets() -> Sequence[str]:
    """All targets that `custom_call` declared meanings for."""
    return list(_CUSTOM_CALLS)


def declare_choice(cls: type[Operation], choice: Choice) -> None:
    """Gives a class of ops a function that looks up the meaning of each op by its attributes."""
    _CHOICES[cls] = choice


#: Ops that give a scalar as it is, such as `stablehlo.reshape`: in a batch they have nothing to do.
SAME_FOR_SCALARS: Final[set[type[Operation]]] = set()


def declare_table(dialect: str, module: str) -> None:
    """Says which module registers the meanings of a dialect; it is imported when they are first needed."""
    _TABLES[dialect] = module


def declare_resolver(dialect: str, resolver: Resolver) -> None:
    """Gives the ops of a dialect that have no entry in the table a function to look their meaning up."""
    _RESOLVERS[dialect] = resolver


def declare_quantized(
    dialect: str, moves: Iterable[type[Operation]], others: Mapping[type[Operation], Meaning]
) -> None:
    """Says what ops of a dialect mean on quantized tensors.

    Args:
        dialect: Its name. Of its ops only these can be run on quantized tensors.
        moves: Ops that mean the same as on other tensors, because they only move elements.
        others: The meanings of other ops.
    """
    _MOVES.update(moves)
    _QUANTIZED[dialect] = others


def _is_quantized(value: Value[Any]) -> bool:
    return isinstance(value.type, TensorType) and isinstance(value.type.element_type, UniformType)


def meaning_of(op: Operation) -> Meaning | None:
    """The meaning of an op: of its class, of the nearest base that has one, or what its dialect's resolver finds."""
    cls = type(op)
    dialect = op.name.partition(".")[0]
    module = _TABLES.pop(dialect, None)
    if module is not None:
        importlib.import_module(module)
    if dialect in _QUANTIZED and cls not in _MOVES and any(map(_is_quantized, (*op.operands, *op.results))):
        return _QUANTIZED[dialect].get(cls)
    if cls in _CHOICES:
        return _CHOICES[cls](op)
    for base in cls.__mro__:
        found = _MEANINGS.get(base)
        if found is not None:
            return found
    if cls.has_trait(ReturnLike):
        return _leave
    resolver = _RESOLVERS.get(dialect)
    return None if resolver is None else resolver(cls)


def _leave(xp: object, op: Operation, *values: Array) -> Leave:
    return Leave(values)
