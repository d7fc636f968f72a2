"""`couloir check`: looks for a program that a rule or a pass makes wrong, and for a proof that there is none."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import Commands, command, natural, progress
from couloir.ir.errors import Error
from couloir.levels import level_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from couloir.testing.rewrites.report import Report

REFUTED: Final = 3
UNKNOWN: Final = 4
FILES: Final = (".mlir", ".onnx", ".hlo", ".txt")
"""How the names of programs end."""
TOPS: Final = {"onnx": "onnx", "hlo": "stablehlo"}
"""Levels to lower from, and the dialect of random programs there."""
EPILOG: Final = """Programs in which the rule can fire are generated, rewritten, and run before and after on several kinds of
numbers, in exact arithmetic too; then proofs are tried. The first fault is made small, and shown with its inputs. All that goes on
in a process that is stopped when the time is over.

Exit code: 0 when all are proved or tested, 3 when one is refuted, 4 when of one nothing can be said (the rule never fired, or
did not end; with --mutants: one survives), 1 when the command makes no sense.

examples:
  couloir check DoubleTranspose --time
  couloir check MyRule MyOtherRule --module my_rules --seconds 20
  couloir check canonicalize                         a pass
  couloir check -p "canonicalize,cse" --dialects onnx
  couloir check before.mlir after.mlir               do both compute the same?
  couloir check --lowering c model.onnx              does the model compute the same at each level down to C?
  couloir check --lowering hlo..loops                random programs, from StableHLO to loops
  couloir check --all --json > verdicts.jsonl
  couloir check MyRule --mutants                     breaks the rule in systematic ways: what does the check find?
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "check", _check, "look for a program that a rule or pass makes wrong", epilog=EPILOG)
    parser.add_argument("subject", nargs="*", metavar="RULE", help="names of rules or passes; or two programs")
    parser.add_argument("--pipeline", "-p", metavar="TEXT", help="passes instead of a rule")
    parser.add_argument("--all", action="store_true", help="all rules that are known")
    parser.add_argument(
        "--lowering",
        metavar="LEVELS",
        help="the standard passes down to a level (hlo, loops, c), on a program or on random ones: loops, onnx..c",
    )
    parser.add_argument("--dims", action="append", default=[], metavar="NAME=SIZE", help="of a program: sizes by name")
    parser.add_argument(
        "--module", "-m", metavar="NAME", help="a Python module to import first, which defines the rule"
    )
    parser.add_argument("--dialects", metavar="NAMES", help="of the programs for passes: stablehlo,chlo")
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of programs and inputs (default: 0)")
    parser.add_argument(
        "--cases", type=natural, default=40, metavar="N", help="programs on which it fires (default: 40)"
    )
    parser.add_argument(
        "--seconds", type=natural, default=5, metavar="N", help="how long to go on at most, each (default: 5)"
    )
    parser.add_argument("--peers", metavar="NAMES", help="other implementations to run programs by: c,xla,onnxruntime")
    parser.add_argument("--time", action="store_true", help="tell the time of each stage")
    parser.add_argument("--json", action="store_true", help="a JSON object for each report, one a line")
    parser.add_argument("--reproduction", action="store_true", help="print Python that shows the fault")
    parser.add_argument(
        "--mutants", action="store_true", help="break the rules in systematic ways, and tell which faults are found"
    )


def _check(options: Any) -> int:
    from couloir.testing import Verdict

    if options.module:
        _import(options.module)
    limits: dict[str, Any] = {"cases": options.cases, "seconds": options.seconds, "seed": options.seed}
    if options.mutants:
        return _mutants(options, limits)
    limits["peers"] = _names(options.peers)
    checks = _checks(options)
    verdicts: Counter[Verdict] = Counter()
    for name, check in checks:
        with progress() as show:

            def told(number: int, total: int, text: str, name: str = name) -> None:
                show(number, total, f"{text}, {name}")

            report = check(**limits, progress=told)
        verdicts[report.verdict] += 1
        _print(report, options, short=len(checks) > 1)
    if len(checks) > 1 and not options.json:
        print(", ".join(f"{count} {verdict.value}" for verdict, count in verdicts.items()))
    sys.stdout.flush()
    return REFUTED if verdicts[Verdict.REFUTED] else UNKNOWN if verdicts[Verdict.UNKNOWN] else 0


