"""Whether a program still computes the same: it is run on the NumPy backend before and after, and the results compared.

    PassPipeline.parse("canonicalize,cse").run(module, instrumentations=[CheckEach()])

Integers and booleans must be equal. Floats may differ by what rounding can cause: `couloir.backends.numpy.rounding` follows
the rounding errors of the program's own operations on the very inputs, and each element may differ by the errors of both sides:
that of the program before counted twice, or, if that is not enough, before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs
import numpy as np

from couloir.backends.numpy.arguments import INPUT_COUNT
from couloir.backends.numpy.element_types import Array, DType, integer_range, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.plan import Plan
from couloir.backends.numpy.rounding import Rounding, smallest_normal, unit_roundoff, value_and_error
from couloir.dialects.func import FuncOp
from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error
from couloir.ir.passes import Check, Instrumentation
from couloir.ir.types import FloatType, FunctionType, IndexType, IntegerType, MemRefType, TensorType, dtype_of

if TYPE_CHECKING:
    from couloir.ir.attribute import Type
    from couloir.ir.operation import Operation
    from couloir.ir.passes import PassPipeline, PassRun

InputKind: TypeAlias = Literal["normal", "whole"]
"""`normal`: floats from N(0, 1), integers from -4 to 4. `whole`: small whole numbers, on which sums and products are exact."""

KINDS: Final[tuple[InputKind, ...]] = ("normal", "whole")
SIGNATURE: Final = "couloir.signature"
"""Attribute of a function of buffers: the type that it had as a function of tensors."""
DYNAMIC_SIZE: Final = 3
"""What an unknown dimension is taken to be, where nobody says."""


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
    inputs: Sequence[Any]
    results: tuple[Array, ...]
    origin: Operation
    """A copy of the module that gave the first results."""
    errors: list[Array | None] | None = None
    """Estimated rounding error of each result; None for results without one, and as long as nobody has asked."""
    undecided: int = 0
    coarse: str | None = None
    """Why there is no estimate."""


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
        self.inputs = inputs
        self.function = function
        self.seed = seed
        self.skipped: list[str] = []
        """What could not be run, and why."""
        self.checks: list[Check] = []
        """What the last comparison found, a result each."""
        self.cases: list[Case] = []
        self.signatures: dict[str, FunctionType] = {}
        self._add(module, [f for f in public_functions(module) if function in (None, f.sym_name)])
        if inputs is not None and not self.cases and not self.skipped:
            raise Error(f"there is no public function {'' if function is None else f'@{function} '}to check")

    def _add(self, module: Operation, functions: Sequence[FuncOp]) -> None:
        """Takes functions of `module` as they are as what others are compared with."""
        origin: Operation | None = None
        for function in functions if self.inputs is None else functions[:1]:
            name = function.sym_name
            self.signatures[name] = signature(function)
            reason = unevaluable(function)
            if reason is not None:
                self.skipped.append(f"@{name} is not checked: {reason}")
                continue
            for label, arrays in self._inputs_of(function):
                try:
                    results = outcome(function, arrays)
                except Error as error:
                    if self.inputs is not None:
                        raise
                    self.skipped.append(f"@{name} is not checked on {label}: {error.message}")
                    continue
                origin = origin or module.clone()
                self.cases.append(Case(name, label, arrays, results, origin))

    def _inputs_of(self, function: FuncOp) -> Sequence[tuple[str, Sequence[Any]]]:
        if self.inputs is not None:
            return [("the given inputs", self.inputs)]
        kinds = KINDS if signature(function).inputs else KINDS[:1]
        try:
            return [(f"{k} inputs, seed {self.seed}", random_inputs(function, seed=self.seed, kind=k)) for k in kinds]
        except Error as error:
            self.skipped.append(f"@{function.sym_name} is not checked: {error.message}")
            return []

    def __call__(self, module: Operation) -> None:
        """Raises `CheckError` when `module` computes something else, and `Error` when it cannot be run."""
        self.compare(module)

    def compare(self, module: Operation, *, advance: bool = False) -> list[str]:
        """Compares; says what could not be compared. With `advance` the results are what the next module is compared with.

        Raises:
            CheckError: naming function, output, the first element that differs, both values, and the difference allowed.
        """
        functions = {f.sym_name: f for f in public_functions(module)}
        self.checks = []
        said: list[str] = []
        fresh: list[FuncOp] = []
        for name, type in self.signatures.items():
            function = functions.get(name)
            if function is None:
                raise CheckError(f"the public function @{name} is gone", function=name)
            reason = unevaluable(function)
            if reason is not None:
                said.append(f"@{name} is not checked: {reason}")
            elif signature(function) is not type:
                said.append(f"@{name} is not checked: its type was {type} and is {signature(function)} now")
                fresh.append(function)
            else:
                cases = [case for case in self.cases if case.function == name]
                for case in cases:
                    results = self._run(function, case)
                    self._compare(case, results, module)
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
        if all(map(_identical, case.results, results)):
            self.checks += [Check(_title(case, number), 0.0, None, True) for number in range(len(results))]
            return
        self._estimate(case, module)
        assert case.errors is not None
        after: list[Array | None] | None = None  # of this module, when they are needed
        for number, (old, new, error) in enumerate(zip(case.results, results, case.errors, strict=True)):
            if old.dtype != new.dtype or old.shape != new.shape:
                raise CheckError(
                    f"output {number} of @{case.function} is {new.dtype}{list(new.shape)}, before it was "
                    f"{old.dtype}{list(old.shape)}",
                    function=case.function,
                    output=number,
                )
            allowed = _allowed(old, error)
            if differing(old, new, allowed).any() and error is not None and case.coarse is None:
                if after is None:
                    after = _errors(module, case) or []
                if after:
                    allowed = np.maximum(allowed, _allowed(old, error, after[number]))
            wrong = bool(differing(old, new, allowed).any())
            self.checks.append(_check(case, number, old, new, allowed, not wrong))
            if wrong:
                raise _difference(case, number, old, new, allowed, module)

    def _estimate(self, case: Case, module: Operation) -> None:
        """The rounding errors of the results: of the first module, or else of this one."""
        if case.errors is not None:
            return
        case.errors = _errors(case.origin, case) or _errors(module, case)
        if case.errors is None:
            case.coarse = "no estimate of rounding errors: half of the digits have to agree"
            case.errors = [_half_the_digits(result) for result in case.results]


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
        checked = sorted({case.label for case in self.check.cases})
        if checked and not said:
            said = [f"same results on {', '.join(checked)}"]
        run.notes = (*run.notes, *said)
        self.skipped += [line for line in said if "not checked" in line and line not in self.skipped]


# -- functions and their inputs --------------------------------------------------------------------------------------------


def public_functions(module: Operation) -> list[FuncOp]:
    """The functions of a module that are not private and have a body; the function itself when it is one."""
    ops = [module] if isinstance(module, FuncOp) else [op for region in module.regions for op in region.ops]
    return [op for op in ops if isinstance(op, FuncOp) and not op.is_private and not op.is_declaration]


def signature(function: FuncOp) -> FunctionType:
    """The type of a function; of one of buffers, that which it had as a function of tensors."""
    stored = function.attributes.get(SIGNATURE)
    return stored if isinstance(stored, FunctionType) and INPUT_COUNT in function.attributes else function.function_type


def unevaluable(function: FuncOp) -> str | None:
    """Why a function cannot be run: it, or what it calls, has ops without a meaning."""
    try:
        Plan(function, runs_root=False)
    except Error as error:
        return error.message
    return None


def outcome(function: FuncOp, arrays: Sequence[Any]) -> tuple[Array, ...]:
    """The results of a function, and what it leaves in the buffers that it was given. The arrays given stay as they are.

    Raises:
        Error: when it cannot be run, and when it gives something else than arrays.
    """
    given = [np.array(array) for array in arrays]
    results: list[Any] = list(evaluate(function, *given))
    if INPUT_COUNT not in function.attributes:
        results += [a for a, t in zip(given, function.function_type.inputs, strict=True) if isinstance(t, MemRefType)]
    if not all(isinstance(result, np.ndarray | np.generic) for result in results):
        raise Error("it gives results that are no arrays")
    return tuple(map(np.array, results))  # copies: results may share memory with constants and inputs


def random_inputs(function: FuncOp, *, seed: int = 0, kind: InputKind = "normal") -> list[Array]:
    """Inputs for a function, from its type. Unknown dimensions are 3.

    Raises:
        Error: for arguments that are neither tensors or buffers of numbers nor numbers.
    """
    generator = np.random.default_rng(seed)
    return [_random(generator, type, number, kind) for number, type in enumerate(signature(function).inputs)]


def _random(generator: np.random.Generator, type: Type, number: int, wanted: InputKind) -> Array:
    element: Type = type
    shape: tuple[int, ...] = ()
    if isinstance(type, TensorType | MemRefType):
        element = type.element_type
        shape = tuple(DYNAMIC_SIZE if size is None else size for size in type.dims)
    if not isinstance(element, IntegerType | FloatType | IndexType):
        raise Error(f"argument {number} is a `{type}`, for which no inputs are made up", hint="give inputs")
    dtype = dtype_of(element)
    if kind(dtype) == "float":
        values = generator.standard_normal(shape) if wanted == "normal" else generator.integers(-3, 4, shape)
        return np.asarray(values, np.float64).astype(dtype)
    low, high = integer_range(dtype)
    least, most = (-4, 4) if wanted == "normal" else (0, 2)
    return np.asarray(generator.integers(max(low, least), min(high, most) + 1, shape)).astype(dtype)


# -- comparing ---------------------------------------------------------------------------------------------------------------


def differing(before: Array, after: Array, allowed: Array) -> Array:
    """Which elements differ by more than allowed. NaN equals NaN, and infinities equal themselves."""
    if kind(before.dtype) in ("bool", "signed", "unsigned", "other"):
        return np.asarray(before != after)
    wide = np.complex128 if kind(before.dtype) == "complex" else np.float64
    old, new = before.astype(wide), after.astype(wide)
    with np.errstate(all="ignore"):
        near = np.abs(old - new) <= allowed
    return ~(near | (old == new) | (np.isnan(old) & np.isnan(new)))


def _identical(before: Array, after: Array) -> bool:
    if before.dtype != after.dtype or before.shape != after.shape:
        return False
    return bool(np.asarray((before == after) | ((before != before) & (after != after))).all())


def _errors(module: Operation, case: Case) -> list[Array | None] | None:
    """The rounding error of each result, or None where the domain does not cover the program."""
    domain = Rounding()
    try:
        results = evaluate(module, *case.inputs, function=case.function, domain=domain)
    except Error:
        return None
    case.undecided += domain.undecided
    if len(results) != len(case.results):
        return None  # buffers that it writes to
    pairs = [value_and_error(np.asarray(result)) for result in results]
    return [None if pair is None else pair[1] for pair in pairs]


def _half_the_digits(result: Array) -> Array | None:
    """`sqrt(u)` of the largest magnitude."""
    if kind(result.dtype) not in ("float", "complex"):
        return None
    unit = unit_roundoff(_real(result.dtype))
    magnitude = np.abs(result.astype(np.complex128))
    finite = magnitude[np.isfinite(magnitude)]
    return np.full(result.shape, np.sqrt(unit) * (finite.max() if finite.size else 0.0) / 2)


def _allowed(result: Array, error: Array | None, other: Array | None = None) -> Array:
    """The difference allowed, given the error of one side or of both.

    Where the error of the first side has no bound (a division by what may be zero), nothing can be said; what is no number,
    or unbounded on the other side, counts for nothing.
    """
    if error is None:
        return np.zeros(())
    mine = np.nan_to_num(error, nan=0.0, posinf=np.inf)
    theirs = mine if other is None else np.nan_to_num(other, nan=0.0, posinf=0.0)
    return mine + theirs + _least(result.dtype)


def _least(dtype: DType) -> float:
    """The least normal number: what is smaller may be flushed to zero."""
    return smallest_normal(_real(dtype))


def _real(dtype: DType) -> DType:
    """The type of the parts of a complex number; a float type itself."""
    return np.dtype(f"f{dtype.itemsize // 2}") if kind(dtype) == "complex" else dtype


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


def _difference(case: Case, number: int, old: Array, new: Array, allowed: Array, module: Operation) -> CheckError:
    found = differing(old, new, allowed)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(found)), found.shape))
    bound = float(np.broadcast_to(allowed, found.shape)[index])
    discrete = kind(old.dtype) not in ("float", "complex")
    notes = [f"{int(found.sum())} of {found.size} elements differ, on {case.label}"]
    if case.coarse:
        notes.append(case.coarse)
    if case.undecided:
        notes.append(f"{case.undecided} comparisons or conversions were so close that rounding decides them")
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
