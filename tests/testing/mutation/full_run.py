"""The mutation score of all rules: how many systematic faults `check_rewrite` finds, family by family.

    python -m tests.testing.mutation.full_run                      # all rules: an hour or two; `make mutants`
    python -m tests.testing.mutation.full_run slicing select       # the rules of two modules
    python -m tests.testing.mutation.full_run --limit 10 --json out/mutants.jsonl

A line for each rule while it runs; then a table, and the mutants that survive as diffs. `survivors.toml` says of those that are known
why they are no faults.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from couloir.ir.errors import Error
from couloir.testing.mutation import Fate, Result, mutation_score
from couloir.testing.rewrites.subjects import known_rules

SURVIVORS = Path(__file__).parent / "survivors.toml"


def family_of(rule: Any) -> str:
    """The module of a rule, without what all have in common."""
    defined = getattr(rule, "cls", None) or rule.function
    return defined.__module__.removeprefix("couloir.passes.").removeprefix("simplification.")


def known_survivors() -> dict[tuple[str, str], str]:
    """Why mutants survive, by rule and diff."""
    if not SURVIVORS.is_file():
        return {}
    listed = tomllib.loads(SURVIVORS.read_text("utf-8"))["survivor"]
    return {(item["rule"], item["diff"].strip()): item["why"] for item in listed}


def told(family: str, rule: str, result: Result, known: dict[tuple[str, str], str]) -> dict[str, Any]:
    """A result as a row of JSON."""
    mutant = result.mutant
    return {
        "family": family,
        "rule": rule,
        "kind": mutant.kind,
        "function": mutant.function,
        "line": mutant.line,
        "diff": mutant.diff,
        "fate": result.fate.value,
        "obligation": result.obligation,
        "compared": result.compared if result.programs else "",
        "why": known.get((rule, mutant.diff), ""),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="modules or rules (default: all)")
    parser.add_argument("--limit", type=int, metavar="N", help="mutants of one rule at most, evenly from all")
    parser.add_argument("--cases", type=int, default=40, metavar="N", help="programs on which a mutant should fire")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="N", help="for each mutant at most")
    parser.add_argument(
        "--json", metavar="FILE", help="append a line of JSON for each mutant; rules that it has are left out"
    )
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    file = Path(options.json) if options.json else None
    if file is not None and file.is_file():
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    done = {row["rule"] for row in rows}
    known = known_survivors()
    rules = known_rules()
    for name in sorted(
        rules, key=lambda name: crc32(name.encode())
    ):  # what is done when it is stopped is a fair sample
        rule = rules[name]
        family = family_of(rule)
        if name in done or (options.names and not {name, family, family.rpartition(".")[2]} & set(options.names)):
            continue
        try:
            score = mutation_score(rule, limit=options.limit, cases=options.cases, seconds=options.seconds)
        except Error as error:
            print(f"{family} {name}: {error.message}", flush=True)
            continue
        print(f"{family} {str(score).splitlines()[0]}", flush=True)
        found = [told(family, name, result, known) for result in score.results]
        rows += found
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(row) + "\n" for row in found)
    summary(rows)


def summary(rows: Sequence[dict[str, Any]]) -> None:
    """The table, and those that survive."""
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        families[row["family"]].append(row)
    print(f"\n| {'family':<28} | rules | mutants | weaker | killed | explained | score |")
    print(f"|{'-' * 30}|{'-' * 7}|{'-' * 9}|{'-' * 8}|{'-' * 8}|{'-' * 11}|{'-' * 7}|")
    for family, members in [*sorted(families.items()), ("all", list(rows))]:
        fates = Counter(row["fate"] for row in members)
        weaker, survived = fates[Fate.WEAKER.value], fates[Fate.SURVIVED.value]
        explained = sum(bool(row["why"]) for row in members)
        killed, counted = len(members) - weaker - survived, len(members) - weaker - explained
        rules = len({row["rule"] for row in members})
        score = killed / counted if counted else 1.0
        print(
            f"| {family:<28} | {rules:5} | {len(members):7} | {weaker:6} | {killed:6} | {explained:9} | {score:5.0%} |"
        )
    for row in rows:
        if row["fate"] == Fate.SURVIVED.value and not row["why"]:
            print(f"\n{row['rule']}, {row['kind']} at line {row['line']}: {row['compared']}")
            print(row["diff"])


if __name__ == "__main__":
    main()
