"""Scalar terms: what one element of a result is, as an expression in the elements of the inputs.

Terms are interned: equal is identical. Ops have the names by which domains apply them (`"add"`, `"compare LT"`), beside a few
of their own (`"constant"`, `"variable"`, `"read"`). `couloir.testing.proofs.laws.apply` makes them, in normal form. Terms are
graphs with shared parts, as deep as programs are long: nothing here recurses.
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Final, cast

import numpy as np

from couloir.backends.numpy.element_types import DType, kind, to_bits
from couloir.ir.errors import Error

UNBOUNDED: Final = np.dtype(object)
"""The element type of integers without bounds: sizes and positions."""
BOOLEAN: Final = np.dtype(np.bool_)


class Term:
    """One scalar. Made by `laws.apply`, `constant`, `variable` and `read`, never twice.

    Attributes:
        op: What it applies, by the name in StableHLO; or `constant`, `variable`, `read`, or any name of one's own, which
            is a function of which nothing is known but that equal operands give equal results.
        operands: Terms.
        dtype: Its element type, or `UNBOUNDED`.
        data: What else belongs to the op: the bits of a constant, the name of a variable.
        key: A number by which terms are ordered; the same in every process.
    """

    __slots__ = ("__weakref__", "data", "dtype", "key", "op", "operands")

    op: str
    operands: tuple[Term, ...]
    dtype: DType
    data: Hashable
    key: int

    @staticmethod
    def of(op: str, operands: Sequence[Term], dtype: DType, data: Hashable = None) -> Term:
        """The term with these parts, as they are: without normal form."""
        index = (op, dtype, data, *map(id, operands))
        found = _TERMS.get(index)
        if found is None:
            found = object.__new__(Term)
            found.op = op
            found.operands = tuple(operands)
            found.dtype = dtype
            found.data = data
            parts = (zlib.crc32(f"{op} {dtype} {data!r}".encode()), *[operand.key for operand in operands])
            found.key = hash(parts)  # of integers: it does not differ between processes
            _TERMS[index] = found
        return found

    @property
    def is_constant(self) -> bool:
        return self.op == "constant"

    @property
    def value(self) -> Any:
        """Of a constant: a NumPy scalar of its element type, or an int where that is unbounded."""
        if not self.is_constant:
            raise Error(f"the term `{self}` is no constant")
        if self.dtype == UNBOUNDED:
            return self.data
        return np.frombuffer(_bytes(self), self.dtype)[0]

    def __repr__(self) -> str:
        return text([self])

    def __reduce__(self) -> str:
        raise TypeError("terms live in one process: they are interned")


#: Keyed by op, type, data and the addresses of the operands, which a term keeps alive.
_TERMS: Final[weakref.WeakValueDictionary[tuple[Any, ...], Term]] = weakref.WeakValueDictionary()


# -- leaves --------------------------------------------------------------------------------------------------------------


def constant(value: Any, dtype: DType) -> Term:
    """A number of an element type; for `UNBOUNDED` an int. All NaN are one."""
    if dtype == UNBOUNDED:
        return Term.of("constant", (), UNBOUNDED, int(value))
    family = kind(dtype)
    with np.errstate(all="ignore"):
        array: Any = np.asarray(value).astype(dtype)
    if family == "complex":
        part = np.dtype(np.float32 if dtype == np.complex64 else np.float64)
        parts = (constant(array.real, part).data, constant(array.imag, part).data)
        return Term.of("constant", (), dtype, parts)
    if family == "float":
        with np.errstate(invalid="ignore"):
            array = np.array(np.nan).astype(dtype) if array != array else array
    return Term.of("constant", (), dtype, bool(array) if family == "bool" else int(to_bits(array.reshape(1))[0]))


def _bytes(term: Term) -> bytes:
    parts = cast("tuple[int, ...]", term.data if isinstance(term.data, tuple) else (term.data,))
    size = term.dtype.itemsize // len(parts)
    return b"".join(int(part).to_bytes(size, "little") for part in parts)


def variable(name: str, dtype: DType) -> Term:
    """An unknown scalar."""
    return Term.of("variable", (), dtype, name)


def read(name: str, indices: Sequence[Term], dtype: DType) -> Term:
    """An element of an unknown tensor, at indices that are unbounded integers."""
    return Term.of("read", indices, dtype, name)


TRUE: Final = constant(True, BOOLEAN)
FALSE: Final = constant(False, BOOLEAN)


# -- graphs --------------------------------------------------------------------------------------------------------------


def postorder(roots: Iterable[Term]) -> Iterator[Term]:
    """Each term in some graphs once, after its operands."""
    done: set[Term] = set()
    for root in roots:
        pending = [root]
        while pending:
            term = pending[-1]
            missing = [operand for operand in term.operands if operand not in done]
            if term in done:
                pending.pop()
            elif missing:
                pending += reversed(missing)
            else:
                done.add(term)
                pending.pop()
                yield term


def text(roots: Sequence[Term], limit: int = 60) -> str:
    """Terms for people: one after the other, what is shared or deep under a name, at most `limit` names."""
    uses: dict[Term, int] = {}
    depths: dict[Term, int] = {}
    order = list(postorder(roots))
    for term in order:
        for operand in term.operands:
            uses[operand] = uses.get(operand, 0) + 1
    shown: dict[Term, str] = {}
    lines: list[str] = []
    ends = set(roots)
    for term in order:
        depths[term] = 1 + max((depths[operand] for operand in term.operands), default=0)
        written = _written(term, [shown[operand] for operand in term.operands])
        if term.operands and term not in ends and (uses.get(term, 0) > 1 or depths[term] > 6):
            lines.append(f"%{len(lines)} = {written}")
            written, depths[term] = f"%{len(lines) - 1}", 0
        shown[term] = written
    if len(lines) > limit:
        lines = [f"... {len(lines) - limit} more", *lines[-limit:]]
    return "\n".join([*lines, *(shown[root] for root in roots)])


def _written(term: Term, operands: Sequence[str]) -> str:
    if term.op == "constant":
        return str(term.value)
    if term.op == "variable":
        return str(term.data)
    if term.op == "read":
        return f"{term.data}[{', '.join(operands)}]"
    extra = "" if term.data is None else f" {term.data}"
    shown_type = f" {term.dtype}" if term.op in ("convert", "bitcast_convert") else ""
    return f"{term.op}{extra}{shown_type}({', '.join(operands)})"
