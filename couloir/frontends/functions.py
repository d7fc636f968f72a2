"""What frontends do to the function that they make: names of arguments and results, and ops that nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, StringAttr
from couloir.ir.operation import Block
from couloir.ir.rewriting.rewriter import is_dead


def value_attributes(name: str, dims: Sequence[str] = ()) -> DictionaryAttr:
    """Name and symbolic dimensions of an argument or result, under the keys that the importer of ONNX uses."""
    entries: dict[str, Attribute] = {"onnx.name": StringAttr(name)}
    if any(dims):
        entries["onnx.dims"] = ArrayAttr(tuple(StringAttr(label) for label in dims))
    return DictionaryAttr(tuple(entries.items()))


def result_name(steps: Sequence[str]) -> str:
    """The name of an output, from the keys that lead to it in a tree."""
    name = ".".join(steps)
    return f"output{name}" if not name or name[0].isdigit() else name


def remove_dead(block: Block) -> None:
    """Removes what nobody uses: sizes that were asked for in vain, results that were made to be complete."""
    op = block.last_op
    while op is not None:
        previous = op.prev_op
        if is_dead(op):
            op.erase()
        op = previous
