"""Random types, attributes and locations come back as the same objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from couloir.ir import affine
from couloir.ir.affine import AffineExpr, AffineMap, IntegerSet
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import (
    FALSE,
    TRUE,
    UNIT,
    ArrayAttr,
    DenseArrayAttr,
    DenseElementsAttr,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    IntegerSetAttr,
    StringAttr,
    SymbolRefAttr,
)
from couloir.ir.errors import ParseError
from couloir.ir.floats import FLOATS
from couloir.ir.location import (
    UNKNOWN,
    CallSiteLoc,
    FileLineColLoc,
    FileLineColRange,
    FusedLoc,
    Location,
    NameLoc,
)
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import (
    AffineMapAttr,
    ComplexType,
    FloatType,
    FunctionType,
    IndexType,
    IntegerType,
    MemRefType,
    NoneType,
    StridedLayoutAttr,
    TensorType,
    TupleType,
    UnrankedMemRefType,
    UnrankedTensorType,
    VectorType,
    dtype_of,
    f64,
)

INTEGER_TYPES = st.builds(
    IntegerType, st.sampled_from([1, 2, 4, 8, 16, 32, 64, 7, 128]), st.sampled_from(["signless", "signed", "unsigned"])
)
FLOAT_TYPES = st.sampled_from(list(FLOATS)).map(FloatType)
ARITHMETIC = st.one_of(INTEGER_TYPES, FLOAT_TYPES, st.just(IndexType()))
COMPLEX = st.one_of(INTEGER_TYPES, FLOAT_TYPES).map(ComplexType)
ELEMENTS = st.one_of(ARITHMETIC, COMPLEX)
DIMS = st.lists(st.one_of(st.none(), st.integers(0, 2**63 - 1)), max_size=5)
STATIC = st.lists(st.integers(0, 4), max_size=4)
NAMES = st.text(min_size=1, max_size=5)


@st.composite
def vectors(draw: st.DrawFn) -> VectorType:
    dims = draw(st.lists(st.integers(1, 99), max_size=4))
    flags = draw(st.lists(st.booleans(), min_size=len(dims), max_size=len(dims)))
    return VectorType(tuple(dims), draw(ARITHMETIC), tuple(flags))


@st.composite
def expressions(draw: st.DrawFn, dims: int, symbols: int) -> AffineExpr:
    leaves: list[AffineExpr] = [*affine.dims(dims), *affine.symbols(symbols)]

    def combine(inner: st.SearchStrategy[AffineExpr]) -> st.SearchStrategy[AffineExpr]:
        constant = st.integers(-9, 9)
        positive = st.integers(1, 9)
        return st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, b: a - b, inner, inner),
            st.builds(lambda a, b: a * b, inner, constant),
            st.builds(lambda a, b: a // b, inner, positive),
            st.builds(lambda a, b: a.ceildiv(b), inner, positive),
            st.builds(lambda a, b: a % b, inner, positive),
        )

    leaf = st.one_of(st.integers(-99, 99).map(affine.affine), *([st.sampled_from(leaves)] if leaves else []))
    return draw(st.recursive(leaf, combine, max_leaves=8))


@st.composite
def maps(draw: st.DrawFn, dims: int | None = None) -> AffineMap:
    count = draw(st.integers(0, 3)) if dims is None else dims
    symbols = draw(st.integers(0, 2))
    return AffineMap(count, symbols, tuple(draw(st.lists(expressions(count, symbols), max_size=3))))


@st.composite
def sets(draw: st.DrawFn) -> IntegerSet:
    constraints = draw(st.lists(st.tuples(expressions(2, 1), st.booleans()), min_size=1, max_size=3))
    return IntegerSet(2, 1, tuple(constraints))


STRIDE = st.one_of(st.none(), st.integers(-99, 99))
SPACE = st.one_of(st.none(), st.integers(1, 9).map(IntegerAttr), NAMES.map(StringAttr))


@st.composite
def memrefs(draw: st.DrawFn) -> MemRefType:
    dims = tuple(draw(DIMS))
    strides = st.lists(STRIDE, min_size=len(dims), max_size=len(dims))
    layout = draw(
        st.one_of(
            st.none(),
            st.builds(lambda s, o: StridedLayoutAttr(tuple(s), o), strides, STRIDE),
            maps(len(dims)).map(AffineMapAttr),
        )
    )
    return MemRefType(dims, draw(ELEMENTS), layout, draw(SPACE))


LEAF_TYPES = st.one_of(
    ELEMENTS,
    st.just(NoneType()),
    st.builds(lambda d, e: TensorType(tuple(d), e), DIMS, ELEMENTS),
    st.builds(UnrankedTensorType, ELEMENTS),
    st.builds(UnrankedMemRefType, ELEMENTS, SPACE),
    vectors(),
    memrefs(),
)


def _several(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(inner, max_size=3).map(tuple)


TYPES = st.recursive(
    LEAF_TYPES,
    lambda inner: st.one_of(
        st.builds(TupleType, _several(inner)), st.builds(FunctionType, _several(inner), _several(inner))
    ),
    max_leaves=6,
)


@st.composite
def integers(draw: st.DrawFn) -> IntegerAttr:
    type = draw(st.one_of(INTEGER_TYPES, st.just(IndexType())))
    low, high = (type.minimum, type.maximum) if isinstance(type, IntegerType) else (-(2**63), 2**63 - 1)
    return IntegerAttr(draw(st.integers(low, high)), type)


@st.composite
def constants(draw: st.DrawFn) -> DenseElementsAttr:
    widths = st.builds(
        IntegerType, st.sampled_from([1, 2, 4, 8, 16, 32, 64]), st.sampled_from(["signless", "signed", "unsigned"])
    )
    floats = st.sampled_from([kind for kind, (_, name) in FLOATS.items() if name]).map(FloatType)
    parts = st.sampled_from(["f32", "f64"]).map(lambda kind: ComplexType(FloatType(kind)))
    type = draw(st.one_of(widths, floats, parts, st.just(IndexType())))
    dtype = dtype_of(type)
    shape = tuple(draw(STATIC))
    if dtype.isbuiltin == 1:  # not of ml_dtypes
        data = draw(hnp.arrays(dtype, shape))
    else:
        bits = draw(hnp.arrays(np.uint8, shape))
        width = type.width if isinstance(type, IntegerType | FloatType) else 8
        if dtype.itemsize == 2:
            data = draw(hnp.arrays(np.uint16, shape)).view(dtype)
        elif isinstance(type, IntegerType):
            data = (bits.astype(np.int64) % (1 << width) + type.minimum).astype(dtype)
        else:
            data = (bits & np.uint8((1 << width) - 1)).view(dtype)
    shaped = draw(st.sampled_from([TensorType, MemRefType]))
    return DenseElementsAttr(shaped(shape, type), data)


@st.composite
def dense_arrays(draw: st.DrawFn) -> DenseArrayAttr:
    whole_bytes = INTEGER_TYPES.filter(lambda type: type.width == 1 or (type.width and type.width % 8 == 0))
    type = draw(st.one_of(whole_bytes, st.sampled_from(["f32", "f64", "bf16"]).map(FloatType)))
    if isinstance(type, IntegerType):
        return DenseArrayAttr(type, tuple(draw(st.lists(st.integers(type.minimum, type.maximum), max_size=4))))
    values = draw(st.lists(st.floats(), max_size=4))
    return DenseArrayAttr(type, tuple(FloatAttr(value, type).value for value in values))


SMALL = st.integers(0, 10**6)
LEAF_LOCATIONS = st.one_of(
    st.just(UNKNOWN),
    NAMES.map(NameLoc),
    st.builds(FileLineColLoc, st.text(max_size=5), SMALL, SMALL),
    st.builds(lambda file, line, column: FileLineColRange(file, line, column, line, column + 1), NAMES, SMALL, SMALL),
    st.builds(lambda file, line, column: FileLineColRange(file, line, column, line + 2, column), NAMES, SMALL, SMALL),
)


def _larger_locations(inner: st.SearchStrategy[Location]) -> st.SearchStrategy[Location]:
    known = inner.filter(lambda location: location is not UNKNOWN)
    metadata = st.one_of(SMALL.map(IntegerAttr), NAMES.map(StringAttr))
    return st.one_of(
        st.builds(NameLoc, NAMES, known),
        st.builds(CallSiteLoc, inner, inner),
        st.builds(FusedLoc, st.lists(inner, max_size=3).map(tuple), metadata),
    )


LOCATIONS = st.recursive(LEAF_LOCATIONS, _larger_locations, max_leaves=5)

LEAF_ATTRIBUTES = st.one_of(
    st.sampled_from([UNIT, TRUE, FALSE]),
    integers(),
    st.builds(FloatAttr, st.floats(), FLOAT_TYPES),
    st.builds(FloatAttr, st.floats(), st.just(f64)),
    st.builds(StringAttr, st.text(max_size=8), st.one_of(st.none(), ARITHMETIC)),
    st.builds(SymbolRefAttr, NAMES, st.lists(NAMES, max_size=2).map(tuple)),
    maps().map(AffineMapAttr),
    sets().map(IntegerSetAttr),
    dense_arrays(),
    constants(),
    TYPES,
    LOCATIONS,
)
ATTRIBUTES = st.recursive(
    LEAF_ATTRIBUTES,
    lambda inner: st.one_of(
        st.builds(ArrayAttr, _several(inner)),
        st.dictionaries(NAMES, inner, max_size=3).map(lambda d: DictionaryAttr(tuple(d.items()))),
        st.builds(lambda d, e, a: TensorType(tuple(d), e, a), DIMS, ELEMENTS, inner),
    ),
    max_leaves=6,
)


def comes_back(attribute: Attribute) -> None:
    text = str(attribute)
    p = AttributeParser(text)
    assert p.attribute() is attribute, text
    p.expect_end()


@given(TYPES)
def test_types(type: Attribute) -> None:
    comes_back(type)
    p = AttributeParser(str(type) + " rest")
    assert p.type() is type
    assert p.at("rest")


@settings(max_examples=300)
@given(ATTRIBUTES)
def test_attributes(attribute: Attribute) -> None:
    comes_back(attribute)


@settings(max_examples=200)
@given(constants())
def test_constants(attribute: DenseElementsAttr) -> None:
    comes_back(attribute)


@given(LOCATIONS)
def test_locations(location: Location) -> None:
    comes_back(location)


Source = tuple[str, Callable[[dict[str, int]], int]]


def _binary(left: Source, word: str, right: int) -> Source:
    compute: dict[str, Callable[[int], int]] = {
        "floordiv": lambda value: value // right,
        "ceildiv": lambda value: -(-value // right),
        "mod": lambda value: value % right,
        "*": lambda value: value * right,
    }
    return f"({left[0]}) {word} {right}", lambda names: compute[word](left[1](names))


SOURCES: st.SearchStrategy[Source] = st.recursive(
    st.one_of(
        st.sampled_from(["x", "y", "n"]).map(lambda name: (name, lambda names: names[name])),
        st.integers(0, 99).map(lambda value: (str(value), lambda names: value)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: (f"{a[0]} + ({b[0]})", lambda names: a[1](names) + b[1](names)), inner, inner),
        st.builds(lambda a, b: (f"{a[0]} - ({b[0]})", lambda names: a[1](names) - b[1](names)), inner, inner),
        st.builds(lambda a: (f"-({a[0]})", lambda names: -a[1](names)), inner),
        st.builds(_binary, inner, st.sampled_from(["*", "floordiv", "ceildiv", "mod"]), st.integers(1, 9)),
    ),
    max_leaves=10,
)


@settings(max_examples=300)
@given(SOURCES, st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50))
def test_affine_expressions_mean_what_they_say(source: Source, x: int, y: int, n: int) -> None:
    text, meaning = source
    map = AttributeParser(f"(x, y)[n] -> ({text})").affine_map()
    expected = (meaning({"x": x, "y": y, "n": n}),)
    assert map.evaluate((x, y), (n,)) == expected
    again = AttributeParser(str(map)).affine_map()
    assert again == map
    assert again.evaluate((x, y), (n,)) == expected


@settings(max_examples=200)
@given(st.text(alphabet='()[]{}<>!#@%^"\\,:=-+0123456789xXeE.abdfilnstu?* \n/\0', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    p = AttributeParser(text)
    try:
        found = p.attribute()
    except ParseError:
        return
    assert "<<" not in str(found) or "<<" in text


@settings(max_examples=200)
@given(ATTRIBUTES, st.data())
def test_damaged_texts_are_read_or_refused(attribute: Attribute, data: st.DataObject) -> None:
    text = str(attribute)
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 4))
    inserted = data.draw(st.text(alphabet='()[]<>{}",:x09', max_size=2))
    p = AttributeParser(text[:at] + inserted + text[at + length :])
    try:
        p.attribute()
    except ParseError as error:
        assert error.line >= 1 and error.column >= 1
