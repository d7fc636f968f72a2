"""The tool `iree-opt`, as a user runs it, on all texts and many random modules at once."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from couloir.ir.text.parser import external_resources, parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from tests.interop.modules import Modules
from tests.interop.test_texts import COMMON

SPLIT = "\n// -----\n"


def iree_opt(text: str, *options: str) -> str:
    tool = Path(sys.executable).parent / "iree-opt"
    if not tool.exists():
        pytest.skip("iree-opt comes with the wheel iree-base-compiler")
    command = [str(tool), "--allow-unregistered-dialect", *options, "-"]
    done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def modules() -> list[str]:
    """All texts, and random modules."""
    random_ones = [Modules(random.Random(seed)).module() for seed in range(60)]
    return [operation_text(m, generic=True) for m in (*map(parse_module_op, COMMON.values()), *random_ones)]


@pytest.mark.parametrize("generic", [True, False])
def test_it_reads_and_verifies_what_we_write_and_we_what_it_writes(generic):
    given = [parse_module_op(text, allow_unregistered=True) for text in modules()]
    texts = [operation_text(module, generic=generic, strict_properties=True) for module in given]
    options = ["--mlir-print-op-generic"] if generic else []
    out = iree_opt(SPLIT.join(texts), "--split-input-file", *options)
    theirs = out.split(SPLIT)
    assert len(theirs) == len(given)
    for text, ours in zip(theirs, texts, strict=True):
        module = parse_module_op(text, allow_unregistered=True)
        verify(module)
        assert operation_text(module, generic=generic, strict_properties=True) == ours


def test_it_keeps_what_tools_keep_beside_a_module():
    kept = {"mlir_reproducer": {"pipeline": "builtin.module()", "verify_each": True}, "tool": {"a k": False}}
    text = operation_text(parse_module_op("module @m {\n}"), external_resources=kept)
    out = iree_opt(text)
    assert out.rstrip("\n") == text
    assert external_resources(out) == kept
