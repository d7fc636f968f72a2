"""How much of core ATen can be read."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._decomp import global_decomposition_table
from torch.nn import functional as F

import couloir.frontends.torch.aten
from couloir.frontends.torch.node import LOWERINGS, lowering_of
from tests.frontends.torch.comparing import check

MISSING = {
    "aten._adaptive_avg_pool2d_backward.default": "training",
    "aten.avg_pool2d_backward.default": "training",
    "aten.convolution_backward.default": "training",
    "aten._local_scalar_dense.default": "a number that depends on the elements",
    "aten.nonzero.default": "a size that depends on the elements",
    "aten.resize_.default": "storage",
    "aten.sym_is_contiguous.default": "of sizes: done by PyTorch, or by the importer",
    "aten.sym_size.int": "of sizes: done by PyTorch, or by the importer",
    "aten.sym_storage_offset.default": "of sizes: done by PyTorch, or by the importer",
    "aten.sym_stride.int": "of sizes: done by PyTorch, or by the importer",
}
"""Core operators that are not read, and why."""


def core() -> set[Any]:
    """The operators that PyTorch tags as core."""
    found = set()
    for name in torch._C._dispatch_get_all_op_names():
        library, _, rest = name.partition("::")
        packet, _, overload = rest.partition(".")
        operator = (
            getattr(getattr(torch.ops.aten, packet, None), overload or "default", None) if library == "aten" else None
        )
        if operator is not None and torch.Tag.core in operator.tags:
            found.add(operator)
    return found


def test_core_aten_is_read_but_for_what_is_listed():
    decomposed = global_decomposition_table["post_autograd"]
    missing = {str(op) for op in core() if lowering_of(str(op)) is None and op not in decomposed}
    assert missing == set(MISSING)


def test_every_lowering_is_of_an_operator_that_exists():
    for name in LOWERINGS:
        library, packet, *overload = name.split(".")
        found = getattr(getattr(torch.ops, library), packet)
        assert not overload or hasattr(found, overload[0]), name


def test_fourier_transforms():
    x = torch.randn(3, 4, 6)
    z = torch.complex(x, x.flip(0))
    check(
        [
            ("rfft", lambda x: torch.view_as_real(torch.fft.rfft(x)), (x,)),
            ("rfft ortho", lambda x: torch.view_as_real(torch.fft.rfft(x, dim=1, norm="ortho")), (x,)),
            ("rfft2", lambda x: torch.view_as_real(torch.fft.rfft2(x)), (x,)),
            ("fft of reals", lambda x: torch.view_as_real(torch.fft.fft(x)), (x,)),
            ("fft", lambda z: torch.view_as_real(torch.fft.fft2(z, norm="forward")), (z,)),
            ("ifft", lambda z: torch.view_as_real(torch.fft.ifft(z, dim=0)), (z,)),
            ("irfft", lambda z: torch.fft.irfft(z), (z,)),
            ("irfft odd", lambda z: torch.fft.irfft(z, n=9), (z,)),
            ("irfft2", lambda z: torch.fft.irfft2(z, norm="ortho"), (z,)),
            (
                "stft",
                lambda x: torch.stft(x.reshape(-1), 8, 4, window=torch.hann_window(8), return_complex=True).abs(),
                (x,),
            ),
        ],
        terms=128,
    )


def test_bags_and_masks():
    table, indices, offsets = torch.randn(7, 3), torch.tensor([1, 2, 4, 5, 4, 3, 6]), torch.tensor([0, 3, 3, 4])
    weights = torch.rand(7)
    check(
        [
            ("sum", lambda t, i, o: F.embedding_bag(i, t, o, mode="sum"), (table, indices, offsets)),
            ("mean", lambda t, i, o: F.embedding_bag(i, t, o, mode="mean"), (table, indices, offsets)),
            ("weights", lambda t, i, o, w: F.embedding_bag(i, t, o, mode="sum", per_sample_weights=w), (table, indices, offsets, weights)),
            ("padding", lambda t, i, o: F.embedding_bag(i, t, o, mode="mean", padding_idx=4), (table, indices, offsets)),
            ("all offsets", lambda t, i, o: F.embedding_bag(i, t, o, mode="sum", include_last_offset=True), (table, indices, torch.tensor([0, 2, 7]))),
            ("masked_scatter", lambda x, s: x.masked_scatter(x > 0, s), (table, torch.arange(21.0))),
            ("pdist", F.pdist, (table,)),
            ("pdist 3", lambda x: F.pdist(x, 3), (table,)),
        ],
        terms=32,
    )  # fmt: skip


def test_a_bag_of_the_greatest_is_refused():
    with pytest.raises(couloir.Error, match="the greatest of each bag"):
        check(
            [
                (
                    "max",
                    lambda t, i, o: F.embedding_bag(i, t, o, mode="max"),
                    (torch.randn(7, 3), torch.tensor([1, 2]), torch.tensor([0])),
                )
            ]
        )


def test_compositions():
    x, y = torch.randn(3, 5), torch.randn(3, 5)
    odd = torch.tensor([[0.0, -0.0, torch.nan, torch.inf, -torch.inf]] * 3)
    pairs = ["hypot", "fmax", "fmin", "copysign", "logaddexp"]
    cases = [
        (name, getattr(torch, name), (a, b)) for name in pairs for a, b in ((x, y), (x, odd), (odd, y), (odd, odd))
    ]
    cases += [
        ("signbit", torch.signbit, (odd,)),
        ("median", lambda x: x.median(1), (torch.stack([x[0], odd[0]]),)),
        ("median of integers", lambda x: x.median(0, keepdim=True), (torch.tensor([[3, 1], [2, 5], [9, 4], [7, 8]]),)),
        ("logcumsumexp", lambda x: x.logcumsumexp(1), (x * 10,)),
        ("polar", lambda x, y: torch.view_as_real(torch.polar(x.abs(), y)), (x, y)),
        ("adaptive max", lambda x: F.adaptive_max_pool2d(x, (2, 3)), (torch.randn(2, 3, 5, 7),)),
        ("matrix_norm", torch.linalg.matrix_norm, (x,)),
        ("huber", F.huber_loss, (x, y)),
        ("diff", torch.diff, (x,)),
        ("kron", torch.kron, (x, y)),
        ("cross", lambda x, y: torch.cross(x[:, :3], y[:, :3], dim=1), (x, y)),
        ("sinc", torch.sinc, (x,)),
        ("trapezoid", torch.trapezoid, (x,)),
    ]
    check(cases, terms=64)
