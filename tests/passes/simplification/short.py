"""Elementwise programs in few words: `%0 = negate %y; %r = add %x, %0`, all of one type, for tests of rules.

`%x`, `%y` and `%z` are tensors of the element type of the program, `%p` and `%q` of booleans. `constant 1.0` has the type of
the program, `constant true` is boolean; another type stands at the end, `convert %x to i8`, `constant 3 to i8`. `compare LT %x, %y`; attributes
stand in braces. The last op gives the result; a name alone returns that value.
"""

from __future__ import annotations

import re

import couloir
from couloir.ir.rewriting import apply_rules
from couloir.ir.rewriting.rule import find_rule
from couloir.ir.verify import verify
from couloir.passes.simplification import families

families()  # all rules are to be known

_LINE = re.compile(r"(%\w+) = (\w+)(?: ([A-Z]{2}))? ?([^{]*?)(\{.*\})?(?: to (\S+))?$")
_PREDICATES = ("is_finite", "compare")


def program(element: str, lines: str) -> couloir.Module:
    """The module that is meant."""
    elements = {"%x": element, "%y": element, "%z": element, "%p": "i1", "%q": "i1", "%s": "i1"}
    arguments = ", ".join(f"{name}: {_tensor(name, kind)}" for name, kind in elements.items())
    made: list[str] = []
    value = "%x"
    for line in filter(None, (part.strip() for part in lines.split(";"))):
        found = _LINE.match(line)
        if found is None:
            value = line
            continue
        value, op, direction, rest, attributes, to = found.groups()
        rest = rest.strip()
        if op == "constant":
            kind = to or ("i1" if rest in ("true", "false") else element)
            made.append(f"{value} = stablehlo.constant dense<{rest}> : {_tensor(value, kind)}")
        else:
            operands = [name.strip() for name in rest.split(",")] if rest else []
            kind = to or _result(op, [elements[name] for name in operands])
            types = ", ".join(_tensor(name, elements[name]) for name in operands)
            if direction:
                attributes = "{comparison_direction = #stablehlo<comparison_direction " + direction + ">}"
            made.append(f'{value} = "stablehlo.{op}"({rest}) {attributes or ""} : ({types}) -> {_tensor(value, kind)}')
        elements[value] = kind
    body = "\n".join(made)
    result = _tensor(value, elements[value])
    return couloir.parse(f"func.func @main({arguments}) -> {result} {{\n{body}\nreturn {value} : {result}\n}}")


def _tensor(name: str, element: str) -> str:
    return f"tensor<{element}>" if name == "%s" else f"tensor<2x{element}>"


def _result(op: str, operands: list[str]) -> str:
    if op in _PREDICATES:
        return "i1"
    kind = operands[1] if op in ("select", "clamp") else operands[0]
    if op == "complex":
        return f"complex<{kind}>"
    if op in ("real", "imag", "abs") and kind.startswith("complex<"):
        return kind.removeprefix("complex<").removesuffix(">")
    return kind


def simplified(rule: str, element: str, lines: str) -> str:
    """The text of a program after one rule, which verifies."""
    module = program(element, lines)
    apply_rules(module, [find_rule(rule)])
    verify(module)
    return str(module)


def text(element: str, lines: str) -> str:
    """The text of a program without what nobody uses."""
    module = program(element, lines)
    apply_rules(module, [])
    return str(module)