def _mutants(options: Any, limits: dict[str, Any]) -> int:
    """Prints the mutation scores of rules."""
    from couloir.ir.rewriting import Rewrite
    from couloir.testing.mutation import mutation_score
    from couloir.testing.rewrites.subjects import known_rules, subject_of

    found: dict[str, Rewrite | None] = {name: subject_of(name).rewrite for name in options.subject}
    rules = known_rules() if options.all else {name: rule for name, rule in found.items() if rule is not None}
    if not rules or len(rules) < len(found):
        raise Error("--mutants is for rules: give names of rules, or --all")
    alive = 0
    for name, rule in rules.items():
        with progress() as show:

            def told(number: int, total: int, name: str = name) -> None:
                show(number, total, f"mutants, {name}")

            score = mutation_score(rule, **limits, progress=told)
        alive += len(score.survivors)
        print(score, flush=True)
    return UNKNOWN if alive else 0


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",")) if text else ()


def _import(name: str) -> None:
    try:
        import_module(name)
    except ImportError as error:
        raise Error(f"cannot import `{name}`: {error}") from error


def _checks(options: Any) -> list[tuple[str, Callable[..., Report]]]:
    """What is asked for: each with its name."""
    from couloir import api, testing
    from couloir.testing.rewrites.subjects import known_rules

    subjects: list[str] = options.subject
    if options.lowering is not None:
        return [_lowering(options, subjects)]
    if (options.pipeline is not None) + bool(subjects) + options.all != 1:
        raise Error("give rules or passes by name, two programs, --pipeline, or --all")
    files = [name for name in subjects if name.endswith(FILES)]
    if files:
        if len(subjects) != 2 or len(files) != 2:
            raise Error("programs are compared two at a time: before and after", where=files[0])
        return [(" and ".join(files), partial(testing.equivalent, *map(api.load, files)))]
    if options.all:
        return [(name, partial(testing.check_rewrite, rule)) for name, rule in known_rules().items()]
    names = subjects or [options.pipeline]
    dialects = _names(options.dialects)
    if dialects or options.pipeline is not None:
        return [(name, partial(testing.check_pass, name, dialects or None)) for name in names]
    return [(name, partial(testing.check_rewrite, name)) for name in names]


def _lowering(options: Any, subjects: Sequence[str]) -> tuple[str, Callable[..., Report]]:
    """The check of the lowering of one program, or of random ones."""
    from couloir import api, testing
    from couloir.cli.common import sizes

    above, dots, below = options.lowering.rpartition("..")
    if options.pipeline is not None or options.all or len(subjects) > 1:
        raise Error("--lowering takes one program, or none")
    if dots and above not in TOPS:
        raise Error(f"there is no level `{above}` to lower from", hint="there are: " + ", ".join(TOPS))
    if subjects:
        source: Any = api.load(subjects[0], dims=sizes(options.dims))
        if above and level_of(source) != above:
            raise Error(f"the program is at the level `{level_of(source)}`, not `{above}`", where=subjects[0])
    else:
        source = _names(options.dialects) or TOPS[above or "hlo"]
    return options.lowering, partial(testing.check_lowering, source, below)


def _print(report: Report, options: Any, *, short: bool) -> None:
    """The report; among several only a line of one in which nothing was found."""
    if options.json:
        print(report.to_json(), flush=True)
    elif short and report and not options.time:
        print(f"{report.name}: {report.verdict.value.upper()}, {report.seconds:.1f} s", flush=True)
    else:
        print(report.text(times=options.time), flush=True)
    if options.reproduction and not options.json and report.counterexample is not None:
        print("\n" + report.counterexample.reproduction(), end="", flush=True)
