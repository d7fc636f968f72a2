"""Weights beside the model: what must be read, and every way out of the directory that must be closed."""

from __future__ import annotations

import hashlib
import mmap
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import SparseTensorProto, TensorProto, numpy_helper
from onnx.external_data_helper import set_external_data

from couloir.frontends.onnx.external import ExternalReference
from couloir.frontends.onnx.tensors import ELEMENT_TYPES, Kind, TensorReader
from couloir.ir.errors import Error
from couloir.ir.limits import Limits

VALUES = np.arange(6, dtype=np.float32)
SECRET = b"\x11" * 24


@pytest.fixture
def model_directory(tmp_path):
    """A directory with good data, and a secret of the right size just outside of it."""
    inside = tmp_path / "model"
    inside.mkdir()
    (inside / "w.bin").write_bytes(VALUES.tobytes())
    (tmp_path / "secret").write_bytes(SECRET)
    return inside


def external(location="w.bin", dims=(6,), data_type=TensorProto.FLOAT, **keys):
    tensor = TensorProto(name="w", data_type=data_type, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **keys}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def read(tensor, base, **limits):
    return TensorReader(base, limits=Limits(**limits)).read(tensor)


def open_files():
    return sorted(os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if _is_open(name))


def _is_open(name):
    try:
        return bool(os.readlink(f"/proc/self/fd/{name}"))
    except OSError:  # the descriptor of the listing itself
        return False


def maps_file(array):
    """Whether an array lies in a memory map."""
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array.obj if isinstance(array, memoryview) else array, mmap.mmap)


def test_the_whole_file(model_directory):
    array = read(external(), model_directory)
    assert array.tolist() == VALUES.tolist()
    assert array.dtype == np.float32
    assert maps_file(array)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_part_of_the_file(model_directory):
    assert read(external(dims=(2,), offset=8, length=8), model_directory).tolist() == [2, 3]
    assert read(external(dims=(4,), offset=8), model_directory).tolist() == [2, 3, 4, 5]
    assert read(external(dims=(0,), offset=24, length=0), model_directory).tolist() == []


def test_an_unaligned_part_is_copied(model_directory):
    (model_directory / "odd").write_bytes(b"\xff" + VALUES.tobytes())
    array = read(external("odd", offset=1, length=24), model_directory)
    assert array.tolist() == VALUES.tolist()
    assert array.flags.aligned
    assert not array.flags.writeable


def test_files_in_directories_below(model_directory):
    (model_directory / "a" / "b").mkdir(parents=True)
    (model_directory / "a" / "b" / "w").write_bytes(VALUES.tobytes())
    for location in ("a/b/w", "./a/b/w", "a//b/./w"):
        assert read(external(location), model_directory).tolist() == VALUES.tolist()


def test_an_empty_file_holds_an_empty_tensor(model_directory):
    (model_directory / "empty").touch()
    assert read(external("empty", dims=(0,)), model_directory).shape == (0,)


def test_data_written_by_onnx(model_directory):
    tensor = numpy_helper.from_array(VALUES.reshape(2, 3), "w")
    set_external_data(tensor, "w.bin", offset=0, length=24, checksum=hashlib.sha1(VALUES.tobytes()).hexdigest())
    tensor.ClearField("raw_data")
    assert read(tensor, model_directory).tolist() == VALUES.reshape(2, 3).tolist()


@pytest.mark.parametrize("number", [n for n, e in ELEMENT_TYPES.items() if e.kind is not Kind.STRING])
def test_every_type_reads_from_a_file_as_from_raw_data(number, model_directory):
    data = np.random.default_rng(number).integers(0, 2, 64, np.uint8).tobytes()[: ELEMENT_TYPES[number].packed_bytes(3)]
    (model_directory / "typed").write_bytes(data)
    from_file = read(external("typed", (3,), number), model_directory)
    from_raw = TensorReader().read(TensorProto(data_type=number, dims=(3,), raw_data=data))
    assert from_file.dtype == from_raw.dtype
    assert from_file.tobytes() == from_raw.tobytes()


