"""Rules and their driver: equations between programs, and functions that edit them.

`from couloir.ir.rewriting import Rule, rule, apply_rules, why_not`
"""

from __future__ import annotations

from couloir.ir.rewriting.driver import Outcome, apply_rules
from couloir.ir.rewriting.events import Applied, Observer, RuleStatistics, Statistics
from couloir.ir.rewriting.guards import Guard, constant_array, guard, has_one_use, is_constant, is_splat
from couloir.ir.rewriting.matcher import Match, Miss
from couloir.ir.rewriting.rewriter import Rewriter
from couloir.ir.rewriting.rule import FunctionRule, NoMatch, Rewrite, Rule, all_rules, find_rule, rule
from couloir.ir.rewriting.why import Explanation, why_not

__all__ = [
    "Applied",
    "Explanation",
    "FunctionRule",
    "Guard",
    "Match",
    "Miss",
    "NoMatch",
    "Observer",
    "Outcome",
    "Rewrite",
    "Rewriter",
    "Rule",
    "RuleStatistics",
    "Statistics",
    "all_rules",
    "apply_rules",
    "constant_array",
    "find_rule",
    "guard",
    "has_one_use",
    "is_constant",
    "is_splat",
    "rule",
    "why_not",
]
