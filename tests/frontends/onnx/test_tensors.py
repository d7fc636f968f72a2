from __future__ import annotations

import math
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from couloir.frontends.onnx import tensors
from couloir.frontends.onnx.tensors import ELEMENT_TYPES, Kind, TensorReader, element_count
from couloir.ir.errors import Error
from couloir.ir.limits import Limits

NUMERIC = [number for number, element in ELEMENT_TYPES.items() if element.kind is not Kind.STRING]
BY_NAME = {element.name: number for number, element in ELEMENT_TYPES.items()}


def read(tensor, **limits):
    return TensorReader(limits=Limits(**limits)).read(tensor)


def read_sparse(sparse, **limits):
    return TensorReader(limits=Limits(**limits)).read_sparse(sparse)


def raw(data_type, dims, data, name="w"):
    return TensorProto(name=name, data_type=data_type, dims=dims, raw_data=data)


def bits_of(array):
    """The bytes of an array: equal also where values are NaN."""
    return np.ascontiguousarray(array).tobytes()


def assert_same(actual, expected):
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert bits_of(actual) == bits_of(expected)


def random_raw(number, dims, seed=0):
    """A tensor of random bits (of zeros and ones, for BOOL)."""
    element = ELEMENT_TYPES[number]
    high = 2 if element.kind is Kind.BOOL else 256
    data = np.random.default_rng(seed).integers(0, high, element.packed_bytes(math.prod(dims)), np.uint8)
    return raw(number, dims, data.tobytes())


def typed(number, array):
    """The tensor in its typed field, made by onnx."""
    vals = array.reshape(-1)
    return helper.make_tensor("w", number, array.shape, vals)


def test_the_table_names_every_type_of_onnx():
    theirs = {value: name for name, value in TensorProto.DataType.items() if value}
    assert {number: ELEMENT_TYPES[number].name for number in theirs} == theirs
    for number in theirs:
        assert ELEMENT_TYPES[number].dtype == helper.tensor_dtype_to_np_dtype(number)
        assert ELEMENT_TYPES[number].field == helper.tensor_dtype_to_field(number)


@pytest.mark.parametrize("dims", [(), (0,), (1,), (5,), (2, 3, 4), (3, 0, 2), (7, 3)], ids=str)
@pytest.mark.parametrize("number", NUMERIC, ids=lambda n: ELEMENT_TYPES[n].name)
def test_raw_data_reads_as_onnx_reads_it(number, dims):
    tensor = random_raw(number, dims)
    assert_same(read(tensor), numpy_helper.to_array(tensor))


@pytest.mark.parametrize("dims", [(), (0,), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize("number", NUMERIC, ids=lambda n: ELEMENT_TYPES[n].name)
def test_typed_fields_read_as_onnx_reads_them(number, dims):
    array = numpy_helper.to_array(random_raw(number, dims))
    with np.errstate(all="ignore"):
        tensor = typed(number, array)
    assert not tensor.HasField("raw_data")
    assert_same(read(tensor), numpy_helper.to_array(tensor))


def test_strings_become_objects():
    tensor = helper.make_tensor("s", TensorProto.STRING, [2, 2], [b"a", "ü€".encode(), b"", b"d\n"])
    array = read(tensor)
    assert array.dtype == object
    assert array.tolist() == [["a", "ü€"], ["", "d\n"]]


def test_special_values_keep_their_bits():
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, -1e-40], np.float32)
    for tensor in (numpy_helper.from_array(values), helper.make_tensor("w", TensorProto.FLOAT, [6], values)):
        assert bits_of(read(tensor)) == bits_of(values)


def test_arrays_are_read_only():
    for number in NUMERIC:
        array = read(random_raw(number, (3,)))
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_an_odd_number_of_small_elements_ignores_the_padding():
    assert read(raw(BY_NAME["INT4"], [3], b"\xf1\xf8")).tolist() == [1, -1, -8]
    assert read(raw(BY_NAME["UINT2"], [1], b"\xfe")).tolist() == [2]


@given(st.sampled_from(NUMERIC), st.lists(st.integers(0, 5), max_size=4), st.integers(0, 2**32 - 1))
def test_any_shape_of_any_type_reads_as_onnx_reads_it(number, dims, seed):
    tensor = random_raw(number, dims, seed)
    assert_same(read(tensor), numpy_helper.to_array(tensor))


