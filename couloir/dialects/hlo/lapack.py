"""LAPACK's routines as JAX calls them: `stablehlo.custom_call @lapack_sgetrf_ffi` on CPUs, other targets elsewhere.

What a routine takes and gives is one line of `SIGNATURES`, in the manner of einsum: `m n -> m n, k:i, :i` takes a matrix
and gives a matrix, a list of integers and an integer. Letters are sizes: `k` is the smaller of `m` and `n`, `h` is `n - 1`.
Elements are those of the routine, or `:r` real, `:c` complex, `:i` of type i32. Every value may have the same further
dimensions in front: a batch.

Routines have their names for real numbers, also where LAPACK has others for complex ones: `syevd` is `cheevd` as well.
Those of `ELSEWHERE` are the ones that JAX calls on GPUs (`@cusolver_getrf_ffi`) and TPUs (`@Qr`), and do the same.
Source: LAPACK's documentation of each routine; JAX's lowerings, which say how its arguments become operands.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np

from couloir.dialects.hlo.attributes import OutputOperandAlias
from couloir.dialects.hlo.calls import CustomCall
from couloir.dialects.shapes import Dims, same_dim, same_dims
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, DictionaryAttr, IntegerAttr, StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Value
from couloir.ir.types import ComplexType, TensorType, Type, f32, f64, i1, i32, index, ui8

Tensor: TypeAlias = "Value[TensorType]"

SIGNATURES: Final[Mapping[str, str]] = {
    "gees": "n n -> n n, n n, n, n, :i, :i",
    "geev": "n n -> n, n, n n:c, n n:c, :i",
    "gehrd": "n n -> n n, h, :i",
    "geqp3": "m n, n:i -> m n, n:i, k",
    "geqrf": "m n -> m n, k",
    "gesdd": "m n -> m n, k:r, m u, v n, :i",
    "gesvd": "m n -> m n, k:r, m u, v n, :i",
    "getrf": "m n -> m n, k:i, :i",
    "gtsv": "n, n, n, n p -> n, n, n, n p, :i",
    "orgqr": "m n, l -> m n",
    "ormqr": "m n, l, p q -> p q",
    "potrf": "n n -> n n, :i",
    "syevd": "n n -> n n, n:r, :i",
    "sytrd": "n n -> n n, n:r, h:r, h, :i",
    "trsm": "n n, p q -> p q",
}
"""From the name of a routine to what it takes and gives."""
COMPLEX_SIGNATURES: Final[Mapping[str, str]] = {
    "gees": "n n -> n n, n n, n, :i, :i",
    "geev": "n n -> n, n n:c, n n:c, :i",
}
"""The same for complex numbers, where it is something else."""

LIKE_LAPACK: Final[Mapping[str, str]] = {
    "Eigh": "n n -> n n, n:r",
    "LuDecomposition": "m n -> m n, k:i, m:i",
    "gesvdj": "m n -> m n, k:r, m u, n v, :i",
    "gtsv2": "n, n, n, n p -> n p",
    "lu_pivots_to_permutation": "l:i -> m:i",
    "tridiagonal_solve_perturbed": "n, n, n, n p -> n p",
}
"""Routines that LAPACK does not have."""
ELSEWHERE: Final[Mapping[str, str]] = {
    "Eigh": "Eigh",
    "LuDecomposition": "LuDecomposition",
    "ProductOfElementaryHouseholderReflectors": "orgqr",
    "Qr": "geqrf",
    **{f"{prefix}_lu_pivots_to_permutation": "lu_pivots_to_permutation" for prefix in ("cu", "hip")},
    **{
        f"{prefix}solver_{routine}_ffi": routine
        for prefix in ("cu", "hip")
        for routine in ("gesdd", "gesvd", "gesvdj", "geqrf", "getrf", "orgqr", "ormqr", "potrf", "syevd", "sytrd")
    },
    "cusparse_gtsv2_ffi": "gtsv2",
    "hipsparse_gtsv2_ffi": "gtsv2",
    "tridiagonal_solve_perturbed_ffi": "tridiagonal_solve_perturbed",
    "cu_tridiagonal_solve_perturbed": "tridiagonal_solve_perturbed",
    "hip_tridiagonal_solve_perturbed": "tridiagonal_solve_perturbed",
}
"""From targets that JAX calls on GPUs and TPUs to the routine that each is."""
_BY_ROWS: Final = ("Eigh", "LuDecomposition", "ProductOfElementaryHouseholderReflectors", "Qr")
"""XLA's own: their values are tensors, whatever lies where in memory."""

