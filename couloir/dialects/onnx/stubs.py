"""Writes the type stubs of the ONNX dialect: `python -m couloir.dialects.onnx.stubs`.

The op classes are made from schemas when they are asked for, so editors and type checkers cannot see them. The stubs
tell them: for each class its operands, attributes with defaults, regions and results.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx

from couloir.dialects.onnx.schemas import SchemaField, all_schemas, schema_fields

if TYPE_CHECKING:
    from onnx.defs import OpSchema

#: File beside this one, the operator set whose classes it declares.
FILES: Final = {
    "__init__.pyi": "",
    "ml.pyi": "ai.onnx.ml",
    "preview/__init__.pyi": "ai.onnx.preview",
    "preview/training.pyi": "ai.onnx.preview.training",
}

_HEADER: Final = """\
# Written by `python -m couloir.dialects.onnx.stubs` from the schemas of onnx {version}. Do not edit.
# ruff: noqa: E501, D101, I001, UP037
# fmt: off
from __future__ import annotations

"""

_IMPORTS: Final = {
    "collections.abc": ["Sequence"],
    "typing": ["Any", "TypeAlias"],
    "numpy.typing": ["NDArray"],
    "couloir.dialects.onnx.base": ["OnnxOp"],
    "couloir.ir.attribute": ["Attribute", "Type"],
    "couloir.ir.fields": ["Operand", "Operands", "OptionalOperand", "OptionalResult", "Result", "Results"],
    "couloir.ir.location": ["Location"],
    "couloir.ir.operation": ["Operation", "Region", "Value"],
    "couloir.ir.types": ["TensorType", "UnrankedTensorType"],
}

_ALIASES: Final = {
    "_Tensor": "TensorType | UnrankedTensorType",
    "_Constant": "Attribute | NDArray[Any]",
    "_In": "Value[Any] | Operation",
}

_MARKERS: Final = {
    ("operand", "Single"): "Operand",
    ("operand", "Optional"): "OptionalOperand",
    ("operand", "Variadic"): "Operands",
    ("result", "Single"): "Result",
    ("result", "Optional"): "OptionalResult",
    ("result", "Variadic"): "Results",
}
_PARAMETERS: Final = {"Single": "_In", "Optional": "_In | None = None", "Variadic": "Sequence[_In] = ()"}
_ATTRIBUTES: Final = {
    "INT": "int",
    "FLOAT": "float",
    "STRING": "str",
    "INTS": "tuple[int, ...]",
    "FLOATS": "tuple[float, ...]",
    "STRINGS": "tuple[str, ...]",
    "TENSOR": "Attribute",
    "SPARSE_TENSOR": "Attribute",
    "TYPE_PROTO": "Type",
}
_ARGUMENTS: Final = {
    "INTS": "Sequence[int]",
    "FLOATS": "Sequence[float]",
    "STRINGS": "Sequence[str]",
    "TENSOR": "_Constant",
    "SPARSE_TENSOR": "Attribute",
}


def stub_text(file: str) -> str:
    """The text of one of the `FILES`."""
    domain = FILES[file]
    lines: list[str] = []
    newest: dict[str, int] = {}
    for schema in all_schemas(domain):
        lines += _class_lines(schema)
        newest[schema.name] = schema.since_version
    lines += ["", *(f"{name} = {name}V{version}" for name, version in newest.items())]
    body = "\n".join(lines) + "\n"
    for alias, meaning in _ALIASES.items():
        if _uses(body, alias):
            body = f"{alias}: TypeAlias = {meaning}\n{body}"
    public = list(_own_imports()) if file == "__init__.pyi" else []
    needed = {module: [name for name in names if _uses(body, name)] for module, names in _IMPORTS.items()}
    if public:  # under its own name it is public in a stub
        needed["couloir.dialects.onnx.base"] = ["OnnxOp as OnnxOp"]
    imports = [f"from {module} import {', '.join(names)}" for module, names in needed.items() if names]
    return _HEADER.format(version=onnx.__version__) + "\n".join([*imports, *public]) + "\n\n" + body


def _uses(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def recorded_version(text: str) -> str | None:
    """The version of onnx from whose schemas a stub was written."""
    match = re.search(r"schemas of onnx (\S+)\. ", text)
    return match[1] if match else None


def write_stubs(directory: Path) -> list[Path]:
    """Writes all stubs into a copy of the dialect's directory; gives the files."""
    written: list[Path] = []
    for file in FILES:
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stub_text(file), encoding="utf-8", newline="\n")
        written.append(path)
    return written


