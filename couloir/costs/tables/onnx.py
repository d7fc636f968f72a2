"""The costs of ONNX operators, by their definitions; the versions of an operator count alike.

What an operator computes for each element of its result is in `PER_ELEMENT`. Those that are in none of the tables are reported as
not known; `couloir.cost(couloir.lower(model))` counts what they are lowered to.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final, TypeAlias

from couloir.costs.cost import NOTHING, Cost, bytes_of, elements, moving, shape_of
from couloir.costs.table import UNCOUNTED, Runs, cost_of, dearest
from couloir.costs.windows import valid_positions
from couloir.dialects.hlo.window import WindowDimension
from couloir.dialects.onnx.base import OnnxOp
from couloir.ir.errors import Error
from couloir.ir.rewriting.guards import constant_array
from couloir.ir.types import NoneType

Counter: TypeAlias = Callable[..., "Cost | Runs"]


def _names(text: str) -> list[str]:
    return text.split()


PER_ELEMENT: Final[dict[str, tuple[int, int]]] = {
    **dict.fromkeys(
        _names(
            "Abs Add And BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Div Equal Floor Greater"
            " GreaterOrEqual IsInf IsNaN Less LessOrEqual Mod"
            " Mul Neg Not Or Reciprocal Relu Round Sign Sub ThresholdedRelu Where Xor"
        ),
        (1, 0),
    ),
    **dict.fromkeys(
        _names(
            "Acos Acosh Asin Asinh Atan Atanh Cos Cosh Erf Exp Log Pow RandomNormal RandomNormalLike RandomUniform"
            " RandomUniformLike Sigmoid Sin Sinh Sqrt Tan Tanh"
        ),
        (0, 1),
    ),
    "Clip": (2, 0),
    "LeakyRelu": (2, 0),
    "PRelu": (2, 0),
    "HardSigmoid": (4, 0),
    "HardSwish": (5, 0),
    "Elu": (3, 1),
    "Celu": (4, 1),
    "Selu": (4, 1),
    "Softplus": (1, 2),
    "Softsign": (3, 0),
    "Mish": (2, 3),
    "Swish": (2, 1),
    "Gelu": (4, 1),
    "QuantizeLinear": (4, 0),
    "DequantizeLinear": (2, 0),
    "BatchNormalization": (4, 0),
}
"""Flops and transcendentals for each element of the first result."""

MOVES: Final = frozenset(
    _names(
        "Compress Concat ConstantOfShape DepthToSpace Dropout Expand EyeLike Flatten GatherElements GatherND Identity OneHot Pad"
        " Range Reshape ReverseSequence SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze"
    )
)
"""Operators that compute nothing."""

REDUCTIONS: Final[dict[str, tuple[int, int, int]]] = {
    "ReduceSum": (0, 0, 0),
    "ReduceMax": (0, 0, 0),
    "ReduceMin": (0, 0, 0),
    "ReduceProd": (0, 0, 0),
    "ReduceMean": (0, 1, 0),
    "ReduceL1": (1, 0, 0),
    "ReduceL2": (1, 0, 1),
    "ReduceSumSquare": (1, 0, 0),
    "ReduceLogSum": (0, 0, 1),
    "ArgMax": (0, 0, 0),
    "ArgMin": (0, 0, 0),
}
"""Besides a flop for each element but one of each result: flops for each element; flops and transcendentals for each result."""

_COUNTERS: Final[dict[str, Counter]] = {}


def _counts(*operators: str) -> Callable[[Counter], Counter]:
    def register(function: Counter) -> Counter:
        for operator in operators:
            _COUNTERS[operator] = function
        return function

    return register


@cost_of(OnnxOp)
def operator(op: OnnxOp, *regions: Cost) -> Cost | Runs:
    """By the operator's name in the tables above and the functions below."""
    if not op.domain and op.operator in _COUNTERS:
        return _COUNTERS[op.operator](op, *regions)
    count = elements(op.results[0]) if op.results else 0
    if not op.domain and op.operator in PER_ELEMENT:
        flops, transcendentals = PER_ELEMENT[op.operator]
        return moving(op, flops=flops * count, transcendentals=transcendentals * count)
    if not op.domain and op.operator in MOVES:
        return moving(op)
    if not op.domain and op.operator in REDUCTIONS:
        each, flops, transcendentals = REDUCTIONS[op.operator]
        taken = elements(op.operands[0])
        return moving(
            op, flops=max(0, taken - count) + each * taken + flops * count, transcendentals=transcendentals * count
        )
    raise Error(f"what the operator {op.operator} costs is not known", hint="lower it: `couloir.lower`, `--to hlo`")


