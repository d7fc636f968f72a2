"""Declarative pretty forms: an op class's `assembly_format`, compiled into a function that prints and one that reads.

    class Add(Operation, name="demo.add"):
        lhs: Operand[TensorType]
        rhs: Operand[TensorType]
        result: Result[TensorType] = result()
        constraints = (SameType("lhs", "rhs", "result"),)
        assembly_format = "$lhs `,` $rhs attr-dict `:` type($result)"

The language is MLIR's, and spaces are printed where MLIR prints them. Types that the format leaves out follow from the
op's relations, its `infer`, or the definition of the operand. A class is compiled when an op of it is first met. An op
class that names its `implicit_terminator` (a class or the name of one) has it left out of its regions. A class has an
`strict_format` as well where newer releases of upstream ("strict properties") write the op's own attributes before the
dictionary: it allows both, is what is read, and is printed on request.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.text.format_printer import PrinterSource
from couloir.ir.text.format_reader import ReaderSource

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.text.parser import PrettyReader
    from couloir.ir.text.printer import PrettyForm

_PRINTERS: Final[weakref.WeakKeyDictionary[Any, PrettyForm]] = weakref.WeakKeyDictionary()
_STRICT_PRINTERS: Final[weakref.WeakKeyDictionary[Any, PrettyForm]] = weakref.WeakKeyDictionary()
_READERS: Final[weakref.WeakKeyDictionary[Any, PrettyReader]] = weakref.WeakKeyDictionary()


def printer_of(cls: type[Operation], *, strict: bool = False) -> PrettyForm:
    """What prints the ops of a class by its `assembly_format`, or by its `strict_format`.

    Raises:
        Error: if the format is wrong.
    """
    table = _STRICT_PRINTERS if strict else _PRINTERS
    found = table.get(cls)
    if found is None:
        found = table[cls] = PrinterSource(cls, strict=strict).compile()
    return found


def reader_of(cls: type[Operation]) -> PrettyReader:
    """What reads the ops of a class by its `assembly_format`. Raises `couloir.Error` if the format is wrong."""
    found = _READERS.get(cls)
    if found is None:
        found = _READERS[cls] = ReaderSource(cls, strict=True).compile()
    return found
