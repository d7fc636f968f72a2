"""The domain `terms`: what a program computes, as scalar terms in the elements of its inputs.

    x = symbols("x", (2, 3), np.dtype(np.float32))
    (result,) = evaluate(module, x, domain=terms)
    elements(result)                                  # an array of terms

Floats are terms, and integers and booleans that depend on inputs. Those that do not are themselves: sizes, counters, positions.
Where a program has to know a number that it does not (a branch, an index), it ends in `couloir.Error`.

Sums of three floats or more, and sums of products in `dot_general` and `convolution`, are one `sum` of all summands: the
specification leaves their order open, so this one has none. Everything else is the op itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import ml_dtypes
import numpy as np

from couloir.backends.numpy.domains import Domain, NotInDomain, floats
from couloir.backends.numpy.element_types import Array, DType, is_discrete, kind, width
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.traits import Elementwise, Pure
from couloir.ir.types import TensorType, VectorType, dtype_of
from couloir.testing.proofs.laws import PREDICATES, apply
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term, constant, read

_CARRIERS: Final[dict[DType, DType]] = {}
_ELEMENTS: Final[dict[DType, DType]] = {}

_NARROW: Final = {2: np.dtype(ml_dtypes.uint2), 4: np.dtype(ml_dtypes.uint4)}
SUM: Final = "sum"
"""The sum of any number of floats, in an order that is left open."""
PRODUCT: Final = "product"
"""Their product."""
_OPEN: Final = {"add": SUM, "multiply": PRODUCT}


class _Cell:
    """What an array holds: a term, of which nobody takes the truth or asks whether it is another one by mistake."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def __bool__(self) -> bool:
        raise TypeError(f"whether `{self.term}` holds is not known")

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"whether `{self.term}` equals something is not known")

    __hash__ = object.__hash__


def carrier_of(element: DType) -> DType:
    """The dtype of arrays of terms of an element type: objects, under its name so that two types are not mixed up."""
    found = _CARRIERS.get(element)
    if found is None:
        found = _CARRIERS[element] = np.dtype([(element.name, object)])
        _ELEMENTS[found] = element
    return found


def symbols(name: str, shape: Sequence[int], element: DType) -> Array:
    """An input of which nothing is known: each element is the term that reads it."""
    reads = np.empty(shape, object)
    for index in np.ndindex(*shape):
        reads[index] = read(name, [constant(place, UNBOUNDED) for place in index], element)
    return _carried(reads, element)


def elements(array: Array) -> Array:
    """The terms of an array, as objects; numbers become constants."""
    element = _ELEMENTS.get(array.dtype, array.dtype)
    objects = _objects(array)
    found = np.empty(array.shape, object)
    for index in np.ndindex(*array.shape):
        found[index] = _term(objects[index], element)
    return found


def scalar(term: Term) -> Array:
    """An array of rank 0 with one term."""
    holder = np.empty((), object)
    holder[()] = term
    return _carried(holder, term.dtype)


def _carried(terms: Array, element: DType) -> Array:
    result = np.empty(terms.shape, carrier_of(element))
    cells = np.frompyfunc(_Cell, 1, 1)(terms)
    result[element.name] = cells
    return result


def _objects(array: Array) -> Array:
    """Cells, and numbers that stand for constants."""
    return array[_ELEMENTS[array.dtype].name] if array.dtype in _ELEMENTS else array


def _reinterpreted(term: Term, dtype: DType) -> Term:
    """The same bits as another element type of the same width."""
    return apply("bitcast_convert", term, dtype=dtype)


def _unsigned(size: int) -> DType:
    return _NARROW.get(size) or np.dtype(f"uint{size}")


def _cut(word: Term, dtype: DType) -> list[Term]:
    """The parts of a word, the lowest first."""
    size, wide = width(dtype), _unsigned(width(word.dtype))
    bits = _reinterpreted(word, wide)
    shifted = [apply("shift_right_logical", bits, constant(place, wide)) for place in range(0, width(word.dtype), size)]
    return [_reinterpreted(apply("convert", part, dtype=_unsigned(size)), dtype) for part in shifted]


def _joined(parts: Sequence[Term], dtype: DType) -> Term:
    """The word of some parts, the lowest first."""
    size, wide = width(parts[0].dtype), _unsigned(width(dtype))
    word = constant(0, wide)
    for number, part in enumerate(parts):
        bits = apply("convert", _reinterpreted(part, _unsigned(size)), dtype=wide)
        word = apply("or", word, apply("shift_left", bits, constant(number * size, wide)))
    return _reinterpreted(word, dtype)


def _term(item: Any, element: DType) -> Term:
    return item.term if isinstance(item, _Cell) else constant(item, element)


