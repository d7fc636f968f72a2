"""What a check of a rewrite says: a verdict for each obligation, and a counterexample where there is one."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import ml_dtypes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- makes NumPy know the narrow floats by name
import numpy as np

from couloir.backends.numpy.element_types import Array
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.registry import REGISTRY
from couloir.ir.text.parser import parse_module_op

MAX_SHOWN: Final = 40
"""Elements of an array that are shown."""


class Verdict(enum.Enum):
    """How far something is known."""

    PROVED = "proved"
    """It holds, in the scope that is given."""
    TESTED = "tested"
    """No case failed."""
    REFUTED = "refuted"
    """A case failed; there is a counterexample."""
    UNKNOWN = "unknown"
    """Nothing can be said, for the reason given."""


@attrs.frozen
class Proof:
    """That a rewrite keeps what is computed.

    Attributes:
        method: How it was proved: `index algebra`, `bit-vectors (z3 5.4.1)`, `equal terms`.
        scope: For what: `all values, all sizes, ranks 0 to 4`, `all values of tensor<2x3xf32>`.
        detail: What else a reader should know.
        rest: What it does not hold of, of that on which the rewrite acts; empty when there is nothing.
    """

    method: str
    scope: str
    detail: str = ""
    rest: str = ""

    def __str__(self) -> str:
        detail = f"; {self.detail}" if self.detail else ""
        return f"{self.scope}, by {self.method}{detail}"


@attrs.frozen(eq=False)
class Candidate:
    """What a prover thinks is a counterexample. It is run before anybody is told.

    Attributes:
        module: A program that the rewrite makes wrong.
        inputs: What to run it on; None when the prover does not know.
    """

    module: ModuleOp
    inputs: tuple[Any, ...] | None = None


@attrs.frozen
class Obligation:
    """One thing that a rewrite owes: `structure`, `values (ordinary)`, ...

    Attributes:
        name: What it is.
        verdict: How far it is known.
        detail: How often it was tested, how it was proved, what failed, or why nothing is known.
    """

    name: str
    verdict: Verdict
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict.value}, {self.detail}"


@attrs.frozen(eq=False)
class Counterexample:
    """The smallest program that was found on which a rewrite is wrong.

    Attributes:
        before: The program.
        after: What the rewrite makes of it; None when it does not get that far, or leaves something that is no program.
        inputs: What to run both on; empty when the fault is in the structure, or the function takes nothing.
        message: What is wrong: the first element that differs, with both values; or a fault, or an error.
        outputs: What both give, where they were run: the results before, and the results after.
        function: The name of the public function that is meant.
        domain: The exact numbers in which they differ (`couloir.backends.numpy.domains`), when they do not as floats.
        after_text: Text of what the rewrite makes of it, even of no program.
        rule: Python that brings the rewrite and applies it to `before`; None where no import can.
    """

    before: ModuleOp
    after: ModuleOp | None
    inputs: Sequence[Any]
    message: str
    outputs: tuple[Sequence[Any], Sequence[Any]] | None = None
    function: str | None = None
    domain: str | None = None
    after_text: str = ""
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.message}\n{self.shown()}"

    def shown(self) -> str:
        """The program before and after, its inputs, and what both give."""
        parts = ["before:", _indented(str(self.before))]
        if self.after_text or self.after is not None:
            parts += ["after:", _indented(self.after_text or str(self.after))]
        parts += [_shown(f"input {number}", array) for number, array in enumerate(self.inputs)]
        for name, results in zip(("before", "after"), self.outputs or (), strict=False):
            parts += [_shown(f"output {number} {name}", array) for number, array in enumerate(results)]
        return "\n".join(parts)

    def reproduction(self) -> str:
        """Python that shows the fault: it runs the program before the rewrite, and after it."""
        lines = ["import ml_dtypes", "import numpy as np", "import couloir", *_imports_for(self.before)]
        flag = ", allow_unregistered=True" if _has_unregistered(self.before) else ""
        lines += ["", f"before = couloir.parse({_quoted(str(self.before))}{flag})"]
        if self.after is not None and self.outputs is not None:
            function = "" if self.function is None else f", function={self.function!r}"
            run = f"couloir.run({{}}, *inputs{function})"
            if self.domain is not None:
                lines.insert(3, "from couloir.backends.numpy.domains import DOMAINS")
                lines.insert(4, "from couloir.backends.numpy.evaluate import evaluate")
                run = f"evaluate({{}}, *inputs{function}, domain=DOMAINS[{self.domain!r}])"
            lines += [
                f"after = couloir.parse({_quoted(str(self.after))}{flag})",
                f"inputs = [{', '.join(map(_array_text, self.inputs))}]",
                f'print("before:", {run.format("before")})',
                f'print("after: ", {run.format("after")})',
            ]
        elif self.rule is not None:
            lines += self.rule.split("\n")
        return "\n".join(lines) + "\n"


@attrs.define
class Report:
    """The outcome of `check_rewrite`. True when nothing is refuted or unknown: it is proved or tested.

    Attributes:
        name: Of the rule.
        obligations: What it owes, each with a verdict.
        counterexample: Where something is refuted.
        programs: How many programs it was tried on.
        fired: On how many of them it fired.
        assumes: What the rule says that it assumes.
        seed: Of the programs and inputs.
        seconds: How long the check took.
        times: Seconds for each stage.
        summary: The rule's equation.
        notes: What else is to be said.
    """

    name: str
    obligations: list[Obligation] = attrs.field(factory=list)
    counterexample: Counterexample | None = None
    programs: int = 0
    fired: int = 0
    assumes: tuple[str, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    times: dict[str, float] = attrs.field(factory=dict)
    summary: str = ""
    notes: list[str] = attrs.field(factory=list)

    @property
    def verdict(self) -> Verdict:
        """REFUTED if anything is; else UNKNOWN if the match, the values, the end, or all are; else PROVED if `values`
        are; else TESTED. What is proved of the programs alone on which a rule was tried (`values (programs tried)`), or of some
        types or ranks alone (`values (in part)`), does not prove the rule.
        """
        verdicts = {obligation.name: obligation.verdict for obligation in self.obligations}
        if Verdict.REFUTED in verdicts.values():
            return Verdict.REFUTED
        if {Verdict.UNKNOWN}.issuperset(verdicts.values()) or any(
            verdicts.get(name) is Verdict.UNKNOWN for name in MATTERING
        ):
            return Verdict.UNKNOWN
        return Verdict.PROVED if verdicts.get("values") is Verdict.PROVED else Verdict.TESTED

    def __bool__(self) -> bool:
        return self.verdict in (Verdict.PROVED, Verdict.TESTED)

    def __getitem__(self, name: str) -> Obligation:
        """The obligation of a name."""
        for obligation in self.obligations:
            if obligation.name == name:
                return obligation
        raise Error(f"the report says nothing of `{name}`", hint=", ".join(o.name for o in self.obligations))

    def __contains__(self, name: str) -> bool:
        return any(obligation.name == name for obligation in self.obligations)

    def __str__(self) -> str:
        return self.text()

    def text(self, *, times: bool = False) -> str:
        """For a person: the verdict, a line for each obligation, the counterexample; with `times` what each stage took."""
        lines = [f"{self.name}: {self.verdict.value.upper()}"]
        if self.summary:
            lines.append(f"  {self.summary}")
        width = max((len(obligation.name) for obligation in self.obligations), default=0)
        for obligation in sorted(self.obligations, key=_place):
            verdict = obligation.verdict.value
            mark = verdict.upper() if obligation.verdict is Verdict.REFUTED else verdict
            lines.append(f"  {obligation.name:<{width}}  {mark:<7}  {obligation.detail}")
        if self.assumes:
            lines.append(f"  assumes {', '.join(self.assumes)}")
        lines += [f"  {note}" for note in self.notes]
        lines.append(f"  seed {self.seed}, {self.seconds:.1f} s")
        if times and self.times:
            lines += [f"    {seconds:6.2f} s  {stage}" for stage, seconds in self.times.items()]
        if self.counterexample is not None:
            lines += ["", self.counterexample.shown()]
        return "\n".join(lines)

    def to_json(self) -> str:
        """For scripts: all of it as a JSON object; programs are text, arrays have their bytes in hexadecimal."""
        found = self.counterexample
        stored: dict[str, Any] = {
            "name": self.name,
            "verdict": self.verdict.value,
            "summary": self.summary,
            "obligations": [{"name": o.name, "verdict": o.verdict.value, "detail": o.detail} for o in self.obligations],
            "counterexample": None,
            **{key: getattr(self, key) for key in _PLAIN},
        }
        if found is not None:
            stored["counterexample"] = {
                "message": found.message,
                "before": str(found.before),
                "after": found.after_text or (None if found.after is None else str(found.after)),
                "inputs": [_array_json(array) for array in found.inputs],
                "outputs": None
                if found.outputs is None
                else [[_array_json(a) for a in side] for side in found.outputs],
                "reproduction": found.reproduction(),
                "function": found.function,
                "domain": found.domain,
                "rule": found.rule,
            }
        return json.dumps(stored)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that `to_json` wrote. The ops of its programs have to be known."""
        stored = json.loads(text)
        report = cls(stored["name"], summary=stored["summary"], **{key: stored[key] for key in _PLAIN})
        report.assumes = tuple(report.assumes)
        report.obligations = [Obligation(o["name"], Verdict(o["verdict"]), o["detail"]) for o in stored["obligations"]]
        found: Mapping[str, Any] | None = stored["counterexample"]
        if found is not None:
            outputs = found["outputs"]
            report.counterexample = Counterexample(
                _parsed(found["before"]),
                _parsed_if_possible(found["after"]),
                tuple(map(_array_from, found["inputs"])),
                found["message"],
                None if outputs is None else (list(map(_array_from, outputs[0])), list(map(_array_from, outputs[1]))),
                found["function"],
                found["domain"],
                found["after"] or "",
                found["rule"],
            )
        return report


