"""JAX's own cases: what its test harnesses say that each primitive does, on NumPy and in C.

`python -m tests.programs.harness [GROUP...]` prints the table.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
import jax
import numpy as np

import couloir
from couloir.ir.errors import Error
from tests.frontends.jax.comparing import arrays, same
from tests.programs.joining import run_together

CASES: Final = 20
"""Cases of each group."""
TERMS: Final = 64
"""Terms that a result is taken to be a sum of, and two more for each element of the longest dimension."""
CHEAP: Final = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""What XLA is asked for: the numbers, not the speed."""

KNOWN: Final[Mapping[tuple[str, str], str]] = {}
"""(group, part of the case's name) of the cases that fail, with the reason."""


def keys_alone(count: int) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
    """What a sort that is not stable says of arrays that go along with the first ones: nothing, where those are equal."""
    return lambda results: results[:count]


def in_order(results: list[np.ndarray]) -> list[np.ndarray]:
    """Eigenvalues by size, and their vectors, of which a factor of size 1 is open."""
    values = results[0]
    order = np.lexsort([values.imag.round(2), values.real.round(2)], axis=-1)
    columns = order[..., None, :]
    return [
        np.take_along_axis(values, order, -1),
        *(np.abs(np.take_along_axis(vectors, columns, -1)) for vectors in results[1:]),
    ]


def what_factors_mean(results: list[np.ndarray]) -> list[np.ndarray]:
    """Of singular value decompositions: the values, the product of the factors, and that these are unitary."""
    if len(results) == 1:
        return results
    values, left, right = results
    count = values.shape[-1]
    product = (left[..., :count] * values[..., None, :]) @ right[..., :count, :]
    return [values, product, _adjoint(left) @ left, right @ _adjoint(right)]


def _adjoint(a: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(a, -1, -2))


COMPARED: Final[Sequence[tuple[str, str, Callable[[list[np.ndarray]], list[np.ndarray]], str]]] = (
    ("cholesky", "", lambda results: [np.tril(r) for r in results], "what lies above the diagonal is open"),
    ("svd", "", what_factors_mean, "singular vectors are open up to their phases"),
    ("sort", "isstable_False_num_keys_1", keys_alone(1), "equal keys are in any order"),
    ("sort", "isstable_False_num_keys_2", keys_alone(2), "equal keys are in any order"),
    ("approx_top_k", "", keys_alone(1), "which of equal elements are taken is open"),
    ("eig", "", in_order, "eigenvalues are in any order, and vectors may be multiplied with numbers of size 1"),
    ("eigh", "", lambda results: [np.abs(results[0]), results[1]], "vectors may be multiplied with numbers of size 1"),
)
"""(group, part of the case's name, what of the results is compared, why not all)."""


@attrs.frozen
class Outcome:
    """What became of one case: nothing, or what is wrong, on each backend."""

    name: str
    numpy: str
    c: str
    known: str
    """Why it is known to fail, if it is."""

    @property
    def fault(self) -> str:
        """What a test says of it, or nothing."""
        found = [f"{backend}: {said}" for backend, said in (("NumPy", self.numpy), ("C", self.c)) if said]
        if self.known:
            return "" if found else f"{self.name}: listed as known ({self.known}), and passes"
        return "\n".join(f"{self.name}: {said}" for said in found)


