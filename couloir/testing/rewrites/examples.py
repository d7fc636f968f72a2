"""Variations of a program that somebody has written: other element types, other sizes, a value used twice, further results."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.text.parser import parse_module_op
from couloir.ir.traits import IsTerminator
from couloir.ir.types import FunctionType
from couloir.ir.verify import faults

ELEMENTS: Final = (("f32", "f64", "f16", "bf16"), ("i8", "i16", "i32", "i64"), ("ui8", "ui16", "ui32", "ui64"))
"""Element types that stand for each other."""
SIZES: Final = (1, 2, 3, 4, 5, 7)
ATTEMPTS: Final = 8
_SIZE: Final = re.compile(r"(?<=[<x])\d+(?=x)")


def varied(text: str, rng: Random | None = None) -> ModuleOp:
    """A program like another one, that verifies; without `rng` as it is written.

    Raises:
        Error: The text is no module, or does not verify.
    """
    made = _parsed(text)
    if rng is None or rng.random() < 0.2:
        return made
    changed = text
    for _ in range(0 if "custom_call" in text else ATTEMPTS):  # its name goes with its types
        attempt = rng.choice((_with_other_element, _with_other_size))(changed, rng)
        try:
            made = _parsed(attempt)
        except Error:
            continue
        changed = attempt
        if rng.random() < 0.6:
            break
    if rng.random() < 0.3:
        _use_twice(made, rng)
    if rng.random() < 0.3:
        _return_more(made, rng)
    return made if not faults(made, limit=1) else _parsed(changed)


def _parsed(text: str) -> ModuleOp:
    module = parse_module_op(text, file="<example>")
    found = faults(module, limit=1)
    if found or not isinstance(module, ModuleOp):
        raise Error(f"an example of a rule is a module that verifies: {found[0].message if found else module.name}")
    return module


def _with_other_element(text: str, rng: Random) -> str:
    group = rng.choice(ELEMENTS)
    present = [name for name in group if re.search(rf"\b{name}\b|x{name}\b", text)]
    if not present:
        return text
    old, new = rng.choice(present), rng.choice(group)
    return re.sub(rf"(?<![a-z0-9]){old}\b|(?<=x){old}\b", new, text)


def _with_other_size(text: str, rng: Random) -> str:
    sizes = sorted(set(_SIZE.findall(text)))
    if not sizes:
        return text
    old, new = rng.choice(sizes), str(rng.choice(SIZES))
    changed = _SIZE.sub(lambda found: new if found[0] == old else found[0], text)
    if rng.random() < 0.5:  # numbers in attributes that are this size
        changed = re.sub(rf"(?<=[\[ ,:]){old}(?=[\],>:])", new, changed)
    return changed


def _function(module: ModuleOp) -> tuple[FuncOp, Return] | None:
    for op in module.ops:
        if isinstance(op, FuncOp) and not op.is_declaration:
            last = op.entry.last_op
            return (op, last) if isinstance(last, Return) else None
    return None


def _use_twice(module: ModuleOp, rng: Random) -> None:
    """One argument takes the place of another one of its type."""
    found = _function(module)
    if found is None:
        return
    arguments = list(found[0].arguments)
    pairs = [(a, b) for a in arguments for b in arguments if a is not b and a.type is b.type]
    if pairs:
        old, new = rng.choice(pairs)
        old.replace_all_uses_with(new)


def _return_more(module: ModuleOp, rng: Random) -> None:
    """A value inside is a result, too."""
    found = _function(module)
    if found is None:
        return
    function, last = found
    inner: list[Operation] = [op for op in function.entry.ops if op.results and not op.has_trait(IsTerminator)]
    if not inner or function.attributes.get("res_attrs") is not None:
        return
    last.set_operands([*last.operands, rng.choice(rng.choice(inner).results)])
    types = [value.type for value in last.operands]
    function.function_type = FunctionType(list(function.function_type.inputs), types)
