"""What we print of each StableHLO op can be stored as a portable artifact, for a reader as old as the op's form allows.

Upstream's serializer reads the text, verifies it and turns it into the versioned dialect; it knows quantized types too.
It runs in a process of its own: it may abort, and it writes what it refuses to the error stream.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from couloir.dialects import func
from couloir.ir.builder import at_end
from couloir.ir.operation import Operation, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.symbols import symbol_name
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from tests.interop.test_texts import NEWER, TEXTS

pytest.importorskip("jaxlib.mlir.dialects.stablehlo", reason="jaxlib brings the serializer")

OLD = "1.0.0"
SERIALIZER = """
import json, sys
from jaxlib.mlir.dialects import stablehlo
versions = [sys.argv[1], stablehlo.get_current_version()]
print(versions[1])
for line in sys.stdin:
    refusals = []
    for version in versions:
        try:
            stablehlo.serialize_portable_artifact_str(json.loads(line), version)
            refusals.append("")
        except ValueError as error:
            refusals.append(str(error) or "refused")
    print(json.dumps(refusals), flush=True)
"""
YOUNG_OPS = {"stablehlo.tan", "stablehlo.async_start", "stablehlo.async_done"}
YOUNG_FORMS = {
    "stablehlo.all_gather": "of several tensors, or in a mesh",
    "stablehlo.all_reduce": "of several tensors",
    "stablehlo.all_to_all": "of several tensors",
    "stablehlo.custom_call": "with a dictionary as its configuration",
    "stablehlo.dot_general": "with an algorithm",
    "stablehlo.exponential": "with an accuracy",
    "stablehlo.recv": "with pairs of source and target",
    "stablehlo.send": "with pairs of source and target",
}
"""Op -> which form of it the old version does not have."""
UNKNOWN = {
    "stablehlo.collective_reduce": "newer than jaxlib",
    "stablehlo.collective_broadcast": "of several tensors, or from a root that is computed: newer than jaxlib",
}


def captured(op: Operation) -> list[Value[Any]]:
    """The values that an op and everything inside it use and do not define."""
    own = {result for inner in op.walk() for result in inner.results}
    own |= {argument for inner in op.walk() for region in inner.regions for block in region.blocks for argument in block.arguments}  # fmt: skip
    return list(dict.fromkeys(value for inner in op.walk() for value in inner.operands if value not in own))


def alone(op: Operation, module: Operation) -> str:
    """The text of a module in which a function does what `op` does, with the functions that it names."""
    values = captured(op)
    function = func.FuncOp.build("main", [v.type for v in values], [r.type for r in op.results])
    copy = op.clone(dict(zip(values, function.arguments, strict=True)))
    for inner in copy.walk():
        for key in inner.attributes.keys() - {field.key for field in inner.definition.attributes}:
            del inner.attributes[key]
    with at_end(function.entry):
        function.entry.append(copy)
        func.Return(list(copy.results))
    text = operation_text(function)
    named = [other for other in module.regions[0].ops if f"@{symbol_name(other)}" in text]
    return "\n".join([text, *map(operation_text, named)])


def programs() -> Iterator[tuple[str, str]]:
    """Op name and module, for each StableHLO op in the texts."""
    for name, text in (*TEXTS.items(), *NEWER.items()):
        module = parse_module_op(text)
        for function in module.regions[0].ops if name.startswith("stablehlo") else ():
            for op in function.regions[0].ops:
                if op.name.startswith("stablehlo."):
                    yield op.name, alone(op, module)


@pytest.fixture(scope="module")
def refusals() -> list[tuple[str, str, str, str]]:
    """Op, text, and what the serializer says for the old version and for its own."""
    made = list(programs())
    lines = "\n".join(json.dumps(text) for _, text in made)
    done = subprocess.run(
        [sys.executable, "-c", SERIALIZER, OLD], input=lines, capture_output=True, text=True, timeout=300, check=False
    )
    _, *answers = done.stdout.splitlines()
    assert len(answers) == len(made), done.stderr[-2000:]
    return [(op, text, *json.loads(answer)) for (op, text), answer in zip(made, answers, strict=True)]


def ops_in(texts: Iterable[str]) -> set[str]:
    return {op.name for text in texts for op in parse_module_op(text).walk() if op.name.startswith("stablehlo.")}


def test_every_text_is_stored_for_readers_of_today(refusals):
    assert [(op, text) for op, text, _, now in refusals if now and op not in UNKNOWN] == []
    stored = ops_in(text for _, text, _, now in refusals if not now)
    assert {cls.name for cls in REGISTRY.operations("stablehlo")} - stored == {"stablehlo.collective_reduce"}


def test_every_op_is_stored_for_old_readers(refusals):
    refused = {op for op, _, old, now in refusals if old and not now}
    assert refused == YOUNG_OPS | YOUNG_FORMS.keys()
    stored = ops_in(text for _, text, old, _ in refusals if not old)
    assert {cls.name for cls in REGISTRY.operations("stablehlo")} - stored == YOUNG_OPS | {
        "stablehlo.collective_reduce"
    }
