"""LAPACK's routines as custom calls, against XLA's kernels, which call the same LAPACK."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy import custom_call
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.hlo.lapack import ELSEWHERE, SIGNATURES, TARGETS, call_lapack
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.text.parser import parse_module_op
from couloir.passes.decompose import Decompose
from tests.backends.numpy.programs import program
from tests.backends.numpy.xla import run_on_xla
from tests.lapack_calls import DTYPES, Call, call_results, calls, hermitian, module_of, numbers, unwritten

pytest.importorskip("scipy", reason="SciPy is not installed: pip install couloir[scipy]")


def compare(cases: Sequence[Call]) -> None:
    module, operands = module_of(cases)
    found, expected = list(evaluate(module, *operands)), run_on_xla(module, *operands)
    for case in cases:
        routine, given, _ = case
        count = len(call_results(case))
        for place in range(count):
            mine, theirs = found.pop(0), expected.pop(0)
            if place in unwritten(case):
                continue
            eps = np.finfo(given[-1 if routine != "geqp3" else 0].dtype).eps
            scale = max(1.0, float(np.abs(theirs).max(initial=0)))
            np.testing.assert_allclose(
                mine, theirs, rtol=0, atol=64 * eps * scale, err_msg=f"{case[0]} {case[2]} {place}"
            )
    assert not found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("m", "n", "batch"), [(5, 3, (2,)), (3, 5, ()), (1, 1, ()), (4, 4, (2, 1))])
def test_agrees_with_xla(dtype: Any, m: int, n: int, batch: tuple[int, ...]) -> None:
    compare(calls(dtype, m, n, batch))


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_agrees_with_xla_on_what_fails(dtype: Any) -> None:
    """Singular and indefinite matrices and ones with NaNs: the number that says so is XLA's."""
    bad = numbers((4, 3, 3), dtype)
    bad[0, 1, 1] = np.nan
    bad[1] = 0
    bad[2] = -np.eye(3)
    bad[3, 2] = bad[3, 1]
    cases: list[Call] = [
        ("getrf", [bad], {}),
        ("potrf", [bad], {"uplo": "L"}),
        ("syevd", [bad], {"uplo": "U", "mode": "V"}),
        ("gesdd", [bad], {"mode": "S", "sizes": {"u": 3, "v": 3}}),
        ("gesvd", [bad], {"mode": "A", "sizes": {"u": 3, "v": 3}}),
        ("geev", [bad], {"compute_left": "N", "compute_right": "V"}),
        ("gees", [bad], {"mode": "V", "sort": "N"}),
        ("gtsv", [bad[:, 0], bad[:, 1] * 0, bad[:, 2], bad], {}),
    ]
    module, operands = module_of(cases)
    found, expected = evaluate(module, *operands), run_on_xla(module, *operands)
    infos = [place for place, array in enumerate(expected) if array.dtype == np.int32 and array.shape == (4,)]
    assert [found[place].tolist() for place in infos] == [expected[place].tolist() for place in infos]
    assert any(expected[place].any() for place in infos)


def test_values_that_lie_by_rows() -> None:
    """Without layouts the routine reads rows where it looks for columns, as XLA's kernel does."""
    cases: list[Call] = [
        ("getrf", [numbers((2, 3, 4), np.float32)], {}),
        ("syevd", [hermitian(3, np.complex64)], {"uplo": "U", "mode": "V"}),
        ("trsm", [hermitian(3, np.float64), numbers((3, 4), np.float64)], {"side": "L", "uplo": "U", "trans_x": "N", "diag": "N"}),
    ]  # fmt: skip
    module, operands = module_of(cases)
    for op in module.walk():
        if op.name == "stablehlo.custom_call":
            del op.attributes["operand_layouts"], op.attributes["result_layouts"]
    for mine, theirs in zip(evaluate(module, *operands), run_on_xla(module, *operands), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("m", "n", "batch"), [(0, 3, ()), (3, 0, (2,)), (0, 0, ()), (3, 2, (0,))])
