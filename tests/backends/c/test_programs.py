"""Generated C: readable, clean under sanitizers, usable without Python, and free of anything from the model's text."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import couloir
from couloir.api import c_program
from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.c.toolchain import find_compiler
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error

MODEL = """
func.func @main(%x: tensor<2x3x9x9xf32>, %n: tensor<2x8xi32>) -> (tensor<2x8xf32>, tensor<2x8xi32>) {
  %w = stablehlo.constant dense<0.25> : tensor<8x3x3x3xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %c = "stablehlo.convolution"(%x, %w) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>,
    feature_group_count = 1 : i64, padding = dense<1> : tensor<2x2xi64>, window_strides = array<i64: 2, 2>}>
    : (tensor<2x3x9x9xf32>, tensor<8x3x3x3xf32>) -> tensor<2x8x5x5xf32>
  %b = "stablehlo.broadcast_in_dim"(%zero) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<2x8x5x5xf32>
  %r = "stablehlo.maximum"(%c, %b) : (tensor<2x8x5x5xf32>, tensor<2x8x5x5xf32>) -> tensor<2x8x5x5xf32>
  %p = "stablehlo.reduce_window"(%r, %low) <{padding = dense<1> : tensor<4x2xi64>, window_dimensions = array<i64: 1, 1, 3, 3>, window_strides = array<i64: 1, 1, 2, 2>}> ({
  ^bb0(%a: tensor<f32>, %e: tensor<f32>):
    %m = "stablehlo.maximum"(%a, %e) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%m) : (tensor<f32>) -> ()
  }) : (tensor<2x8x5x5xf32>, tensor<f32>) -> tensor<4x10x3x3xf32>
  %s = "stablehlo.slice"(%p) <{start_indices = array<i64: 1, 1, 0, 0>, limit_indices = array<i64: 3, 9, 3, 3>, strides = array<i64: 1, 1, 1, 1>}>
    : (tensor<4x10x3x3xf32>) -> tensor<2x8x3x3xf32>
  %sum = "stablehlo.reduce"(%s, %zero) <{dimensions = array<i64: 2, 3>}> ({
  ^bb0(%a: tensor<f32>, %e: tensor<f32>):
    %m = "stablehlo.add"(%a, %e) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%m) : (tensor<f32>) -> ()
  }) : (tensor<2x8x3x3xf32>, tensor<f32>) -> tensor<2x8xf32>
  %i = "stablehlo.convert"(%sum) : (tensor<2x8xf32>) -> tensor<2x8xi32>
  %q = "stablehlo.divide"(%i, %n) : (tensor<2x8xi32>, tensor<2x8xi32>) -> tensor<2x8xi32>
  return %sum, %q : tensor<2x8xf32>, tensor<2x8xi32>
}
"""


def inputs() -> list[Any]:
    generator = np.random.default_rng(0)
    divisors = np.array([[0, -1, 1, 2, 3, -3, 7, -(2**31)]] * 2, np.int32)
    return [generator.standard_normal((2, 3, 9, 9)).astype(np.float32), divisors]


@pytest.fixture(scope="module")
def program() -> CProgram:
    return c_program(couloir.parse(MODEL))


def test_the_c_and_the_numpy_backend_agree(program: CProgram, tmp_path: Path) -> None:
    found = compile_program(program, cache=Cache(tmp_path / "cache"))(*inputs())
    expected = couloir.run(couloir.parse(MODEL), *inputs())
    # Sums of 27 products, then of 9 results: a bound for any order of summation.
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=300 * 2**-24 * np.abs(expected[0]).max())
    np.testing.assert_array_equal(found[1], expected[1])


def test_a_standalone_program_builds_with_make_and_runs_without_python(program: CProgram, tmp_path: Path) -> None:
    folder = tmp_path / "out put"  # with a space
    written = program.write(folder)
    assert sorted(p.name for p in written) == [
        "Makefile",
        "main.c",
        "model.c",
        "model.h",
        "model.weights",
        "names.json",
    ]
    compiler = find_compiler()
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    command = ["make", "-C", str(folder), f"CC={' '.join(compiler.command)}"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for number, array in enumerate(inputs()):
        array.tofile(folder / f"in{number}.bin")
    files = ["in0.bin", "in1.bin", "out0.bin", "out1.bin"]
    subprocess.run(["./model", *files], cwd=folder, check=True, timeout=60)
    expected = couloir.run(couloir.parse(MODEL), *inputs())
    found = np.fromfile(folder / "out0.bin", np.float32).reshape(2, 8)
    np.testing.assert_allclose(found, expected[0], rtol=0, atol=300 * 2**-24 * np.abs(expected[0]).max())
    np.testing.assert_array_equal(np.fromfile(folder / "out1.bin", np.int32).reshape(2, 8), expected[1])
    wrong = subprocess.run(["./model"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2 and "usage" in wrong.stderr
    (folder / "in0.bin").write_bytes(b"short")
    short = subprocess.run(["./model", *files], cwd=folder, capture_output=True, text=True, timeout=60)
    assert short.returncode == 1 and "bytes is needed" in short.stderr


def test_the_program_is_clean_under_address_and_undefined_behaviour_sanitizers(
    program: CProgram, tmp_path: Path
) -> None:
    compiler = find_compiler()
    if compiler.kind == "zig":
        pytest.skip("zig has no address sanitizer")
    program.write(tmp_path)
    flags = [
        "-std=c11",
        "-g",
        "-O1",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    build = [*compiler.command, *flags, "main.c", "model.c", "-lm", "-o", "model"]
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if built.returncode != 0 and ("asan" in built.stderr or "ubsan" in built.stderr):
        pytest.skip("the compiler has no sanitizer run time")
    assert built.returncode == 0, built.stderr
    for number, array in enumerate(inputs()):
        array.tofile(tmp_path / f"in{number}.bin")
    files = ["in0.bin", "in1.bin", "out0.bin", "out1.bin"]
    ran = subprocess.run(["./model", *files], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_the_source_compiles_without_a_warning(program: CProgram, tmp_path: Path, name: str) -> None:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    compile_program(program, compiler=find_compiler(path), cache=Cache(tmp_path / "cache"))(*inputs())


def test_the_source_compiles_with_zig(program: CProgram, tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    import sys

    compiler = find_compiler([sys.executable, "-m", "ziglang", "cc"])
    found = compile_program(program, compiler=compiler, cache=Cache(tmp_path / "cache"))(*inputs())
    np.testing.assert_array_equal(found[1], couloir.run(couloir.parse(MODEL), *inputs())[1])


EVIL = 'x;system("id");//'


def test_no_name_of_the_model_reaches_the_c(tmp_path: Path) -> None:
    text = f"""
    func.func @"{EVIL.replace('"', chr(92) + '"')}"(%x: tensor<4xf32> {{onnx.name = "a*/ #include </etc/passwd> /*"}}) -> tensor<4xf32> {{
      %y = "stablehlo.exponential"(%x) : (tensor<4xf32>) -> tensor<4xf32> loc("%s%n*/")
      return %y : tensor<4xf32>
    }}"""
    made = c_program(couloir.parse(text))
    everything = made.source + made.header + made.main
    for word in ("system", "passwd", "%s%n", "include </etc"):
        assert word not in everything
    names = json.loads(made.names)
    assert names["inputs"] == ["a*/ #include </etc/passwd> /*"]
    (found,) = compile_program(made, cache=Cache(tmp_path / "cache"))(np.zeros(4, np.float32))
    assert found.tolist() == [1, 1, 1, 1]


def test_loops_written_by_hand_compile(tmp_path: Path) -> None:
    text = """
    func.func @main(%x: memref<6x7xf32>, %y: memref<7xf32>) {
      %zero = arith.constant 0.0 : f32
      "affine.for"() <{lowerBoundMap = affine_map<() -> (0)>, operandSegmentSizes = array<i32: 0, 0, 0>, step = 1 : index, upperBoundMap = affine_map<() -> (7)>}> ({
      ^bb0(%j: index):
        %s = "affine.for"(%zero) <{lowerBoundMap = affine_map<() -> (0)>, operandSegmentSizes = array<i32: 0, 0, 1>, step = 2 : index, upperBoundMap = affine_map<() -> (6)>}> ({
        ^bb0(%i: index, %acc: f32):
          %v = "affine.load"(%x, %i, %j) <{map = affine_map<(d0, d1) -> (5 - d0, (d1 * 2 + d0) mod 7)>}> : (memref<6x7xf32>, index, index) -> f32
          %t = "arith.addf"(%acc, %v) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
          "affine.yield"(%t) : (f32) -> ()
        }) : (f32) -> f32
        "affine.store"(%s, %y, %j) <{map = affine_map<(d0) -> (d0)>}> : (f32, memref<7xf32>, index) -> ()
        "affine.yield"() : () -> ()
      }) : () -> ()
      return
    }"""
    x = np.random.default_rng(0).integers(-9, 9, (6, 7)).astype(np.float32)
    (found,) = compile_program(CProgram.of(_module(text)), cache=Cache(tmp_path / "cache"))(x)
    expected = [sum(x[5 - i, (j * 2 + i) % 7] for i in range(0, 6, 2)) for j in range(7)]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


def _module(text: str) -> ModuleOp:
    return couloir.parse(text)


def test_a_function_that_calls_itself_is_refused() -> None:
    text = """
    func.func @main(%x: memref<1xf32>) {
      call @main(%x) : (memref<1xf32>) -> ()
      return
    }"""
    with pytest.raises(Error, match="calls itself"):
        CProgram.of(_module(text))


def test_ops_that_c_does_not_take_are_all_reported() -> None:
    with pytest.raises(Error, match="cannot be lowered to C") as caught:
        CProgram.of(_module(MODEL))
    assert "stablehlo.convolution" in str(caught.value) and "stablehlo.divide" in str(caught.value)


def test_a_module_without_a_function_says_what_it_has() -> None:
    with pytest.raises(Error, match="no public function"):
        CProgram.of(ModuleOp.empty([]))


def test_arrays_of_the_wrong_count_shape_or_dtype_are_refused(program: CProgram, tmp_path: Path) -> None:
    model = compile_program(program, cache=Cache(tmp_path / "cache"))
    x, n = inputs()
    for wrong, said in (
        ([x], "1 inputs were given"),
        ([x[0], n], "shape"),
        ([x.astype(np.float64), n], "dtype"),
        ([x.tolist(), n], "list"),
    ):
        with pytest.raises(Error, match=said):
            model(*wrong)


def test_nothing_half_written_stays_when_the_directory_cannot_be_written(program: CProgram, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("x")
    with pytest.raises(Error, match="cannot write"):
        program.write(target / "below")
    assert os.listdir(tmp_path) == ["file"]


def test_the_cache_compiles_once(program: CProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from couloir.backends.c.toolchain import Compiler

    cache = Cache(tmp_path / "cache")
    compile_program(program, cache=cache)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Compiler, "compile", refuse)
    compile_program(program, cache=cache)(*inputs())
    other = c_program(couloir.parse(MODEL.replace("dense<0.25>", "dense<0.5>")))
    compile_program(other, cache=cache)  # other weights, the same code


def test_a_function_that_returns_its_argument(tmp_path: Path) -> None:
    text = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
    x = np.arange(4, dtype=np.float32)
    (found,) = compile_program(c_program(couloir.parse(text)), cache=Cache(tmp_path / "cache"))(x)
    np.testing.assert_array_equal(found, x)


def test_functions_of_tensors_are_refused_by_the_emitter() -> None:
    text = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
    with pytest.raises(Error, match="cannot be lowered to C"):
        CProgram.of(couloir.parse(text))


STRUCTURED = """
func.func @main(%x: memref<8xi32>, %n: memref<3xindex>, %out: memref<6xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %lower = memref.load %n[%c0] : memref<3xindex>
  %upper = memref.load %n[%c1] : memref<3xindex>
  %step = memref.load %n[%c2] : memref<3xindex>
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  // Two values that change places in each iteration.
  %f:2 = scf.for %i = %lower to %upper step %step iter_args(%a = %zero, %b = %one) -> (i64, i64) {
    %v = arith.index_cast %i : index to i64
    %s = arith.addi %b, %v : i64
    scf.yield %s, %a : i64, i64
  }
  memref.store %f#0, %out[%c0] : memref<6xi64>
  memref.store %f#1, %out[%c1] : memref<6xi64>
  // Collatz: how often until 1.
  %first = memref.load %x[%c0] : memref<8xi32>
  %wide = arith.extsi %first : i32 to i64
  %w:2 = scf.while (%k = %wide, %t = %zero) : (i64, i64) -> (i64, i64) {
    %more = arith.cmpi sgt, %k, %one : i64
    scf.condition(%more) %t, %k : i64, i64
  } do {
  ^bb0(%t: i64, %k: i64):
    %bit = arith.andi %k, %one : i64
    %odd = arith.cmpi eq, %bit, %one : i64
    %next = scf.if %odd -> (i64) {
      %three = arith.constant 3 : i64
      %m = arith.muli %k, %three : i64
      %p = arith.addi %m, %one : i64
      scf.yield %p : i64
    } else {
      %h = arith.shrsi %k, %one : i64
      scf.yield %h : i64
    }
    %u = arith.addi %t, %one : i64
    scf.yield %next, %u : i64, i64
  }
  memref.store %w#0, %out[%c2] : memref<6xi64>
  memref.store %w#1, %out[%c3] : memref<6xi64>
  // Unsigned bounds: -3 is large; the variable would run over after the last iteration.
  %low = arith.constant -3 : i32
  %high = arith.constant -1 : i32
  %two = arith.constant 2 : i32
  %g = scf.for unsigned %i = %low to %high step %two iter_args(%a = %zero) -> (i64) : i32 {
    %v = arith.extui %i : i32 to i64
    %s = arith.addi %a, %v : i64
    scf.yield %s : i64
  }
  memref.store %g, %out[%c4] : memref<6xi64>
  %none = scf.for %i = %c5 to %c0 step %c1 iter_args(%a = %one) -> (i64) {
    scf.yield %zero : i64
  }
  memref.store %none, %out[%c5] : memref<6xi64>
  return
}
"""


@pytest.mark.parametrize(
    "bounds",
    [
        (0, 7, 2),
        (0, 7, 1),
        (-5, 5, 3),
        (5, -5, 1),
        (2**63 - 3, 2**63 - 1, 2),
        (-(2**63), 2**63 - 1, 2**62),
    ],
)
def test_loops_and_branches_that_carry_values(tmp_path: Path, bounds: tuple[int, int, int]) -> None:
    module = couloir.parse(STRUCTURED)
    x, n = np.array([27] + [0] * 7, np.int32), np.array(bounds, np.int64)
    found, expected = np.zeros(6, np.int64), np.zeros(6, np.int64)
    couloir.run(module, x, n, expected)
    (found,) = compile_program(CProgram.of(module), cache=Cache(tmp_path / "cache"))(x, n)
    np.testing.assert_array_equal(found, expected)
    assert found[2:].tolist() == [111, 1, 2**32 - 3, 1]
