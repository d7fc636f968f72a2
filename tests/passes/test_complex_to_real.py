"""Complex numbers as pairs of real ones: arithmetic, special values, structure, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import chlo, func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import ComparisonDirection, DotDimensionNumbers
from couloir.dialects.shapes import inside
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import ComplexType, TensorType, f32, f64
from couloir.passes.checking import NumericCheck
from couloir.passes.complex_to_real import ComplexToReal
from tests.passes.loop_programs import OPTIONS, agree, lowered, program, run_sanitized

FUNCTIONS: Final[Sequence[Any]] = (
    hlo.Negate,
    hlo.Sign,
    hlo.Exponential,
    hlo.ExponentialMinusOne,
    hlo.Log,
    hlo.LogPlusOne,
    hlo.Sqrt,
    hlo.Rsqrt,
    hlo.Cbrt,
    hlo.Sine,
    hlo.Cosine,
    hlo.Tan,
    hlo.Tanh,
    hlo.Logistic,
    hlo.Abs,
    hlo.Real,
    hlo.Imag,
    chlo.Conj,
    chlo.Square,
    chlo.Sinh,
    chlo.Cosh,
    chlo.Tan,
    chlo.Acos,
    chlo.Acosh,
    chlo.Asin,
    chlo.Asinh,
    chlo.Atan,
    chlo.Atanh,
)
OPERATORS: Final[Sequence[Any]] = (
    hlo.Add,
    hlo.Subtract,
    hlo.Multiply,
    hlo.Divide,
    hlo.Power,
    hlo.Atan2,
    hlo.Maximum,
    hlo.Minimum,
)


def numbers(shape: Sequence[int], dtype: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def in_c(module: ModuleOp, arrays: Sequence[Any], cache: Path) -> Any:
    return compile_program(CProgram.of(lowered(module)), options=OPTIONS, cache=Cache(cache))(*arrays)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_functions_agree_with_numpy(dtype: Any, tmp_path: Path) -> None:
    """A few roundings each, relative to the largest result: 16 units in the last place."""
    x, y = numbers((3, 5), dtype), numbers((3, 5), dtype, 1)

    def body(a: Any, b: Any) -> list[Any]:
        compared = [hlo.Compare(a, b, direction) for direction in ComparisonDirection]
        equal = [hlo.Compare(a, a, direction) for direction in ComparisonDirection]
        return [*(f(a) for f in FUNCTIONS), *(f(a, b) for f in OPERATORS), *compared, *equal]

    agree(program([x, y], body), [x, y], tmp_path, tolerance=16 * float(np.finfo(dtype).eps))


def test_parts_of_real_numbers(tmp_path: Path) -> None:
    x = np.array([1.5, -0.0, np.inf, np.nan], np.float32)
    agree(program([x], lambda a: [hlo.Real(a), hlo.Imag(a), chlo.Conj(a)]), [x], tmp_path)


INFINITY: Final = float("inf")
SPECIAL: Final = (0.0, -0.0, 1.0, -2.5, INFINITY, -INFINITY, float("nan"), 1e30, 1e-30)


def parts(array: Any) -> Any:
    return np.ascontiguousarray(array).view(array.real.dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("f", "name"), [(hlo.Divide, "div"), (hlo.Sign, "sign"), (hlo.Log, "log"), (hlo.Abs, "abs")])
def test_special_values_are_those_of_xla(f: Callable[..., Any], name: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    values = SPECIAL if name != "div" else SPECIAL[:-2]  # no sums that cancel: they depend on fused rounding
    grid = np.array([complex(a, b) for a in values for b in values], np.complex64)
    if name in ("abs", "log"):  # where one part is infinite and the other NaN, XLA gives NaN, C and NumPy infinity
        grid = grid[~((np.isinf(grid.real) & np.isnan(grid.imag)) | (np.isnan(grid.real) & np.isinf(grid.imag)))]
    arrays = [grid] if name != "div" else [a.ravel() for a in np.meshgrid(grid, grid)]
    (found,) = in_c(program(arrays, f), arrays, tmp_path)
    wanted = np.asarray(jax.jit(getattr(jax.lax, name))(*arrays))
    np.testing.assert_allclose(parts(found), parts(wanted), rtol=2e-6, atol=2e-6 if name == "div" else 0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_products_of_special_values_are_those_of_numpy(tmp_path: Path) -> None:
    grid = np.array([complex(a, b) for a in SPECIAL[:-2] for b in SPECIAL[:-2]], np.complex64)
    arrays = [a.ravel() for a in np.meshgrid(grid, grid)]
    (found,) = in_c(program(arrays, hlo.Multiply), arrays, tmp_path)
    np.testing.assert_array_equal(parts(found), parts(np.multiply(*arrays)))


def test_extremes_of_special_values_are_those_of_numpy(tmp_path: Path) -> None:
    grid = np.array([complex(a, b) for a in SPECIAL for b in SPECIAL], np.complex64)
    arrays = [a.ravel() for a in np.meshgrid(grid, grid)]
    agree(program(arrays, lambda a, b: [hlo.Maximum(a, b), hlo.Minimum(a, b)]), arrays, tmp_path)


def loop(a: Any, b: Any) -> Any:
    """a * b^5 by a loop that carries a complex number."""
    zero = hlo.constant(np.int32(0)).output
    types = [zero.type, a.type]
    condition, body = Block(types), Block(types)
    with inside(condition):
        end = hlo.constant(np.int32(5))
        hlo.Return([hlo.Compare(condition.arguments[0], end.output, ComparisonDirection.LT).result])
    with inside(body):
        following = hlo.Add(body.arguments[0], hlo.constant(np.int32(1)).output).result
        hlo.Return([following, hlo.Multiply(body.arguments[1], b).result])
    return hlo.While([zero, a], Region([condition]), Region([body])).results[1]


def ordered(a: Any, b: Any) -> Any:
    """Numbers, and complex ones in their order from small to large, with another tensor."""
    complex_scalar = TensorType((), a.type.element_type)
    block = Block([TensorType((), f32), TensorType((), f32), *[complex_scalar] * 4])
    with inside(block):
        hlo.Return([hlo.Compare(block.arguments[2], block.arguments[3], ComparisonDirection.LT).result])
    return hlo.Sort([hlo.Real(b).result, a, b], 1, True, Region([block]))


def mapped(a: Any, b: Any) -> Any:
    """a * b + a, by a map."""
    scalar = TensorType((), a.type.element_type)
    block = Block([scalar, scalar])
    with inside(block):
        product = hlo.Multiply(*block.arguments).result
        hlo.Return([hlo.Add(product, hlo.constant(np.complex64(1 + 2j)).output).result])
    return hlo.Map([a, b], (0, 1), Region([block]))


def pooled(a: Any) -> Any:
    """Sums of ones where windows have their largest numbers; a window is wholly outside."""
    scalar = TensorType((), a.type.element_type)
    select, scatter = Block([scalar, scalar]), Block([scalar, scalar])
    with inside(select):
        hlo.Return([hlo.Compare(*select.arguments, ComparisonDirection.GE).result])
    with inside(scatter):
        hlo.Return([hlo.Add(*scatter.arguments).result])
    source = hlo.constant(numbers((3, 4), np.complex64, 5)).output
    init = hlo.constant(np.complex64(0.5j)).output
    return hlo.SelectAndScatter(
        a, source, init, (2, 2), (1, 2), ((0, 1), (2, 2)), select=Region([select]), scatter=Region([scatter])
    )


def cast(a: Any) -> list[Any]:
    """The bits of complex numbers as others, wider and narrower."""
    wide = hlo.bitcast_convert(a, ComplexType(f64)).result
    return [wide, hlo.bitcast_convert(wide, ComplexType(f32)), hlo.BitcastConvert(a, result_types=[a.type])]


def structure(a: Any, b: Any, weights: Any) -> list[Any]:
    zero = hlo.constant(np.complex64(0)).output
    place = hlo.constant(np.int32(1)).output
    positive = hlo.Compare(hlo.Real(a).result, hlo.Imag(a).result, ComparisonDirection.GT).result
    fixed = hlo.constant(numbers((3, 4), np.complex64, 9)).output
    return [
        loop(a, b),
        hlo.reduce(a, hlo.constant(np.complex64(1 + 2j)), [1], "multiply").results[0],
        hlo.reduce(a, zero, [0], "add").results[0],
        hlo.DotGeneral(a, weights, DotDimensionNumbers((), (), (1,), (0,))),
        hlo.Transpose(a, (1, 0)),
        hlo.Reverse(a, (1,)),
        hlo.Concatenate([a, b], 0),
        *ordered(a, b).outputs,
        hlo.Slice(a, (0, 1), (3, 3), (1, 1)),
        hlo.Pad(a, zero, (1, 0), (0, 1), (0, 1)),
        hlo.DynamicSlice(a, [place, place], (2, 2)),
        hlo.DynamicUpdateSlice(a, hlo.Slice(b, (0, 0), (2, 2), (1, 1)).result, [place, place]),
        hlo.Select(positive, a, b),
        hlo.Multiply(fixed, a),
        hlo.convert(hlo.Real(a).result, a.type.element_type),
        hlo.convert(a, ComplexType(f64)),
        mapped(a, b),
        pooled(a),
        *cast(hlo.Slice(a, (0, 0), (3, 2), (1, 1)).result),
        hlo.iota((2, 3), ComplexType(f32), 1),
        hlo.broadcast_in_dim(hlo.constant(np.complex64(2 - 1j)).output, (2, 2), ()),
    ]


def test_structure(tmp_path: Path) -> None:
    """What moves, sums and repeats complex numbers; 64 units in the last place for the products of a loop."""
    arrays = [numbers((3, 4), np.complex64), numbers((3, 4), np.complex64, 1), numbers((4, 2), np.complex64, 2)]
    agree(program(arrays, structure), arrays, tmp_path, tolerance=64 * 2.0**-23)


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    arrays = [numbers((3, 4), np.complex64), numbers((3, 4), np.complex64, 1), numbers((4, 2), np.complex64, 2)]
    module = program(arrays, structure)
    for one, other in zip(run_sanitized(module, arrays, tmp_path), evaluate(module, *arrays), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=64 * 2.0**-23 * np.abs(other).max())


def test_a_function_takes_both_parts_in_a_last_dimension() -> None:
    module = program([numbers((2, 3), np.complex64)], hlo.Negate)
    function = next(op for op in lowered(module).functions if isinstance(op, func.FuncOp) and not op.is_private)
    assert str(function.function_type) == "(memref<2x3x2xf32>, memref<2x3x2xf32>) -> ()"
    assert str(function.attributes["couloir.signature"]) == "(tensor<2x3xcomplex<f32>>) -> tensor<2x3xcomplex<f32>>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "func.func @main(%x: tensor<?xcomplex<f32>>) -> tensor<?xcomplex<f32>> {\n"
            "  %y = stablehlo.negate %x : tensor<?xcomplex<f32>>\n  return %y : tensor<?xcomplex<f32>>\n}",
            "is not known",
        ),
        (
            "func.func @main(%x: tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>> {\n"
            '  %y = "chlo._asin_acos_kernel"(%x) : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>\n'
            "  return %y : tensor<2xcomplex<f32>>\n}",
            "chlo._asin_acos_kernel",
        ),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(Error, match=message):
        lowered(parse_module_op(text))


def test_each_pass_can_be_checked() -> None:
    """Functions of complex numbers are run the same way before and after they became functions of real ones."""
    module = program([numbers((2, 3), np.complex64)], lambda a: [hlo.Exponential(a), hlo.Abs(a)])
    check = NumericCheck(module)
    loops = lowered(module)
    check(loops)
    assert not check.skipped
    assert check.compared


def test_why_an_op_is_not_lowered() -> None:
    text = (
        "func.func @main(%x: tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>> {\n"
        '  %y = "chlo._asin_acos_kernel"(%x) : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>\n'
        "  return %y : tensor<2xcomplex<f32>>\n}"
    )
    module = parse_module_op(text)
    op = next(op for op in module.walk() if op.name == "chlo._asin_acos_kernel")
    assert "no rule" in str(ComplexToReal().why_not(op))