def test_empty_matrices(m: int, n: int, batch: tuple[int, ...]) -> None:
    """Nothing is computed, nothing fails; bases that no vector determines are those of the space."""
    a = np.ones((*batch, m, n), np.float32)
    cases: list[Call] = [
        ("geqrf", [a], {}),
        ("getrf", [a], {}),
        ("geqp3", [a, np.zeros((*batch, n), np.int32)], {}),
        ("orgqr", [np.ones((*batch, 3, 2), np.float32), np.ones((*batch, 0), np.float32)], {}),
        ("gesdd", [a], {"mode": "A", "sizes": {"u": m, "v": n}}),
        ("syevd", [a[..., :0, :0]], {"uplo": "L", "mode": "V"}),
        ("geev", [a[..., :0, :0]], {"compute_left": "V", "compute_right": "V"}),
        ("potrf", [a[..., :0, :0]], {"uplo": "L"}),
        ("gehrd", [a[..., :0, :0]], {"low": 1, "high": 0}),
    ]
    module, operands = module_of(cases)
    found = evaluate(module, *operands)
    assert [array.shape for array in found] == [t.shape for t in module.body.first_op.function_type.results]
    place = next(i for i, array in enumerate(found) if array.shape == (*batch, 3, 2) and i > 6)
    assert (found[place] == np.eye(3, 2)).all()
    if not batch or batch[0]:
        u, v = found[place + 3], found[place + 4]
        assert (u == np.eye(m)).all()
        assert (v == np.eye(n)).all()


CALL = '"stablehlo.custom_call"({operands}) <{{call_target_name = "lapack_{target}_ffi"}}> {{mhlo.backend_config = {{{options}}}}} : {type}'
BAD = {
    "too few results": ("sgeqrf", "", "(tensor<3x2xf32>) -> tensor<3x2xf32>", "1 operands and 1 results"),
    "a wrong size": ("sgeqrf", "", "(tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3xf32>)", "`tensor<3xf32>` for `k`"),
    "a wrong type": ("dgeqrf", "", "(tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<2xf32>)", "`tensor<3x2xf32>` for `m n`"),
    "another batch": ("sgeqrf", "", "(tensor<3x2xf32>) -> (tensor<4x3x2xf32>, tensor<2xf32>)", "for `m n`"),
    "no letter": ("spotrf", "", "(tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<i32>)", "`uplo` is None"),
    "another letter": ("spotrf", "uplo = 90 : ui8", "(tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<i32>)", "`uplo` is 90"),
    "no such rows": (
        "sgehrd",
        "low = 1 : i32, high = 4 : i32",
        "(tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<2xf32>, tensor<i32>)",
        "sizes and options",
    ),
    "an operand is missing": ("sorgqr", "", "(tensor<3x2xf32>) -> tensor<3x2xf32>", "1 operands"),
    "not square": ("spotrf", "uplo = 76 : ui8", "(tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<i32>)", "for `n n`"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_calls_that_do_not_fit(name: str) -> None:
    target, options, type, message = BAD[name]
    operand = type[1 : type.index(")")]
    call = CALL.format(operands="%a", target=target, options=options, type=type)
    results = type.partition("-> ")[2]
    count = results.count("tensor")
    values = ", ".join(f"%0#{i}" for i in range(count)) if count > 1 else "%0"
    text = f"func.func @main(%a: {operand}) -> {results} {{\n  %0{f':{count}' if count > 1 else ''} = {call}\n  return {values} : {results.strip('()')}\n}}"
    shape, dtype = operand[7:-1].rpartition("x")[::2]
    array = np.ones([int(size) for size in shape.split("x")], {"f32": np.float32, "f64": np.float64}[dtype])
    with pytest.raises(Error, match=message):
        evaluate(parse_module_op(text), array)


def test_every_routine_is_tested() -> None:
    assert {routine for routine, _, _ in calls(np.float32, 3, 2)} == set(SIGNATURES)
    assert len(TARGETS) == 4 * len(SIGNATURES)


JAX_FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "det": lambda jnp, a: jnp.linalg.det(a),
    "eig": lambda jnp, a: jnp.linalg.eig(a),
    "eigh": lambda jnp, a: jnp.linalg.eigh(a),
    "inv": lambda jnp, a: jnp.linalg.inv(a),
    "cholesky": lambda jnp, a: jnp.linalg.cholesky(a),
    "lstsq": lambda jnp, a: jnp.linalg.lstsq(a[0], a[1]),
    "pinv": lambda jnp, a: jnp.linalg.pinv(a),
    "qr": lambda jnp, a: jnp.linalg.qr(a[..., :2]),
    "solve": lambda jnp, a: jnp.linalg.solve(a, a[..., :2]),
    "svd": lambda jnp, a: jnp.linalg.svd(a[..., :2]),
}


def test_text_that_jax_prints() -> None:
    """What `jax.jit(f).lower(...).as_text()` holds on CPUs runs as it is."""
    jax = pytest.importorskip("jax")
    a = hermitian(3, np.complex64, (2,))

    def together(x: Any) -> list[Any]:
        return [f(jax.numpy, x) for f in JAX_FUNCTIONS.values()]

    lowered = jax.jit(together).lower(a)
    found = evaluate(parse_module_op(lowered.as_text()), a)
    expected = jax.tree_util.tree_leaves(lowered.compile()(a))
    for mine, theirs in zip(found, expected, strict=True):
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=256 * np.finfo(np.float32).eps * scale)