@pytest.mark.parametrize("name", ["UINT8", "INT16", "FLOAT", "BFLOAT16", "COMPLEX64", "COMPLEX128"])
def test_raw_data_is_little_endian_on_every_machine(name, monkeypatch):
    tensor = random_raw(BY_NAME[name], (3,))
    little = read(tensor)
    monkeypatch.setattr(tensors, "sys", SimpleNamespace(byteorder="big"))
    swapped = (little.view(np.uint16) if name == "BFLOAT16" else little).byteswap()
    assert bits_of(read(tensor)) == bits_of(swapped)


# What a tensor claims


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ([-1], "negative dimension, -1"),
        ([2, -(2**63)], "negative dimension"),
        ([2**31, 2**31, 4], "more than the limit"),
        ([2**62, 4], "more than the limit"),
        ([3037000499, 3037000501], "more than the limit"),
        ([0, 2**63 - 1], "more than the limit"),
        ([2**63 - 1], "more than the limit"),
        ([1] * 10_000, "10000 dimensions, more than the limit of 32"),
    ],
    ids=str,
)
@pytest.mark.parametrize("data", [b"", b"\0" * 8])
def test_impossible_dimensions(dims, message, data):
    with pytest.raises(Error, match=message):
        read(raw(TensorProto.FLOAT, dims, data))


def test_a_count_that_wraps_in_64_bits_is_not_mistaken_for_a_small_one():
    # 2^32 * 2^32 is 0 modulo 2^64, and so is the number of bytes: no data would "fit".
    with pytest.raises(Error, match="elements, more than"):
        read(raw(TensorProto.FLOAT, [2**32, 2**32], b""), elements=2**70, constant_bytes=2**80)


@pytest.mark.parametrize("number", [0, 29, 99, -1])
def test_unknown_element_types(number):
    tensor = TensorProto(name="w", dims=[1], raw_data=b"\0")
    if number:
        tensor.ParseFromString(tensor.SerializeToString() + b"\x10" + _varint(number))
    with pytest.raises(Error, match=r"tensor 'w': the tensor has (no element type|the unknown element type)"):
        read(tensor)


def _varint(value):
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@pytest.mark.parametrize("number", NUMERIC, ids=lambda n: ELEMENT_TYPES[n].name)
@pytest.mark.parametrize("change", [-1, 1])
def test_raw_data_must_have_exactly_the_right_length(number, change):
    tensor = random_raw(number, (2, 4))
    tensor.raw_data = tensor.raw_data[:-1] if change < 0 else tensor.raw_data + b"\0"
    with pytest.raises(Error, match=r"needs \d+ bytes in raw_data, but has \d+"):
        read(tensor)


@pytest.mark.parametrize("number", [*NUMERIC, TensorProto.STRING], ids=lambda n: ELEMENT_TYPES[n].name)
@pytest.mark.parametrize("change", [-1, 1])
def test_typed_fields_must_have_exactly_the_right_length(number, change):
    element = ELEMENT_TYPES[number]
    items = element.field_items(8) + change
    value = b"" if element.kind is Kind.STRING else 0
    tensor = TensorProto(data_type=number, dims=[2, 4], **{element.field: [value] * items})
    with pytest.raises(Error, match=rf"needs \d+ items in {element.field}, but has {items}"):
        read(tensor)


def test_no_data_for_a_shape_with_elements():
    with pytest.raises(Error, match=r"\(FLOAT, 2x3\) needs 6 items in float_data, but has 0"):
        read(TensorProto(data_type=TensorProto.FLOAT, dims=[2, 3]))
    with pytest.raises(Error, match=r"\(FLOAT, scalar\) needs 1 items"):
        read(TensorProto(data_type=TensorProto.FLOAT))


def test_two_forms_of_data_at_once():
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], float_data=[1.0], raw_data=b"\0\0\0\0")
    with pytest.raises(Error, match="two forms of data at once: raw_data and float_data"):
        read(tensor)
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], float_data=[1.0], int32_data=[1])
    with pytest.raises(Error, match="two forms"):
        read(tensor)


def test_an_empty_raw_data_field_is_no_data():
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], float_data=[1.5], raw_data=b"")
    assert read(tensor).tolist() == [1.5]


@pytest.mark.parametrize(
    ("number", "field"),
    [(TensorProto.FLOAT, "int32_data"), (TensorProto.INT32, "int64_data"), (TensorProto.INT64, "double_data")],
)
def test_the_wrong_field_for_the_type(number, field):
    with pytest.raises(Error, match=f"its data is in {field}, not"):
        read(TensorProto(data_type=number, dims=[1], **{field: [1]}))


