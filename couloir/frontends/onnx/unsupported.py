"""Operators that a model uses and nobody knows: all of them, in one error."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import attrs
from onnx import NodeProto

from couloir.dialects.onnx.schemas import class_at, newest_schema, operators
from couloir.frontends.onnx.checking import FunctionKey, canonical_domain, function_key
from couloir.frontends.onnx.walking import walk_nodes
from couloir.ir.errors import Error, nearest
from couloir.ir.limits import quoted

_SHOWN = 20


@attrs.define
class _Entry:
    node: str
    """The first node that uses the operator."""
    hint: str | None
    count: int = 0


@attrs.define
class Unsupported:
    """The unknown operators found so far, by domain, name and version of the operator set."""

    entries: dict[tuple[str, str, int], _Entry] = attrs.field(factory=dict)
    _known: dict[tuple[str, str, int], bool] = attrs.field(factory=dict)

    def look_at(self, nodes: Iterable[NodeProto], imports: dict[str, int], functions: Collection[FunctionKey]) -> None:
        """Notes the unknown operators among nodes and in the graphs inside them; `functions` are the model's own."""
        for index, node in enumerate(walk_nodes(nodes)):
            if functions and function_key(node) in functions:
                continue
            domain = canonical_domain(node.domain)
            key = (domain, node.op_type, imports[domain])
            if key not in self._known:
                self._known[key] = _is_known(*key)
            if not self._known[key]:
                label = quoted(node.name) if node.name else f"#{index}"
                self.entries.setdefault(key, _Entry(label, _hint(*key))).count += 1

    def raise_if_any(self, where: str) -> None:
        """Raises one `Error` that lists them all."""
        if not self.entries:
            return
        notes = [
            f"{quoted(operator)} of {quoted(domain or 'ai.onnx')} version {version}: {_times(entry.count)}, first in "
            f"node {entry.node}" + (f" ({entry.hint})" if entry.hint else "")
            for (domain, operator, version), entry in list(self.entries.items())[:_SHOWN]
        ]
        if len(self.entries) > _SHOWN:
            notes.append(f"... and {len(self.entries) - _SHOWN} more operators")
        count = len(self.entries)
        raise Error(
            f"the model uses {count} operator{'s' if count > 1 else ''} that {'are' if count > 1 else 'is'} not known",
            where=where,
            notes=notes,
            hint="give operators of other domains as model-local functions; `pip install -U onnx` adds newer operators",
        )


def _is_known(domain: str, operator: str, version: int) -> bool:
    if domain != "" and not domain.startswith("ai.onnx."):
        return False
    return class_at(operator, version, domain) is not None


def _hint(domain: str, operator: str, version: int) -> str | None:
    """What is near: a later version of the operator, or one with a similar name."""
    if domain not in ("",) and not domain.startswith("ai.onnx."):
        return None
    newest = newest_schema(operator, domain)
    if newest is not None:
        return f"it exists in other versions of the operator set, such as {newest.since_version}"
    return nearest(operator, operators(domain))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