ELSEWHERE_TEXT = """
func.func @main(%a: tensor<2x3x3xf32>) -> (tensor<2x3x3xf32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<2x4xi32>) {
  %lu:3 = stablehlo.custom_call @LuDecomposition(%a) : (tensor<2x3x3xf32>) -> (tensor<2x3x3xf32>, tensor<2x3xi32>, tensor<2x3xi32>)
  %eigh:2 = stablehlo.custom_call @Eigh(%a) {backend_config = "0,1,100,1e-6"} : (tensor<2x3x3xf32>) -> (tensor<2x3x3xf32>, tensor<2x3xf32>)
  %qr:2 = stablehlo.custom_call @Qr(%a) : (tensor<2x3x3xf32>) -> (tensor<2x3x3xf32>, tensor<2x3xf32>)
  %q = stablehlo.custom_call @ProductOfElementaryHouseholderReflectors(%qr#0, %qr#1) : (tensor<2x3x3xf32>, tensor<2x3xf32>) -> tensor<2x3x3xf32>
  %order = stablehlo.custom_call @cu_lu_pivots_to_permutation(%lu#1) : (tensor<2x3xi32>) -> tensor<2x4xi32>
  return %lu#0, %lu#1, %lu#2, %eigh#0, %eigh#1, %qr#0, %qr#1, %q, %order : tensor<2x3x3xf32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<2x4xi32>
}
"""
"""What JAX calls on TPUs, and one of its calls on GPUs."""


@pytest.mark.parametrize("way", ["LAPACK", "written out"])
def test_calls_of_other_platforms(way: str) -> None:
    """By the definitions of the factorizations; rows count from 0, and one triangle is read."""
    a = numbers((2, 3, 3), np.float32)
    module = parse_module_op(ELSEWHERE_TEXT)
    if way == "written out":
        PassPipeline.of(Decompose()).run(module, verify_each=True)
    lu, pivots, rows, vectors, values, packed, _, q, order = evaluate(module, a)
    low, high = np.tril(lu, -1) + np.eye(3), np.triu(lu)
    np.testing.assert_allclose(low @ high, np.take_along_axis(a, rows[..., None], 1), rtol=0, atol=1e-5)
    assert (pivots[:, 0] == rows[:, 0]).all()
    assert order.tolist() == [[*row, 3] for row in rows.tolist()]
    whole = np.triu(a) + np.swapaxes(np.triu(a, 1), 1, 2)
    np.testing.assert_allclose(whole @ vectors, vectors * values[:, None], rtol=0, atol=1e-5)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(whole), rtol=0, atol=1e-5)
    np.testing.assert_allclose(q @ np.triu(packed), a, rtol=0, atol=1e-5)


def test_singular_systems_with_three_diagonals() -> None:
    """Solutions are finite, and point to where the matrix sends nothing; JAX's own kernel agrees."""
    operands = [numbers((2, 5), np.float64, seed) for seed in range(3)] + [numbers((2, 5, 2), np.float64, 3)]
    operands[1][1], operands[0][1, 3] = 0, 0
    module = program(operands, lambda *values: list(call_lapack("tridiagonal_solve_perturbed", *values).results))
    written = module.clone()
    PassPipeline.of(Decompose()).run(written, verify_each=True)
    (expected,) = run_on_xla(module, *operands)
    for m in (module, written):
        (found,) = evaluate(m, *operands)
        assert np.isfinite(found).all()
        one, other = (array / np.abs(array).max(axis=1, keepdims=True) for array in (found, expected))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