def test_a_file_replaced_while_in_use_stays_what_it_was(model_directory, tmp_path):
    array = read(external(), model_directory)
    (tmp_path / "other").write_bytes(b"\0" * 24)
    (tmp_path / "other").replace(model_directory / "w.bin")
    assert array.tolist() == VALUES.tolist()


# Ways out of the directory


@pytest.mark.parametrize(
    "location",
    [
        "../secret",
        "../../etc/passwd",
        "a/../../secret",
        "a/../w.bin",
        "..",
        ".",
        "",
        "/etc/passwd",
        "//etc/passwd",
        r"C:\x",
        "C:/x",
        r"\\host\share",
        r"..\secret",
        "file:///etc/passwd",
        "https://example.com/w.bin",
        "w.bin\0.txt",
    ],
)
def test_locations_that_are_refused_unseen(location, model_directory):
    (model_directory / "a").mkdir()
    with pytest.raises(Error, match=r"tensor 'w': the location .* of the tensor's external data"):
        read(external(location), model_directory)


def test_symbolic_links(model_directory):
    (model_directory / "link").symlink_to("../secret")
    (model_directory / "inner").symlink_to("w.bin")
    for location in ("link", "inner"):
        with pytest.raises(Error, match="through a symbolic link"):
            read(external(location), model_directory)


def test_symbolic_links_to_parents(model_directory):
    (model_directory / "up").symlink_to("..")
    (model_directory / "a").mkdir()
    (model_directory / "a" / "up").symlink_to("../..")
    for location in ("up/secret", "a/up/secret"):
        with pytest.raises(Error, match="through a symbolic link, 'up'"):
            read(external(location), model_directory)


def test_hard_links(model_directory):
    os.link(model_directory.parent / "secret", model_directory / "hard")
    with pytest.raises(Error, match="has 2 names"):
        read(external("hard"), model_directory)


def test_a_link_in_the_caller_s_own_path_is_the_caller_s_business(model_directory, tmp_path):
    (tmp_path / "alias").symlink_to(model_directory)
    assert read(external(), tmp_path / "alias").tolist() == VALUES.tolist()


def test_what_is_no_file(model_directory):
    os.mkfifo(model_directory / "pipe")
    (model_directory / "directory").mkdir()
    for location, words in (("pipe", "a pipe"), ("directory", "a directory")):
        with pytest.raises(Error, match=f"is {words}, not a regular file"):
            read(external(location), model_directory)


def test_devices(model_directory):
    with pytest.raises(Error, match="'zero' is a device"):
        read(external("zero"), "/dev")


@pytest.mark.parametrize("location", ["missing", "w.bin/x", "missing/w.bin", "x" * 300])
def test_files_that_do_not_exist(location, model_directory):
    with pytest.raises(Error, match="cannot open the external data"):
        read(external(location), model_directory)


def test_a_path_beyond_the_limit(model_directory):
    with pytest.raises(Error, match="the path of the external data has 5001 characters"):
        read(external("x/" * 2500 + "y"), model_directory)


def test_without_a_directory_nothing_is_opened():
    with pytest.raises(Error, match="directory of the model is not known") as caught:
        read(external(), None)
    assert "`base=`" in str(caught.value)


def test_a_base_that_is_no_directory(model_directory):
    for base in (model_directory / "w.bin", model_directory / "missing"):
        with pytest.raises(Error, match="cannot open the external data"):
            read(external(), base)


def test_failures_leave_no_file_open(model_directory):
    (model_directory / "a").mkdir()
    (model_directory / "a" / "link").symlink_to("../../secret")
    os.mkfifo(model_directory / "pipe")
    before = open_files()
    for location in ("a/link", "a/missing", "missing/x", "pipe", "a"):
        with pytest.raises(Error):
            read(external(location), model_directory)
    read(external(), model_directory)
    assert open_files() == before


