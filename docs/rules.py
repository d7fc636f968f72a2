"""Writes the table of rules: `python docs/rules.py` checks every rule of `simplify` and fills docs/rules.md.

Some five minutes on two cores; with names of families these alone are checked anew, and what is not on the page. `--check` runs no
rule: it says whether the page lists the rules that there are, with their laws, families and assumptions.
"""

from __future__ import annotations

import argparse
import os
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
a proof, of all sizes; **tested** on how many programs it fired without a fault, and for which types or ranks alone there is a
proof. The last column is the seconds of the check.
"""
COLUMNS = "| rule | law | assumes | verdict | s |\n|---|---|---|---|---|"
CASES = 12
"""Programs on which a rule should fire."""
SECONDS = 2.0
"""For each rule at most."""
PROGRAMS_TRIED = "values (programs tried)"
"""What is proved of single programs."""
IN_PART = "values (in part)"
"""What is proved of all programs of some types or ranks."""


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
        proved = {o.name: o.detail for o in report.obligations if o.verdict is Verdict.PROVED}
        if IN_PART in proved:
            said += f"; proved in part: {proved[IN_PART]}"
        elif PROGRAMS_TRIED in proved:
            said += ", for these of all values"
    else:
        said = next(o.detail for o in report.obligations if o.verdict is report.verdict)
    verdict = f"**{report.verdict.value}**: {said}".replace("|", "\\|").replace("\n", " ")
    return f"| {' | '.join([*cells(rule), verdict, f'{report.seconds:.1f}'])} |"


def heading(family: str) -> str:
    """The first line of the docstring of a family's module."""
    module = import_module(f"{simplification.__name__}.{family}")
    return f"## {family}\n\n{(module.__doc__ or '').strip().splitlines()[0]}"


def page(rows: dict[str, str]) -> str:
    """The whole page, of a row for each rule."""
    rules = {family: [as_rewrite(item) for item in items] for family, items in families().items()}
    verdicts = Counter(verdict for row in rows.values() for verdict in Verdict if marked(verdict) in row)
    told = ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict if verdicts[verdict])
    equations = sum(isinstance(rule, Equation) for items in rules.values() for rule in items)
    parts = [HEAD, f"{len(rows)} rules in {len(rules)} families, {equations} of them equations: {told}.\n"]
    for family, items in rules.items():
        parts += [heading(family) + "\n", COLUMNS, *(rows[rule.name] for rule in items), ""]
    return "\n".join(parts)


def marked(verdict: Verdict) -> str:
    """How a verdict stands in a row."""
    return f" | **{verdict.value}**: "


def listed(text: str) -> dict[str, list[str]]:
    """The rows of a page, by family."""
    found: dict[str, list[str]] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("## "):
            family = line[3:]
        elif line.startswith("| `"):
            found.setdefault(family, []).append(line)
    return found


def says(row: str, rule: Rewrite) -> bool:
    """Whether a row is that of a rule as it is now, with a verdict."""
    return row.startswith(f"| {' | '.join(cells(rule))} | ") and any(marked(verdict) in row for verdict in Verdict)


def is_current(text: str) -> bool:
    """Whether a page lists the rules that there are, with a verdict for each."""
    found = listed(text)
    if list(found) != list(families()) or not all(f"\n{heading(family)}\n" in text for family in found):
        return False
    pairs = [(found[family], list(map(as_rewrite, items))) for family, items in families().items()]
    return all(len(rows) == len(rules) and all(map(says, rows, rules)) for rows, rules in pairs)


def main() -> int:
    """Writes or checks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="only these are checked anew, and what is new")
    parser.add_argument("--check", action="store_true", help="say whether the page is out of date; check no rule")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="rules that are checked at the same time")
    options = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if options.check:
        current = is_current(text)
        if not current:
            print("docs/rules.md is out of date; run `make docs`")
        return int(not current)
    known = [row for family, rows in listed(text).items() if family not in options.families for row in rows]
    rules = [(family, as_rewrite(item)) for family, items in families().items() for item in items]
    kept = {rule.name: row for _, rule in rules for row in known if options.families and says(row, rule)}
    tasks = [(family, rule) for family, rule in rules if rule.name not in kept]
    with ProcessPoolExecutor(options.jobs) as pool:
        reports = pool.map(checked, [family for family, _ in tasks], [rule.name for _, rule in tasks])
        rows = kept | {rule.name: row(rule, report) for (_, rule), report in zip(tasks, reports, strict=True)}
    PAGE.write_text(page(rows), encoding="utf-8", newline="\n")
    bad = [row for row in rows.values() if marked(Verdict.REFUTED) in row or marked(Verdict.UNKNOWN) in row]
    print(*bad, sep="\n", end="\n" if bad else "")
    return int(any(marked(Verdict.REFUTED) in row for row in bad))


if __name__ == "__main__":
    raise SystemExit(main())
