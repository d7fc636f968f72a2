"""Upstream MLIR in this process: the bindings that come with jaxlib, and those of the IREE compiler.

Both are builds of MLIR with the dialects that we have; IREE's is some months newer. Each text is read, verified and
printed by code that has nothing in common with ours.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest


class Refused(Exception):
    """Upstream does not read a text, or does not find it valid."""


class Upstream:
    """One build of MLIR.

    Attributes:
        name: `jaxlib` or `iree`.
    """

    def __init__(self, name: str, ir: Any, make_context: Any) -> None:
        self.name = name
        self._ir = ir
        self._make_context = make_context
        self._contexts: dict[bool, Any] = {}

    def context(self, *, unregistered: bool, fresh: bool = False) -> Any:
        """A context. One that has met resources gives later ones of the same name another name: `fresh` is a new one."""
        if fresh or unregistered not in self._contexts:
            made = self._make_context()
            made.allow_unregistered_dialects = unregistered
            if fresh:
                return made
            self._contexts[unregistered] = made
        return self._contexts[unregistered]

    def read(self, text: str, *, unregistered: bool = False, fresh: bool = False) -> Any:
        """The module that a text describes, verified. Raises `Refused`."""
        try:
            module = self._ir.Module.parse(text, self.context(unregistered=unregistered, fresh=fresh))
        except (self._ir.MLIRError, UnicodeEncodeError) as error:
            raise Refused(str(error)) from error
        return module

    def texts(self, text: str, *, unregistered: bool = False, fresh: bool = False) -> dict[str, str]:
        """What it prints for a text, in each form of `FORMS`."""
        operation = self.read(text, unregistered=unregistered, fresh=fresh).operation
        return {
            form: operation.get_asm(print_generic_op_form=generic, enable_debug_info=locations)
            for form, (generic, locations) in FORMS.items()
        }

    def text(self, text: str, form: str = "generic", *, unregistered: bool = False, fresh: bool = False) -> str:
        """What it prints for a text."""
        generic, locations = FORMS[form]
        operation = self.read(text, unregistered=unregistered, fresh=fresh).operation
        return operation.get_asm(print_generic_op_form=generic, enable_debug_info=locations)

    def attribute(self, text: str) -> str:
        """What it prints for an attribute."""
        try:
            # In a dictionary: for some attributes the bindings have no class, and cannot return them alone.
            return str(self._ir.Attribute.parse(f"{{a = {text}}}", self.context(unregistered=True)))
        except (self._ir.MLIRError, UnicodeEncodeError) as error:
            raise Refused(str(error)) from error


FORMS = {"pretty": (False, False), "generic": (True, False), "located": (False, True), "generic located": (True, True)}
"""How a module is printed: in the generic form, with locations."""


def load(name: str) -> Upstream:
    """An upstream by name; skips the test where it is not installed."""
    if name == "jaxlib":
        mlir = pytest.importorskip("jax._src.interpreters.mlir", reason="jaxlib brings MLIR's bindings")
        return Upstream(name, importlib.import_module("jaxlib.mlir.ir"), mlir.make_ir_context)
    compiler = pytest.importorskip("iree.compiler.ir", reason="iree-base-compiler brings MLIR's bindings")
    return Upstream(name, compiler, compiler.Context)
