"""How the attributes of ONNX nodes are stored, one codec for each type of attribute in a schema.

| ONNX | in the IR | in Python |
|---|---|---|
| INT, FLOAT, STRING | `1 : i64`, `0.5 : f32`, `"same"` | int, float, str |
| INTS, FLOATS, STRINGS | `array<i64: 1, 2>`, `array<f32: 0.5>`, `["a", "b"]` | tuples of them |
| TENSOR, SPARSE_TENSOR | `dense<...>`, `#onnx.strings<...>`, `sparse<...>` | the attribute; arrays are taken, too |
| TYPE_PROTO | the type | the type |
| GRAPH | a region | the region |
"""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects.onnx.types import StringsAttr, string
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr, SparseElementsAttr
from couloir.ir.codecs import STRING, Codec, array_of, dense_array, floating, integer, of_class
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, f32, i64

CONSTANTS: Final = (DenseElementsAttr, StringsAttr, DenseResourceAttr, SparseElementsAttr)
"""The attributes that hold a constant tensor."""


def tensor_attribute(value: Any) -> Attribute:
    """A constant tensor from a NumPy array (of numbers or of strings) or something that NumPy makes an array of."""
    import numpy as np

    if isinstance(value, CONSTANTS):
        return value
    array = np.asarray(value)
    if array.dtype.kind in "OUT":
        values = [str(item) for item in array.reshape(-1)]
        return StringsAttr(TensorType(array.shape, string), tuple(values))
    if array.dtype.kind in "SM":
        raise Error(f"ONNX has no tensors of dtype `{array.dtype}`")
    return DenseElementsAttr.from_numpy(array)


TENSOR: Final = Codec(
    "a constant tensor",
    tensor_attribute,
    lambda attribute: attribute,
    lambda attribute: isinstance(attribute, CONSTANTS),
)

ATTRIBUTES: Final[dict[str, tuple[Any, Codec]]] = {
    "INT": (int, integer(i64)),
    "FLOAT": (float, floating(f32)),
    "STRING": (str, STRING),
    "INTS": (tuple[int, ...], dense_array(i64)),
    "FLOATS": (tuple[float, ...], dense_array(f32)),
    "STRINGS": (tuple[str, ...], array_of(STRING)),
    "TENSOR": (Attribute, TENSOR),
    "SPARSE_TENSOR": (Attribute, of_class(SparseElementsAttr)),
    "TYPE_PROTO": (Type, of_class(Type)),
}
"""For each type of attribute the Python type of its values, and how they are stored. Graphs are regions instead."""
