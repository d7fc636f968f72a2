"""The pytest plugin: in a project of its own, rules are tests, selected and reported as tests are."""

from __future__ import annotations

import pytest

RULES = '''
from couloir import Rule, Rewriter, guard, rule
from couloir.dialects import hlo

class PluginRight(Rule):
    """-(-x)  =>  x"""
    def pattern(x):
        return hlo.Negate(hlo.Negate(x))
    def rewrite(x):
        return x

class PluginWrong(Rule):
    """x - y  =>  x + y"""
    def pattern(x, y):
        return hlo.Subtract(x, y)
    def rewrite(x, y):
        return hlo.Add(x, y)

class PluginNever(Rule):
    """x * x  =>  x, never"""
    def pattern(x):
        return hlo.Multiply(x, x)
    def where(x):
        return guard(False, "never")
    def rewrite(x):
        return x

@rule
def plugin_function(op: hlo.Not, rewriter: Rewriter):
    """not(not(x))  =>  x"""
    inner = op.operand.defining_op
    if not isinstance(inner, hlo.Not):
        return "no not inside"
    rewriter.replace(op, inner.operand)
'''
PASS = '''
from couloir.ir.passes import Pass

class PluginRaises(Pass, name="plugin-test-raises"):
    """Has a fault."""
    dialects = ("stablehlo",)
    def run(self, op, context):
        raise KeyError("nothing")

class PluginNothing(Pass, name="plugin-test-silent"):
    """Says of no programs that it is for them: not checked."""
'''
IN_A_TEST = '''
from couloir import Rule
from couloir.dialects import hlo

class PluginExample(Rule):
    """abs(x)  =>  x: wrong on purpose"""
    def pattern(x):
        return hlo.Abs(x)
    def rewrite(x):
        return x

def test_of_its_own():
    pass
'''
INI = """
[pytest]
couloir_cases = 5
couloir_seconds = 3
testpaths = tests
pythonpath = src
"""


@pytest.fixture
def project(pytester):
    """A package with rules in `src`, a conftest of one line, and tests in `tests`."""
    for name, text in {
        "pytest.ini": INI,
        "src/plugin_rules/__init__.py": "",
        "src/plugin_rules/equations.py": RULES,
        "src/plugin_rules/passes.py": PASS,
        "src/plugin_rules/other.py": "raise SystemExit('no rules: not imported')",
        "conftest.py": 'pytest_plugins = ["couloir.testing.pytest_plugin"]\n',
        "tests/test_one.py": IN_A_TEST,
        "tests/deep/test_two.py": "def test_two():\n    pass\n",
    }.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pytester


def run(project, *arguments):
    return project.runpytest_subprocess("-p", "no:randomly", *arguments)


def collected(project, *arguments):
    result = run(project, "--collect-only", "-q", *arguments)
    return [line for line in result.outlines if "::" in line]


EQUATIONS = [
    f"src/plugin_rules/equations.py::{name}"
    for name in ("PluginRight", "PluginWrong", "PluginNever", "plugin_function")
]
RULE_ITEMS = [*EQUATIONS, "src/plugin_rules/passes.py::plugin-test-raises"]
ONE, TWO = "tests/test_one.py::test_of_its_own", "tests/deep/test_two.py::test_two"