def test_annotations_are_the_tensor() -> None:
    text = (
        "func.func @main(%a: tensor<2xf32>) -> tensor<RESULTxf32> {\n"
        "  %0 = stablehlo.custom_call @Sharding(%a) : (tensor<2xf32>) -> tensor<RESULTxf32>\n"
        "  return %0 : tensor<RESULTxf32>\n}"
    )
    module = parse_module_op(text.replace("RESULT", "2"))
    (found,) = evaluate(module, np.array([1, 2], np.float32))
    assert found.tolist() == [1, 2]
    PassPipeline.of(Decompose()).run(module, verify_each=True)
    assert not any(op.name == "stablehlo.custom_call" for op in module.walk())
    with pytest.raises(Error, match="one of several devices"):
        evaluate(parse_module_op(text.replace("RESULT", "1")), np.array([1, 2], np.float32))


def test_unknown_targets_are_reported_with_known_ones() -> None:
    text = "func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {{\n  %0 = stablehlo.custom_call @{}(%a) : (tensor<2xf32>) -> tensor<2xf32>\n  return %0 : tensor<2xf32>\n}}"
    with pytest.raises(Error) as caught:
        evaluate(parse_module_op(text.format("Shardin")), np.ones(2, np.float32))
    assert "`@Shardin`: did you mean `Sharding`?" in caught.value.notes
    assert any("known targets: " in note and "@lapack_*" in note for note in caught.value.notes)
    assert "custom_call" in (caught.value.hint or "")
    custom_call("tests.lapack.twice")(lambda xp, op, x: xp.apply("add", x, x))
    (found,) = evaluate(parse_module_op(text.format("tests.lapack.twice")), np.ones(2, np.float32))
    assert found.tolist() == [2, 2]


def texts_of_jax() -> list[Any]:
    """The programs that JAX keeps to see that it still runs them: (name, text, inputs, results)."""
    package = pytest.importorskip("jax._src.internal_test_util.export_back_compat_test_data")
    found: list[Any] = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.split("_")[0] not in ("cpu", "cuda", "gpu", "rocm", "tpu"):
            continue
        contents = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
        stack = [value for name, value in contents.items() if name.startswith("data")]
        while stack:
            item = stack.pop()
            if isinstance(item, dict) and "mlir_module_text" in item:
                found.append((module.name, item["mlir_module_text"], item["inputs"], item["expected_outputs"]))
            elif isinstance(item, dict | list | tuple):
                stack += item.values() if isinstance(item, dict) else item
    return found


OPEN = ("eig_", "eigh_", "svd_", "schur_")
"""Programs whose matrices are singular, and vectors not determined: of those the values are compared."""


def test_programs_that_jax_keeps() -> None:
    """Texts of older versions, of CPUs and GPUs, with the results that JAX had: every one whose targets are LAPACK's."""
    known, ran = {*TARGETS, *ELSEWHERE}, set[str]()
    for name, text, inputs, expected in texts_of_jax():
        targets = set(re.findall(r"custom_call @([\w.]+)", text))
        if not targets or not targets <= known or "tuple<" in text:
            continue
        found = evaluate(parse_module_op(text), *map(np.asarray, inputs))
        ran |= targets
        for mine, theirs in zip(found, expected, strict=True):
            theirs = np.asarray(theirs)
            if any(part in name for part in OPEN) and mine.ndim > 1 and mine.shape[-1] == mine.shape[-2]:
                continue
            scale = max(1.0, float(np.abs(theirs).max(initial=0)))
            eps = float(np.finfo(theirs.dtype).eps) if theirs.dtype.kind in "fc" else 0
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=256 * eps * scale, err_msg=name)
    assert len([target for target in ran if target.startswith("lapack_")]) >= 40
    assert {"cusolver_getrf_ffi", "cusolver_gesvdj_ffi", "cu_lu_pivots_to_permutation", "cusparse_gtsv2_ffi"} <= ran


@pytest.mark.parametrize("whole", [True, False])
def test_right_vectors_of_gpus_are_columns(whole: bool) -> None:
    a = numbers((2, 4, 3), np.complex128)
    module = program(
        [a],
        lambda x: list(
            call_lapack(
                "gesvdj", x, sizes={"u": 4 if whole else 3, "v": 3}, full_matrices=whole, compute_uv=True
            ).results
        ),
    )
    written = module.clone()
    PassPipeline.of(Decompose()).run(written, verify_each=True)
    for m in (module, written):
        _, values, left, right, info = evaluate(m, a)
        assert not info.any()
        product = (left[..., :3] * values[:, None]) @ np.conj(np.swapaxes(right, 1, 2))
        np.testing.assert_allclose(product, a, rtol=0, atol=1e-13)