MATTERING: Final = ("match", "values", "termination")
"""The obligations without which nothing is known of the whole."""
ORDER: Final = (
    "match", "structure", "round trip", "idempotence", "termination", "values (whole)", "values (ordinary)",
    "values (special)", "values (extreme)", "exact arithmetic", "values (programs tried)",
    "values (in part)", "values",
)  # fmt: skip
"""In which obligations are shown; others come after them."""
_PLAIN: Final = ("programs", "fired", "assumes", "seed", "seconds", "times", "notes")


def _place(obligation: Obligation) -> int:
    return ORDER.index(obligation.name) if obligation.name in ORDER else len(ORDER)


# -- programs as text --------------------------------------------------------------------------------------------------------


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))


def _quoted(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '"""'


def _parsed(text: str) -> ModuleOp:
    module = parse_module_op(text, file="<counterexample>", allow_unregistered=True)
    assert isinstance(module, ModuleOp), "it was one"
    return module


def _parsed_if_possible(text: str | None) -> ModuleOp | None:
    try:
        return None if text is None else _parsed(text)
    except Error:  # the rewrite has left something that is no program
        return None


def _has_unregistered(module: ModuleOp) -> bool:
    return any(REGISTRY.operation(op.name) is None for op in module.walk())


def _imports_for(module: ModuleOp) -> list[str]:
    """What defines the ops of a program that are not Couloir's own."""
    classes = dict.fromkeys(type(op) for op in module.walk() if not type(op).__module__.startswith("couloir."))
    lines: list[str] = []
    for cls in classes:
        if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
            lines.append(f"# first define the op `{cls.name}`, {cls.__qualname__} of {cls.__module__}")
        else:
            lines.append(f"import {cls.__module__}  # defines `{cls.name}`")
    return list(dict.fromkeys(lines))


# -- arrays ------------------------------------------------------------------------------------------------------------------


def _shown(title: str, array: Any) -> str:
    given: Array = np.asarray(array)
    text = np.array2string(given, threshold=MAX_SHOWN, separator=", ").replace("\n", "\n    ")
    return f"{title}, {given.dtype}{list(given.shape)}:\n    {text}"


def _array_json(array: Any) -> dict[str, Any]:
    given: Array = np.asarray(array)
    if given.dtype == object:  # exact numbers
        return {"dtype": "object", "shape": list(given.shape), "values": [str(item) for item in given.flat]}
    return {"dtype": given.dtype.name, "shape": list(given.shape), "bytes": np.ascontiguousarray(given).tobytes().hex()}


def _array_from(stored: Mapping[str, Any]) -> Array:
    if "values" in stored:
        return np.array(stored["values"], object).reshape(stored["shape"])
    found = np.frombuffer(bytes.fromhex(stored["bytes"]), np.dtype(stored["dtype"]))
    return found.reshape(stored["shape"])


def _array_text(array: Any) -> str:
    """An array by its bits: no digit is lost."""
    stored = _array_json(array)
    return f"np.frombuffer(bytes.fromhex({stored['bytes']!r}), {stored['dtype']!r}).reshape({tuple(stored['shape'])})"