@_counts("Sum", "Max", "Min", "Mean")
def variadic(op: OnnxOp) -> Cost:
    """A flop for each operand after the first, and for a mean one more."""
    each = len(op.operands) - (op.operator != "Mean")
    return moving(op, flops=each * elements(op.results[0]))


@_counts("Shape", "Size", "Constant")
def nothing(op: OnnxOp) -> Cost:
    """Known from types."""
    return NOTHING


@_counts("Slice")
def part(op: OnnxOp) -> Cost:
    """Only what is taken is read."""
    return Cost(bytes_accessed=2 * bytes_of(op.results[0]))


@_counts("Gather")
def gather(op: OnnxOp) -> Cost:
    """What is taken is read and written, and the indices read."""
    return Cost(bytes_accessed=2 * bytes_of(op.results[0]) + bytes_of(op.operands[1]))


@_counts("ScatterElements", "ScatterND", "Scatter")
def scatter(op: OnnxOp) -> Cost:
    """In place: updates are read and written, and the indices read."""
    reduction = getattr(op, "reduction", None) not in (None, "none")
    moved = (3 if reduction else 2) * bytes_of(op.operands[2]) + bytes_of(op.operands[1])
    return Cost(flops=elements(op.operands[2]) if reduction else 0, bytes_accessed=moved)


@_counts("Softmax", "LogSoftmax")
def softmax(op: Any) -> Cost:
    """The largest, differences from it, exponentials, their sum, and quotients; or a logarithm, and differences again."""
    count = elements(op.results[0])
    axis = op.axis if op.axis is not None else -1 if op.since_version >= 13 else 1
    dims = shape_of(op.results[0])
    rank = len(dims)
    if not -rank <= axis < max(rank, 1):
        raise Error(f"the axis {axis} is none of {rank}")
    length = (prod(dims[axis % rank :]) if op.since_version < 13 else dims[axis]) if rank else 1
    rows = count // length if length else 0
    logarithm = op.operator == "LogSoftmax"
    return moving(op, flops=2 * (count - rows) + 2 * count, transcendentals=count + rows * logarithm)


@_counts("LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization")
def normalization(op: OnnxOp) -> Cost:
    """Mean, differences, squares, their mean, scaling by the root, scale and shift: 8 flops for each element."""
    return moving(op, flops=8 * elements(op.results[0]))


@_counts("MatMul", "MatMulInteger")
def matmul(op: OnnxOp) -> Cost:
    """A multiplication and an addition for each element of the result and each of a row."""
    return moving(op, flops=2 * elements(op.results[0]) * shape_of(op.operands[0])[-1])


@_counts("Gemm")
def gemm(op: Any) -> Cost:
    """As `MatMul`; scaling by `alpha` and `beta` and adding `C` are a flop for each element."""
    rows, columns = shape_of(op.operands[0])
    count = elements(op.results[0])
    added = len(op.operands) > 2 and not isinstance(op.operands[2].type, NoneType)
    scaled = (op.alpha != 1) + (added and op.beta != 1)
    return moving(op, flops=count * (2 * (rows if op.transA else columns) + added + scaled))


@_counts("Einsum")
def einsum(op: Any) -> Cost:
    """Two operands: a multiplication and an addition for each combination of indices."""
    labels = op.equation.replace(" ", "").partition("->")[0].split(",")
    if len(op.operands) != 2 or "." in op.equation or len(labels) != 2:
        raise Error(f"what the sum `{op.equation}` costs is not known", hint="lower it: `couloir.lower`, `--to hlo`")
    sizes: dict[str, int] = {}
    for names, value in zip(labels, op.operands, strict=True):
        sizes.update(zip(names, shape_of(value), strict=True))
    return moving(op, flops=2 * prod(sizes.values()))


