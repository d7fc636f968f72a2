"""ONNX operators that models of images are made of, over any domain. Elementwise ones broadcast as NumPy does."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from couloir.backends.numpy import tensor
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace, floats
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Call, Steps, meaning
from couloir.backends.numpy.tables.onnx.dispatch import Function, operator
from couloir.dialects.onnx.structure import Call as CallOp
from couloir.dialects.onnx.structure import Initializer
from couloir.dialects.onnx.types import BY_NUMBER, StringsAttr
from couloir.ir.attribute import Attribute
from couloir.ir.errors import Error
from couloir.ir.types import ComplexType, FloatType, IntegerType, dtype_of

ELEMENTWISE: Final[dict[str, tuple[str, int]]] = {
    "Abs": ("abs", 6),
    "Add": ("add", 7),
    "Ceil": ("ceil", 6),
    "Div": ("divide", 7),
    "Exp": ("exponential", 6),
    "Floor": ("floor", 6),
    "Log": ("log", 6),
    "Mul": ("multiply", 7),
    "Neg": ("negate", 6),
    "Sigmoid": ("logistic", 6),
    "Sqrt": ("sqrt", 6),
    "Sub": ("subtract", 7),
    "Tanh": ("tanh", 6),
}
"""The operators that StableHLO has as well: the name there, and since which version they broadcast as NumPy does."""

VARIADIC: Final[dict[str, tuple[str, int]]] = {"Max": ("maximum", 6), "Min": ("minimum", 6), "Sum": ("add", 6)}
"""Operators of any number of operands that are combined from left to right."""


def _elementwise(name: str) -> Function:
    def compute(xp: ArrayNamespace, op: Any, *inputs: Array) -> Array:
        return xp.apply(name, *inputs)

    return compute


def _variadic(name: str) -> Function:
    def compute(xp: ArrayNamespace, op: Any, *inputs: Array) -> Array:
        return functools.reduce(functools.partial(xp.apply, name), inputs)

    return compute


for _operator, (_name, _since) in ELEMENTWISE.items():
    operator(_operator, since=_since)(_elementwise(_name))
for _operator, (_name, _since) in VARIADIC.items():
    operator(_operator, since=_since)(_variadic(_name))


def _elements(xp: ArrayNamespace, value: Attribute) -> Array:
    return value.array if isinstance(value, StringsAttr) else xp.array(constant_array(value))


@meaning(Initializer)
def _initializer(xp: ArrayNamespace, op: Initializer) -> Array:
    return _elements(xp, op.value)


@meaning(CallOp)
def _call(xp: ArrayNamespace, op: CallOp, *inputs: Any) -> Steps:
    return (yield Call(op.callee, inputs))


@operator("Constant", when=lambda xp, op: op.value is not None)
def constant(xp: ArrayNamespace, op: Any) -> Array:
    """A tensor; the other kinds of constants are the onnx package's."""
    return _elements(xp, op.value)