def test_strings_have_no_raw_data_and_must_be_utf8():
    with pytest.raises(Error, match="data is in raw_data, not string_data"):
        read(raw(TensorProto.STRING, [1], b"a"))
    with pytest.raises(Error, match="string 1 of the tensor is not UTF-8"):
        read(TensorProto(data_type=TensorProto.STRING, dims=[2], string_data=[b"a", b"\xff"]))


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("INT8", "int32_data", 128),
        ("INT8", "int32_data", -129),
        ("UINT8", "int32_data", -1),
        ("UINT8", "int32_data", 256),
        ("BOOL", "int32_data", 2),
        ("FLOAT16", "int32_data", 65536),
        ("BFLOAT16", "int32_data", -1),
        ("FLOAT8E5M2", "int32_data", 256),
        ("FLOAT6E2M3", "int32_data", 64),
        ("INT4", "int32_data", 256),
        ("UINT32", "uint64_data", 2**32),
    ],
)
def test_items_outside_the_range_of_their_type(name, field, value):
    tensor = TensorProto(data_type=BY_NAME[name], dims=[1], **{field: [value]})
    with pytest.raises(Error, match=rf"item 0 of {field}, {value}, is no {name}"):
        read(tensor)


def test_a_raw_bool_is_0_or_1():
    with pytest.raises(Error, match="neither 0 nor 1"):
        read(raw(TensorProto.BOOL, [2], b"\1\2"))


def test_segments_are_refused():
    tensor = random_raw(TensorProto.FLOAT, (2,))
    tensor.segment.begin = 0
    with pytest.raises(Error, match="segments"):
        read(tensor)


def test_external_keys_on_a_tensor_that_is_not_external():
    tensor = random_raw(TensorProto.FLOAT, (2,))
    tensor.external_data.add(key="location", value="w.bin")
    with pytest.raises(Error, match="data_location is not EXTERNAL"):
        read(tensor)


def test_limits_on_one_tensor_and_on_all_together():
    tensor = random_raw(TensorProto.FLOAT, (10,))
    with pytest.raises(Error, match="10 elements, more than the limit of 9"):
        read(tensor, elements=9)
    with pytest.raises(Error, match=r"the tensor has 40 bytes of constants, more than the limit of 39"):
        read(tensor, constant_bytes=39)
    with pytest.raises(Error, match="2 dimensions, more than the limit of 1"):
        read(random_raw(TensorProto.FLOAT, (1, 1)), rank=1)
    reader = TensorReader(limits=Limits(constant_bytes=79))
    reader.read(tensor)
    with pytest.raises(Error, match=r"the model has 80 bytes of constants"):
        reader.read(tensor)


def test_the_deadline_holds_for_tensors():
    with pytest.raises(Error, match="deadline"):
        read(random_raw(TensorProto.FLOAT, (1,)), deadline_seconds=1e-9)


def test_the_error_names_the_place():
    with pytest.raises(Error, match=r"^tensor 'w': "):
        read(raw(TensorProto.FLOAT, [1], b""))
    with pytest.raises(Error, match=r"^node 'n': "):
        TensorReader().read(raw(TensorProto.FLOAT, [1], b""), where="node 'n'")


def test_element_count():
    counts = [element_count(dims, limits=Limits(), where="here") for dims in ([], [2, 0, 3], [2, 3])]
    assert counts == [1, 0, 6]


@given(st.binary(max_size=60))
def test_any_bytes_as_a_tensor_read_or_fail_with_an_error(data):
    tensor = TensorProto()
    try:
        tensor.ParseFromString(data)
    except DecodeError:
        return
    try:
        array = read(tensor, elements=10_000)
    except Error:
        return
    assert array.shape == tuple(tensor.dims)


@given(
    st.integers(-1, 30),
    st.lists(st.integers(-1, 4), max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "raw_data": st.binary(max_size=16),
            "float_data": st.lists(st.floats(width=32), max_size=4),
            "int32_data": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
            "int64_data": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
            "uint64_data": st.lists(st.integers(0, 2**64 - 1), max_size=4),
            "double_data": st.lists(st.floats(), max_size=4),
            "string_data": st.lists(st.binary(max_size=3), max_size=4),
        },
    ),
)
def test_any_combination_of_fields_reads_or_fails_with_an_error(number, dims, fields):
    tensor = TensorProto(dims=dims, **fields)
    tensor.MergeFromString(b"\x10" + _varint(number))
    try:
        array = read(tensor)
    except Error:
        return
    assert array.shape == tuple(dims)
    if fields.get("raw_data") != b"" and all(value for value in fields.values()):
        with np.errstate(all="ignore"):
            assert_same(array, numpy_helper.to_array(tensor))


