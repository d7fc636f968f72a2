"""Elementwise operators against PyTorch, with its promotion of types."""

from __future__ import annotations

import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tests.frontends.torch.comparing import check

FLOATS = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
INTEGERS = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64]
SHAPES = st.lists(st.integers(1, 4), max_size=3).map(tuple)
few = settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking would take minutes


def numbers(shape, dtype, seed):
    """Small numbers of every sign, 0 among them."""
    generator = torch.Generator().manual_seed(seed)
    if dtype is torch.bool:
        return torch.randint(0, 2, shape, generator=generator).bool()
    if dtype in INTEGERS:
        low = 0 if dtype is torch.uint8 else -6
        return torch.randint(low, 7, shape, generator=generator).to(dtype)
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64) * 3
    return torch.where(torch.rand(shape, generator=generator) < 0.1, drawn.round(), drawn).to(dtype)


ANY_UNARY = ["abs", "sign", "square", "positive", "clone", "neg"]
NUMBER_UNARY = ["ceil", "floor", "round", "trunc", "isnan", "isinf", "isfinite", "relu", "logical_not"]
FLOAT_UNARY = [
    "exp", "expm1", "sin", "cos", "tan", "tanh", "sigmoid", "erf", "atan", "asinh", "sinh", "cosh", "reciprocal", "exp2",
    "frac", "sgn", "erfc",
]  # fmt: skip
POSITIVE_UNARY = ["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "lgamma", "acosh"]
UNIT_UNARY = ["acos", "asin", "atanh", "logit"]
ACTIVATIONS = [
    "relu6", "gelu", "silu", "elu", "selu", "celu", "leaky_relu", "hardswish", "hardsigmoid", "hardtanh", "softplus",
    "mish", "softsign", "tanhshrink", "softshrink", "hardshrink", "logsigmoid",
]  # fmt: skip


@few
@given(SHAPES, st.sampled_from(FLOATS), st.integers(0, 999))
def test_functions_of_floats(shape, dtype, seed):
    x = numbers(shape, dtype, seed)
    positive, unit = x.abs() + 1, (x / 20).clamp(0.01, 0.99)
    cases = [(name, getattr(torch, name), (x,)) for name in [*ANY_UNARY, *NUMBER_UNARY, *FLOAT_UNARY]]
    cases += [(name, getattr(torch, name), (positive,)) for name in POSITIVE_UNARY]
    cases += [(name, getattr(torch, name), (unit,)) for name in UNIT_UNARY]
    cases += [(name, getattr(F, name), (x,)) for name in ACTIVATIONS]
    cases += [
        ("gelu by tanh", lambda x: F.gelu(x, approximate="tanh"), (x,)),
        ("round to decimals", lambda x: torch.round(x, decimals=1), (x.float(),)),
        ("threshold", lambda x: F.threshold(x, 0.5, -1.0), (x,)),
        ("glu", lambda x: F.glu(torch.stack([x, x * 2], -1), -1), (x,)),
        ("nan_to_num", torch.nan_to_num, (torch.where(x > 1, torch.nan, torch.where(x < -1, torch.inf, x)),)),
        ("clamp", lambda x: x.clamp(-1.5, 2), (x,)),
        ("pow 2", lambda x: x**2, (x,)),
        ("pow 3", lambda x: x**3, (x,)),
        ("pow 0.5", lambda x: x**0.5, (positive,)),
        ("pow -0.5", lambda x: x**-0.5, (positive,)),
        ("pow 1.7", lambda x: x**1.7, (positive,)),
        ("2 pow", lambda x: 2**x, (x,)),
        ("to int", lambda x: x.to(torch.int32), (x,)),
        ("to bool", lambda x: x.bool(), (x,)),
        ("to double", lambda x: x.double(), (x,)),
    ]
    check(cases, terms=64)


@few
@given(SHAPES, st.sampled_from([*INTEGERS, torch.bool]), st.integers(0, 999))
def test_functions_of_integers(shape, dtype, seed):
    x = numbers(shape, dtype, seed)
    names = [*NUMBER_UNARY, "sign", "bitwise_not", "exp", "sigmoid", "sin", "sqrt"]
    if dtype is torch.bool:
        names = ["logical_not", "bitwise_not", "exp", "isnan", "sign"]
    elif dtype is not torch.uint8:
        names += ["abs", "neg"]
    else:
        names += ["abs"]
    cases = [(name, getattr(torch, name), (x,)) for name in names]
    cases += [
        ("to float", lambda x: x.float(), (x,)),
        ("to int", lambda x: x.int(), (x,)),
        ("to bool", lambda x: x != 0, (x,)),
    ]
    check(cases, terms=64)


@st.composite
def two_shapes(draw):
    """Shapes that are broadcast to each other."""
    whole = draw(SHAPES)
    first, second = (tuple(draw(st.sampled_from([1, size])) for size in whole) for _ in range(2))
    return first, second[draw(st.integers(0, len(second))) :]


@few
@given(
    two_shapes(),
    st.sampled_from([*FLOATS[:3], *INTEGERS]),
    st.sampled_from([*FLOATS[:3], *INTEGERS]),
    st.integers(0, 999),
)
def test_functions_of_two_tensors(shapes, first, second, seed):
    x, y = numbers(shapes[0], first, seed), numbers(shapes[1], second, seed + 1)
    divisor = torch.where(y == 0, torch.ones_like(y), y)
    cases = [
        (name, getattr(torch, name), (x, y))
        for name in ["add", "mul", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"]
    ]  # fmt: skip
    cases += [(name, getattr(torch, name), (x, divisor)) for name in ["div", "fmod", "remainder", "floor_divide"]]
    cases += [
        ("sub", torch.sub, (x, y)),
        ("rsub", torch.rsub, (x, y)),
        ("div trunc", lambda x, y: torch.div(x, y, rounding_mode="trunc"), (x, divisor)),
        ("div floor", lambda x, y: torch.div(x, y, rounding_mode="floor"), (x, divisor)),
        ("where", lambda x, y: torch.where(x > y, x, y), (x, y)),
        ("where number", lambda x: torch.where(x > 1, x, 2.5), (x,)),
        ("clamp tensors", lambda x, y: torch.clamp(x, min=y), (x, y)),
        ("add number", lambda x: x + 2.5, (x,)),
        ("number minus", lambda x: 3 - x, (x,)),
        ("compare number", lambda x: x < 1.5, (x,)),
        ("div number", lambda x: x / 3, (x,)),
        ("masked_fill", lambda x, y: (x + y).masked_fill((x + y) > 1, 3), (x, y)),
        ("lerp", lambda x: torch.lerp(x.float(), x.float() * 2, 0.3), (x,)),
    ]
    if x.is_floating_point() or y.is_floating_point():
        cases.append(("atan2", torch.atan2, (x.float(), y.float())))
        cases.append(("pow", torch.pow, (x.abs() + 1, y)))
        cases.append(("add alpha", lambda x, y: torch.add(x, y, alpha=0.5), (x.float(), y.float())))
    check(cases, terms=64)


@few
@given(two_shapes(), st.sampled_from(INTEGERS), st.integers(0, 999))
def test_functions_of_two_integers(shapes, dtype, seed):
    x, y = numbers(shapes[0], dtype, seed), numbers(shapes[1], dtype, seed + 1)
    p, q = x > 1, y > 2
    names = ["bitwise_and", "bitwise_or", "bitwise_xor"]
    cases = [(name, getattr(torch, name), pair) for name in names for pair in ((x, y), (p, q))]
    cases += [(name, getattr(torch, name), (x, y.abs() % 7)) for name in ["bitwise_left_shift", "bitwise_right_shift"]]
    cases += [("shifts by a number", lambda x: [x << 2, x >> 1, x << torch.tensor(1), x >> torch.tensor(2)], (x,))]
    cases += [
        ("add alpha", lambda x, y: torch.add(x, y, alpha=3), (x, y)),
        ("pow", torch.pow, (x, y.abs() % 4)),
        ("bool and int", torch.add, (p, y)),
        ("or of booleans", torch.logical_or, (p, q)),
        ("mask", lambda x: x & 3, (x,)),
    ]
    check(cases)


def test_numbers_that_are_not_finite():
    x = torch.tensor([torch.nan, torch.inf, -torch.inf, -0.0, 0.0, 2.5, -2.5, 0.5, -0.5, 1.5])
    names = [
        "sign",
        "round",
        "trunc",
        "floor",
        "relu",
        "isnan",
        "isinf",
        "isfinite",
        "sigmoid",
        "tanh",
        "exp",
        "logical_not",
    ]
    cases = [(name, getattr(torch, name), (x,)) for name in names]
    for divisor in (2.0, -2.0, 0.0, torch.inf):
        y = torch.full_like(x, divisor)
        cases += [
            (f"{name} by {divisor}", getattr(torch, name), (x, y))
            for name in ["remainder", "floor_divide", "fmod", "maximum"]
        ]
    check(cases)


def test_complex_numbers():
    x = torch.tensor([1 + 2j, -0.5j, 3.0], dtype=torch.complex64)
    names = ["abs", "exp", "real", "imag", "sqrt"]
    cases = [(name, getattr(torch, name), (x,)) for name in names]
    cases += [("product", lambda x: x * x + 1, (x,)), ("complex", torch.complex, (x.real.clone(), x.imag.clone()))]
    check(cases)
