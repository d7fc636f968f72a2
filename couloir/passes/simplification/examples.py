"""Programs in a few lines, for the examples that rules bring along and for their tests."""

from __future__ import annotations

import re


def program(arguments: str, body: str) -> str:
    """The text of a function `@main` that gives `%r`, the result of the last op of `body`.

    Args:
        arguments: Of the function: `"%x: tensor<2xf32>"`.
        body: Ops, each on its line; those of StableHLO without the name of the dialect.
    """
    lines = [line.strip() for line in body.strip().split("\n")]
    start = max(number for number, line in enumerate(lines) if line.startswith("%r"))
    last = " ".join(lines[start:])
    type = (last.rpartition(" -> ") if " -> " in last else last.rpartition(" : "))[2]
    if last.startswith("%r = select "):  # its type is that of the condition, and that of the rest
        type = "tensor" + type.rpartition(", tensor")[2]
    text = "\n".join(re.sub(r"(= |applies )([a-z_]+)(?=[ (])", r"\1stablehlo.\2", line) for line in lines)
    return f"func.func @main({arguments}) -> {type} {{\n{text}\nreturn %r : {type}\n}}"
