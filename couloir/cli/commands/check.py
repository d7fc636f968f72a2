"""`couloir check`: looks for a program that a rule or a pass makes wrong."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

from couloir.cli.common import Commands, command, natural, progress
from couloir.ir.errors import Error

REFUTED: Final = 3
UNKNOWN: Final = 4
EPILOG: Final = """Programs in which the rule can fire are generated, rewritten, and run before and after on several kinds of
numbers. The first fault is made small, and shown with its inputs.

Exit code: 0 when nothing was found, 3 when there is a fault, 4 when nothing can be said (the rule never fired).

examples:
  couloir check DoubleTranspose
  couloir check MyRule --module my_rules --seconds 20
  couloir check -p "canonicalize,cse"
  couloir check before.mlir after.mlir               do both compute the same?
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "check", _check, "look for a program that a rule or pass makes wrong", epilog=EPILOG)
    parser.add_argument("subject", nargs="*", metavar="RULE", help="the name of a rule; or two programs")
    parser.add_argument("--pipeline", "-p", metavar="TEXT", help="passes instead of a rule")
    parser.add_argument(
        "--module", "-m", metavar="NAME", help="a Python module to import first, which defines the rule"
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of programs and inputs (default: 0)")
    parser.add_argument(
        "--cases", type=natural, default=40, metavar="N", help="programs on which it fires (default: 40)"
    )
    parser.add_argument(
        "--seconds", type=natural, default=5, metavar="N", help="how long to go on at most (default: 5)"
    )
    parser.add_argument("--reproduction", action="store_true", help="print Python that shows the fault")


def _check(options: Any) -> int:
    from couloir import api, testing
    from couloir.ir.rewriting.rule import find_rule

    subject: list[str] = options.subject
    limits: dict[str, Any] = {"cases": options.cases, "seconds": options.seconds, "seed": options.seed}
    if options.module:
        try:
            import_module(options.module)
        except ImportError as error:
            raise Error(f"cannot import `{options.module}`: {error}") from error
    if (options.pipeline is None) != bool(subject) or len(subject) > 2:
        raise Error("give one rule, two programs, or --pipeline")
    if len(subject) == 2:
        report = testing.equivalent(api.load(subject[0]), api.load(subject[1]), **limits)
    else:
        import couloir.passes.pipelines  # noqa: F401  # pyright: ignore[reportUnusedImport] -- defines the passes and their rules
        from couloir.passes.simplification import families

        families()  # all rules are to be known
        with progress() as show:
            limits["progress"] = show
            if options.pipeline is not None:
                report = testing.check_pass(api.known_pipeline(options.pipeline), **limits)
            else:
                report = testing.check_rewrite(find_rule(subject[0]), **limits)
    print(report)
    if options.reproduction and report.counterexample is not None:
        print(report.counterexample.reproduction(), end="")
    sys.stdout.flush()
    return 0 if report else REFUTED if report.verdict is testing.Verdict.REFUTED else UNKNOWN
