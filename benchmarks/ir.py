"""The core beside xDSL: the same texts, the same rewrites, CPU time, garbage collector on.

    python benchmarks/ir.py [OPS ...] [--runs N] [--growth]

Each run is a fresh process for each of the two, one after the other in turns; the table has the medians and their ratio
(above 1: Couloir is faster, or smaller). OPS is 20000 and 200000 by default; xDSL takes minutes for the second.
`--growth` prints microseconds per op of Couloir alone from 10^4 to 10^6 ops, with wide ops and many blocks.

The text is a function of arith ops in the proportions 2 constants, 5 integer ops, 2 comparisons, 1 select.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

ROWS = {
    "parse generic": 6.0,
    "parse pretty": 6.0,
    "build": 3.0,
    "build raw": 3.0,
    "print generic": 3.0,
    "print pretty": 3.0,
    "verify": 5.0,
    "clone": 3.0,
    "rewrite": 3.0,
    "canonicalize": 5.0,
    "memory": 2.0,
    "start-up": 1.0,
}
"""Row -> the ratio that Couloir wants to reach."""

GROWTH_LIMIT = 1.3


# -- texts -----------------------------------------------------------------------------------------------------------------------


def mixed_text(ops: int) -> str:
    """A function of about `ops` ops in pretty form, each result used."""
    lines = ["func.func @main(%x: i32, %y: i32) -> i32 {", "  %r0 = arith.addi %x, %y : i32"]
    for i in range(max(1, ops // 10)):
        lines += [
            f"  %a{i} = arith.constant {i % 1000 + 1} : i32",
            f"  %b{i} = arith.constant 0 : i32",
            f"  %c{i} = arith.addi %r{i}, %a{i} : i32",
            f"  %d{i} = arith.muli %c{i}, %x : i32",
            f"  %e{i} = arith.addi %d{i}, %b{i} : i32",
            f"  %f{i} = arith.cmpi slt, %e{i}, %y : i32",
            f"  %g{i} = arith.subi %e{i}, %c{i} : i32",
            f"  %h{i} = arith.cmpi eq, %g{i}, %a{i} : i32",
            f"  %i{i} = arith.andi %f{i}, %h{i} : i1",
            f"  %r{i + 1} = arith.select %i{i}, %g{i}, %e{i} : i32",
        ]
    return "\n".join([*lines, f"  func.return %r{max(1, ops // 10)} : i32", "}", ""])


def blocks_text(ops: int) -> str:
    """A function of `ops` / 4 blocks in a row, each with three additions and a branch."""
    lines = ["func.func @main(%x: i32) -> i32 {", "  cf.br ^b0(%x : i32)"]
    count = max(1, ops // 4)
    for i in range(count):
        lines += [
            f"^b{i}(%v{i}: i32):",
            f"  %a{i} = arith.addi %v{i}, %x : i32",
            f"  %b{i} = arith.muli %a{i}, %v{i} : i32",
            f"  %c{i} = arith.subi %b{i}, %a{i} : i32",
            f"  cf.br ^b{i + 1}(%c{i} : i32)",
        ]
    return "\n".join([*lines, f"^b{count}(%r: i32):", "  func.return %r : i32", "}", ""])


def wide_text(ops: int) -> str:
    """`ops` constants, all taken by one op of as many operands."""
    lines = ["func.func @main() {", *(f"  %v{i} = arith.constant {i % 100} : i32" for i in range(ops))]
    names, types = ", ".join(f"%v{i}" for i in range(ops)), ", ".join(["i32"] * ops)
    return "\n".join([*lines, f'  "test.wide"({names}) : ({types}) -> ()', "  func.return", "}", ""])


# -- what is measured ------------------------------------------------------------------------------------------------------------


def timed(function: Callable[..., Any], argument: Any) -> tuple[float, Any]:
    """CPU seconds of one call, and what it returns."""
    gc.collect()
    start = process_time()
    value = function(argument)
    return process_time() - start, value


def traced(function: Callable[..., Any], argument: Any) -> int:
    """Bytes that what a call returns occupies."""
    gc.collect()
    tracemalloc.start()
    value = function(argument)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del value
    return size


def couloir_ways() -> dict[str, Callable[..., Any]]:
    """How Couloir does each row."""
    import couloir.dialects  # noqa: F401
    from couloir.dialects import arith, func
    from couloir.dialects.builtin import ModuleOp
    from couloir.ir.builder import at_end
    from couloir.ir.limits import Limits
    from couloir.ir.operation import Block
    from couloir.ir.passes import PassContext
    from couloir.ir.rewriting import Rewriter, apply_rules, rule
    from couloir.ir.text.parser import parse_module_op
    from couloir.ir.text.printer import operation_text
    from couloir.ir.types import i32
    from couloir.ir.verify import verify
    from couloir.passes.canonicalization import Canonicalize

    limits = Limits(nodes=10**8)

    @rule
    def subtract_to_xor(op: arith.SubI, rewriter: Rewriter) -> None:
        """subi(x, y)  =>  xori(x, y), to have something to do"""
        rewriter.replace(op, arith.XOrI(op.lhs, op.rhs))

    @rule
    def multiply_to_and(op: arith.MulI, rewriter: Rewriter) -> None:
        """muli(x, y)  =>  andi(x, y), likewise"""
        rewriter.replace(op, arith.AndI(op.lhs, op.rhs))

    def build(ops: int) -> Any:
        function = func.FuncOp.build("main", (i32, i32), (i32,))
        module = ModuleOp.empty([function])
        x, y = function.entry.arguments
        with at_end(function.entry):
            value = arith.AddI(x, y).result
            for _ in range(ops // 4):
                a = arith.MulI(value, x)
                b = arith.SubI(a, y)
                c = arith.CmpI(arith.CmpIPredicate.SLT, a, b)
                value = arith.Select(c, a, b).result
            func.Return([value])
        return module

    def build_raw(ops: int) -> Any:
        block = Block([i32])
        value = block.arguments[0]
        for _ in range(ops):
            op = arith.AddI.create((value, value), (i32,))
            block.append(op)
            value = op.results[0]
        return block

    return {
        "parse": lambda text: parse_module_op(text, allow_unregistered=True, limits=limits),
        "build": build,
        "build raw": build_raw,
        "print generic": lambda module: operation_text(module, generic=True),
        "print pretty": operation_text,
        "verify": verify,
        "clone": lambda module: module.clone(),
        "rewrite": lambda module: apply_rules(module, [subtract_to_xor, multiply_to_and]),
        "canonicalize": lambda module: Canonicalize().run(module, PassContext()),
        "count": lambda module: sum(1 for _ in module.walk()),
    }


def xdsl_ways() -> dict[str, Callable[..., Any]]:
    """How xDSL does each row."""
    from xdsl.builder import Builder, InsertPoint
    from xdsl.context import Context
    from xdsl.dialects import arith, func
    from xdsl.dialects.builtin import Builtin, ModuleOp, i32
    from xdsl.dialects.cf import Cf
    from xdsl.ir import Block, Operation
    from xdsl.parser import Parser
    from xdsl.pattern_rewriter import (
        GreedyRewritePatternApplier,
        PatternRewriter,
        PatternRewriteWalker,
        RewritePattern,
    )
    from xdsl.printer import Printer
    from xdsl.transforms.canonicalize import CanonicalizePass

    context = Context(allow_unregistered=True)
    for dialect in (Builtin, arith.Arith, func.Func, Cf):
        context.load_dialect(dialect)

    class SubtractToXor(RewritePattern):
        def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
            if isinstance(op, arith.SubiOp):
                rewriter.replace(op, arith.XOrIOp(op.lhs, op.rhs))

    class MultiplyToAnd(RewritePattern):
        def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
            if isinstance(op, arith.MuliOp):
                rewriter.replace(op, arith.AndIOp(op.lhs, op.rhs))

    def build(ops: int) -> Any:
        module, function = ModuleOp([]), func.FuncOp("main", ((i32, i32), (i32,)))
        module.body.block.add_op(function)
        x, y = function.args
        builder = Builder(InsertPoint.at_end(function.body.block))
        value = builder.insert(arith.AddiOp(x, y)).result
        for _ in range(ops // 4):
            a = builder.insert(arith.MuliOp(value, x))
            b = builder.insert(arith.SubiOp(a, y))
            c = builder.insert(arith.CmpiOp(a, b, "slt"))
            value = builder.insert(arith.SelectOp(c, a, b)).result
        builder.insert(func.ReturnOp(value))
        return module

    def build_raw(ops: int) -> Any:
        block = Block(arg_types=[i32])
        value = block.args[0]
        for _ in range(ops):
            op = arith.AddiOp.create(operands=[value, value], result_types=[i32])
            block.add_op(op)
            value = op.results[0]
        return block

    def printed(module: Any, generic: bool) -> str:
        stream = io.StringIO()
        Printer(stream=stream, print_generic_format=generic).print_op(module)
        return stream.getvalue()

    rules = GreedyRewritePatternApplier([SubtractToXor(), MultiplyToAnd()])
    return {
        "parse": lambda text: Parser(context, text).parse_module(),
        "build": build,
        "build raw": build_raw,
        "print generic": lambda module: printed(module, True),
        "print pretty": lambda module: printed(module, False),
        "verify": lambda module: module.verify(),
        "clone": lambda module: module.clone(),
        "rewrite": lambda module: PatternRewriteWalker(rules).rewrite_module(module),
        "canonicalize": lambda module: CanonicalizePass().apply(context, module),
        "count": lambda module: sum(1 for _ in module.walk()),
    }


def measure(ways: dict[str, Callable[..., Any]], pretty: str, ops: int, with_memory: bool) -> dict[str, float]:
    """Each row once: CPU microseconds for each op, bytes for each op."""
    small = ways["parse"](mixed_text(400))  # what is made when first used is not what is measured
    for row in ("print generic", "print pretty", "verify", "clone", "rewrite", "canonicalize"):
        ways[row](small)
    ways["build"](100)
    ways["build raw"](100)
    taken: dict[str, float] = {}
    taken["parse pretty"], module = timed(ways["parse"], pretty)
    count = ways["count"](module)
    taken["print pretty"], _ = timed(ways["print pretty"], module)
    taken["print generic"], generic = timed(ways["print generic"], module)
    taken["verify"], _ = timed(ways["verify"], module)
    taken["clone"], copy = timed(ways["clone"], module)
    del module
    taken["rewrite"], _ = timed(ways["rewrite"], copy)
    del copy
    taken["parse generic"], module = timed(ways["parse"], generic)
    taken["canonicalize"], _ = timed(ways["canonicalize"], module)
    left = ways["count"](module)
    del module
    taken["build"], _ = timed(ways["build"], ops)
    taken["build raw"], _ = timed(ways["build raw"], ops)
    result = {row: seconds / count * 1e6 for row, seconds in taken.items()}
    if with_memory:
        result["memory"] = traced(ways["parse"], pretty) / count
    result["left"] = left
    return result


def start_up(command: list[str], cache: str) -> float:
    """CPU seconds of a command in a process of its own, with compiled Python in `cache`."""
    compiled = ["env", "-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPYCACHEPREFIX={cache}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*compiled, *command], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# -- tables ----------------------------------------------------------------------------------------------------------------------


def compare(ops: int, runs: int) -> None:
    """Prints the table for one size."""
    found: dict[str, list[dict[str, float]]] = {"couloir": [], "xdsl": []}
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "small.mlir"
        text.write_text(mixed_text(20))
        bin = Path(sys.executable).parent
        commands = {
            "couloir": [str(bin / "couloir"), "opt", str(text), "-p", "canonicalize"],
            "xdsl": [str(bin / "xdsl-opt"), str(text), "-p", "canonicalize"],
        }
        for command in commands.values():
            start_up(command, directory)  # compiles
        for _ in range(runs):
            for name, rows in found.items():
                child = [sys.executable, __file__, "--child", name, str(ops)]
                rows.append(json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout))
                rows[-1]["start-up"] = start_up(commands[name], directory) * 1e3
    print(f"\n{ops} ops, medians of {runs}; µs, bytes or ms (start-up)")
    print(f"{'row':<14} {'couloir':>9} {'xdsl':>9} {'ratio':>7} {'wanted':>7}")
    for row, wanted in ROWS.items():
        ours, theirs = (statistics.median(r[row] for r in found[n]) for n in ("couloir", "xdsl"))
        unit = " B/op" if row == "memory" else " ms" if row == "start-up" else " µs/op"
        mark = "" if theirs / ours >= wanted else "   below"
        print(f"{row:<14} {ours:9.2f} {theirs:9.2f} {theirs / ours:7.1f} {wanted:7.1f}{unit}{mark}")
    print(f"left after canonicalize: {found['couloir'][0]['left']:.0f} and {found['xdsl'][0]['left']:.0f} ops")


def growth() -> None:
    """Prints microseconds per op at three sizes for each shape of program."""
    sizes = (10_000, 100_000, 1_000_000)
    for shape in ("mixed", "blocks", "wide"):
        rows: list[dict[str, float]] = []
        for ops in sizes:
            child = [sys.executable, __file__, "--child", shape, str(ops)]
            rows.append(json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(f"\n{shape}: µs per op at {', '.join(f'{ops:,}' for ops in sizes)} ops, and the growth")
        for row in (row for row in ROWS if row in rows[0]):
            figures = [r[row] for r in rows]
            mark = "" if figures[-1] / figures[0] <= GROWTH_LIMIT else "   above 1.3"
            print(f"{row:<14} " + " ".join(f"{f:9.2f}" for f in figures) + f" {figures[-1] / figures[0]:7.2f}{mark}")


def child(name: str, ops: int) -> None:
    """One process of one run: prints its figures as JSON."""
    shapes = {"mixed": mixed_text, "blocks": blocks_text, "wide": wide_text}
    ways = xdsl_ways() if name == "xdsl" else couloir_ways()
    text = shapes.get(name, mixed_text)(ops)
    runs = max(1, min(9, 200_000 // ops)) if name in shapes else 1
    rows = [measure(ways, text, ops, with_memory=name in ("couloir", "xdsl") and ops <= 50_000) for _ in range(runs)]
    figures = {row: statistics.median(r[row] for r in rows) for row in rows[0]}
    if "memory" not in figures and name not in shapes:
        figures["memory"] = traced(ways["parse"], mixed_text(20_000)) / 20_000
    print(json.dumps(figures))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ops", nargs="*", type=int, default=[20_000, 200_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.ops[0])
    elif options.growth:
        growth()
    else:
        for ops in options.ops:
            compare(ops, options.runs if ops <= 50_000 else max(1, options.runs // 3))


if __name__ == "__main__":
    main()
