"""Types and attributes: equal is identical, for as long as somebody holds them, and nothing changes them."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import (
    ArrayAttr,
    DenseElementsAttr,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
)
from couloir.ir.errors import Error
from couloir.ir.types import ComplexType, FunctionType, IntegerType, MemRefType, TensorType, f32, f64, i1, i8, i64

SAMPLES = (
    f32,
    i64,
    IntegerType(7),
    ComplexType(f32),
    TensorType((2, None), f32),
    MemRefType((4,), i8),
    FunctionType((f32,), (i1,)),
    IntegerAttr(3, i64),
    FloatAttr(0.5, f32),
    StringAttr("x"),
    ArrayAttr((StringAttr("a"), IntegerAttr(1, i8))),
    DictionaryAttr((("k", StringAttr("v")),)),
    DenseElementsAttr(TensorType((2,), f32), np.array([1, 2], np.float32)),
)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_copies_and_pickles_are_the_thing_itself(sample: Attribute) -> None:
    assert copy.copy(sample) is sample
    assert copy.deepcopy(sample) is sample
    assert pickle.loads(pickle.dumps(sample)) is sample  # noqa: S301 -- what the line before wrote


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_nothing_can_be_changed(sample: Attribute) -> None:
    for name in sample.parameters:
        with pytest.raises((AttributeError, Error)):
            setattr(sample, name, None)
    with pytest.raises((AttributeError, Error)):
        sample.invented = 1


@given(st.lists(st.none() | st.integers(0, 9), max_size=4), st.sampled_from([f32, i8, i1]))
def test_equal_parameters_give_one_object(dims, element) -> None:
    one, two = TensorType(dims, element), TensorType(tuple(dims), element)
    assert one is two
    assert hash(one) == hash(two)
    assert one.rank == len(dims)
    assert one.is_static == (None not in dims)
    assert one is not TensorType((*dims, 1), element)
    assert one is not TensorType(dims, f64)


def test_numbers_that_compare_equal_but_differ_are_two() -> None:
    assert FloatAttr(0.0, f32) is not FloatAttr(-0.0, f32)
    assert FloatAttr(float("nan"), f32) is FloatAttr(float("nan"), f32)
    assert FloatAttr(1.0, f32) is not FloatAttr(1.0, f64)
    zero, negative = (DenseElementsAttr(TensorType((1,), f32), np.array([z], np.float32)) for z in (0.0, -0.0))
    assert zero is not negative


def test_the_tables_do_not_keep_what_nobody_holds() -> None:
    attribute = StringAttr("held by this test only")
    watch = weakref.ref(attribute)
    del attribute
    gc.collect()
    assert watch() is None


def test_the_shape_of_a_tensor_is_static_and_dims_need_not_be() -> None:
    open_type = TensorType((2, None), f32)
    assert open_type.dims == (2, None)
    with pytest.raises(Error):
        _ = open_type.shape
    assert TensorType((2, 3), f32).shape == (2, 3)
    assert TensorType((2, 3), f32).size == 6
    assert open_type.with_dims((4,)) is TensorType((4,), f32)


@pytest.mark.parametrize("wrong", [(-1,), (1.5,), ("x",)])
def test_wrong_sizes_are_refused(wrong) -> None:
    with pytest.raises(Error):
        TensorType(wrong, f32)


def test_an_attribute_class_of_ones_own() -> None:
    class Tile(Attribute, name="tat.tile"):
        rows: int
        columns: int = 1

    assert Tile(4) is Tile(rows=4, columns=1)
    assert str(Tile(4)) == "#tat.tile<4, 1>"
    assert Tile.parameters == ("rows", "columns")
