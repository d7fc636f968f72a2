"""The tables by which passes and canonicalization rules are found without loading them all."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import couloir
import couloir.passes
from couloir.ir.passes import all_passes, find_pass
from couloir.ir.rewriting import all_rules
from couloir.passes.canonicalization import RULES, canonicalization_rules


def test_every_pass_of_the_package_is_declared() -> None:
    for module in walk_packages(couloir.passes.__path__, "couloir.passes."):
        import_module(module.name)
    defined = {name for name, cls in all_passes().items() if cls.__module__.startswith("couloir.passes.")}
    assert defined == set(couloir.passes.PASSES)
    for name, module in couloir.passes.PASSES.items():
        assert find_pass(name).__module__.startswith(f"couloir.passes.{module}")


def test_rules_come_with_the_dialects_of_a_program() -> None:
    assert {rule.__name__ for rule in canonicalization_rules(["arith"]) if isinstance(rule, type)} >= {"ArithAddZero"}
    assert canonicalization_rules(["cf"]) == []
    assert {"ArithAddZero", "DoubleTranspose"} <= all_rules().keys()
    assert len(canonicalization_rules(RULES)) == sum(len(canonicalization_rules([dialect])) for dialect in RULES)


def test_a_small_job_does_not_load_what_it_does_not_need() -> None:
    """The start of the command is as quick as its imports are few."""
    script = """if True:
        import sys, couloir
        module = couloir.parse("func.func @f(%x: i32) -> i32 { %0 = arith.addi %x, %x : i32  return %0 : i32 }")
        couloir.opt(module, "canonicalize,cse")
        heavy = {"numpy", "onnx", "networkx", "rich", "couloir.dialects.hlo", "couloir.passes.pipelines"}
        print(sorted(heavy & sys.modules.keys()))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ops_of_no_dialect_need_no_rules() -> None:
    text = """func.func @f(%x: i32) -> i32 {
  %0 = arith.constant 0 : i32
  %1 = arith.addi %x, %0 : i32
  %2 = "foo.bar"(%1) : (i32) -> i32
  return %2 : i32
}"""
    module, _ = couloir.opt(couloir.parse(text, allow_unregistered=True), "canonicalize,cse,sccp,inline,symbol-dce")
    assert "addi" not in str(module) and "foo.bar" in str(module)
