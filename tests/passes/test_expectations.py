"""Checks inside a program: in C they stop it where they stop it on NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import couloir
from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, Executable, compile_program
from couloir.ir.errors import Error
from tests.programs.joining import QUICK, joined

ELEMENTS = {"f32": np.float32, "i8": np.int8, "complex<f32>": np.complex64, "f64": np.float64}
TINY = float(np.finfo(np.float32).smallest_subnormal)


def module(line: str, element: str) -> couloir.Module:
    type = f"tensor<2x2x{element}>"
    return couloir.parse(
        f"func.func @main(%x: {type}, %y: {type}) -> {type} {{\n  {line.replace('TYPE', type)}\n  return %x : {type}\n}}"
    )


def compiled(made: couloir.Module, cache: Path) -> Executable:
    return compile_program(CProgram.of(couloir.lower(made, "loops")), options=QUICK, cache=Cache(cache))


CALL = "stablehlo.custom_call @check.{}(%x, %y) {{{}}} : (TYPE, TYPE) -> ()"
CASES = [
    ("f32", "check.expect_eq %x, %y : TYPE", [1.0, -0.0, np.inf, 2.0], [1.0, 0.0, np.inf, 2.0]),
    ("f32", "check.expect_eq %x, %y : TYPE", [1.0, 0.0, np.nan, 2.0], [1.0, 0.0, np.nan, 2.0]),
    ("i8", "check.expect_eq %x, %y : TYPE", [1, 2, 3, -4], [1, 2, 3, -4]),
    ("i8", CALL.format("expect_eq", ""), [1, 2, 3, -4], [1, 2, 3, 4]),
    ("complex<f32>", CALL.format("expect_eq", ""), [1j, 2, 3, 4], [1j, 2, 3, 4 - 1j]),
    ("f32", "check.expect_almost_eq %x, %y : TYPE", [1.0, np.nan, np.inf, 2.0], [1.00009, np.nan, np.inf, 2.0]),
    ("f32", "check.expect_almost_eq %x, %y : TYPE", [1.0, np.nan, np.inf, 2.0], [1.0, np.nan, -np.inf, 2.0]),
    ("complex<f32>", CALL.format("expect_almost_eq", ""), [1, 2, 3, 4j], [1, 2, 3, 4.0002j]),
    ("complex<f32>", CALL.format("expect_almost_eq", "tolerance = 0.01"), [1, 2, 3, 4j], [1, 2, 3, 4.0002j]),
    ("f32", CALL.format("expect_close", ""), [1.0, TINY, np.nan, 0.0], [np.nextafter(1, 2, dtype=np.float32), -TINY, np.nan, -0.0]),
    ("f32", CALL.format("expect_close", ""), [1.0, 2 * TINY, 1.0, 1.0], [1.0, -2 * TINY, 1.0, 1.0]),
    ("f32", CALL.format("expect_close", ""), [1.0, np.inf, 1.0, 1.0], [1.0, np.finfo(np.float32).max, 1.0, 1.0]),
    ("f64", CALL.format("expect_close", ""), [1.0, 1e300, 1.0, 1.0], [1.0, -1e300, 1.0, 1.0]),
    ("f64", "check.expect_close %x, %y, max_ulp_difference = 9 : TYPE, TYPE", [1 + 9 * 2.0**-52] * 4, [1.0] * 4),
    ("complex<f32>", "check.expect_close %x, %y, max_ulp_difference = 9, min_ulp_difference = 1 : TYPE, TYPE", [1] * 4, [1 + TINY * 1j] * 4),
    ("complex<f32>", "check.expect_close %x, %y, max_ulp_difference = 9, min_ulp_difference = 1 : TYPE, TYPE", [1] * 4, [1] * 4),
]  # fmt: skip
EXPECTED = [True, False, True, False, False, True, False, False, True, True, False, False, False, True, True, False]


def test_the_program_stops_in_c_where_it_stops_on_numpy(tmp_path: Path) -> None:
    holding: list[tuple[couloir.Module, list[Any]]] = []
    for (element, line, left, right), holds in zip(CASES, EXPECTED, strict=True):
        arrays = [np.array(values, ELEMENTS[element]).reshape(2, 2) for values in (left, right)]
        made = module(line, element)
        if holds:
            couloir.run(made, *arrays)
            holding.append((couloir.lower(made, "loops"), arrays))
            continue
        with pytest.raises(Error):
            couloir.run(made, *arrays)
        with pytest.raises(Error, match="the program stops: <text>:2:3: elements are"):
            compiled(made, tmp_path)(*arrays)
    program = CProgram.of(joined([made for made, _ in holding]))
    compile_program(program, options=QUICK, cache=Cache(tmp_path))(*(a for _, arrays in holding for a in arrays))


def test_constants_are_expected_in_functions_and_loops(tmp_path: Path) -> None:
    """The older `check.eq` says that it holds; an expectation in a loop stops it."""
    made = couloir.parse("""
    func.func @main(%x: tensor<f32>, %n: tensor<i32>) -> (tensor<f32>, tensor<i1>) {
      %zero = stablehlo.constant dense<0> : tensor<i32>
      %r:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<f32>
      cond {
        %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      } do {
        check.expect_almost_eq_const %v, dense<1.0> : tensor<f32>, tolerance = 2.0
        %one = stablehlo.constant dense<1> : tensor<i32>
        %j = stablehlo.add %i, %one : tensor<i32>
        %w = stablehlo.add %v, %v : tensor<f32>
        stablehlo.return %j, %w : tensor<i32>, tensor<f32>
      }
      %e = stablehlo.custom_call @check.eq(%x, %x) : (tensor<f32>, tensor<f32>) -> tensor<i1>
      return %r#1, %e : tensor<f32>, tensor<i1>
    }""")
    run = compiled(made, tmp_path)
    value, equal = run(np.float32(1), np.int32(2))
    assert (value, equal) == (4, True)
    with pytest.raises(Error, match=r"more than 2\.0 apart"):
        run(np.float32(1), np.int32(4))
