"""pytest plugin: a rule gets its test by being defined. One line in the project's outermost `conftest.py` is all:

    pytest_plugins = ["couloir.testing.pytest_plugin"]

Each rule of the project is an item of the file that defines it, `src/mine/rules.py::MyRule`, which `check_rewrite` checks; each
pass that says for which programs it is (`Pass.dialects`) is one that `check_pass` checks. All that selects tests selects rules:

    pytest                                  the tests, and all rules
    pytest src/mine/rules.py::MyRule        one rule
    pytest src                              the rules in a folder
    pytest -m couloir_rule -k Transpose     rules by name
    pytest tests/test_mine.py               one file of tests, no rules
    pytest tests/test_mine.py --rules project

Rules join a run that covers all tests: one without paths, or with a folder in which all tests are. They are looked for below the
root of the project, or where `couloir_rules` says, in files whose text defines rules or passes; these files are imported. Rules in
files of tests are examples, often wrong on purpose: they count where `couloir_rules` names their file.

In `pyproject.toml` under `[tool.pytest.ini_options]`, on the command line for one run:

    couloir_rules = ["src"]                 --rules project|all|none    files and folders; `all`: those of other packages, too
    couloir_seconds = 5                     --rule-seconds 5            for each at most
    couloir_cases = 40                      --rule-cases 40             programs on which a rule should fire
    couloir_seed = 0                        --rule-seed 0
    couloir_proofs = true                   --rule-proofs yes|no        look for proofs, too, which takes most of the time
    couloir_unknown = ["OnlyOnLinux"]       names (`*` fits all) of which nothing need be known: such an item is skipped, not failed

A rule is refuted by a counterexample, which is what the failed item shows. A rule that never fired fails, too.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import types as python_types
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from couloir.ir.errors import Error
from couloir.ir.passes import Pass, all_passes
from couloir.ir.rewriting.rule import Equation, FunctionRule, Rewrite, Rule, all_rules
from couloir.testing.rewrites.check import CASES, SECONDS, check_pass, check_rewrite
from couloir.testing.rewrites.report import Report, Verdict

NAME: Final = "couloir.testing.pytest_plugin"
_DEFINES: Final = re.compile(
    r"^\s*(?:class\s+\w+\s*\(.*\b(?:Rule|Pass)\b|@(?:\w+\.)*(?:conversion_)?rule\b|def\s+pattern\s*\()", re.MULTILINE
)
"""What the text of a file has that defines rules or passes."""
_PROPERTY: Final = "couloir"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options."""
    group = parser.getgroup("couloir", "rules and passes of Couloir")
    group.addoption(
        "--rules",
        choices=("auto", "project", "all", "none"),
        default="auto",
        help="which rules join the run: the project's (with `auto` when all tests run), those of other packages too, none",
    )
    group.addoption("--rule-seconds", type=float, metavar="N", help="how long to check one rule or pass at most")
    group.addoption("--rule-cases", type=int, metavar="N", help="programs on which a rule should fire")
    group.addoption("--rule-seed", type=int, metavar="N", help="of the programs and their inputs")
    group.addoption(
        "--rule-proofs", choices=("yes", "no"), help="whether to look for proofs, which takes most of the time"
    )
    parser.addini("couloir_rules", "files and folders with rules and passes (default: all)", "paths", default=[])
    parser.addini("couloir_seconds", "as --rule-seconds", default=str(SECONDS))
    parser.addini("couloir_cases", "as --rule-cases", default=str(CASES))
    parser.addini("couloir_seed", "as --rule-seed", default="0")
    parser.addini("couloir_proofs", "as --rule-proofs", type="bool", default=True)
    parser.addini("couloir_unknown", "names of rules of which nothing need be known", "args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Lets the rules join the run."""
    config.addinivalue_line("markers", "couloir_rule: the check of a rule")
    config.addinivalue_line("markers", "couloir_pass: the check of a pass")
    found = _Project(config)
    config.pluginmanager.register(found, NAME + ".project")


class _Project:
    """Which files have rules, and which of them were added to the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.places: list[Path] = [Path(os.path.abspath(path)) for path in config.getini("couloir_rules")]
        missing = next((path for path in self.places if not path.exists()), None)
        if missing is not None:
            raise pytest.UsageError(f"couloir_rules: there is no `{missing}`")
        self.joined: set[Path] = set()
        which: Any = config.getoption("--rules")
        if which in ("project", "all") or (which == "auto" and self._covers_all_tests()):
            self.joined.update(self._files())
        self.packages = [] if which != "all" else [p for p in _files_of_packages() if not self._is_inside(p)]
        config.args += [str(path) for path in sorted(self.joined)]

    def _is_inside(self, path: Path) -> bool:
        """Whether rules are looked for there."""
        return any(path.is_relative_to(place) for place in self.places or [self.config.rootpath])

    def _covers_all_tests(self) -> bool:
        config = self.config
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            return True
        here = config.invocation_params.dir
        plugins = config.pluginmanager.get_plugins()
        asking = [plugin for plugin in plugins if NAME in getattr(plugin, "pytest_plugins", ())]
        tests = [Path(plugin.__file__).parent for plugin in asking if getattr(plugin, "__file__", None)]
        named = [config.rootpath / path for path in config.getini("testpaths")]
        if not named:
            named = [path for path in config.rootpath.glob("test*") if path.is_dir()]
        if len(named) == 1:
            tests += named
        given = [Path(os.path.abspath(here / argument)) for argument in config.args]
        return any(path.is_relative_to(argument) for path in tests for argument in given)

    def _files(self) -> Iterator[Path]:
        """The project's files with rules."""
        ignored = self.config.hook.pytest_ignore_collect
        for place in self.places or [self.config.rootpath]:
            if place.is_file():
                yield place
            for folder, folders, names in os.walk(place):
                here = Path(folder)
                folders[:] = [
                    name for name in sorted(folders) if not ignored(collection_path=here / name, config=self.config)
                ]
                for name in names:
                    path = here / name
                    if self.has_rules(path) and not ignored(collection_path=path, config=self.config):
                        yield path

    def has_rules(self, path: Path) -> bool:
        """Whether rules or passes of the project are defined in a file, by its text."""
        if path in self.joined or path in self.places:
            return True
        if path.suffix != ".py" or path.name == "conftest.py":
            return False
        if any(fnmatchcase(path.name, pattern) for pattern in self.config.getini("python_files")):
            return False
        if not self._is_inside(path):
            return False
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return False
        return "couloir" in text and _DEFINES.search(text) is not None

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
        """A file with rules is a collector; one that the plugin added is no file of tests."""
        found = yield
        if not self.has_rules(file_path):
            return found
        if file_path in self.joined and file_path not in self.places:
            found = [collector for collector in found if not isinstance(collector, pytest.Module)]
        return [*found, _new(RuleFile, parent, path=file_path)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Rules of other packages come last. Their folders are not the project's: their settings and tests are not looked at."""
        for path in self.packages:
            file: Any = _new(RuleFile, session, path=path, nodeid=_path_in_package(path))
            items += session.genitems(file)

    @property
    def proves(self) -> bool:
        """Whether proofs are looked for."""
        told: Any = self.config.getoption("--rule-proofs")
        return self.config.getini("couloir_proofs") if told is None else told == "yes"

    def setting(self, name: str) -> float:
        """A number from the command line, or from the settings of the project."""
        given = self.config.getoption(f"--rule-{name}")
        if given is not None:
            return given
        text = str(self.config.getini(f"couloir_{name}"))
        try:
            return float(text)
        except ValueError:
            raise pytest.UsageError(f"couloir_{name} is a number, not `{text}`") from None

    def may_be_unknown(self, name: str) -> bool:
        """Whether the project says that nothing need be known of a rule."""
        return any(fnmatchcase(name, pattern) for pattern in self.config.getini("couloir_unknown"))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """How many rules and passes are proved, tested, ..."""
        reports = [report for items in terminalreporter.stats.values() for report in items]
        counts = Counter(
            value
            for report in reports
            if getattr(report, "when", "") == "call"
            for name, value in report.user_properties
            if name == _PROPERTY
        )
        if counts:
            parts = ", ".join(f"{counts[v.value]} {v.value}" for v in Verdict if counts[v.value])
            terminalreporter.section("couloir")
            terminalreporter.write_line(f"{sum(counts.values())} rules and passes: {parts}")


def _files_of_packages() -> list[Path]:
    """The files of all rules and passes, after those of other packages are imported."""
    from importlib.metadata import entry_points

    from couloir.passes.simplification import families

    families()
    for point in entry_points(group="couloir.rules"):
        point.load()
    items = [_definition(item) for item in (*all_passes().values(), *all_rules().values())]
    return sorted({path for path in map(_file, items) if path is not None})


def _path_in_package(path: Path) -> str:
    """A file from the folder on that holds its package: `couloir/passes/bits.py`."""
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return path.relative_to(folder).as_posix()


def _project(config: pytest.Config) -> _Project:
    return config.pluginmanager.get_plugin(NAME + ".project")  # pyright: ignore[reportReturnType] -- registered by configure


class RuleFile(pytest.File):
    """A file that defines rules or passes."""

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each rule and pass, in the order in which they stand in the file."""
        module = _module_of(self.path) or self._imported()
        found: dict[str, type[Pass] | Rewrite] = {}
        for item in (*vars(module).values(), *all_passes().values(), *all_rules().values()):
            subject = _subject(item)
            if subject is not None and _file(_definition(subject)) == self.path:
                found.setdefault(subject.name, subject)
        for subject in sorted(found.values(), key=lambda subject: _line(_definition(subject))):
            made = _new(CheckedItem, self, name=subject.name)
            made.subject = subject
            made.add_marker("couloir_rule" if isinstance(subject, Rewrite) else "couloir_pass")
            yield made

    def _imported(self) -> python_types.ModuleType:
        """The file as a module, imported as the files of tests are."""
        return _new(pytest.Module, self.parent, path=self.path).obj


def _new(cls: Any, parent: Any, **given: Any) -> Any:
    """A node of pytest."""
    return cls.from_parent(parent, **given)


def _module_of(path: Path) -> python_types.ModuleType | None:
    """The module of a file, if it is imported."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(path.name) and Path(os.path.realpath(file)) == path.resolve():
            return module
    return None


def _subject(item: Any) -> type[Pass] | Rewrite | None:
    """What can be checked: a rule, or a pass that says for which programs it is, and needs no options."""
    if isinstance(item, Equation | FunctionRule):
        return item
    if isinstance(item, Rewrite):
        return None  # a rule of a conversion, which is checked with its pass; or no function
    if isinstance(item, type) and issubclass(item, Rule) and item is not Rule:
        return item.rule
    if not isinstance(item, type) or not issubclass(item, Pass) or not item.name or not item.dialects:
        return None
    return item if all(option.default is not attrs.NOTHING for option in item.options().values()) else None


def _definition(item: type[Pass] | Rewrite) -> Any:
    """The class or function that defines a rule or pass."""
    if isinstance(item, Equation):
        return item.cls
    if isinstance(item, FunctionRule):
        return item.function
    return item if isinstance(item, type) else type(item)


def _file(definition: Any) -> Path | None:
    module = sys.modules.get(definition.__module__)
    file = getattr(module, "__file__", None)
    return None if file is None else Path(os.path.realpath(file))


def _line(definition: Any) -> int:
    """The line at which a definition starts, from 1."""
    with suppress(OSError, TypeError):
        if isinstance(definition, type):
            return inspect.getsourcelines(definition)[1]
    functions = vars(definition).values() if isinstance(definition, type) else [definition]
    codes = [item.__code__ for item in functions if isinstance(item, python_types.FunctionType)]
    return codes[0].co_firstlineno if codes else 1


class CheckedItem(pytest.Item):
    """The check of a rule, or of a pass with its default options: an item that a report decides."""

    subject: type[Pass] | Rewrite

    def check(self, **limits: Any) -> Report:
        """The report."""
        if isinstance(self.subject, Rewrite):
            return check_rewrite(self.subject, **limits)
        return check_pass(self.subject, **limits)

    def runtest(self) -> None:
        """Fails with the report, without a traceback."""
        project = _project(self.config)
        limits: dict[str, Any] = {
            "seconds": project.setting("seconds"),
            "cases": int(project.setting("cases")),
            "seed": int(project.setting("seed")),
            "prove": project.proves,
        }
        try:
            report = self.check(**limits)
        except Error as error:
            pytest.fail(str(error), pytrace=False)
        self.user_properties.append((_PROPERTY, report.verdict.value))
        if report.verdict is Verdict.UNKNOWN and project.may_be_unknown(self.name):
            pytest.skip(str(report))
        if not report:
            text = str(report)
            if report.counterexample is not None:
                text += "\nreproduction:\n" + report.counterexample.reproduction()
            pytest.fail(text, pytrace=False)
        self.add_report_section("call", "report", str(report))  # `-rP` shows it

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is defined."""
        return self.path, _line(_definition(self.subject)) - 1, self.name