# What the entries say


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"offset": -1}, "the offset '-1' .* is not a number"),
        ({"length": -24}, "the length '-24' .* is not a number"),
        ({"offset": "1_0"}, "is not a number"),
        ({"offset": " 1"}, "is not a number"),
        ({"offset": "٣"}, "is not a number"),
        ({"length": "1e3"}, "is not a number"),
        ({"length": "9" * 10_000}, "is not a number"),
        ({"offset": 25}, r"offset 25 is past the end of 'w.bin' \(24 bytes\)"),
        ({"offset": 2**62}, "past the end"),
        ({"length": 25}, "25 bytes at offset 0 reach past the end"),
        ({"length": 10**15}, "reach past the end"),
        ({"offset": 8, "length": 24}, "reach past the end"),
        ({"length": 20}, "takes 24 bytes, but its external data in 'w.bin' has 20"),
        ({"offset": 4}, "takes 24 bytes, but its external data in 'w.bin' has 20"),
        ({"__class__": "x"}, "unknown key '__class__'"),
        ({"lenght": "24"}, "did you mean `length`"),
        ({"checksum": "0" * 40}, "does not have the SHA-1 checksum"),
        ({"checksum": "00"}, "is not a SHA-1 digest"),
    ],
)
def test_wrong_entries(keys, message, model_directory):
    with pytest.raises(Error, match=message):
        read(external(**keys), model_directory)


def test_a_key_that_occurs_twice(model_directory):
    tensor = external()
    tensor.external_data.add(key="location", value="../secret")
    with pytest.raises(Error, match="`location` occurs twice"):
        read(tensor, model_directory)


def test_a_location_is_required(model_directory):
    tensor = external()
    del tensor.external_data[:]
    with pytest.raises(Error, match="is missing"):
        read(tensor, model_directory)


def test_the_base_path_of_the_entry_is_never_followed(model_directory):
    assert read(external(basepath=".."), model_directory).tolist() == VALUES.tolist()
    with pytest.raises(Error, match="cannot open"):
        read(external("secret", basepath=".."), model_directory)


def test_the_checksum_is_that_of_the_whole_file_in_any_case(model_directory):
    digest = hashlib.sha1(VALUES.tobytes()).hexdigest()
    reader = TensorReader(model_directory)
    for text in (digest, digest.upper()):
        assert reader.read(external(checksum=text, dims=(1,), offset=20)).tolist() == [5]


def test_external_data_beside_data_of_its_own(model_directory):
    tensor = external()
    tensor.float_data.append(1)
    with pytest.raises(Error, match="external file, but it also has float_data"):
        read(tensor, model_directory)


def test_strings_are_never_external(model_directory):
    with pytest.raises(Error, match="strings cannot"):
        read(external(data_type=TensorProto.STRING), model_directory)


def test_the_size_is_checked_before_the_file_is_opened(model_directory):
    with pytest.raises(Error, match="more than the limit"):
        read(external("missing", dims=(2**40,)), model_directory)


def test_external_parts_of_sparse_tensors_take_the_same_way(model_directory):
    np.array([1, 3], np.int64).tofile(model_directory / "i.bin")
    sparse = SparseTensorProto(
        dims=[4],
        values=external(dims=(2,), length=8),
        indices=external("i.bin", dims=(2,), data_type=TensorProto.INT64),
    )
    assert TensorReader(model_directory).read_sparse(sparse).tolist() == [0, 0, 0, 1]
    sparse.values.external_data[0].value = "../secret"
    with pytest.raises(Error, match="could leave the directory"):
        TensorReader(model_directory).read_sparse(sparse)


@given(st.text(max_size=30) | st.lists(st.sampled_from(["..", ".", "a", "", "\\", "C:"]), max_size=5).map("/".join))
def test_every_accepted_location_stays_inside(location):
    try:
        reference = ExternalReference.parse(external(location).external_data, where="here")
    except Error:
        return
    resolved = os.path.normpath(os.path.join("/base", *reference.location))
    assert resolved.startswith("/base/")


def test_a_system_that_cannot_contain_paths_reads_none(model_directory, monkeypatch):
    monkeypatch.setattr(os, "supports_dir_fd", frozenset())
    with pytest.raises(Error, match="cannot be opened safely on this operating system"):
        read(external(), model_directory)