def groups() -> dict[str, list[Any]]:
    """At most `CASES` harnesses of each group, of those that JAX itself runs on this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from jax._src.internal_test_util.test_harnesses import all_harnesses
    found: dict[str, list[Any]] = {}
    for harness in all_harnesses:
        if harness.filter("cpu"):
            found.setdefault(harness.group_name, []).append(harness)
    return {group: _sample(harnesses) for group, harnesses in found.items()}


def _sample(items: Sequence[Any]) -> list[Any]:
    """Drawn, but the same each time: cases at even distances may be all of one kind."""
    drawn = np.random.default_rng(0).permutation(len(items))[:CASES]
    return [items[number] for number in sorted(drawn)]


def examine(group: str, harnesses: Sequence[Any], known: Mapping[tuple[str, str], str] = KNOWN) -> list[Outcome]:
    """Runs the cases of a group: all by JAX and in C together, as compiling takes the time."""
    inputs = [[jax.numpy.asarray(a) for a in h.dyn_args_maker(np.random.RandomState(0))] for h in harnesses]
    given = [arrays(values) for values in inputs]
    wanted = _by_jax(harnesses, inputs)
    numpy_faults: list[str] = []
    c_faults: list[str] = []
    lowered: dict[int, Any] = {}
    for number, harness in enumerate(harnesses):
        numpy_faults.append("")
        c_faults.append("")
        try:
            module = couloir.from_jax(harness.dyn_fun, *inputs[number])
        except Error as error:
            numpy_faults[-1] = c_faults[-1] = _line(error)
            continue
        try:
            with np.errstate(all="ignore"):
                numpy_faults[-1] = _difference(
                    group, harness, given[number], couloir.run(module, *given[number]), wanted[number]
                )
        except Error as error:
            numpy_faults[-1] = _line(error)
        try:
            lowered[number] = couloir.lower(module, "loops", verify_each=False)
        except Error as error:
            c_faults[-1] = _line(error)
    results = run_together(list(lowered.values()), [given[number] for number in lowered])
    for number, found in zip(lowered, results, strict=True):
        c_faults[number] = _difference(group, harnesses[number], given[number], found, wanted[number])
    return [
        Outcome(
            h.name, numpy_fault, c_fault, next((why for (g, n), why in known.items() if g == group and n in h.name), "")
        )
        for h, numpy_fault, c_fault in zip(harnesses, numpy_faults, c_faults, strict=True)
    ]


def _by_jax(harnesses: Sequence[Any], inputs: Sequence[Any]) -> list[list[np.ndarray]]:
    def together(inputs: Any) -> Any:
        return [harness.dyn_fun(*values) for harness, values in zip(harnesses, inputs, strict=True)]

    lowered = jax.jit(together).lower(inputs)
    if "lapack" in lowered.as_text():  # several at once wait for each other on a machine with few processors
        return [arrays(jax.jit(harness.dyn_fun)(*values)) for harness, values in zip(harnesses, inputs, strict=True)]
    return [arrays(results) for results in lowered.compile(compiler_options=CHEAP)(inputs)]


def _difference(
    group: str, harness: Any, given: Sequence[np.ndarray], found: Iterable[Any], expected: list[np.ndarray]
) -> str:
    terms = TERMS + 2 * max((size for array in given for size in array.shape), default=1)
    mine, theirs = list(found), expected
    for name, part, view, _ in COMPARED:
        if group == name and part in harness.name:
            mine, theirs = view(mine), view(theirs)
    faults = [same(a, b, terms) for a, b in zip(mine, theirs, strict=True)]
    return next((fault.partition("\n")[0] for fault in faults if fault), "")


def _line(error: Error) -> str:
    return str(error).replace("\n", " ")[:300]


def row(group: str, outcomes: Sequence[Outcome]) -> str:
    """The line of a group in the table."""
    count = len(outcomes)
    passed = [sum(not fault for fault in faults) for faults in zip(*((o.numpy, o.c) for o in outcomes), strict=True)]
    reasons = "; ".join(dict.fromkeys(o.known or "NEW" for o in outcomes if o.numpy or o.c))
    return f"{group:30}{count:6}{passed[0]:8}{passed[1]:6}  {reasons}".rstrip()


HEAD: Final = f"{'group':30}{'cases':>6}{'NumPy':>8}{'C':>6}  reasons"


def total(rows: Iterable[str]) -> str:
    """The last line of the table, from the others."""
    numbers = np.array([[int(word) for word in line[30:50].split()] for line in rows])
    cases, on_numpy, in_c = numbers.sum(axis=0) if numbers.size else (0, 0, 0)
    return f"{'all':30}{cases:6}{on_numpy:8}{in_c:6}"


def main(names: Sequence[str]) -> int:
    """Prints the table, and what is wrong. Returns 1 if something is."""
    print(HEAD)
    rows: list[str] = []
    faults: list[str] = []
    for group, harnesses in groups().items():
        if names and group not in names:
            continue
        outcomes = examine(group, harnesses)
        rows.append(row(group, outcomes))
        print(rows[-1], flush=True)
        faults += [f"{group} {outcome.fault}" for outcome in outcomes if outcome.fault]
    print(total(rows))
    print("\n".join(faults))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
