"""In which versions of the operator sets a set of op classes can stand together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import onnx

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.schemas import all_schemas
from couloir.ir.errors import Error


@functools.cache
def _since_versions() -> dict[tuple[str, str], list[int]]:
    """The versions in which each operator changed, by domain and name."""
    found: dict[tuple[str, str], list[int]] = {}
    for schema in all_schemas():
        found.setdefault((schema.domain, schema.name), []).append(schema.since_version)
    return found


def versions_of(cls: type[OnnxOp]) -> tuple[int, int | None]:
    """The first and last version of the operator set in which the operator means this class; None when it is the
    newest."""
    later = [v for v in _since_versions()[(cls.domain, cls.operator)] if v > cls.since_version]
    return cls.since_version, min(later) - 1 if later else None


def choose_opsets(classes: Iterable[type[OnnxOp]], recorded: Mapping[str, int]) -> dict[str, int]:
    """A version for each operator set such that every class is what its operator means there.

    Args:
        classes: The classes of the ops in one graph or function.
        recorded: The versions that the model came with; they are kept where they fit. Those of other domains are kept
        as they are.

    Raises:
        Error: when two ops have no version in common.
    """
    lowest: dict[str, type[OnnxOp]] = {}
    highest: dict[str, type[OnnxOp]] = {}
    for cls in dict.fromkeys(classes):
        first, last = versions_of(cls)
        domain = cls.domain
        if domain not in lowest or first > lowest[domain].since_version:
            lowest[domain] = cls
        if last is not None and (domain not in highest or last < (versions_of(highest[domain])[1] or last)):
            highest[domain] = cls
    chosen = dict(recorded)
    chosen.setdefault("", onnx.defs.onnx_opset_version())
    for domain, cls in lowest.items():
        first = cls.since_version
        last = versions_of(highest[domain])[1] if domain in highest else None
        if last is not None and last < first:
            raise Error(
                f"`{cls.name}` needs version {first} of the operator set {domain or 'ai.onnx'}, "
                f"`{highest[domain].name}` ends with version {last}: they cannot be in one model",
                hint="replace one of the ops by its other version",
            )
        version = chosen.get(domain, first)
        chosen[domain] = max(first, version if last is None else min(version, last))
    return chosen
