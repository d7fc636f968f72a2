"""Writes the table of rules: `python docs/rules.py` checks every rule of `simplify` and fills docs/rules.md.

A few minutes on two cores. `--check` runs no rule: it says whether the page lists the rules that there are, with laws, families and
assumptions.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from couloir.ir.rewriting.rule import Equation, Rewrite, as_rewrite
from couloir.passes import simplification
from couloir.passes.simplification import families
from couloir.testing import check_rewrite
from couloir.testing.rewrites.report import Report, Verdict

PAGE = Path(__file__).parent / "rules.md"
HEAD = """# Rules

<!-- Written by docs/rules.py, which checks each rule. Change the rules, then run `make docs`. -->

The laws that [`simplify`](passes.md) applies, family by family. A rule says with `assumes` what it takes for granted; the pass
applies it only when that is granted. Each was given to [`check_rewrite`](checking.md): **proved** says for which programs there is
a proof, **tested** on how many programs it fired without a fault. The last column is the time of the check in seconds.
"""
COLUMNS = "| rule | law | assumes | verdict | s |\n|---|---|---|---|---|"
CASES = 12
"""Programs on which a rule should fire."""
SECONDS = 3.0
"""For each rule at most."""


def checked(family: str, name: str) -> Report:
    """The report on one rule."""
    (rule,) = (item for item in map(as_rewrite, families()[family]) if item.name == name)
    return check_rewrite(rule, cases=CASES, seconds=SECONDS, minimize=False)


def cells(rule: Rewrite) -> list[str]:
    """What the page says of a rule that no check is needed for: name, law, assumptions."""
    law = rule.summary.replace("|", "\\|")
    return [f"`{rule.name}`", f"`{law}`", ", ".join(rule.assumes)]


def row(rule: Rewrite, report: Report) -> str:
    """A rule's line of the table."""
    if report.verdict is Verdict.PROVED:
        said = report["values"].detail
    elif report.verdict is Verdict.TESTED:
        said = f"{report.fired} programs"
    else:
        said = next(o.detail for o in report.obligations if o.verdict is report.verdict)
    verdict = f"**{report.verdict.value}**: {said}".replace("|", "\\|").replace("\n", " ")
    return f"| {' | '.join([*cells(rule), verdict, f'{report.seconds:.1f}'])} |"


def heading(family: str) -> str:
    """The first line of the docstring of a family's module."""
    module = import_module(f"{simplification.__name__}.{family}")
    return f"## {family}\n\n{(module.__doc__ or '').strip().splitlines()[0]}"


def page(reports: dict[str, Report]) -> str:
    """The whole page."""
    rules = {family: [as_rewrite(item) for item in items] for family, items in families().items()}
    every = [rule for items in rules.values() for rule in items]
    verdicts = Counter(report.verdict.value for report in reports.values())
    told = ", ".join(f"{verdicts[verdict.value]} {verdict.value}" for verdict in Verdict if verdicts[verdict.value])
    equations = sum(isinstance(rule, Equation) for rule in every)
    parts = [HEAD, f"{len(every)} rules in {len(rules)} families, {equations} of them equations: {told}.\n"]
    for family, items in rules.items():
        parts += [heading(family) + "\n", COLUMNS, *(row(rule, reports[rule.name]) for rule in items), ""]
    return "\n".join(parts)


def listed(text: str) -> list[tuple[str, list[str]]]:
    """What a page says that no check is needed for: families and their rules, in order."""
    found: list[tuple[str, list[str]]] = []
    family = ""
    for line in text.splitlines():
        if line.startswith("## "):
            family = line[3:]
        elif line.startswith("| `"):
            found.append((family, line.replace("\\|", "\0").split(" | ")[:3]))
    return [(family, [cell.replace("\0", "\\|").removeprefix("| ") for cell in three]) for family, three in found]


def is_current(text: str) -> bool:
    """Whether a page lists the rules that there are, with a verdict for each."""
    expected = [(family, cells(as_rewrite(item))) for family, items in families().items() for item in items]
    headed = all(f"\n{heading(family)}\n" in text for family in families())
    verdicts = sum(f" | **{verdict.value}**: " in line for line in text.splitlines() for verdict in Verdict)
    return listed(text) == expected and headed and verdicts == len(expected)


def main() -> int:
    """Writes or checks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="say whether the page is out of date; check no rule")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="rules that are checked at the same time")
    options = parser.parse_args()
    if options.check:
        current = PAGE.exists() and is_current(PAGE.read_text(encoding="utf-8"))
        if not current:
            print("docs/rules.md is out of date; run `make docs`")
        return int(not current)
    tasks = [(family, as_rewrite(item).name) for family, items in families().items() for item in items]
    reports: dict[str, Report] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for (_, name), report in zip(tasks, pool.map(checked, *zip(*tasks, strict=True), chunksize=1), strict=True):
            reports[name] = report
            if report.verdict not in (Verdict.PROVED, Verdict.TESTED):
                print(f"{report.verdict.value.upper()} {name}", file=sys.stderr)
    PAGE.write_text(page(reports), encoding="utf-8", newline="\n")
    return int(any(report.verdict is Verdict.REFUTED for report in reports.values()))


if __name__ == "__main__":
    raise SystemExit(main())
