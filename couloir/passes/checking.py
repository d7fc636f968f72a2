"""Whether a program still computes the same: it is run on the NumPy backend before and after, and the results compared.

    PassPipeline.parse("canonicalize,cse").run(module, instrumentations=[CheckEach()])

Integers and booleans must be equal. Floats may differ by what rounding can cause in these very programs on these inputs, which
`couloir.passes.tolerance` derives, for each element.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from couloir.backends.numpy.arguments import INPUT_COUNT
from couloir.backends.numpy.element_types import Array, kind
from couloir.dialects.func import FuncOp
from couloir.ir.attributes import StringAttr
from couloir.ir.constraints import compatible
from couloir.ir.errors import Error
from couloir.ir.passes import Check, Instrumentation
from couloir.ir.types import FunctionType, TensorType
from couloir.passes.running import (
    KINDS,
    InputKind,
    carried_inputs,
    incomparable,
    outcome,
    public_functions,
    random_inputs,
    signature,
)
from couloir.passes.tolerance import Estimates, allowed, differing, estimates, half_the_digits, identical

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.operation import Operation
    from couloir.ir.passes import PassPipeline, PassRun


PATIENCE: Final = 1.0
"""Seconds. When a run of a function takes longer, it is not also run on the next kind of inputs."""


class CheckError(Error):
    """Two programs that should compute the same do not.

    Attributes:
        function: The name of the function.
        output: The number of the result.
        index: The first element that differs; None when shape or type do.
        before, after: The values there.
        allowed: The difference that rounding explains.
    """

    def __init__(
        self,
        message: str,
        *,
        function: str,
        output: int | None = None,
        index: tuple[int, ...] | None = None,
        before: object = None,
        after: object = None,
        allowed: float = 0.0,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.function = function
        self.output = output
        self.index = index
        self.before = before
        self.after = after
        self.allowed = allowed


@attrs.define
class Case:
    """A function with inputs, and what it gave on them."""

    function: str
    label: str
    """What the inputs are: `normal inputs, seed 0`."""
    kind: InputKind
    inputs: Sequence[Any]
    results: tuple[Array, ...]
    """What the next ones are compared with."""
    first: tuple[Array, ...]
    origin: Operation
    """A copy of the module that gave the first results."""
    errors: Estimates | None = None
    """The rounding errors of the first results, once somebody has asked."""


class NumericCheck:
    """Compares modules with a given one: `NumericCheck(module)(other)` raises `CheckError` when they differ.

    Args:
        module: The module to compare with. It is kept as a copy.
        inputs: Arrays for one function; by default inputs are made up for all public functions.
        function: The function that the inputs are for; by default the first public one.
        seed: Of the inputs that are made up.
    """

    def __init__(
        self, module: Operation, inputs: Sequence[Any] | None = None, *, function: str | None = None, seed: int = 0
    ) -> None:
        if seed < 0:
            raise Error(f"a seed is a number from 0, not {seed}")
        self.inputs = inputs
        self.function = function
        self.seed = seed
        self.skipped: list[str] = []
        """What could not be run, and why."""
        self.checks: list[Check] = []
        """What the last comparison found, a result each."""
        self.compared: list[str] = []
        """On which inputs the last comparison was made."""
        self.cases: list[Case] = []
        self.signatures: dict[str, FunctionType] = {}
        self._add(module, [f for f in public_functions(module) if function in (None, f.sym_name)])
        if not self.cases and not self.skipped:
            reason = f"there is no public function {'' if function is None else f'@{function} '}to check"
            if inputs is not None or function is not None:
                raise Error(reason)
            self.skipped.append(f"nothing is checked: {reason}")

    def _add(self, module: Operation, functions: Sequence[FuncOp]) -> None:
        """Takes functions of `module` as they are as what others are compared with."""
        origin: Operation | None = None
        for function in functions if self.inputs is None else functions[:1]:
            name = function.sym_name
            self.signatures[name] = signature(function)
            reason = incomparable(function)
            if reason is not None:
                self.skipped.append(f"@{name} is not checked: {reason}")
                continue
            for label, chosen, arrays in self._inputs_of(function):
                try:
                    results = outcome(function, arrays)
                except Error as error:
                    if self.inputs is not None:
                        raise
                    self.skipped.append(f"@{name} is not checked on {label}: {error.message}")
                    continue
                origin = origin or module.clone()
                self.cases.append(Case(name, label, chosen, arrays, results, results, origin))

    def _inputs_of(self, function: FuncOp) -> Sequence[tuple[str, InputKind, Sequence[Any]]]:
        if self.inputs is not None:
            return [("the given inputs", KINDS[0], self.inputs)]
        kinds = KINDS if signature(function).inputs else KINDS[:1]
        try:
            made = [random_inputs(function, seed=self.seed, kind=chosen) for chosen in kinds]
        except Error as error:
            self.skipped.append(f"@{function.sym_name} is not checked: {error.message}")
            return []
        return [(f"{k} inputs, seed {self.seed}", k, arrays) for k, arrays in zip(kinds, made, strict=True)]

    def __call__(self, module: Operation) -> None:
        """Raises `CheckError` when `module` computes something else. What could not be compared is then in `skipped`."""
        self.skipped += [line for line in self.compare(module) if line not in self.skipped]

    def compare(self, module: Operation, *, advance: bool = False) -> list[str]:
        """Compares; says what could not be compared. With `advance` the results are what the next module is compared with.

        Raises:
            CheckError: naming function, output, the first element that differs, both values, and the difference allowed.
        """
        functions = {f.sym_name: f for f in public_functions(module)}
        self.checks, self.compared = [], []
        said: list[str] = [] if self.signatures else list(self.skipped)
        fresh: list[FuncOp] = []
        spent = 0.0
        for name, type in self.signatures.items():
            function = functions.get(name)
            if function is None:
                raise CheckError(f"the public function @{name} is gone", function=name)
            reason = incomparable(function)
            if reason is not None:
                said.append(f"@{name} is not checked: {reason}")
            elif not _refines(signature(function), type):
                said.append(f"@{name} is not checked: its type was {type} and is {signature(function)} now")
                fresh.append(function)
            else:
                cases = self._cases_for(function, said)
                for number, case in enumerate(cases):
                    if number and spent > PATIENCE:
                        break
                    start = perf_counter()
                    results = self._run(function, case)
                    spent = perf_counter() - start
                    self._compare(case, results, module)
                    self.compared.append(case.label)
                    if advance:
                        case.results = results
                if not cases:
                    fresh.append(function)
        if advance and fresh:
            names = {function.sym_name for function in fresh}
            self.cases = [case for case in self.cases if case.function not in names]
            self.skipped.clear()
            self._add(module, fresh)
            said += self.skipped
        return said

    def _cases_for(self, function: FuncOp, said: list[str]) -> list[Case]:
        """The cases of a function. Where its type has become narrower than the inputs, they get others."""
        cases = [case for case in self.cases if case.function == function.sym_name]
        inputs = signature(function).inputs
        for case in list(cases):
            if all(_fits(array, type) for array, type in zip(case.inputs, inputs, strict=True)):
                continue
            try:
                if self.inputs is not None:
                    raise Error(f"the given inputs do not fit its type any more, {signature(function)}")
                before = next(f for f in public_functions(case.origin) if f.sym_name == case.function)
                case.inputs = random_inputs(before, inputs, seed=self.seed, kind=case.kind)
                case.results = case.first = outcome(before, case.inputs)
                case.errors = None
            except Error as error:
                said.append(f"@{case.function} is not checked on {case.label}: {error.message}")
                cases.remove(case)
                self.cases.remove(case)
        return cases

    def _run(self, function: FuncOp, case: Case) -> tuple[Array, ...]:
        try:
            return outcome(function, case.inputs)
        except Error as error:
            raise CheckError(
                f"@{case.function} cannot be run any more: {error.message}",
                function=case.function,
                where=error.where,
                notes=(*error.notes, f"on {case.label}"),
            ) from error

    def _compare(self, case: Case, results: tuple[Array, ...], module: Operation) -> None:
        if len(results) != len(case.results):
            raise CheckError(
                f"@{case.function} gives {len(results)} results, before it were {len(case.results)}",
                function=case.function,
            )
        if all(map(identical, case.results, results)):
            self.checks += [Check(_title(case, number), 0.0, None, True) for number in range(len(results))]
            return
        errors = self._errors(case, results, module)
        after: Estimates | None = None  # of this module, when they are needed
        for number, (old, new, error) in enumerate(zip(case.results, results, errors.each, strict=True)):
            if old.dtype != new.dtype or old.shape != new.shape:
                raise CheckError(
                    f"output {number} of @{case.function} is {new.dtype}{list(new.shape)}, before it was "
                    f"{old.dtype}{list(old.shape)}",
                    function=case.function,
                    output=number,
                )
            room = allowed(old, error)
            if error is not None and not errors.coarse and differing(old, new, room).any():
                after = after or _estimates(module, case, results)
                if after is not None:
                    room = np.maximum(room, allowed(old, error, after.each[number]))
            wrong = bool(differing(old, new, room).any())
            self.checks.append(_check(case, number, old, new, room, not wrong))
            if wrong:
                raise _difference(case, number, old, new, room, module)

    def _errors(self, case: Case, results: Sequence[Array], module: Operation) -> Estimates:
        """The rounding errors: of the first module, or else of this one."""
        if case.errors is None:
            first = case.first
            case.errors = (
                estimates(case.origin, case.function, case.inputs, first)
                or _estimates(module, case, results)
                or half_the_digits(first)
            )
        return case.errors


class CheckEach(Instrumentation):
    """Runs the program before the first and after each pass that changed something, and compares the results.

    A difference is a `CheckError` that names the pass. What cannot be run, and so is not compared, is in the notes of the
    pass's run and in `skipped`; a program that can be run again later is compared with the last one that could.

    Args:
        inputs, function, seed: As for `NumericCheck`.
    """

    def __init__(self, inputs: Sequence[Any] | None = None, *, function: str | None = None, seed: int = 0) -> None:
        self.options: dict[str, Any] = {"inputs": inputs, "function": function, "seed": seed}
        self.check: NumericCheck | None = None
        self.module: Operation | None = None
        self.skipped: list[str] = []
        """What was not compared, and why, each once."""

    @property
    def described(self) -> str:
        """What the program is run on, in words: `seed 0`, or `given inputs`."""
        return f"seed {self.options['seed']}" if self.options["inputs"] is None else "given inputs"

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """Runs the module as it is."""
        self.module = module
        self.check = NumericCheck(module, **self.options)
        self.skipped = list(self.check.skipped)

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """Runs it again and compares."""
        assert self.check is not None and self.module is not None, "the pipeline has started"
        if not run.changed:
            return
        try:
            said = self.check.compare(self.module, advance=True)
        except CheckError as error:
            error.message = (
                f"the pass `{run.item}` (number {run.number}) changed what the program computes: {error.message}"
            )
            error.args = (error.message,)
            run.checks = tuple(self.check.checks)
            error.hint = "`couloir bisect` finds the rule application; `--stop-after` writes the IR before the pass"
            raise
        run.checks = tuple(self.check.checks)
        if self.check.compared:
            said = [f"same results on {', '.join(dict.fromkeys(self.check.compared))}", *said]
        run.notes = (*run.notes, *said)
        self.skipped += [line for line in said if "checked" in line and line not in self.skipped]


# -- types ----------------------------------------------------------------------------------------------------------------


def _refines(new: FunctionType, old: FunctionType) -> bool:
    """Whether two types differ at most in dimensions that one of them does not know."""
    if len(new.inputs) != len(old.inputs) or len(new.results) != len(old.results):
        return False
    pairs = zip((*new.inputs, *new.results), (*old.inputs, *old.results), strict=True)
    return all(compatible(a, b) for a, b in pairs)


def _fits(array: Any, type: Type) -> bool:
    """Whether an array has the shape of a type, as far as that is known."""
    if not isinstance(type, TensorType):
        return True
    shape = np.shape(array)
    return len(shape) == len(type.dims) and all(d in (None, s) for d, s in zip(type.dims, shape, strict=True))


# -- comparing ---------------------------------------------------------------------------------------------------------------


def _estimates(module: Operation, case: Case, results: Sequence[Array]) -> Estimates | None:
    """The rounding errors of the results that another module than the first one gives."""
    function = next((f for f in public_functions(module) if f.sym_name == case.function), None)
    inputs = case.inputs if function is None else carried_inputs(function, case.inputs)
    return estimates(module, case.function, inputs, results)


def _title(case: Case, number: int) -> str:
    return f"output {number} of @{case.function}, {case.label}"


def _check(case: Case, number: int, old: Array, new: Array, allowed: Array, passed: bool) -> Check:
    """The element that is furthest from what is allowed."""
    wide = np.complex128 if kind(old.dtype) == "complex" else np.float64
    try:
        with np.errstate(all="ignore"):
            error = np.abs(old.astype(wide) - new.astype(wide))
    except (TypeError, ValueError):  # elements that are no numbers
        return Check(_title(case, number), None, None, passed)
    error = np.where(old == new, 0.0, error)
    bounds = np.broadcast_to(allowed, error.shape)
    known = np.isfinite(error)
    if not known.any():
        return Check(_title(case, number), 0.0 if not error.size else None, None, passed)
    place = int(np.argmax(np.where(known, error - np.where(np.isfinite(bounds), bounds, 0.0), -np.inf)))
    bound = float(bounds.flat[place])
    return Check(_title(case, number), float(error.flat[place]), bound if np.isfinite(bound) else None, passed)


def _difference(case: Case, number: int, old: Array, new: Array, room: Array, module: Operation) -> CheckError:
    found = differing(old, new, room)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(found)), found.shape))
    bound = float(np.broadcast_to(room, found.shape)[index])
    discrete = kind(old.dtype) not in ("float", "complex")
    notes = [f"{int(found.sum())} of {found.size} elements differ, on {case.label}"]
    if case.errors is not None and case.errors.coarse:
        notes.append("the rounding errors could not be estimated: half of the digits have to agree")
    if case.errors is not None and case.errors.undecided:
        notes.append(f"{case.errors.undecided} comparisons or conversions were so close that rounding decides them")
    return CheckError(
        f"output {number}{_name(module, case.function, number)} of @{case.function} at {list(index)} is {new[index]!s}, "
        f"before it was {old[index]!s}" + ("" if discrete else f" (allowed difference: {bound:.3g})"),
        function=case.function,
        output=number,
        index=index,
        before=old[index],
        after=new[index],
        allowed=bound,
        notes=notes,
    )


def _name(module: Operation, function: str, number: int) -> str:
    found = next((f for f in public_functions(module) if f.sym_name == function), None)
    if found is None:
        return ""
    if INPUT_COUNT in found.attributes:
        number += len(signature(found).inputs)
        attribute = found.argument_attribute(number, "onnx.name")
    else:
        attribute = found.result_attribute(number, "onnx.name")
    return f" (`{attribute.value}`)" if isinstance(attribute, StringAttr) and attribute.value else ""