def test_right_rules_pass_and_wrong_ones_show_their_counterexample(project):
    result = run(project, "-rA")
    result.assert_outcomes(passed=4, failed=3)
    result.stdout.fnmatch_lines(["PASSED src/plugin_rules/equations.py::PluginRight"])
    result.stdout.fnmatch_lines(
        [
            "*_ PluginWrong _*",
            "PluginWrong: REFUTED*",
            "*stablehlo.subtract*",
            "after:",
            "*stablehlo.add*",
            "reproduction:",
            "before = couloir.parse*",
        ]
    )
    result.stdout.re_match_lines([r"5 rules and passes: (?=.*2 refuted)(?=.*1 unknown)"])
    result.stdout.fnmatch_lines(
        [
            "FAILED src/plugin_rules/equations.py::PluginNever - Failed: PluginNever: UNK*",
            "FAILED src/plugin_rules/passes.py::plugin-test-raises*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    # What failed is run again, alone.
    again = run(project, "--lf", "--collect-only", "-q")
    assert sum("::" in line for line in again.outlines) == 3
    assert run(project, "-k", "PluginRight").parseoutcomes() == {"passed": 1, "deselected": 6}


ENDLESS = """
from couloir import Rewriter, rule
from couloir.dialects import hlo

@rule
def plugin_endless(op: hlo.Abs, rewriter: Rewriter):
    while True:
        pass
"""


def test_a_rule_that_does_not_end_fails(project):
    (project.path / "src/plugin_rules/endless.py").write_text(ENDLESS)
    result = run(project, "src/plugin_rules/endless.py", "--rule-seconds", "30")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["plugin_endless: REFUTED*", "*termination*REFUTED*", "*stablehlo.abs*"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [TWO, ONE, *RULE_ITEMS]),
        ((".",), [*RULE_ITEMS, TWO, ONE]),
        (("-o", "testpaths=", "tests"), [TWO, ONE, *RULE_ITEMS]),
        (("src/plugin_rules/equations.py::PluginWrong",), EQUATIONS[1:2]),
        (("tests/test_one.py",), [ONE]),
        (("tests/deep", "--rules", "project"), [TWO, *RULE_ITEMS]),
        (("--rules", "none"), [TWO, ONE]),
        (("-m", "couloir_pass"), RULE_ITEMS[-1:]),
        (("--ignore", "src/plugin_rules/passes.py"), [TWO, ONE, *EQUATIONS]),
        (("-o", "couloir_rules=src/plugin_rules/passes.py"), [TWO, ONE, *RULE_ITEMS[-1:]]),
        (("-o", "couloir_rules=tests/test_one.py"), [TWO, "tests/test_one.py::PluginExample", ONE]),
    ],
    ids=lambda item: " ".join(item[:2]) or "nothing" if isinstance(item, tuple) else "",
)
def test_which_rules_a_run_has(project, arguments, expected):
    assert sorted(collected(project, *arguments)) == sorted(expected)


def test_rules_of_other_packages_on_demand(project):
    found = collected(project, "--rules", "all", "-m", "couloir_rule")
    assert any(line.endswith("transpose.py::DoubleTranspose") for line in found)
    assert set(EQUATIONS) <= set(found)


def test_a_rule_of_which_nothing_need_be_known(project):
    only = "src/plugin_rules/equations.py::PluginNever"
    result = run(project, only, "-o", "couloir_unknown=*Never", "--rule-seconds", "1", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*PluginNever: UNKNOWN*"])


def test_workers_of_xdist_find_the_same_rules(project):
    pytest.importorskip("xdist")
    result = run(project, "-n2", "-k", "PluginRight or plugin_function or test_")
    result.assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        ((), "proved"),
        (("-o", "couloir_proofs=false"), "tested"),
        (("-o", "couloir_proofs=false", "--rule-proofs", "yes"), "proved"),
    ],
)
def test_whether_proofs_are_looked_for(project, arguments, verdict):
    result = run(project, EQUATIONS[0], *arguments)
    result.stdout.fnmatch_lines([f"1 rules and passes: 1 {verdict}"])


def test_settings_that_make_no_sense(project):
    result = run(project, "-o", "couloir_rules=nowhere")
    result.stderr.fnmatch_lines(["*couloir_rules: there is no *nowhere*"])
    result = run(project, "-o", "couloir_seconds=long", EQUATIONS[0])
    result.stdout.fnmatch_lines(["*couloir_seconds is a number, not `long`"])


def test_a_file_of_rules_that_cannot_be_imported(project):
    (project.path / "src/plugin_rules/broken.py").write_text("from couloir import Rule\nclass A(Rule):\n    pass\n")
    result = run(project, "--collect-only", "-q")
    result.stdout.fnmatch_lines(["*ERROR collecting src/plugin_rules/broken.py*", "*needs the functions*"])
