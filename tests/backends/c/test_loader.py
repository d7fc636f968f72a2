from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.c.loader import ALIGNMENT, Buffer, Function, Library, aligned_copy, aligned_empty
from couloir.backends.c.toolchain import Compiler
from couloir.ir.errors import Error

SOURCE = """
#include <stdint.h>
#include <string.h>

/* out = a + k * b for float[2][3], where k is the first weight; goes through the workspace. */
int32_t axpy(const void *const *inputs, void *const *outputs, const void *weights, void *workspace) {
  const float *a = inputs[0], *b = inputs[1], *k = weights;
  float *scratch = workspace;
  for (int i = 0; i < 6; ++i) scratch[i] = k[0] * b[i];
  for (int i = 0; i < 6; ++i) ((float *)outputs[0])[i] = a[i] + scratch[i];
  return 0;
}

/* Fails unless every pointer is aligned; without weights that one is null. */
int32_t aligned(const void *const *inputs, void *const *outputs, const void *weights, void *workspace) {
  if (weights != 0) return 1;
  if ((uintptr_t)inputs[0] % 64 || (uintptr_t)outputs[0] % 64 || (uintptr_t)workspace % 64) return 2;
  memcpy(outputs[0], inputs[0], 6 * sizeof(float));
  return 0;
}

/* Two calls at once must not share a workspace. */
int32_t slow(const void *const *inputs, void *const *outputs, const void *weights, void *workspace) {
  (void)weights;
  volatile int32_t *scratch = workspace;
  int32_t tag = *(const int32_t *)inputs[0];
  for (int i = 0; i < 20000000; ++i) {
    if (i == 0) *scratch = tag;
    if (*scratch != tag) return 7;
  }
  *(int32_t *)outputs[0] = tag;
  return 0;
}

int32_t fails(const void *const *inputs, void *const *outputs, const void *weights, void *workspace) {
  (void)inputs, (void)outputs, (void)weights, (void)workspace;
  return -3;
}
"""

F = np.dtype(np.float32)
A, B, OUT = Buffer("a", F, (2, 3)), Buffer("b", F, (2, 3)), Buffer("out", F, (2, 3))


@pytest.fixture(scope="module")
def library(any_compiler: Compiler, tmp_path_factory: pytest.TempPathFactory) -> Library:
    directory = tmp_path_factory.mktemp("library")
    (directory / "f.c").write_text(SOURCE)
    any_compiler.compile([directory / "f.c"], directory / "f.so")
    return Library(directory / "f.so")


@pytest.fixture(scope="module")
def axpy(library: Library) -> Function:
    weights = aligned_copy(np.array([10.0], F))
    return library.function("axpy", inputs=[A, B], outputs=[OUT], weights=weights, workspace_bytes=24)


def values() -> tuple[np.ndarray, np.ndarray]:
    return aligned_copy(np.arange(6, dtype=F).reshape(2, 3)), aligned_copy(np.full((2, 3), 0.5, F))


def test_a_call_computes(axpy: Function) -> None:
    a, b = values()
    (out,) = axpy(a, b)
    np.testing.assert_array_equal(out, a + 10 * b)
    again = aligned_empty((2, 3), F)
    axpy.call_into([a, b], [again])
    np.testing.assert_array_equal(again, out)


def test_a_call_takes_any_layout(library: Library) -> None:
    copy = library.function("aligned", inputs=[A], outputs=[OUT], workspace_bytes=1)
    for array in (
        np.arange(6, dtype=F).reshape(3, 2).T,
        np.arange(12, dtype=F).reshape(2, 6)[:, ::2],
        aligned_empty((7,), F)[1:].reshape(2, 3),
        np.broadcast_to(np.float32(3), (2, 3)),
    ):
        np.testing.assert_array_equal(copy(array)[0], array)


def test_memory_maps_are_kept(library: Library, tmp_path: Path) -> None:
    np.array([10.0], F).tofile(tmp_path / "weights")
    weights = np.memmap(tmp_path / "weights", F, "r")
    function = library.function("axpy", inputs=[A, B], outputs=[OUT], weights=weights, workspace_bytes=24)
    del weights
    a, b = values()
    np.testing.assert_array_equal(function(a, b)[0], a + 10 * b)


def test_threads_have_workspaces_of_their_own(library: Library) -> None:
    number = Buffer("n", np.dtype(np.int32), ())
    slow = library.function("slow", inputs=[number], outputs=[number], workspace_bytes=4)
    slow(np.array(9, np.int32))  # leaves a workspace to be taken by one of them
    results: dict[int, int] = {}
    failures: list[Error] = []

    def work(tag: int) -> None:
        try:
            results[tag] = int(slow(np.array(tag, np.int32))[0])
        except Error as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(tag,)) for tag in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert results == {tag: tag for tag in range(4)}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([], "0 inputs were given, 2 are needed"),
        ([np.zeros((2, 3), F)] * 3, "3 inputs were given"),
        ([np.zeros((2, 3), F), np.zeros((3, 2), F)], r"b: the array has shape \(3, 2\)"),
        ([np.zeros((2, 3), F), np.zeros(6, F)], "b: the array has shape"),
        ([np.zeros((2, 3)), np.zeros((2, 3), F)], "a: the array has dtype float64"),
        ([np.zeros((2, 3), ">f4"), np.zeros((2, 3), F)], "a: the array has dtype >f4"),
        ([np.zeros((2, 3), np.int32), np.zeros((2, 3), F)], "a: the array has dtype int32"),
        ([[[0.0] * 3] * 2, np.zeros((2, 3), F)], "a: this is of type `list`"),
        ([None, np.zeros((2, 3), F)], "a: this is of type `NoneType`"),
    ],
)
def test_bad_arrays(axpy: Function, arrays: list[np.ndarray], message: str) -> None:
    with pytest.raises(Error, match=message):
        axpy(*arrays)
    if len(arrays) == 2:
        ready = [aligned_copy(array) if isinstance(array, np.ndarray) else array for array in arrays]
        with pytest.raises(Error, match=message):
            axpy.call_into(ready, [aligned_empty((2, 3), F)])


