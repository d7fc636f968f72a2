"""Which functions call which: the order in which lowered functions are planned and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from couloir.dialects import func
from couloir.ir.errors import Error


def callees_first(functions: Iterable[func.FuncOp], roots: Iterable[func.FuncOp]) -> list[func.FuncOp]:
    """The roots and all that they call, directly or not, each after the functions that it calls.

    Raises:
        Error: A function calls itself, directly or not: its buffers are static, so there can be one of it at a time.
    """
    by_name = {f.sym_name: f for f in functions}
    order: list[func.FuncOp] = []
    done: dict[str, bool] = {}
    for root in roots:
        if root.sym_name in done:
            continue
        done[root.sym_name] = False
        stack = [(root, _callees(root))]
        while stack:
            function, rest = stack[-1]
            name = next(rest, None)
            if name is None:
                stack.pop()
                done[function.sym_name] = True
                order.append(function)
            elif done.get(name) is False:
                raise Error(
                    f"@{name} calls itself, directly or through other functions",
                    where=function.location.label or None,
                    hint="compiled programs have no recursion; the NumPy backend runs it",
                )
            elif name not in done:
                callee = by_name.get(name)
                if callee is None or callee.is_declaration:
                    raise Error(f"@{name} has no body, so it cannot be compiled", where=function.location.label or None)
                done[name] = False
                stack.append((callee, _callees(callee)))
    return order


def _callees(function: func.FuncOp) -> Iterator[str]:
    return iter(dict.fromkeys(op.callee for op in function.walk() if isinstance(op, func.Call)))
