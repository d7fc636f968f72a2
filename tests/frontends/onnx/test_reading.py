"""From a source to a ModelProto: sources, limits, foreign files, damaged bytes."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from couloir.frontends.onnx.reading import read_model
from couloir.ir.errors import Error
from couloir.ir.limits import Limits


def linear_model(rows=2, external=None):
    """y = relu(x @ w), with the weights outside if `external` names a file."""
    weights = numpy_helper.from_array(np.ones((rows, 3), np.float32), "w")
    if external is not None:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        weights.external_data.add(key="location", value=external)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Relu", ["p"], ["y"], name="act")]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", rows])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
        [weights],
    )
    return helper.make_model(graph)


def rich_model():
    """One of everything: subgraphs, functions, sparse tensors, sequences, several opsets."""
    value = helper.make_tensor_value_info("v", TensorProto.FLOAT, [2])
    branches = {
        name: helper.make_graph([helper.make_node(op, ["s"], ["v"])], name, [], [value])
        for name, op in (("then_branch", "Relu"), ("else_branch", "Neg"))
    }
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.float32([1]), "s"), numpy_helper.from_array(np.int64([1]), "i"), [2]
    )
    nodes = [
        helper.make_node("If", ["c"], ["r"], name="choose", **branches),
        helper.make_node("Double", ["r"], ["d"], domain="local", factor=3),
        helper.make_node("Constant", [], ["k"], value_ints=[1, 2, 3]),
        helper.make_node("SequenceConstruct", ["d", "d"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "rich",
        [helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
        [helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, [2])],
        doc_string="words",
        value_info=[helper.make_tensor_value_info("r", TensorProto.FLOAT, None)],
    )
    graph.sparse_initializer.append(sparse)
    double = helper.make_function(
        "local", "Double", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    double.attribute.append("factor")
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=imports, functions=[double])


GOOD = linear_model().SerializeToString()
RICH = rich_model().SerializeToString()


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(field, payload):
    """A length-delimited field."""
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def refused(source, match, **limits):
    with pytest.raises(Error, match=match) as caught:
        read_model(source, limits=Limits(**limits))
    return str(caught.value)


# Sources


def test_every_kind_of_source_gives_the_same_model(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(GOOD)
    proto = onnx.load_from_string(GOOD)
    with path.open("rb") as stream:
        read = [read_model(source) for source in (path, str(path), GOOD, io.BytesIO(GOOD), stream, proto)]
    assert all(model.proto == proto for model in read)
    assert read[-1].proto is proto
    assert [model.base for model in read] == [tmp_path, tmp_path, None, None, None, None]
    assert [model.name for model in read] == [str(path), str(path), "<bytes>", "<stream>", "<stream>", "<ModelProto>"]


def test_everything_of_a_model_survives():
    assert read_model(RICH).proto == onnx.load_from_string(RICH)


def test_other_buffers_of_bytes():
    for source in (bytearray(GOOD), memoryview(GOOD)):
        assert read_model(source).proto.graph.name == "linear"


def test_a_link_to_the_model_is_followed(tmp_path):
    (tmp_path / "m.onnx").write_bytes(GOOD)
    (tmp_path / "link.onnx").symlink_to("m.onnx")
    assert read_model(tmp_path / "link.onnx").proto.graph.name == "linear"


def test_tensors_beside_the_model(tmp_path):
    (tmp_path / "m.onnx").write_bytes(linear_model(external="w.bin").SerializeToString())
    (tmp_path / "w.bin").write_bytes(np.arange(6, dtype=np.float32).tobytes())
    by_path = read_model(tmp_path / "m.onnx")
    by_bytes = read_model((tmp_path / "m.onnx").read_bytes(), base=tmp_path)
    for model in (by_path, by_bytes):
        assert model.tensors().read(model.proto.graph.initializer[0]).tolist() == [[0, 1, 2], [3, 4, 5]]
    without = read_model((tmp_path / "m.onnx").read_bytes())
    with pytest.raises(Error, match="directory of the model is not known"):
        without.tensors().read(without.proto.graph.initializer[0])


def test_tensors_share_the_limits_of_their_model():
    model = read_model(GOOD, limits=Limits(constant_bytes=47))
    tensors = model.tensors()
    tensors.read(model.proto.graph.initializer[0])
    with pytest.raises(Error, match="the model has 48 bytes of constants"):
        tensors.read(model.proto.graph.initializer[0])


def test_what_cannot_be_read_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    assert "is a pipe" in refused(tmp_path / "pipe.onnx", "cannot read a model")
    assert "is a directory" in refused(tmp_path, "cannot read a model")
    assert "is a device" in refused("/dev/zero", "cannot read a model")
    assert "No such file" in refused(tmp_path / "missing.onnx", "cannot open the model")
    assert "there is no directory" in refused(tmp_path / "nowhere" / "m.onnx", "cannot open the model")
    refused("nul\0.onnx", "cannot open the model")
    refused("x" * 10_000, "cannot open the model")
    refused("", "cannot open the model")


def test_a_stream_of_zeros_ends_at_once():
    with open("/dev/zero", "rb") as zeros:
        refused(zeros, "no protobuf message begins with byte 0x00")


def test_an_endless_stream_ends_at_the_limit():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return b"\x08" * size

    refused(Endless(), "more than the limit of 1000000", bytes=1_000_000)


def test_streams_that_are_none():
    refused(io.StringIO("text"), "the stream gives str, not bytes")
    closed = io.BytesIO(GOOD)
    closed.close()
    refused(closed, "cannot read the model")
    for source in (None, 7, [GOOD], onnx.GraphProto()):
        refused(source, "cannot read a model from an object of type")


def test_the_limit_on_bytes_holds_for_every_source(tmp_path):
    (tmp_path / "m.onnx").write_bytes(GOOD)
    for source in (GOOD, io.BytesIO(GOOD), tmp_path / "m.onnx"):
        refused(source, "bytes, more than the limit of 10", bytes=10)
        assert read_model(
            source if not isinstance(source, io.BytesIO) else io.BytesIO(GOOD), limits=Limits(bytes=len(GOOD))
        )


def test_a_sparse_file_of_terabytes_is_not_read(tmp_path):
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(1 << 40)
    refused(tmp_path / "huge.onnx", "1099511627776 bytes, more than the limit")


def test_the_deadline():
    refused(GOOD, "deadline", deadline_seconds=1e-9)
    refused(io.BytesIO(GOOD), "reading the file took longer than the deadline", deadline_seconds=1e-9)


# Files that are something else


def zip_of(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("m.onnx", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (gzip.compress(GOOD), "gzip archive"),
        (zip_of(GOOD), "zip archive"),
        *[(pickle.dumps({"a": 1}, protocol=protocol), "Python pickle") for protocol in (2, 3, 4, 5)],
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG image"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git-lfs pointer"),
        (b"<!DOCTYPE html>\n<html></html>", "HTML or XML page"),
        (b"\xef\xbb\xbf\n<HTML>", "HTML or XML page"),
        (b'<?xml version="1.0"?>', "HTML or XML page"),
        (str(onnx.load_from_string(GOOD)).encode(), "protobuf text"),
        (onnx.printer.to_text(linear_model()).encode(), "onnx's text form"),
        (b'{"irVersion": "8"}', "JSON"),
        (b"module {\n}", "MLIR text"),
        (b"\x1c\0\0\0TFL3" + bytes(20), "TensorFlow Lite"),
        (b"\x93NUMPY\x01\0", "NumPy array"),
        (b'\x08\0\0\0\0\0\0\0{"a":1}', "safetensors"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_named_onnx(data, words, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert refused(data, words).startswith("<bytes>: ")
    assert refused(path, words).startswith(f"{path}: ")
    assert list(tmp_path.iterdir()) == [path]  # nothing was unpacked


def test_models_by_producers_with_telling_names_are_still_models():
    for producer in ("TFL3", "ORTModule", "module", "ustar", '{"'):
        model = linear_model()
        model.producer_name = producer
        assert read_model(model.SerializeToString()).proto.producer_name == producer


# The wire format


@pytest.mark.parametrize("data", [GOOD, RICH])
def test_a_model_cut_off_anywhere_is_an_error(data):
    """A cut between two fields is a shorter message: then something is missing from the model."""
    for length in range(len(data)):
        try:
            read_model(data[:length])
        except Error:
            continue
        assert onnx.load_from_string(data[:length]).HasField("graph")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x3a\x05\x0a", "claims 5 bytes, but only 1 are left"),
        (b"\x3a\x04\x0a\xff\xff\x7f", "claims 2097151 bytes, but only 0"),
        (message(7, message(1, b"\x0a\x7f")), "claims 127 bytes.* ModelProto > GraphProto > NodeProto"),
        (message(7, b"\x0a"), "cut off inside a field.* ModelProto > GraphProto"),
        (b"\x08" + b"\xff" * 10, "more than 10 bytes"),
        (b"\x08" + b"\xff" * 20, "more than 10 bytes"),
        (message(7, b"\xff" * 20), "more than 10 bytes"),
        (b"\x08\xff", "cut off inside a field"),
        (b"\x08", "cut off inside a field"),
        (b"\x09\0\0\0", "cut off inside a field"),
        (b"\x0d\0\0", "cut off inside a field"),
        (b"\x3b\x3c", "a protobuf group"),
        (b"\x3b" * 100_000, "a protobuf group"),
        (message(7, b"\x06"), "a field with the illegal number 0"),
        (message(7, b"\x0e"), "unknown wire type 6"),
        (message(7, b"\x02\x00"), "illegal number 0"),
        (message(7, message(2, b"\xff\xfe")), "the text of `name` is not UTF-8"),
        (message(7, message(1, message(4, b"\xc3"))), "the text of `op_type` is not UTF-8"),
    ],
)
def test_malformed_encodings(data, words):
    refused(data, f"not a well-formed ONNX file: .*{words}")


def nested_graphs(levels):
    """A graph in an attribute of a node of a graph in ..., by hand: three messages a level."""
    graph = b""
    for _ in range(levels):
        graph = message(1, message(5, message(6, graph)))
    return message(7, graph)


def nested_types(levels):
    type_ = b""
    for _ in range(levels):
        type_ = message(4, message(1, type_))  # sequence_type { elem_type }
    return message(7, message(11, message(2, type_)))


@pytest.mark.parametrize("nest", [nested_graphs, nested_types])
def test_deep_nesting(nest):
    refused(nest(5000), "more than 100 messages nested in each other")
    refused(nest(10), "levels of nesting, more than the limit of 20", depth=20)


def test_the_limit_of_nesting_is_that_of_protobuf():
    """What the scan lets through, protobuf parses, and the other way round."""
    for levels in range(28, 40):
        data = nested_graphs(levels)
        try:
            onnx.load_from_string(data)
            parses = True
        except DecodeError:
            parses = False
        assert ("messages nested" in refused(data, "not a well-formed|faults")) == (not parses)


def test_bombs_of_empty_messages():
    refused(message(7, b"\x0a\x00" * 1_001), "1001 operations, more than the limit of 1000", nodes=1000)
    refused(message(7, b"\x0a\x00" * 1_000_000), "encoded fields, more than the limit of 100000", fields=100_000)
    refused(message(7, message(1, b"\x2a\x00" * 100_000)), "encoded fields", fields=100_000)


def test_a_million_empty_nodes_give_a_bounded_report():
    assert len(refused(message(7, b"\x0a\x00" * 1_000_000), "stopped after 100 faults")) < 50_000


def test_packed_numbers_count_as_what_they_become():
    tensor = message(1, b"\x08") + b"\x10\x07" + message(7, b"\0" * 1000)  # 1000 int64 in 1000 bytes
    refused(message(7, message(5, tensor)), "8000 bytes of constants|8008 bytes of constants", constant_bytes=7999)
    dims = message(1, b"\1" * 1000)
    refused(message(7, message(5, dims)), "8000 bytes of constants", constant_bytes=7999)


def test_unknown_fields_are_skipped_and_repeated_ones_merged():
    extra = varint(999 << 3) + b"\x05" + message(1000, b"anything \xff")
    assert read_model(GOOD + extra).proto.graph.name == "linear"
    twice = onnx.load_from_string(GOOD + message(7, message(10, b"documented")))
    assert read_model(twice.SerializeToString()).proto.graph.doc_string == "documented"


# Fuzzing: any bytes give a model or an Error


def read_or_error(data):
    try:
        model = read_model(data, limits=Limits(elements=10_000))
    except Error as error:
        assert str(error)
        return
    tensors = model.tensors()
    for tensor in model.proto.graph.initializer:
        try:
            tensors.read(tensor)
        except Error:
            continue


@given(st.binary(max_size=200))
@example(b"\0")
@example(b"\x3a\x00")
def test_any_bytes(data):
    read_or_error(data)


@given(st.binary(max_size=100))
def test_any_bytes_as_a_graph(data):
    read_or_error(GOOD[: GOOD.index(b"\x3a")] + message(7, data) + message(8, b"\x10\x11"))


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "delete", "insert", "copy"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=5,
)


@given(st.sampled_from([GOOD, RICH]), MUTATIONS)
def test_damaged_models(data, mutations):
    damaged = bytearray(data)
    for kind, first, second, extra in mutations:
        here, there = first % (len(damaged) + 1), second % (len(damaged) + 1)
        if kind == "flip" and here < len(damaged):
            damaged[here] ^= extra[0] or 1
        elif kind == "delete":
            del damaged[here : here + len(extra)]
        elif kind == "insert":
            damaged[here:here] = extra
        elif kind == "copy":
            damaged[here:here] = damaged[there : there + 40]
    read_or_error(bytes(damaged))


@pytest.mark.slow
@pytest.mark.parametrize("data", [GOOD, RICH], ids=["linear", "rich"])
def test_every_byte_set_to_telling_values(data):
    for position in range(len(data)):
        for value in (0x00, 0x01, 0x7F, 0x80, 0xFF, data[position] ^ 0x08, data[position] ^ 0x01):
            read_or_error(data[:position] + bytes([value]) + data[position + 1 :])
