"""The one family of errors: what went wrong, where, and what to do about it.

Everything that bad input can cause is a `couloir.Error`; an exception of any other type that reaches a user is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence


class Error(Exception):
    """Base of all errors of Couloir.

    Args:
        message: What is wrong, in one sentence.
        where: The place: a location (`"lenet.onnx: node 'conv1'"`), an op, an option, a file and line.
        hint: What the reader can do about it: the nearest legal form, the extra to install.
        excerpt: A few lines of the offending text or IR, with a caret where that helps.
        notes: Further facts, one line each.
    """

    def __init__(
        self,
        message: str,
        *,
        where: object | None = None,
        hint: str | None = None,
        excerpt: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = None if where is None else str(where)
        self.hint = hint
        self.excerpt = excerpt
        self.notes = tuple(notes)

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.excerpt:
            lines += ["  " + line for line in self.excerpt.rstrip("\n").split("\n")]
        lines += ["  note: " + note for note in self.notes]
        if self.hint:
            lines.append("  hint: " + self.hint)
        return "\n".join(lines)


class ParseError(Error):
    """A text that is not what it should be. `line` and `column` count from 1."""

    def __init__(
        self,
        message: str,
        *,
        file: str,
        line: int,
        column: int,
        excerpt: str | None = None,
        hint: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__(message, where=f"{file}:{line}:{column}", hint=hint, excerpt=excerpt, notes=notes)
        self.file = file
        self.line = line
        self.column = column


class VerifyError(Error):
    """A module that breaks rules of its ops. `faults` holds every fault found, not only the first."""

    def __init__(self, faults: Sequence[Error]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        count = len(self.faults)
        super().__init__(
            first.message if count == 1 else f"{count} faults",
            where=first.where if count == 1 else None,
            hint=first.hint if count == 1 else None,
            excerpt=first.excerpt if count == 1 else None,
            notes=first.notes if count == 1 else (),
        )

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return super().__str__()
        return "\n".join([f"{len(self.faults)} faults:", *(str(fault) for fault in self.faults)])


def file_trouble(error: OSError | ValueError) -> str:
    """Why a file cannot be opened, read or written; a ValueError is what Python raises for names that no file can have."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def nearest(name: str, candidates: Sequence[str]) -> str | None:
    """A hint "did you mean ...?" for a misspelt name, or None when nothing is near."""
    import difflib

    found = difflib.get_close_matches(name, candidates, n=3, cutoff=0.6)
    return "did you mean " + " or ".join(f"`{c}`" for c in found) + "?" if found else None


class NoPrettyForm(Exception):
    """Raised by an op's `print` where the pretty form cannot say all of it: it is printed in the generic form."""
