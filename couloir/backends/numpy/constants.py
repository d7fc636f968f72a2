"""Arrays from constant attributes."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.element_types import Array
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr, FloatAttr, IntegerAttr, SparseElementsAttr
from couloir.ir.errors import Error
from couloir.ir.types import ShapedType, dtype_of


def constant_array(value: Attribute) -> Array:
    """The elements of a constant, of the attribute's element type. Raises `couloir.Error` when they are not there."""
    match value:
        case DenseElementsAttr():
            return value.array
        case DenseResourceAttr(array=array) if array is not None:
            return array
        case DenseResourceAttr():
            raise Error(
                f"the elements of the resource `{value.key}` are not there",
                hint="read the text together with its resources",
            )
        case SparseElementsAttr(type=ShapedType() as type):
            array = np.zeros(type.shape, dtype_of(type.element_type))
            array[tuple(value.indices.array.T)] = value.values.array
            return array
        case IntegerAttr() | FloatAttr():
            return np.asarray(value.value).astype(dtype_of(value.type))
        case _:
            raise Error(f"`{value}` is no constant of numbers")
