"""Decompositions, Fourier transforms, batch normalization and random numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.frontends.hlo_text.syntax import HloLexer
from couloir.ir.errors import Error

_ALGORITHMS: Final = {
    "rng_default": hlo.RngAlgorithm.DEFAULT,
    "rng_three_fry": hlo.RngAlgorithm.THREE_FRY,
    "rng_philox": hlo.RngAlgorithm.PHILOX,
}
_DISTRIBUTIONS: Final = {
    "rng_uniform": hlo.RngDistribution.UNIFORM,
    "rng_normal": hlo.RngDistribution.NORMAL,
}


@lowers("fft", named="stablehlo.fft")
def fft(node: Node) -> Lowered:
    """A Fourier transform."""
    return hlo.Fft(node.tensor(), node.member("fft_type", hlo.FftType), node.numbers("fft_length"))


@lowers("cholesky", named="stablehlo.cholesky")
def cholesky(node: Node) -> Lowered:
    """The Cholesky decomposition."""
    return hlo.Cholesky(node.tensor(), node.flag("lower"))


@lowers("triangular-solve", named="stablehlo.triangular_solve")
def triangular_solve(node: Node) -> Lowered:
    """Solves triangular systems."""
    form = node.member("transpose_a", hlo.Transposition, hlo.Transposition.NO_TRANSPOSE)
    left_side, lower, unit_diagonal = (node.flag(key) for key in ("left_side", "lower", "unit_diagonal"))
    a, b = node.tensors(2)
    return hlo.TriangularSolve(a, b, left_side, lower, unit_diagonal, form)


_BATCH_NORM: Final[dict[str, tuple[Any, int]]] = {
    "batch-norm-inference": (hlo.BatchNormInference, 5),
    "batch-norm-training": (hlo.BatchNormTraining, 3),
    "batch-norm-grad": (hlo.BatchNormGrad, 5),
}


def _batch_norm(node: Node) -> Lowered:
    cls, count = _BATCH_NORM[node.opcode]
    epsilon = node.read("epsilon", _read_float)
    return cls(*node.tensors(count), epsilon, node.number("feature_index")).results


for _opcode, (_cls, _) in _BATCH_NORM.items():
    lowers(_opcode, named=_cls.name)(_batch_norm)


def _read_float(lexer: HloLexer) -> float:
    start = lexer.position
    _, end = lexer.skip_value()
    text = lexer.text[start:end]
    try:
        return float(text)
    except ValueError:
        raise lexer.error(f"`{text[:40]}` is no number", at=start) from None


@lowers("rng", named="stablehlo.rng")
def rng(node: Node) -> Lowered:
    """Random numbers, of no state that the program knows."""
    word = node.word("distribution", None, list(_DISTRIBUTIONS))
    shape = hlo.constant(np.asarray(node.type.shape, np.int64)).output
    a, b = node.tensors(2)
    return hlo.Rng(a, b, shape, _DISTRIBUTIONS[word], result_types=[node.type])


@lowers("rng-bit-generator", named="stablehlo.rng_bit_generator")
def rng_bit_generator(node: Node) -> Lowered:
    """Random bits and the next state; older texts give a state alone."""
    word = node.word("algorithm", None, list(_ALGORITHMS))
    state, types = node.tensor(), node.types
    if len(types) != 2:
        raise Error("`rng-bit-generator` gives the next state, and bits")
    return hlo.RngBitGenerator(_ALGORITHMS[word], state, result_types=types).results