# Sparse tensors


def sparse(dims, values, indices):
    return helper.make_sparse_tensor(
        numpy_helper.from_array(np.asarray(values), "s"), numpy_helper.from_array(np.asarray(indices, np.int64)), dims
    )


def test_sparse_with_linear_indices():
    array = read_sparse(sparse([2, 3], np.float32([1, 2]), [1, 5]))
    assert array.dtype == np.float32
    assert array.tolist() == [[0, 1, 0], [0, 0, 2]]
    assert not array.flags.writeable


def test_sparse_with_one_index_per_dimension():
    assert read_sparse(sparse([2, 3], np.int8([1, 2]), [[0, 1], [1, 2]])).tolist() == [[0, 1, 0], [0, 0, 2]]


def test_sparse_of_small_floats_and_of_strings():
    assert read_sparse(sparse([3], np.array([1.5], ml_dtypes.bfloat16), [1])).tolist() == [0, 1.5, 0]
    strings = helper.make_sparse_tensor(
        helper.make_tensor("s", TensorProto.STRING, [1], [b"x"]), numpy_helper.from_array(np.int64([2])), [3]
    )
    assert read_sparse(strings).tolist() == ["", "", "x"]


def test_sparse_without_values():
    assert read_sparse(sparse([2, 2], np.float32([]), np.int64([]))).tolist() == [[0, 0], [0, 0]]
    assert read_sparse(sparse([0, 2], np.float32([]), np.int64([]))).shape == (0, 2)


@given(st.data())
def test_sparse_reads_as_onnx_runs_it(data):
    dims = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    positions = sorted(data.draw(st.sets(st.integers(0, math.prod(dims) - 1))))
    values = np.arange(1, len(positions) + 1, dtype=np.float32)
    dense = np.zeros(math.prod(dims), np.float32)
    dense[positions] = values
    by_dimension = np.stack(np.unravel_index(positions, dims), axis=-1) if positions else np.zeros((0, len(dims)))
    for indices in (positions, by_dimension):
        assert (read_sparse(sparse(dims, values, indices)) == dense.reshape(dims)).all()


@pytest.mark.parametrize(
    ("dims", "values", "indices", "message"),
    [
        ([2, 3], [1.0, 2.0], [1, 6], "index 6 is outside"),
        ([2, 3], [1.0, 2.0], [-1, 2], "index -1 is outside"),
        ([2, 3], [1.0, 2.0], [[0, 3], [1, 0]], "index 3 is outside"),
        ([2, 3], [1.0, 2.0], [[0, -1], [1, 0]], "index -1 is outside"),
        ([2, 3], [1.0, 2.0], [2, 1], "ascending"),
        ([2, 3], [1.0, 2.0], [1, 1], "ascending"),
        ([2, 3], [1.0, 2.0], [[1, 0], [0, 2]], "ascending"),
        ([2, 3], [1.0, 2.0], [1], r"indices of the sparse tensor have shape \(1,\)"),
        ([2, 3], [1.0, 2.0], [[0, 1, 2], [0, 1, 2]], r"shape \(2, 3\)"),
        ([2, 3], [[1.0, 2.0]], [1, 2], "form a list"),
        ([], [1.0], [0], "at least one dimension"),
        ([-1], [1.0], [0], "negative dimension"),
        ([2**40, 2**40], [1.0], [0], "more than the limit"),
    ],
)
def test_wrong_sparse_tensors(dims, values, indices, message):
    with pytest.raises(Error, match=message):
        read_sparse(sparse(dims, np.float32(values), indices))


def test_sparse_indices_must_be_int64():
    wrong = sparse([3], np.float32([1]), [1])
    wrong.indices.CopyFrom(numpy_helper.from_array(np.int32([1])))
    with pytest.raises(Error, match="INT64"):
        read_sparse(wrong)


def test_a_tiny_sparse_tensor_cannot_ask_for_terabytes():
    with pytest.raises(Error, match="bytes of constants, more than the limit"):
        read_sparse(sparse([1 << 20, 1 << 10], np.float64([1]), [1]), constant_bytes=1 << 30)


def test_missing_parts_of_a_sparse_tensor():
    with pytest.raises(Error, match="no element type"):
        read_sparse(onnx.SparseTensorProto(dims=[2]))
