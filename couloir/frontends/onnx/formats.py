"""Files that are no ONNX model although their name says so, told apart by their first bytes.

None of these beginnings can start a ModelProto, so that a model is never mistaken for one of them.
"""

from __future__ import annotations

import re

import attrs

from couloir.ir.errors import Error

PREFIX_LENGTH = 512
"""As many bytes from the beginning as `explain` looks at."""


_UNPACK = "unpack it and load the .onnx file inside; archives are never unpacked on loading"
_EXPORT_TORCH = "a PyTorch model becomes ONNX by `torch.onnx.export`"
_NOT_MODEL = "check how the file was made or fetched"


@attrs.frozen
class _Format:
    beginning: re.Pattern[bytes]
    description: str
    hint: str = _NOT_MODEL


def _format(beginning: bytes, description: str, hint: str = _NOT_MODEL) -> _Format:
    return _Format(re.compile(beginning, re.DOTALL | re.IGNORECASE), description, hint)


_FORMATS = (
    _format(rb"\x1f\x8b", "a gzip archive", _UNPACK),
    _format(
        rb"PK(\x03\x04|\x05\x06)",
        "a zip archive",
        f"{_UNPACK} (PyTorch's .pt files are zip archives, too: {_EXPORT_TORCH})",
    ),
    _format(rb"BZh[1-9]1AY", "a bzip2 archive", _UNPACK),
    _format(rb"\xfd7zXZ\0", "an xz archive", _UNPACK),
    _format(rb"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    _format(rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    _format(rb".{148}[0-7 ]{6}[\0 ]{2}.{101}ustar", "a tar archive", _UNPACK),
    _format(rb"\x80[\x02-\x05]", "a Python pickle", f"pickles can run code and are never read; {_EXPORT_TORCH}"),
    _format(rb"\x89PNG", "a PNG image"),
    _format(rb"\xff\xd8\xff", "a JPEG image"),
    _format(rb"GIF8", "a GIF image"),
    _format(rb"%PDF-", "a PDF document"),
    _format(rb"\x7fELF", "an executable or library"),
    _format(rb"\x89HDF", "an HDF5 file (Keras)", "a Keras model becomes ONNX by `model.export(path, format='onnx')`"),
    _format(rb"\x93NUMPY", "a NumPy array"),
    _format(rb"GGUF", "a GGUF file", "GGUF holds weights without a graph"),
    _format(rb"..\0\0TFL3", "a TensorFlow Lite model", "tf2onnx converts such models to ONNX"),
    _format(rb"..\0\0ORTM", "a model in ONNX Runtime's own format", "take the .onnx file that it was made from"),
    _format(rb".{4}\0{4}\{\"", "a safetensors file", "safetensors hold weights without a graph"),
    _format(rb"version https://git-lfs", "a git-lfs pointer, not the model itself", "fetch the model: `git lfs pull`"),
    _format(
        rb"\s*<(?:!doctype|html|\?xml|head|body|error)",
        "an HTML or XML page",
        "the download returned a web page (an error, a login?) in place of the model",
    ),
    _format(
        rb"\s*(?:#[^\n]*\n\s*)*(?:ir_version|opset_import|producer_name|graph)\s*[:{]",
        "an ONNX model as protobuf text",
        "read it by `onnx.load(path, format='textproto')`, pass the ModelProto",
    ),
    _format(
        rb"\s*<\s*ir_version",
        "an ONNX model in onnx's text form",
        "read it by `onnx.parser.parse_model`, pass the ModelProto",
    ),
    _format(
        rb"\s*(?://[^\n]*\n\s*)*(?:\"?builtin\.)?(?:module|func\.func|#\w+\s*=|!\w+\s*=)",
        "MLIR text",
        "read it by `couloir.parse`",
    ),
    _format(
        rb"\s*[{\[]\s*[\"{\[\]}]",
        "JSON",
        "if it is an ONNX model, read it by `onnx.load(path, format='json')`, pass the ModelProto",
    ),
)


def explain(prefix: bytes, *, where: str) -> Error | None:
    """What a file that begins with these bytes is, if it is not an ONNX model, as an error to raise; None otherwise."""
    prefix = prefix[:PREFIX_LENGTH]
    if not prefix:
        return Error("the file is empty", where=where, hint="the download or the export was probably cut off")
    text = prefix.removeprefix(b"\xef\xbb\xbf")  # the byte order mark that some editors write
    for known in _FORMATS:
        if known.beginning.match(text):
            return Error(f"not an ONNX model: this looks like {known.description}", where=where, hint=known.hint)
    tag = prefix[0]
    if tag >> 3 == 0 or tag & 7 > 5:
        return Error(
            f"not an ONNX model: no protobuf message begins with byte 0x{tag:02x}",
            where=where,
            hint=_NOT_MODEL,
        )
    return None