def test_in_place_calls_copy_nothing(axpy: Function) -> None:
    a, b = values()
    out = aligned_empty((2, 3), F)
    unaligned = aligned_empty((7,), F)[1:].reshape(2, 3)
    strided = np.zeros((3, 2), F).T
    constant = aligned_copy(a)
    constant.flags.writeable = False
    for inputs, outputs, message in (
        ([strided, b], [out], "a: the array is not dense"),
        ([unaligned, b], [out], "a: the array does not begin"),
        ([a, b], [strided], "out: the array is not dense"),
        ([a, b], [unaligned], "out: the array does not begin"),
        ([a, b], [constant], "out: the array is read-only"),
        ([a], [out], "1 inputs were given"),
        ([a, b], [], "0 outputs were given"),
        ([a, b], [aligned_empty((3, 2), F)], "out: the array has shape"),
        ([a, b], [a], "`out` and `a` overlap"),
        ([a, b], [np.zeros((2, 3))], "out: the array has dtype"),
    ):
        with pytest.raises(Error, match=message):
            axpy.call_into(inputs, outputs)
    axpy.call_into([constant, constant], [out])  # inputs may be read-only, and one array twice


def test_outputs_do_not_overlap_each_other_or_the_weights(library: Library) -> None:
    weights = aligned_copy(np.ones((2, 3), F))
    function = library.function("fails", inputs=[], outputs=[OUT, Buffer("more", F, (2, 3))], weights=weights)
    out = aligned_empty((2, 3), F)
    with pytest.raises(Error, match="`more` and `out` overlap"):
        function.call_into([], [out, out])
    with pytest.raises(Error, match="`weights` and `out` overlap"):
        function.call_into([], [weights, out])


def test_a_status_is_an_error(library: Library) -> None:
    with pytest.raises(Error, match="`fails` failed with status -3"):
        library.function("fails", inputs=[], outputs=[])()


def test_bad_functions(library: Library) -> None:
    for symbol in ("none", "aligned_"):
        with pytest.raises(Error, match="no function"):
            library.function(symbol, inputs=[], outputs=[])
    for symbol in ("", "1", "a b", "a\0", "ü", "__init__()"):
        with pytest.raises(Error, match="not a name of a C function"):
            library.function(symbol, inputs=[], outputs=[])
    with pytest.raises(Error, match="negative"):
        library.function("fails", inputs=[], outputs=[], workspace_bytes=-1)
    with pytest.raises(Error, match="weights: the array does not begin"):
        library.function("fails", inputs=[], outputs=[], weights=aligned_empty((8,), F)[1:])


def test_bad_libraries(tmp_path: Path, any_compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for missing in (Path("none.so"), Path("libm.so.6"), tmp_path):
        with pytest.raises(Error, match="no such library"):
            Library(missing)
    (tmp_path / "text.so").write_text("not a library")
    with pytest.raises(Error, match="cannot be loaded"):
        Library(tmp_path / "text.so")
    (tmp_path / "u.c").write_text("int missing_elsewhere(void);\nint f(void) { return missing_elsewhere(); }\n")
    any_compiler.compile([tmp_path / "u.c"], tmp_path / "u.so")
    with pytest.raises(Error, match="missing_elsewhere"):  # now, rather than in the middle of a call
        Library(tmp_path / "u.so")


# ------------------------------------------------------------------------------------------------ allocation


@given(
    shape=st.lists(st.integers(0, 5), max_size=4),
    dtype=st.sampled_from(["bool", "int8", "float32", "complex128", "bfloat16", "float8_e4m3fn"]),
    alignment=st.sampled_from([1, 2, 64, 4096]),
)
def test_aligned_arrays(shape: list[int], dtype: str, alignment: int) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    element = np.dtype(getattr(ml_dtypes, dtype, dtype))
    array = aligned_empty(shape, element, alignment=alignment)
    assert array.shape == tuple(shape) and array.dtype == element
    assert array.flags.c_contiguous and array.flags.writeable
    assert array.size == 0 or array.ctypes.data % alignment == 0
    ones = np.ones(shape, element)
    assert (aligned_copy(ones, alignment=alignment) == ones).all()


def test_bad_allocations() -> None:
    with pytest.raises(Error, match="negative"):
        aligned_empty((2, -1), F)
    for size in (1 << 48, 1 << 62, 1 << 70):
        with pytest.raises(Error, match="no memory"):
            aligned_empty((size,), F)
    for alignment in (0, 3, -64):
        with pytest.raises(Error, match="power of two"):
            aligned_empty((1,), F, alignment=alignment)
    with pytest.raises(Error, match="Python objects"):
        aligned_empty((1,), object)
    assert ALIGNMENT == 64