_PREFIXES: Final[Mapping[str, Type]] = {"s": f32, "d": f64, "c": ComplexType(f32), "z": ComplexType(f64)}
_UNITARY: Final = {"heevd": "syevd", "hetrd": "sytrd", "ungqr": "orgqr", "unmqr": "ormqr"}
_OVERWRITTEN: Final[Mapping[str, Mapping[int, int]]] = {
    "geev": {},
    "geqp3": {0: 0, 1: 1},
    "gtsv": {0: 0, 1: 1, 2: 2, 3: 3},
    "ormqr": {2: 0},
    "tridiagonal_solve_perturbed": {},
    "trsm": {1: 0},
}
"""Which operand becomes which result, where it is not the first that becomes the first."""
_TARGET: Final = re.compile(r"(?:lapack|blas)_([sdcz])([a-z0-9]+)_ffi")


def _target(routine: str, element: Type) -> str:
    if routine in LIKE_LAPACK:
        return next(target for target, called in ELSEWHERE.items() if called == routine)
    prefix = next((prefix for prefix, type in _PREFIXES.items() if type is element), None)
    if prefix is None:
        raise Error(f"LAPACK has no `{routine}` for `{element}`")
    names = {real: name for name, real in _UNITARY.items()} if isinstance(element, ComplexType) else {}
    return f"lapack_{prefix}{names.get(routine, routine)}_ffi"


TARGETS: Final[Sequence[str]] = tuple(
    _target(routine, element) for routine in SIGNATURES for element in _PREFIXES.values()
)
"""All targets of custom calls that are LAPACK's own."""
ON_CPUS: Final = (*TARGETS, "tridiagonal_solve_perturbed_ffi")
"""All that XLA can call on CPUs."""


@attrs.frozen
class Form:
    """One operand or result of a signature: its sizes and what its elements are."""

    letters: tuple[str, ...]
    element: str


def _text(routine: str, element: Type) -> str:
    text = LIKE_LAPACK.get(routine) or SIGNATURES[routine]
    return COMPLEX_SIGNATURES.get(routine, text) if isinstance(element, ComplexType) else text


@functools.cache
def _signature(routine: str, element: Type) -> tuple[tuple[Form, ...], tuple[Form, ...]]:
    text = _text(routine, element)
    operands, results = (
        tuple(Form(tuple(sizes.split()), kind) for sizes, _, kind in (part.strip().partition(":") for part in side.split(",")))
        for side in text.split("->")
    )  # fmt: skip
    return operands, results


def _types(forms: Sequence[Form], batch: Dims, sizes: Mapping[str, int | None], element: Type) -> list[TensorType]:
    return [TensorType((*batch, *map(sizes.get, form.letters)), _element(form.element, element)) for form in forms]


def _element(kind: str, element: Type) -> Type:
    real = element.element_type if isinstance(element, ComplexType) else element
    return {"": element, "r": real, "c": _PREFIXES["c"] if real is f32 else _PREFIXES["z"], "i": i32}[kind]


@attrs.frozen(eq=False)
class LapackCall:
    """A custom call of a routine that fits the routine's signature."""

    op: CustomCall
    routine: str
    """Its name for real numbers, without the letter of the type: `syevd`."""
    element: Type
    batch: Dims
    """The dimensions in front of each value's own."""
    sizes: Mapping[str, int | None]
    """The letters of the signature; None where a size is not known."""

    @property
    def forms(self) -> tuple[tuple[Form, ...], tuple[Form, ...]]:
        """What the operands and the results are."""
        return _signature(self.routine, self.element)

    @property
    def result_types(self) -> list[TensorType]:
        """The types of the results, as far as the sizes are known."""
        return _types(self.forms[1], self.batch, self.sizes, self.element)

    def element_of(self, form: Form) -> Type:
        """The element type of an operand or result."""
        return _element(form.element, self.element)

    def letter(self, key: str, allowed: str) -> str:
        """An option that is a letter, stored as the number of its character. Raises `couloir.Error` for other letters."""
        found = self.options().get(key)
        letter = chr(found.value) if isinstance(found, IntegerAttr) and 0 < found.value < 128 else None
        if letter is None or letter not in allowed:
            listed = ", ".join(f"{ord(other)} ({other})" for other in allowed)
            raise Error(
                f"`@{self.op.call_target_name}`: `{key}` is {found}",
                where=self.op.location.label or None,
                hint=f"`{key}` is one of {listed}",
            )
        return letter

    def number(self, key: str) -> int:
        """An option that is a number or a truth value."""
        found = self.options().get(key)
        if not isinstance(found, IntegerAttr):
            raise Error(
                f"`@{self.op.call_target_name}`: the option `{key}` is missing", where=self.op.location.label or None
            )
        return found.value

    def options(self) -> dict[str, Attribute]:
        """All options by name, as LAPACK's routine has them."""
        found = _options(self.op)
        lower = found.get("lower")
        if isinstance(lower, IntegerAttr):  # on GPUs
            found |= {"uplo": _encoded("L" if lower.value else "U"), "mode": _encoded("V")}
        vectors, whole = found.get("compute_uv"), found.get("full_matrices")
        if isinstance(vectors, IntegerAttr) and isinstance(whole, IntegerAttr):
            found["mode"] = _encoded(("A" if whole.value else "S") if vectors.value else "N")
        if self.routine == "Eigh":
            config = self.op.backend_config
            text = config.value if isinstance(config, StringAttr) else ""
            found["uplo"] = _encoded("U" if text.startswith("0") else "L")
        return found

    def layouts(self) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        """How operands and results lie in memory: their dimensions, that of neighbours first. LAPACK's matrices lie by columns."""
        if self.op.call_target_name in _BY_ROWS:
            rank = len(self.batch)
            inside, outside = (
                [column_major(rank + len(form.letters), len(form.letters)) for form in side] for side in self.forms
            )
            return inside, outside
        return (
            [_layout(self.op.operand_layouts, place, value) for place, value in enumerate(self.op.operands)],
            [_layout(self.op.result_layouts, place, value) for place, value in enumerate(self.op.results)],
        )


