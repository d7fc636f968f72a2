"""Operators that move, reduce, order, index, pool, convolve and normalize, against PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tests.frontends.torch.comparing import check

few = settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking would take minutes
SIZES = st.integers(1, 5)


def calling(name: str, *args: Any, **kwargs: Any) -> Callable[[torch.Tensor], Any]:
    """The function of PyTorch with these further arguments."""
    return lambda x: getattr(torch, name)(x, *args, **kwargs)


def floats(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + math.prod(shape)))


def integers(high: int, *shape: int, low: int = 0) -> torch.Tensor:
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(high + math.prod(shape)))


@few
@given(SIZES, SIZES, st.integers(2, 5), st.sampled_from([torch.float32, torch.int64, torch.bool]))
def test_moving_elements(a, b, c, dtype):
    x = (floats(a, b, c) * 5).to(dtype)
    check(
        [
            ("reshape", lambda x: x.reshape(c, -1), (x,)),
            ("permute", lambda x: x.permute(2, 0, 1), (x,)),
            ("transpose", lambda x: x.transpose(0, -1), (x,)),
            ("flatten", lambda x: x.flatten(1), (x,)),
            ("unflatten", lambda x: x.flatten(1).unflatten(1, (b, c)), (x,)),
            ("unsqueeze", lambda x: x.unsqueeze(-2), (x,)),
            ("squeeze", lambda x: x[:, :1].squeeze(1), (x,)),
            ("expand", lambda x: x[:, :1].expand(a, 3, c), (x,)),
            ("expand in front", lambda x: x.expand(2, a, b, c), (x,)),
            ("repeat", lambda x: x.repeat(2, 1, 3), (x,)),
            ("repeat in front", lambda x: x.repeat(2, 1, 2, 1), (x,)),
            ("repeat_interleave", lambda x: x.repeat_interleave(2, dim=1), (x,)),
            ("tile", lambda x: x.tile(2), (x,)),
            ("cat", lambda x: torch.cat([x, x[:, :1]], 1), (x,)),
            ("stack", lambda x: torch.stack([x, x], 1), (x,)),
            ("slice", lambda x: x[:, :, 1:-1], (x,)),
            ("steps", lambda x: x[..., ::2], (x,)),
            ("beyond the end", lambda x: x[:, -100:100], (x,)),
            ("select", lambda x: x[-1], (x,)),
            ("split", lambda x: x.split(2, dim=2), (x,)),
            ("chunk", lambda x: x.chunk(2, dim=-1), (x,)),
            ("unbind", lambda x: x.unbind(1), (x,)),
            ("flip", lambda x: x.flip(0, 2), (x,)),
            ("roll", lambda x: x.roll((1, -2), (0, 2)), (x,)),
            ("roll all", lambda x: x.roll(3), (x,)),
            ("rot90", lambda x: x.rot90(1, (0, 2)), (x,)),
            ("diagonal", lambda x: x.diagonal(1, 0, 2), (x,)),
            ("diagonal below", lambda x: x.diagonal(-1, 0, 2), (x,)),
            ("narrow", lambda x: x.narrow(2, 1, c - 1), (x,)),
            ("movedim", lambda x: x.movedim(0, -1), (x,)),
            ("pad", lambda x: F.pad(x, (1, 2, 0, 3), value=1), (x,)),
            ("crop", lambda x: F.pad(x, (-1, 0)), (x,)),
            ("as_strided", lambda x: x.as_strided((2, 2), (1, 1)), (torch.arange(9, dtype=torch.float32).to(dtype),)),
            ("unfold", lambda x: x.unfold(2, 2, 1), (x,)),
            ("meshgrid", lambda x: torch.meshgrid(x[0, 0], x[0, 0], indexing="ij"), (x,)),
        ]
    )


def test_moving_elements_of_floats():
    image = floats(1, 4, 6, 6)
    check(
        [
            ("tril", lambda x: x.tril(1), (image,)),
            ("triu", lambda x: x.triu(-1), (image,)),
            ("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), (image,)),
            ("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2), (image,)),
            ("channel_shuffle", lambda x: F.channel_shuffle(x, 2), (image,)),
            ("reflect", lambda x: F.pad(x, (1, 2, 2, 1), mode="reflect"), (image,)),
            ("replicate", lambda x: F.pad(x, (1, 2, 2, 1), mode="replicate"), (image,)),
            ("circular", lambda x: F.pad(x, (1, 2, 2, 1), mode="circular"), (image,)),
            ("nearest", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), (image,)),
            ("nearest to a size", lambda x: F.interpolate(x, size=(4, 9), mode="nearest"), (image,)),
            ("bilinear", lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False), (image,)),
            (
                "bilinear corners",
                lambda x: F.interpolate(x, size=(11, 3), mode="bilinear", align_corners=True),
                (image,),
            ),
            ("bicubic", lambda x: F.interpolate(x, size=(9, 9), mode="bicubic", align_corners=False), (image,)),
            ("unfold", lambda x: F.unfold(x, 3, padding=1, stride=2), (image,)),
            ("grid_sample", lambda x, g: F.grid_sample(x, g, align_corners=False), (image, floats(1, 3, 3, 2) / 2)),
            ("in place", lambda x: _in_place(x.clone()), (image,)),
            ("arange", lambda x: torch.arange(2, 9, 3) + x[0, 0, 0, :1].int(), (image,)),
            ("arange of floats", lambda x: torch.arange(0.5, 3.0, 0.25) + x[0, 0, 0, :1], (image,)),
            ("linspace", lambda x: torch.linspace(0, 1, 5) + x[0, 0, 0, :1], (image,)),
            ("full", lambda x: torch.full((2, 2), 3) + torch.ones_like(x[0, 0, :2, :2]), (image,)),
            ("eye", lambda x: torch.eye(6) * x, (image,)),
            ("zeros_like", lambda x: torch.zeros_like(x) + x.new_zeros(6), (image,)),
        ],
        terms=256,
    )


def _in_place(x: torch.Tensor) -> torch.Tensor:
    x[:, 1] = 0
    x[..., 1:3] += 1
    x[:, :, ::2, 1] = x[:, :, 1::2, 2]
    x.mul_(2)
    return x


@few
@given(SIZES, st.integers(2, 5), SIZES, st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.int32]))
def test_reductions(a, b, c, dtype):
    x = (floats(a, b, c) * 3).to(dtype)
    cases = [
        (f"{name} {dim}", calling(name, dim=dim), (x,)) for name in ["sum", "amax", "amin"] for dim in (0, -1, (0, 2))
    ]
    cases += [
        (name, getattr(torch, name), (x,)) for name in ["sum", "max", "min", "prod", "argmax", "argmin", "any", "all"]
    ]
    names = ["max", "min", "sum", "prod", "argmax", "any", "all"]
    cases += [(f"{name} of one", calling(name, 1, keepdim=True), (x,)) for name in names]
    cases += [
        ("cumsum", lambda x: x.cumsum(1), (x,)),
        ("count_nonzero", lambda x: torch.count_nonzero(x, 1), (x,)),
        ("sum as float", lambda x: x.sum(0, dtype=torch.float64), (x,)),
        ("ties", lambda x: (x > 0).int().argmax(1), (x,)),
        ("cumprod", lambda x: x.cumprod(2), (x,)),
    ]
    if dtype is not torch.int32:
        cases += [
            ("mean", lambda x: x.mean(), (x,)),
            ("mean of two", lambda x: x.mean((0, 1), keepdim=True), (x,)),
            ("var", lambda x: x.var(1), (x,)),
            ("var biased", lambda x: x.var((0, 1), correction=0, keepdim=True), (x,)),
            ("std", lambda x: x.std(1), (x,)),
            ("var_mean", lambda x: torch.var_mean(x, 1), (x,)),
            ("norm", lambda x: torch.linalg.vector_norm(x, dim=1), (x,)),
            ("1-norm", lambda x: torch.linalg.vector_norm(x, 1), (x,)),
            ("logsumexp", lambda x: x.logsumexp(1), (x,)),
            ("softmax", lambda x: x.softmax(-1), (x,)),
            ("log_softmax", lambda x: x.log_softmax(1), (x,)),
            ("normalize", lambda x: F.normalize(x, dim=1), (x,)),
            ("aminmax", lambda x: torch.aminmax(x, dim=1), (x,)),
        ]
    check(cases, terms=64)


def test_extremes_of_what_is_no_number():
    x = torch.tensor([[1, torch.nan, 3, torch.nan], [torch.inf, -torch.inf, torch.inf, 0], [-0.0, 0.0, 0.0, -1]])
    names = ["amax", "amin", "argmax", "argmin", "sum"]
    cases = [(name, calling(name, 1), (x,)) for name in names]
    cases += [
        ("sort", lambda x: torch.sort(x, dim=1), (x,)),
        ("descending", lambda x: torch.sort(x, dim=1, descending=True, stable=True), (x,)),
    ]
    check(cases)


def test_orders_of_what_has_equal_elements_or_no_number():
    x = torch.tensor([[1, torch.nan, 3, torch.nan], [torch.inf, -torch.inf, torch.inf, 0], [2.0, 5.0, 3.0, -1]])
    ties = torch.tensor([[1, 3, 3, 2, 2, 5], [0, 0, -4, -4, 1, 1]])
    ordered = torch.tensor([[-2.0, 0, 0, 1, 1, 3], [-9, -8, -7, 0, 0, 0]])
    wanted = torch.tensor([[0.0, 0.5, torch.nan, -9], [1, 0, 9, torch.inf]])
    check(
        [
            ("cummax", lambda x: [x.cummax(1), x.cummax(0)], (x,)),
            ("cummin", lambda x: [x.cummin(1), x[0, 0].cummin(0)], (ties,)),
            ("kthvalue", lambda x: [x.kthvalue(3, 1)[0], x.kthvalue(2, 0, keepdim=True)[0]], (x,)),
            ("median", lambda x, y: [x.median(), x[2].median(), y.median(), y[:, :0].float().median()], (x, ties)),
            (
                "searchsorted",
                lambda s, v: [
                    torch.searchsorted(s, v),
                    torch.searchsorted(s, v, right=True, out_int32=True),
                    torch.searchsorted(s[0], v, side="right"),
                    torch.searchsorted(s[0], 0.5),
                    torch.bucketize(v[0], s[1]),
                ],
                (ordered, wanted),
            ),
        ]
    )


def test_products_of_three():
    a, b, c = floats(2, 3), floats(5, 3, 4), floats(2, 4)
    both = [lambda a, b, c, dims=dims: torch._trilinear(a, b, c, [1, 3], [0], [1, 2], dims) for dims in ([2], [0, 3])]
    check(
        [("bilinear", F.bilinear, (a, c, b)), *((f"sum {n}", function, (a, b, c)) for n, function in enumerate(both))],
        terms=12,
    )


@few
@given(SIZES, st.integers(3, 6), st.sampled_from([torch.float32, torch.int64]))
def test_ordering(a, b, dtype):
    x = (floats(a, b) * 2).to(dtype)
    distinct = torch.stack([torch.randperm(b) for _ in range(a)]).to(dtype)  # of equal ones PyTorch takes any
    check(
        [
            ("sort", lambda x: torch.sort(x, dim=1, stable=True), (x,)),
            ("descending", lambda x: torch.sort(x, dim=0, descending=True, stable=True), (x,)),
            ("argsort", lambda x: torch.argsort(x, dim=1, stable=True), (x,)),
            ("topk", lambda x: x.topk(3, 1), (distinct,)),
            ("least", lambda x: x.topk(2, 1, largest=False), (distinct,)),
            ("median", lambda x: torch.sort(x, dim=1)[0][:, b // 2], (x,)),
        ]
    )


@few
@given(st.integers(2, 5), st.integers(2, 5), st.integers(2, 5), st.sampled_from([torch.float32, torch.int32]))
def test_indexing(a, b, c, dtype):
    x = (floats(a, b, c) * 4).to(dtype)
    i, j, k = integers(a, 3, low=-a), integers(b, 3), integers(c, 2, 3)
    m = integers(b, a, 2, c)
    put = (floats(3, c) * 4).to(dtype)
    source = (floats(a, 3, c) * 4).to(dtype)
    check(
        [
            ("index", lambda x, i: x[i], (x, i)),
            ("two", lambda x, i, j: x[i, j], (x, i, j)),
            ("the last", lambda x, k: x[:, :, k], (x, k)),
            ("apart", lambda x, i, j: x[i, :, j % c], (x, i, j)),
            ("broadcast", lambda x, k, j: x[:, j[:, None] % b, k[:1]], (x, k, j)),
            ("index_select", lambda x, j: x.index_select(1, j), (x, j)),
            ("take_along_dim", lambda x, m: x.gather(1, m), (x, m)),
            ("embedding", lambda t, k: F.embedding(k, t), (floats(c, 4), k)),
            ("index_put", lambda x, i, j, v: x.index_put((i[:1], j[:1]), v[:1]), (x, i, j, put)),
            ("index_put adds", lambda x, i, j, v: x.index_put((i, j), v, accumulate=True), (x, i, j, put)),
            ("scatter_add", lambda x, m, s: x.scatter_add(1, m, s), (x, m, source)),
            ("scatter a number", lambda x, m: x.scatter(1, m, 7), (x, m)),
            ("scatter", lambda x, s: x.scatter(1, torch.arange(b).flip(0)[None, :, None].expand(a, b, c), s), (x, x * 2)),
            ("scatter_reduce", lambda x, m, s: x.scatter_reduce(1, m, s, "amax"), (x, m, source)),
            ("without self", lambda x, m, s: x.scatter_reduce(1, m, s, "sum", include_self=False), (x, m, source)),
            ("index_add", lambda x, j, s: x.index_add(1, j, s), (x, j, source)),
            ("index_copy", lambda x, s: x.index_copy(1, torch.arange(b), s), (x, x + 1)),
            ("index_fill", lambda x, j: x.index_fill(1, j, 3), (x, j)),
            ("masked", lambda x: _masked(x), (x,)),
            ("select_scatter", lambda x: torch.select_scatter(x, x[:, 0] * 2, 1, -1), (x,)),
            ("slice_scatter", lambda x: torch.slice_scatter(x, x[:, :1], 1, 1, 2), (x,)),
            ("steps", lambda x: torch.slice_scatter(x, x[:, ::2] * 3, 1, 0, b, 2), (x,)),
            ("one_hot", lambda k: F.one_hot(k, 6), (k,)),
            ("bucketize", lambda x: (x[..., None] > torch.arange(3)).sum(-1), (x,)),
        ],
        terms=32,
    )  # fmt: skip


def _masked(x: torch.Tensor) -> torch.Tensor:
    x = x.clone()
    x[x > 1] = 0
    return x


@few
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.booleans())
def test_convolutions(groups, features, stride, padding, dilation, bias):
    channels = groups * features
    b = floats(2 * groups) if bias else None
    line, image, volume = floats(2, channels, 9), floats(2, channels, 7, 8), floats(1, channels, 5, 6, 5)
    extra = stride - 1
    cases = []
    for rank, x in ((1, line), (2, image), (3, volume)):
        kernel = (3, 2, 2)[:rank]
        w, turned = floats(2 * groups, features, *kernel), floats(channels, 2, *kernel)
        conv, back = getattr(F, f"conv{rank}d"), getattr(F, f"conv_transpose{rank}d")
        given_ = () if b is None else (b,)
        cases.append((f"{rank}d", lambda x, w, *b, f=conv: f(x, w, *b, stride=stride, padding=padding, dilation=dilation, groups=groups), (x, w, *given_)))  # fmt: skip
        pad = min(padding, 1)
        cases.append((f"{rank}d transposed", lambda x, w, *b, f=back, pad=pad: f(x, w, *b, stride=stride, padding=pad, output_padding=extra, groups=groups), (x, turned, *given_)))  # fmt: skip
    cases.append(("same", lambda x, w: F.conv2d(x, w, padding="same"), (image, floats(2, channels, 3, 3))))
    cases.append(("one image", lambda x, w: F.conv2d(x[0], w), (image, floats(2, channels, 3, 3))))
    check(cases, terms=8 * channels * 12)


@few
@given(st.integers(5, 9), st.integers(5, 9), st.integers(2, 3), st.integers(1, 3), st.booleans(), st.booleans())
def test_pools(h, w, kernel, stride, ceil, counted):
    image, line, volume = floats(2, 3, h, w), floats(2, 3, h), floats(1, 2, h, w, 5)
    options = {"stride": stride, "padding": 1, "ceil_mode": ceil}
    cases = [
        ("max", lambda x: F.max_pool2d(x, kernel, **options), (image,)),
        ("max dilated", lambda x: F.max_pool2d(x, 2, dilation=2, **options), (image,)),
        ("max with indices", lambda x: F.max_pool2d(x, kernel, return_indices=True, **options), (image,)),
        ("max 1d", lambda x: F.max_pool1d(x, kernel, **options), (line,)),
        ("max 3d", lambda x: F.max_pool3d(x, kernel, **options), (volume,)),
        ("avg", lambda x: F.avg_pool2d(x, kernel, count_include_pad=counted, **options), (image,)),
        ("avg divisor", lambda x: F.avg_pool2d(x, kernel, divisor_override=3, **options), (image,)),
        ("avg 1d", lambda x: F.avg_pool1d(x, kernel, count_include_pad=counted, **options), (line,)),
        ("avg 3d", lambda x: F.avg_pool3d(x, kernel, count_include_pad=counted, **options), (volume,)),
        ("adaptive", lambda x: F.adaptive_avg_pool2d(x, (3, 4)), (image,)),
        ("adaptive all", lambda x: F.adaptive_avg_pool2d(x, 1), (image,)),
        ("adaptive 1d", lambda x: F.adaptive_avg_pool1d(x, 4), (line,)),
        ("adaptive max", lambda x: F.adaptive_max_pool2d(x, 1), (image,)),
        ("adaptive places", lambda x: F.adaptive_max_pool2d(x.round(), (3, 2), return_indices=True), (image,)),
        ("one image", lambda x: F.max_pool2d(x[0], kernel), (image,)),
        ("lp", lambda x: F.lp_pool2d(x, 2, kernel), (image,)),
    ]
    check(cases, terms=64)


@few
@given(st.integers(1, 3), st.integers(1, 2), st.integers(2, 5), st.sampled_from([torch.float32, torch.bfloat16]))
def test_normalizations(n, groups, size, dtype):
    c = 2 * groups
    x = floats(n, c, size, size).to(dtype)
    w, b, mean, var = floats(c), floats(c, seed=1), floats(c, seed=2), floats(c, seed=3).abs() + 0.5
    check(
        [
            ("batch", lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b), (x.float(), w, b, mean, var)),
            ("batch plain", lambda x, m, v: F.batch_norm(x, m, v, eps=1e-3), (x.float(), mean, var)),
            ("batch statistics", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), (x.float(), w, b)),
            ("layer", lambda x, w, b: F.layer_norm(x, (size, size), w, b), (x.float(), floats(size, size), floats(size, size))),
            ("layer plain", lambda x: F.layer_norm(x, (size,)), (x,)),
            ("group", lambda x, w, b: F.group_norm(x, groups, w, b), (x.float(), w, b)),
            ("group plain", lambda x: F.group_norm(x, groups), (x,)),
            ("instance", lambda x: F.instance_norm(x), (x.float(),)),
            ("rms", lambda x: F.rms_norm(x, (size,)), (x,)),
            ("local response", lambda x: F.local_response_norm(x, 3), (x.float(),)),
            ("softmax", lambda x: F.softmax(x, 1), (x,)),
            ("dropout", lambda x: F.dropout(x, 0.5, training=False), (x,)),
        ],
        terms=64,
    )  # fmt: skip


@few
@given(SIZES, SIZES, SIZES)
def test_products(a, b, c):
    x, y, z = floats(a, b), floats(b, c), floats(a, c)
    p, q = floats(2, 1, a, b), floats(3, b, c)
    check(
        [
            ("mm", torch.mm, (x, y)),
            ("matmul", torch.matmul, (p, q)),
            ("vector", lambda x, y: x @ y[:, 0], (x, y)),
            ("dot", lambda x, y: x[0] @ y[:, 0], (x, y)),
            ("addmm", lambda z, x, y: torch.addmm(z, x, y, beta=0.5, alpha=2), (z, x, y)),
            ("addmm without", lambda z, x, y: torch.addmm(z * torch.nan, x, y, beta=0), (z, x, y)),
            ("baddbmm", lambda q, x: torch.baddbmm(q, q, x), (floats(2, a, a), floats(2, a, a, seed=1))),
            ("linear", lambda x, w, b: F.linear(x, w, b), (p, floats(c, b), floats(c))),
            ("einsum", lambda x, q: torch.einsum("ab,nbc->nca", x, q), (x, q)),
            ("outer", lambda x, y: torch.outer(x[0], y[0]), (x, y)),
            ("attention", lambda q: F.scaled_dot_product_attention(q, q, q), (floats(1, 2, a, b),)),
            ("causal", lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True), (floats(1, 2, a, b),)),
            ("cdist", lambda x: torch.cdist(x, x + 1), (x,)),
            ("cosine", lambda x: F.cosine_similarity(x, x + 1), (x,)),
            ("of integers", torch.mm, ((x * 3).int(), (y * 3).int())),
        ],
        terms=64,
    )


def test_hidden_rows_of_attention_are_zero():
    q = floats(1, 1, 3, 4)
    mask = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    check([("mask", lambda q, m: F.scaled_dot_product_attention(q, q, q, attn_mask=m), (q, mask))])


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0)])
def test_scalars_and_empty_tensors(shape):
    x = torch.ones(shape) * 3
    cases = [
        ("sum", lambda x: x.sum(), (x,)),
        ("add", lambda x: x + 1, (x,)),
        ("reshape", lambda x: x.reshape(-1), (x,)),
        ("cat", lambda x: torch.cat([x.reshape(-1), x.reshape(-1)]), (x,)),
        ("softmax", lambda x: x.softmax(0), (x,)),
        ("cumsum", lambda x: x.cumsum(0), (x,)),
        ("any", lambda x: x.any(), (x,)),
        ("flip", lambda x: x.flip(0) if x.dim() else x, (x,)),
    ]
    if x.numel():
        cases += [
            ("max", lambda x: x.max(0), (x,)),
            ("sort", lambda x: x.sort(0), (x,)),
            ("argmax", torch.argmax, (x,)),
        ]
        cases += [("mean", lambda x: x.mean(0), (x,)), ("topk", lambda x: x.topk(1, 0), (x,))]
    check(cases)
