"""Messages between a check and the process of a peer: a JSON object and arrays, as bytes. Nothing is unpickled."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import ml_dtypes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- gives NumPy the names of narrow floats
import numpy as np

from couloir.backends.numpy.element_types import Array

LENGTHS: Final = struct.Struct("<QQ")
"""Before each message: the bytes of the JSON, and of the arrays."""
ARRAYS: Final = "arrays"


class Damaged(Exception):
    """Bytes that are no message."""


def packed(content: Mapping[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """A message as bytes."""
    head = {**content, ARRAYS: [[array.dtype.name, list(array.shape)] for array in arrays]}
    text = json.dumps(head).encode()
    data = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return LENGTHS.pack(len(text), len(data)) + text + data


def unpacked(text: bytes, data: bytes) -> tuple[dict[str, Any], list[Array]]:
    """The object and the arrays of a message whose two parts have been read.

    Raises:
        Damaged: The parts do not fit together.
    """
    try:
        content = json.loads(text)
        arrays: list[Array] = []
        start = 0
        for name, shape in content.pop(ARRAYS):
            dtype = np.dtype(name)
            count = math.prod(shape)
            arrays.append(np.frombuffer(data, dtype, count, start).reshape(shape).copy())
            start += count * dtype.itemsize
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Damaged(str(error)) from error
    return cast("dict[str, Any]", content), arrays