def _options(op: CustomCall) -> dict[str, Attribute]:
    """Options are in `mhlo.backend_config`, where JAX writes them for readers of older versions, or in `backend_config`."""
    found: dict[str, Attribute] = {}
    for stored in (op.attributes.get("backend_config"), op.attributes.get("mhlo.backend_config")):
        found |= stored.as_dict() if isinstance(stored, DictionaryAttr) else {}
    return found


def _layout(stored: ArrayAttr | None, place: int, value: Value[Any]) -> tuple[int, ...]:
    rank = value.type.rank
    if stored is None:
        return tuple(range(rank - 1, -1, -1))
    found = stored[place] if place < len(stored) else None
    axes = tuple(int(axis) for axis in found.array) if isinstance(found, DenseElementsAttr) else ()
    if sorted(axes) != list(range(rank)):
        raise Error(f"the layout {found} does not name each dimension of `{value.type}` once")
    return axes


def column_major(rank: int, letters: int) -> tuple[int, ...]:
    """The layout of a value of this rank that LAPACK takes: of matrices the columns lie one after the other."""
    order = list(range(rank - 1, -1, -1))
    return (rank - 2, rank - 1, *order[2:]) if letters == 2 else tuple(order)


def _routine(op: CustomCall) -> tuple[str, Type] | None:
    """What a target calls, and for which elements."""
    target = op.call_target_name
    if target in ELSEWHERE:
        type = op.operands[0].type if op.operands else None
        return ELSEWHERE[target], type.element_type if isinstance(type, TensorType) else i1
    match = _TARGET.fullmatch(target)
    if match is None:
        return None
    routine, element = _UNITARY.get(match[2], match[2]), _PREFIXES[match[1]]
    known = routine in SIGNATURES and _target(routine, element) == target.replace("blas_", "lapack_", 1)
    return (routine, element) if known else None


def lapack_call(op: CustomCall) -> LapackCall | None:
    """Reads a custom call of a routine of LAPACK; None for other targets. Raises `couloir.Error` if it does not fit."""
    found = _routine(op)
    if found is None:
        return None
    routine, element = found
    if routine != "lu_pivots_to_permutation" and element not in _PREFIXES.values():
        raise Error(f"`@{op.call_target_name}` is for f32, f64 and complex numbers, not for `{element}`")
    forms = _signature(routine, element)
    sides = [list(side) for side in (op.operands, op.results)]
    counts = [len(side) for side in sides]
    if counts != [len(side) for side in forms]:
        raise _unfit(op, f"it has {counts[0]} operands and {counts[1]} results", routine, element)
    sizes: dict[str, int | None] = {}
    first = sides[0][0].type
    rank = first.rank - len(forms[0][0].letters) if isinstance(first, TensorType) else -1
    batch: Dims = first.dims[:rank] if isinstance(first, TensorType) and rank >= 0 else ()
    for values, side in zip(sides, forms, strict=True):
        for value, form in zip(values, side, strict=True):
            if not _fits(value.type, form, batch, sizes, element):
                raise _unfit(op, f"it has a `{value.type}` for `{' '.join(form.letters)}`", routine, element)
    call = LapackCall(op, routine, element, batch, sizes)
    _check_sizes(call)
    return call


def _fits(type: Any, form: Form, batch: Dims, sizes: dict[str, int | None], element: Type) -> bool:
    """Whether a value has the dimensions of its form; new letters are bound."""
    if not isinstance(type, TensorType) or type.rank != len(batch) + len(form.letters):
        return False
    for letter, dim in zip(form.letters, type.dims[len(batch) :], strict=True):
        if sizes.get(letter) is None:
            sizes[letter] = dim
            sizes.update({key: made for key, made in _derived(sizes).items() if sizes.get(key) is None})
        if not same_dim(sizes[letter], dim):
            return False
    return same_dims(type.dims[: len(batch)], batch) and type.element_type is _element(form.element, element)