@operator("Relu", since=6)
def relu(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """The greater of x and 0."""
    return xp.apply("maximum", x, np.zeros((), x.dtype))


@operator("Clip", since=6)
def clip(xp: ArrayNamespace, op: Any, x: Array, low: Array | None = None, high: Array | None = None) -> Array:
    """At least `low` and then at most `high`, which are attributes before version 11."""
    if op.since_version < 11:
        low, high = (
            xp.array(np.asarray(bound).astype(dtype_of(op.input.type.element_type))) for bound in (op.min, op.max)
        )
    if low is not None:
        x = xp.apply("maximum", x, low)
    return x if high is None else xp.apply("minimum", x, high)


@operator("MatMul")
def matmul(xp: ArrayNamespace, op: Any, a: Array, b: Array) -> Array:
    """`numpy.matmul`: vectors are rows on the left and columns on the right."""
    rows = a[np.newaxis] if a.ndim == 1 else a
    columns = b[:, np.newaxis] if b.ndim == 1 else b
    product = xp.matmul(rows, columns)
    if b.ndim == 1:
        product = product[..., 0]
    if a.ndim == 1:
        product = product[..., 0] if b.ndim == 1 else product[..., 0, :]
    return np.asarray(product)


@operator("Gemm", since=7)
def gemm(xp: ArrayNamespace, op: Any, a: Array, b: Array, c: Array | None = None) -> Array:
    """`alpha * A' B' + beta * C`."""

    def scaled(values: Array, factor: float) -> Array:
        if factor == 1:
            return values
        return xp.apply("multiply", values, xp.convert(xp.array(np.asarray(factor, np.float32)), values.dtype))

    product = scaled(xp.matmul(a.T if op.transA else a, b.T if op.transB else b), op.alpha)
    return product if c is None else xp.apply("add", product, scaled(c, op.beta))


def _is_inference(xp: ArrayNamespace, op: Any) -> bool:
    return len(op.results) == 1 and getattr(op, "training_mode", 0) == 0 and getattr(op, "spatial", 1) == 1


@operator("BatchNormalization", since=7, when=_is_inference)
def batch_normalization(xp: ArrayNamespace, op: Any, x: Array, *parameters: Array) -> Array:
    """Inference: scale, offset, mean and variance of each feature are given."""
    scale, offset, mean, variance = (xp.convert(parameter, x.dtype) for parameter in parameters)
    return tensor.batch_norm_inference(
        xp, x, scale, offset, mean, variance, epsilon=op.epsilon, feature_index=1 if x.ndim > 1 else 0
    )


@operator("Softmax", "LogSoftmax")
def softmax(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """Along one axis; before version 13, of the matrix whose columns are the dimensions from `axis` on."""
    axis = op.axis + x.ndim if op.axis < 0 else op.axis
    if op.since_version < 13:
        matrix = x.reshape([int(np.prod(x.shape[:axis], dtype=np.int64)), -1]) if x.size else x
        return _softmax(xp, op, matrix, matrix.ndim - 1).reshape(x.shape)
    return _softmax(xp, op, x, axis)


def _softmax(xp: ArrayNamespace, op: Any, x: Array, axis: int) -> Array:
    if x.size == 0:
        return x
    wide = xp.convert(x, xp.accumulation_dtype(x.dtype))
    kept = [1 if dimension == axis else size for dimension, size in enumerate(x.shape)]
    centered = xp.apply("subtract", wide, xp.reduce("maximum", wide, (axis,)).reshape(kept))
    powers = xp.apply("exponential", centered)
    total = xp.reduce("add", powers, (axis,)).reshape(kept)
    if op.operator == "Softmax":
        return xp.convert(xp.apply("divide", powers, total), x.dtype)
    return xp.convert(xp.apply("subtract", centered, xp.apply("log", total)), x.dtype)


@operator("Hardmax")
def hardmax(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """1 for the first largest element along the axis, 0 for the others; before version 13 as for `Softmax`."""
    axis = op.axis + x.ndim if op.axis < 0 else op.axis
    rows = x.reshape([int(np.prod(x.shape[:axis], dtype=np.int64)), -1]) if op.since_version < 13 and x.size else x
    along = rows.ndim - 1 if op.since_version < 13 else axis
    if x.size == 0:
        return x
    largest = np.expand_dims(np.argmax(rows, axis=along), along)
    count: int = rows.shape[along]
    places: Array = np.arange(count).reshape([-1 if d == along else 1 for d in range(rows.ndim)])
    return xp.convert(places == largest, x.dtype).reshape(x.shape)


@operator("Identity")
def identity(xp: ArrayNamespace, op: Any, value: Any) -> list[Any]:
    """The same value, of any type."""
    return [value]


@operator("Dropout", since=7, when=lambda xp, op: len(op.results) == 1 and len(op.operands) < 3)
def dropout(xp: ArrayNamespace, op: Any, data: Array, ratio: Array | None = None) -> Array:
    """Inference: nothing is dropped."""
    return data


@operator("Cast", since=6, when=lambda xp, op: xp is not floats and op.to in BY_NUMBER)
def cast(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """Numbers as another type, in a domain of its own; of floats the onnx package knows the details."""
    target = BY_NUMBER[op.to].type
    if not isinstance(target, IntegerType | FloatType | ComplexType):
        raise Error(f"`{op.name}` to `{target}` is not a conversion of numbers")
    return xp.convert(x, xp.carrier(dtype_of(target)))


# -- moving elements ------------------------------------------------------------------------------------------------


@operator("Reshape", since=5)
def reshape(xp: ArrayNamespace, op: Any, data: Array, shape: Array) -> Array:
    """-1 is the rest; 0 is the dimension of `data` at that place, unless `allowzero` is set."""
    sizes: list[int] = shape.tolist()
    if not getattr(op, "allowzero", 0):
        sizes = [data.shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    return data.reshape(sizes)


@operator("Flatten")
def flatten(xp: ArrayNamespace, op: Any, x: Array) -> Array:
    """A matrix: the dimensions before `axis` are its rows."""
    axis = op.axis + x.ndim if op.axis < 0 else op.axis
    rows = int(np.prod(x.shape[:axis], dtype=np.int64))
    return x.reshape([rows, int(np.prod(x.shape[axis:], dtype=np.int64))])


@operator("Transpose")
def transpose(xp: ArrayNamespace, op: Any, data: Array) -> Array:
    """The dimensions in the order of `perm`, or reversed."""
    return data.transpose(op.perm)


@operator("Concat", since=4)
def concat(xp: ArrayNamespace, op: Any, *inputs: Array) -> Array:
    """One after the other along `axis`."""
    return np.concatenate(inputs, axis=op.axis)


@operator("Scatter")
def scatter(xp: ArrayNamespace, op: Any, data: Array, indices: Array, updates: Array) -> Array:
    """`data` with `updates` at `indices` along one axis; the deprecated name of ScatterElements."""
    axis = op.axis + data.ndim if op.axis < 0 else op.axis
    places = np.where(indices < 0, indices + data.shape[axis], indices)
    result = data.copy()
    np.put_along_axis(result[tuple(slice(size) for size in _around(updates, data, axis))], places, updates, axis)
    return result


def _around(updates: Array, data: Array, axis: int) -> list[int]:
    """The sizes of the part of `data` that updates reach."""
    return [data.shape[axis] if d == axis else size for d, size in enumerate(updates.shape)]


# -- optional values: None where there is none ----------------------------------------------------------------------


@operator("Optional")
def optional(xp: ArrayNamespace, op: Any, value: Any = None) -> list[Any]:
    """The value as it is, or none."""
    return [value]


@operator("OptionalHasElement")
def optional_has_element(xp: ArrayNamespace, op: Any, value: Any = None) -> Array:
    """Whether there is a value."""
    return np.asarray(value is not None)


@operator("OptionalGetElement")
def optional_get_element(xp: ArrayNamespace, op: Any, value: Any) -> list[Any]:
    """The value. Raises `couloir.Error` when there is none."""
    if value is None:
        raise Error("an optional without a value is read")
    return [value]