@_counts("Conv", "ConvInteger")
def convolution(op: Any) -> Cost:
    """A multiplication and an addition where a window meets an element of the input; an addition for the bias."""
    x, w, y = map(shape_of, (op.operands[0], op.operands[1], op.results[0]))
    met = prod(
        valid_positions(window, size, count)
        for window, size, count in zip(_windows(op, x[2:], w[2:], y[2:]), x[2:], y[2:], strict=True)
    )
    bias = op.operator == "Conv" and len(op.operands) > 2 and not isinstance(op.operands[2].type, NoneType)
    return moving(op, flops=2 * x[0] * w[1] * w[0] * met + bias * prod(y))


@_counts("ConvTranspose")
def transposed_convolution(op: Any) -> Cost:
    """Each element of the input meets the whole kernel."""
    x, w, y = map(shape_of, (op.operands[0], op.operands[1], op.results[0]))
    bias = len(op.operands) > 2 and not isinstance(op.operands[2].type, NoneType)
    return moving(op, flops=2 * prod(x) * prod(w[1:]) + bias * prod(y))


@_counts("MaxPool", "AveragePool", "LpPool")
def pool(op: Any) -> Cost:
    """The elements of each window are combined, padding included."""
    each = prod(op.kernel_shape or ()) - (op.operator == "MaxPool")
    return moving(op, flops=max(0, each) * elements(op.results[0]))


@_counts("GlobalAveragePool", "GlobalMaxPool")
def global_pool(op: OnnxOp) -> Cost:
    """All elements of a channel are combined; a mean divides."""
    results = elements(op.results[0])
    each = max(0, elements(op.operands[0]) - results)
    return moving(op, flops=each + (results if op.operator == "GlobalAveragePool" else 0))


@_counts("TopK")
def sort(op: OnnxOp) -> Cost:
    """As a sort: `n log2 n`."""
    count = elements(op.operands[0])
    return moving(op, flops=count * max(0, count - 1).bit_length())


@_counts("CumSum")
def cumulative_sum(op: OnnxOp) -> Cost:
    """A flop for each element."""
    return moving(op, flops=elements(op.results[0]))


@_counts("If")
def branch(op: OnnxOp, *branches: Cost) -> Runs:
    """The more expensive branch."""
    return dearest(branches)


@_counts("Loop")
def loop(op: OnnxOp, body: Cost) -> Runs:
    """The body as often as a constant says; once where nothing says it, or the body may end the loop."""
    count = constant_array(op.operands[0])
    if count is None or count.size != 1:
        return Runs((1,), assumed=UNCOUNTED)
    return Runs((max(0, int(count.reshape(-1)[0])),), assumed="it is taken to run as often as it may at the most")


@_counts("Scan")
def scan(op: Any, body: Cost) -> Runs:
    """The body for each slice."""
    first = len(op.operands) - op.num_scan_inputs
    axis = op.scan_input_axes[0] if op.scan_input_axes else 0
    return Runs((shape_of(op.operands[first])[axis],))


def _windows(op: Any, sizes: Any, kernel: Any, counts: Any) -> list[WindowDimension]:
    """How the windows of a convolution move along each spatial dimension."""
    rank = len(sizes)
    strides, dilations = op.strides or (1,) * rank, op.dilations or (1,) * rank
    pads = op.pads or (0,) * (2 * rank)
    found: list[WindowDimension] = []
    for axis, (size, span, count) in enumerate(zip(sizes, kernel, counts, strict=True)):
        stride, dilation, low = strides[axis], dilations[axis], pads[axis]
        if op.auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            whole = max(0, (count - 1) * stride + (span - 1) * dilation + 1 - size)
            low = whole // 2 if op.auto_pad == "SAME_UPPER" else whole - whole // 2
        elif op.auto_pad == "VALID":
            low = 0
        found.append(WindowDimension(span, stride, low, 0, 1, dilation))
    return found