def _derived(sizes: Mapping[str, int | None]) -> dict[str, int | None]:
    """The letters that others determine."""
    m, n = sizes.get("m"), sizes.get("n")
    return {"k": None if m is None or n is None else min(m, n), "h": None if n is None else max(n - 1, 0)}


def _check_sizes(call: LapackCall) -> None:
    """What a signature cannot say."""
    size = call.sizes.get
    m, n, k, reflectors = size("m"), size("n"), size("k"), size("l")
    match call.routine:
        case "trsm":
            fits = same_dim(n, size("p" if call.letter("side", "LR") == "L" else "q"))
        case "ormqr":
            fits = same_dim(m, size("p" if call.number("left") else "q")) and _at_most(reflectors, k)
        case "orgqr":
            fits = _at_most(reflectors, n) and _at_most(n, m)
        case "gehrd":
            low, high = call.number("low"), call.number("high")
            fits = n is None or (1 <= low <= max(1, n) and min(low, n) <= high <= n)
        case "lu_pivots_to_permutation":
            fits = _at_most(reflectors, m)
        case "gesdd" | "gesvd" | "gesvdj":
            turned = _options(call.op).get("transposed")
            if isinstance(turned, IntegerAttr) and turned.value:
                raise Error(
                    f"`@{call.op.call_target_name}` of transposed matrices is not known", where=call.op.location.label
                )
            fits = any(same_dim(size("u"), u) and same_dim(size("v"), v) for u, v in ((m, n), (k, k)))
        case _:
            fits = True
    if not fits:
        raise _unfit(call.op, "its sizes and options do not fit each other", call.routine, call.element)


def _at_most(a: int | None, b: int | None) -> bool:
    return a is None or b is None or a <= b


def _unfit(op: CustomCall, what: str, routine: str, element: Type) -> Error:
    text = _text(routine, element)
    return Error(
        f"`@{op.call_target_name}` is not called as `{routine}` is: {what}",
        where=op.location.label or None,
        hint=f"`{routine}` is `{text}`, for `{element}`, after the dimensions of a batch",
    )


def call_lapack(
    routine: str, *operands: Tensor, sizes: Mapping[str, int] | None = None, **options: str | bool | int
) -> CustomCall:
    """A call of a routine, as JAX makes it.

    Args:
        routine: Its name for real numbers, as in `SIGNATURES`.
        operands: What it takes.
        sizes: Letters of the results that the operands do not determine.
        options: The options by name: a letter, a truth value or a number of type i32.
    """
    element = operands[-1].type.element_type if routine != "geqp3" else operands[0].type.element_type
    target = _target(routine, element)
    takes, gives = _signature(routine, element)
    rank = operands[0].type.rank - len(takes[0].letters)
    found: dict[str, int | None] = dict(sizes or {})
    for value, form in zip(operands, takes, strict=True):
        found.update(zip(form.letters, value.type.dims[rank:], strict=True))
    found = _derived(found) | found
    batch = operands[0].type.dims[:rank]
    types = _types(gives, batch, found, element)
    one = len(gives) == 1
    aliases = [
        OutputOperandAlias((), operand, ()) if one else OutputOperandAlias((result,), operand, ())
        for operand, result in _OVERWRITTEN.get(routine, {0: 0}).items()
    ]
    for alias in aliases[:]:
        result = alias.output_tuple_indices[0] if alias.output_tuple_indices else 0
        if types[result] is not operands[alias.operand_index].type:
            aliases.remove(alias)
    made = CustomCall(
        list(operands),
        target,
        backend_config=StringAttr(""),
        operand_layouts=ArrayAttr(tuple(_layout_attribute(rank, form) for form in takes)),
        result_layouts=ArrayAttr(tuple(_layout_attribute(rank, form) for form in gives)),
        output_operand_aliases=ArrayAttr(tuple(aliases)) if aliases else None,
        result_types=types,
    )
    config: dict[str, Attribute] = {key: _encoded(value) for key, value in options.items()}
    made.attributes["mhlo.backend_config"] = DictionaryAttr(tuple(config.items()))
    made.attributes["mhlo.frontend_attributes"] = DictionaryAttr((("num_batch_dims", StringAttr(str(rank))),))
    return made


def _encoded(value: str | bool | int) -> Attribute:
    if isinstance(value, str):
        return IntegerAttr(ord(value), ui8)
    return IntegerAttr(int(value), i1 if isinstance(value, bool) else i32)


def _layout_attribute(rank: int, form: Form) -> Attribute:
    axes = np.array(column_major(rank + len(form.letters), len(form.letters)), np.int64)
    return DenseElementsAttr(TensorType((len(axes),), index), axes)
