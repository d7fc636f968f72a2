"""The mutation score of all rules: how many systematic faults `check_rewrite` finds, family by family.

    python -m tests.testing.mutation.full_run                      # all rules: hours; `make mutants`
    python -m tests.testing.mutation.full_run slicing select       # the rules of two modules
    python -m tests.testing.mutation.full_run --limit 10 --json out/mutants.jsonl

A line for each rule while it runs; then a table, and the mutants that survive as diffs. `survivors/FAMILY.toml` says of those that
are known why they are no faults.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from couloir.ir.errors import Error
from couloir.testing.mutation import Fate, Result, mutation_score
from couloir.testing.mutation.score import HARMLESS
from couloir.testing.rewrites.subjects import known_rules

SURVIVORS = Path(__file__).parent / "survivors"


def family_of(rule: Any) -> str:
    """The module of a rule, without what all have in common."""
    defined = getattr(rule, "cls", None) or rule.function
    return defined.__module__.removeprefix("couloir.passes.").removeprefix("simplification.")


def known_survivors() -> dict[tuple[str, str], str]:
    """Why mutants survive, by rule and diff."""
    files = [tomllib.loads(file.read_text("utf-8")) for file in sorted(SURVIVORS.glob("*.toml"))]
    return {(item["rule"], item["diff"].strip()): item["why"] for file in files for item in file["survivor"]}


def told(family: str, rule: str, result: Result) -> dict[str, Any]:
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
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="rules at a time")
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    file = Path(options.json) if options.json else None
    if file is not None and file.is_file():
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    known = known_survivors()
    for row in rows:
        row["why"] = known.get((row["rule"], row["diff"]), "")
    done = {row["rule"] for row in rows}
    rules = {name: family_of(rule) for name, rule in known_rules().items()}
    chosen = [
        (name, options.limit, options.cases, options.seconds)
        for name in sorted(rules, key=lambda name: crc32(name.encode()))  # stopped at any time, it is a fair sample
        if name not in done
        and not (options.names and not {name, rules[name], rules[name].rpartition(".")[2]} & set(options.names))
    ]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for name, results, head in pool.imap_unordered(scored, chosen):
            print(f"{rules[name]} {head}", flush=True)
            for row in results:
                row["why"] = known.get((name, row["diff"]), "")
            rows += results
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("a", encoding="utf-8") as stream:
                    stream.writelines(json.dumps(row) + "\n" for row in results)
    summary(rows)


def scored(task: tuple[str, int | None, int, float]) -> tuple[str, list[dict[str, Any]], str]:
    """The rows of a rule, and a line about it."""
    name, limit, cases, seconds = task
    rule = known_rules()[name]
    try:
        score = mutation_score(rule, limit=limit, cases=cases, seconds=seconds)
    except Error as error:
        return name, [], f"{name}: {error}"
    return name, [told(family_of(rule), name, result) for result in score.results], str(score).splitlines()[0]


def summary(rows: Sequence[dict[str, Any]]) -> None:
    """The table, and those that survive."""
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        families[row["family"]].append(row)
    print(f"\n| {'family':<28} | rules | mutants | harmless | killed | explained | score |")
    print(f"|{'-' * 30}|{'-' * 7}|{'-' * 9}|{'-' * 10}|{'-' * 8}|{'-' * 11}|{'-' * 7}|")
    for family, members in [*sorted(families.items()), ("all", list(rows))]:
        fates = Counter(row["fate"] for row in members)
        harmless, survived = sum(fates[fate.value] for fate in HARMLESS), fates[Fate.SURVIVED.value]
        explained = sum(row["fate"] == Fate.SURVIVED.value and bool(row["why"]) for row in members)
        killed, counted = len(members) - harmless - survived, len(members) - harmless - explained
        rules = len({row["rule"] for row in members})
        score = killed / counted if counted else 1.0
        print(
            f"| {family:<28} | {rules:5} | {len(members):7} | {harmless:8} | {killed:6} | {explained:9} | {score:5.0%} |"
        )
    for row in rows:
        if row["fate"] == Fate.SURVIVED.value and not row["why"]:
            print(f"\n{row['rule']}, {row['kind']} at line {row['line']}: {row['compared']}")
            print(row["diff"])


if __name__ == "__main__":
    main()