def _own_imports() -> Iterator[str]:
    """Imports of what the package defines beside the operators."""
    package = importlib.import_module("couloir.dialects.onnx")
    modules: dict[str, list[str]] = {}
    exported: list[str] = package.__all__
    for name in exported:
        found: Any = getattr(package, name)
        if name != "OnnxOp":
            modules.setdefault(found.__module__, []).append(name)
    for module, names in sorted(modules.items()):
        yield f"from {module} import {', '.join(f'{name} as {name}' for name in sorted(names))}"
    yield "from couloir.dialects.onnx import ml as ml, preview as preview"


def _class_lines(schema: OpSchema) -> Iterator[str]:
    fields = schema_fields(schema)
    parameters = {p.name: p for p in schema.inputs}, {p.name: p for p in schema.outputs}
    yield ""
    yield f"class {schema.name}V{schema.since_version}(OnnxOp):"
    yield f'    """{_summary(schema)}"""'
    for field in fields:
        yield f"    {field.name}: {_annotation(field, parameters)}"
    yield "    def __init__("
    yield f"        self{''.join(', ' + p for p in _parameters(fields))}"
    yield "    ) -> None: ..."


def _annotation(field: SchemaField, parameters: tuple[dict[str, Any], dict[str, Any]]) -> str:
    """How the field reads."""
    if field.role == "region":
        return "Region"
    if field.role == "attribute":
        absent = not field.required and field.default is None
        return _ATTRIBUTES[field.kind] + (" | None" if absent else "")
    parameter = parameters[0 if field.role == "operand" else 1][field.key]
    tensors = all(name.startswith("tensor(") for name in parameter.types)
    return f"{_MARKERS[field.role, field.kind]}[{'_Tensor' if tensors else 'Any'}]"


def _parameters(fields: Sequence[SchemaField]) -> Iterator[str]:
    """The parameters of the constructor: operands by position, the others by name."""
    operands = [field for field in fields if field.role == "operand"]
    for index, field in enumerate(operands):
        followed = any(f.kind == "Single" for f in operands[index + 1 :])  # then it cannot have a default
        text = _PARAMETERS[field.kind]
        yield f"{field.name}: {text.partition(' = ')[0] if followed else text}"
    yield "*"
    for field in fields:
        if field.role == "region":
            yield f"{field.name}: Region | None = None"
        elif field.role == "attribute":
            kind = _ARGUMENTS.get(field.kind, _ATTRIBUTES[field.kind])
            if field.required:
                yield f"{field.name}: {kind}"
            elif field.default is None:
                yield f"{field.name}: {kind} | None = None"
            else:
                yield f"{field.name}: {kind} = {_literal(field)}"
    yield "result_types: Sequence[Type] | None = None"
    yield "loc: Location | None = None"


def _literal(field: SchemaField) -> str:
    """A default as Python writes it; numbers stored in 32 bits by their shortest form."""
    if field.kind == "TENSOR":
        return "..."
    if field.kind == "FLOAT":
        return str(float(str(np.float32(field.default))))
    if field.kind == "FLOATS":
        return "(" + "".join(f"{float(str(np.float32(item)))}, " for item in field.default) + ")"
    return repr(field.default)


def _summary(schema: OpSchema) -> str:
    """The first sentence of the documentation, on one line."""
    text = " ".join(inspect.cleandoc(schema.doc or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:])\s", text)[0] if text else schema.name
    sentence = textwrap.shorten(sentence, 160, placeholder=" ...").replace("\\", "/").replace('"', "'")
    return f"{schema.name}, deprecated. {sentence}" if schema.deprecated else sentence


if __name__ == "__main__":
    for path in write_stubs(Path(__file__).parent):
        sys.stdout.write(f"{path}\n")