class Terms(Domain):
    """The domain. One object may serve many evaluations; `specials` is of all of them."""

    name = "terms"

    def __init__(self) -> None:
        self.specials: set[str] = set()
        """`NaN` and `infinity`, where constants of programs, or what was made of them, are such."""

    def carrier(self, dtype: DType) -> DType:
        return dtype if dtype in _ELEMENTS else carrier_of(dtype)

    def element_type(self, dtype: DType) -> DType:
        return _ELEMENTS.get(dtype, dtype)

    def array(self, values: Array) -> Array:
        if is_discrete(values.dtype) or values.dtype in _ELEMENTS:
            return values
        found = elements(values)
        self._notice(found)
        return _carried(found, values.dtype)

    def _notice(self, terms: Array) -> None:
        for term in {cast(Term, term) for term in terms.flat}:
            if term.is_constant and kind(term.dtype) == "float" and not np.isfinite(term.value):
                self.specials.add("NaN" if np.isnan(term.value) else "infinity")

    def alike(self, *arrays: Array) -> tuple[Array, ...]:
        if all(array.dtype == arrays[0].dtype for array in arrays):
            return arrays
        return tuple(self._as_terms(array) for array in arrays)

    def apply(self, op: str, *operands: Array) -> Array:
        element = self._common_type(op, operands)
        if all(operand.dtype not in _ELEMENTS for operand in operands):
            return super().apply(op, *operands)
        result = BOOLEAN if op in PREDICATES else _result_type(op, element)

        def on_terms(*items: Any) -> Term:
            return apply(op, *(_term(item, element) for item in items), dtype=result)

        return self._elementwise(on_terms, operands, result)

    def convert(self, operand: Array, dtype: DType) -> Array:
        source, target = self.element_type(operand.dtype), self.element_type(dtype)
        if operand.dtype not in _ELEMENTS and is_discrete(target):
            return super().convert(operand, target)
        if source == target:
            return self._as_terms(operand)
        if kind(source) == "complex" and kind(target) != "complex":
            return self.convert(self.apply("real", operand), target)

        def on_terms(item: Any) -> Term:
            return apply("convert", _term(item, source), dtype=target)

        return self._elementwise(on_terms, [operand], target)

    def select(self, pred: Array, on_true: Array, on_false: Array) -> Array:
        on_true, on_false = self.alike(on_true, on_false)
        if pred.dtype not in _ELEMENTS:
            return np.where(pred, on_true, on_false)
        element = self.element_type(on_true.dtype)

        def on_terms(condition: Any, x: Any, y: Any) -> Term:
            return apply("select", _term(condition, BOOLEAN), _term(x, element), _term(y, element))

        return self._elementwise(on_terms, [pred, on_true, on_false], element)

    def bitcast(self, operand: Array, dtype: DType) -> Array:
        """Wider elements are cut into words, narrower ones put together to words, by shifts."""
        source = self.element_type(operand.dtype)
        sizes = width(source), width(dtype)
        if "complex" in (kind(source), kind(dtype)) or (source != dtype and min(sizes) < 2):
            raise NotInDomain("bitcast_convert", self.name, f"from {source} to {dtype}")
        count = max(sizes) // min(sizes)
        if max(sizes) % min(sizes) or (sizes[0] < sizes[1] and operand.shape[-1:] != (count,)):
            raise Error(f"`bitcast_convert` cannot make {dtype} from {source}{list(operand.shape)}")
        words = elements(operand)
        shape = words.shape if count == 1 else (*words.shape, count) if sizes[0] > sizes[1] else words.shape[:-1]
        result = np.empty(shape, object)
        for index in np.ndindex(*(shape if sizes[0] <= sizes[1] else words.shape)):
            if count == 1:
                result[index] = _reinterpreted(cast(Term, words[index]), dtype)
            elif sizes[0] > sizes[1]:
                result[index] = _cut(cast(Term, words[index]), dtype)
            else:
                result[index] = _joined([cast(Term, part) for part in words[index]], dtype)
        return self._known(result, dtype)

    def fma(self, a: Array, b: Array, c: Array) -> Array:
        return self.apply("fma", a, b, c)

    def matmul(self, lhs: Array, rhs: Array) -> Array:
        if lhs.dtype not in _ELEMENTS and rhs.dtype not in _ELEMENTS and lhs.dtype != object:
            return super().matmul(lhs, rhs)
        # Strided views of an array of terms are arrays of objects.
        element = next(_ELEMENTS[array.dtype] for array in (lhs, rhs) if array.dtype in _ELEMENTS)
        left, right = (_objects(array) for array in (lhs, rhs))
        shape = [*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], right.shape[-1]]
        result = np.empty(shape, object)
        left, right = (np.broadcast_to(part, [*shape[:-2], *part.shape[-2:]]) for part in (left, right))
        for index in np.ndindex(*shape):
            row, column = left[(*index[:-1], slice(None))], right[(*index[:-2], slice(None), index[-1])]
            products = [
                apply("multiply", _term(left_item, element), _term(right_item, element))
                for left_item, right_item in zip(row, column, strict=True)
            ]
            result[index] = _sum_of_products(products, element)
        return _carried(result, element)

    def reduce(self, monoid: str, operand: Array, axes: tuple[int, ...]) -> Array:
        if operand.dtype not in _ELEMENTS:
            return super().reduce(monoid, operand, axes)
        element = self.element_type(operand.dtype)
        kept = [axis for axis in range(operand.ndim) if axis not in axes]
        moved = elements(operand).transpose([*kept, *axes])
        result = np.empty(moved.shape[: len(kept)], object)
        for index in np.ndindex(*result.shape):
            result[index] = _total(monoid, list(moved[(*index, ...)].flat))
        return _carried(result, element)

    # -- arrays ----------------------------------------------------------------------------------------------------------

    def _as_terms(self, array: Array) -> Array:
        return array if array.dtype in _ELEMENTS else _carried(elements(array), array.dtype)

    def _common_type(self, op: str, operands: Sequence[Array]) -> DType:
        types = {self.element_type(operand.dtype) for operand in operands}
        if len(types) != 1:
            raise NotInDomain(op, self.name, f"of {' and '.join(sorted(map(str, types)))} elements")
        return types.pop()

    def _elementwise(self, function: Callable[..., Term], operands: Sequence[Array], element: DType) -> Array:
        """A function of terms at every place."""
        with np.errstate(all="ignore"):  # whatever constants were folded in there
            made = np.frompyfunc(function, len(operands), 1)(*map(_objects, operands))
        return self._known(np.asarray(made, object), element)

    def _known(self, terms: Array, element: DType) -> Array:
        """An array of terms; integers and booleans that turn out to be known are numbers."""
        if kind(element) == "float":
            self._notice(terms)
        if is_discrete(element) and all(cast(Term, term).is_constant for term in terms.flat):
            values = np.zeros(terms.shape, element)
            for index in np.ndindex(*terms.shape):
                values[index] = cast(Term, terms[index]).value
            return values
        return _carried(terms, element)

    def unknown(self, op: Operation, operands: Sequence[Any]) -> Sequence[Array] | None:
        """An op as a function of which nothing is known: of the elements at a place where it is elementwise, else of all."""
        if not op.has_trait(Pure) or op.regions or not all(isinstance(value, np.ndarray) for value in operands):
            return None
        given = [elements(operand) for operand in operands]
        attributes = ", ".join(f"{name} = {value}" for name, value in sorted(op.attributes.items()))
        found: list[Array] = []
        for number, result in enumerate(op.results):
            type = result.type
            if not isinstance(type, TensorType | VectorType):
                element, shape = dtype_of(type), ()
            elif None in type.dims:
                return None
            else:
                element, shape = dtype_of(type.element_type), type.shape
            here = op.has_trait(Elementwise) and all(array.shape == shape for array in given)
            everything = [cast(Term, term) for array in given for term in array.flat]
            made = np.empty(shape, object)
            for index in np.ndindex(*shape):
                chosen = [cast(Term, array[index]) for array in given] if here else everything
                data = (attributes, number) if here else (attributes, number, index, *(array.shape for array in given))
                made[index] = Term.of(op.name, chosen, element, data)
            found.append(_carried(made, element))
        return found

    # -- what the base class asks for: floats never get there ------------------------------------------------------------

    def _carrier(self, dtype: DType) -> DType:
        return self.carrier(dtype)

    def _function(self, op: str, dtype: DType) -> Callable[..., Array] | None:
        return None

    def _reducer(self, monoid: str, dtype: DType) -> Callable[[Array, tuple[int, ...]], Array] | None:
        return None

    def _to_reals(self, operand: Array, dtype: DType) -> Array:
        raise NotInDomain("convert", self.name)

    def _to_integers(self, operand: Array, dtype: DType) -> Array:
        raise NotInDomain("convert", self.name)

    def _matmul(self, lhs: Array, rhs: Array) -> Array:
        raise NotInDomain("dot_general", self.name)


