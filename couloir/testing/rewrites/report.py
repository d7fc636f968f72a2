"""What a check of a rewrite says: a verdict for each obligation, and a counterexample where there is one."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from couloir.dialects.builtin import ModuleOp


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
    """

    method: str
    scope: str
    detail: str = ""

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
        detail: How often it was tested, what failed, or why nothing is known.
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
        after: What the rewrite makes of it; None when it does not get that far.
        inputs: What to run both on; empty when the fault is in the structure.
        message: What is wrong: the first element that differs, with both values; or a fault, or an error.
    """

    before: ModuleOp
    after: ModuleOp | None
    inputs: Sequence[Any]
    message: str

    def __str__(self) -> str:
        parts = [self.message, "before:", _indented(str(self.before))]
        if self.after is not None:
            parts += ["after:", _indented(str(self.after))]
        for number, array in enumerate(self.inputs):
            text = np.array2string(np.asarray(array), threshold=40, separator=", ").replace("\n", "\n    ")
            parts.append(f"input {number}, {array.dtype}{list(array.shape)}:\n    {text}")
        return "\n".join(parts)

    def reproduction(self) -> str:
        """Python that runs the program before the rewrite, and after it."""
        lines = ["import ml_dtypes, numpy as np, couloir", "", f'before = couloir.parse("""{_escaped(self.before)}""")']
        if self.after is not None:
            lines.append(f'after = couloir.parse("""{_escaped(self.after)}""")')
        arrays = ", ".join(map(_array_text, self.inputs))
        lines.append(f"inputs = [{arrays}]")
        lines += [
            f"print(couloir.run({name}, *inputs))" for name in ("before", "after")[: 1 + (self.after is not None)]
        ]
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
    """

    name: str
    obligations: list[Obligation] = attrs.field(factory=list)
    counterexample: Counterexample | None = None
    programs: int = 0
    fired: int = 0
    assumes: tuple[str, ...] = ()
    seed: int = 0
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """REFUTED if anything is; else UNKNOWN if the match, the values, or all are; else PROVED if `values` are; else TESTED."""
        verdicts = {obligation.name: obligation.verdict for obligation in self.obligations}
        if Verdict.REFUTED in verdicts.values():
            return Verdict.REFUTED
        if {Verdict.UNKNOWN}.issuperset(verdicts.values()) or any(
            verdicts.get(name) is Verdict.UNKNOWN for name in ("match", "values")
        ):
            return Verdict.UNKNOWN
        return Verdict.PROVED if verdicts.get("values") is Verdict.PROVED else Verdict.TESTED

    def __bool__(self) -> bool:
        return self.verdict in (Verdict.PROVED, Verdict.TESTED)

    def __str__(self) -> str:
        head = f"{self.name}: {self.verdict.value.upper()}; fired on {self.fired} of {self.programs} programs"
        lines = [f"{head}, seed {self.seed}, {self.seconds:.1f} s"]
        if self.assumes:
            lines.append(f"  assumes {', '.join(self.assumes)}")
        lines += [f"  {obligation}" for obligation in self.obligations]
        if self.counterexample is not None:
            lines.append(str(self.counterexample))
        return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))


def _escaped(module: ModuleOp) -> str:
    return str(module).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _array_text(array: Any) -> str:
    """An array by its bits: no digit is lost."""
    bits = np.ascontiguousarray(array).tobytes().hex()
    return f"np.frombuffer(bytes.fromhex({bits!r}), {array.dtype.name!r}).reshape({tuple(array.shape)})"