def _result_type(op: str, element: DType) -> DType:
    """The element type of a result, for ops that do not keep it."""
    if op == "total_order":
        return np.dtype(f"i{element.itemsize}")
    if kind(element) == "complex" and op in ("abs", "real", "imag"):
        return np.dtype(np.float32 if element == np.complex64 else np.float64)
    if op == "complex":
        return np.dtype(np.complex64 if element == np.float32 else np.complex128)
    return element


def _sum_of_products(products: list[Term], element: DType) -> Term:
    """From zero on, so that it is never -0. The specification leaves open how floats are rounded on the way: two are not added
    as `add` does it either.
    """
    zero = constant(0, element)
    if kind(element) == "float" and len(products) > 1 and not all(item.is_constant for item in products):
        return apply("add", Term.of(SUM, sorted(products, key=lambda term: term.key), element), zero)
    return apply("add", _total("add", products), zero) if products else zero


def _total(monoid: str, items: list[Term]) -> Term:
    """All items combined. Of floats sums and products have no order; everything else gives the same in any."""
    element = items[0].dtype
    if monoid not in _OPEN or kind(element) not in ("float", "complex") or len(items) < 3:
        total = items[0]
        for item in items[1:]:
            total = apply(monoid, total, item)
        return total
    if all(item.is_constant for item in items):
        values = np.array([item.value for item in items], element)
        return constant(floats.reduce(monoid, values, (0,)), element)
    return Term.of(_OPEN[monoid], sorted(items, key=lambda term: term.key), element)


terms: Final = Terms()
