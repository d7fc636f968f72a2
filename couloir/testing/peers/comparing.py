"""Programs run by other implementations, and compared with the NumPy backend.

report = couloir.testing.compare_with(module, peers=("c", "xla"))
assert report, report
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from time import monotonic
from types import TracebackType
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.rounding import smallest_normal
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.symbols import lookup
from couloir.ir.types import ShapedType
from couloir.passes.running import public_functions, random_inputs, signature
from couloir.stablehlo_text import to_stablehlo_text
from couloir.testing.peers.agreement import Expected, expected
from couloir.testing.peers.process import MEMORY, SECONDS, Absent, Failed, PeerProcess
from couloir.testing.peers.table import Peer, Refused, find_peer, reason
from couloir.testing.rewrites.inputs import PROFILES, Profile, arrays_for
from couloir.testing.rewrites.report import Counterexample, Obligation, Report, Verdict

Progress: TypeAlias = "Callable[[int, int, str], None]"
CASES: Final = 40
MAIN: Final = "main"


class Peers:
    """Some peers, and what has been compared with them so far. Their processes live until `close`.

    Args:
        names: Of the peers: `c`, `xla`, ...; or peers.
        seconds: How long each may take for a program.
        memory: How many bytes each may take.
    """

    def __init__(self, names: Sequence[str | Peer], *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        peers = list(map(find_peer, names))
        self._processes = [PeerProcess(peer, seconds=seconds, memory=memory) for peer in peers]
        self._compared: dict[str, Counter[str]] = {peer.name: Counter() for peer in peers}
        self._refused: dict[str, Counter[str]] = {peer.name: Counter() for peer in peers}
        self._absent: dict[str, str] = {}

    def __enter__(self) -> Peers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.close()

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The kinds of numbers on which some peer that is there promises what the specification says."""
        usable = [process.peer for process in self._processes if process.peer.name not in self._absent]
        return tuple(profile for profile in PROFILES if any(profile in peer.profiles for peer in usable))

    def compare(
        self,
        before: ModuleOp,
        after: ModuleOp,
        arrays: Sequence[Any],
        profile: Profile,
        assumes: Collection[str] = (),
    ) -> tuple[str, str] | None:
        """Whether each peer computes from `after` what the NumPy backend computes from `before`.

        A peer that computes something else from `before` already does not count: that is no fault of the rewrite. With one
        module for both, it is what is looked for.

        Returns:
            The name of a peer and what it does otherwise, or None.
        """
        results: dict[bool, Expected | None] = {}
        for process in self._processes:
            peer = process.peer
            if peer.name in self._absent or profile not in peer.profiles:
                continue
            if peer.flushes not in results:
                results[peer.flushes] = expected(before, list(map(_flushed, arrays)) if peer.flushes else arrays)
            wanted = results[peer.flushes]
            if wanted is None:
                continue
            told = self._told(process, wanted, after, assumes, profile)
            if told is None:
                continue
            if before is after or self._told(process, wanted, before, assumes, None) is None:
                return peer.name, f"{peer.what} {told}"
            self._refused[peer.name][f"it differs before the rewrite: {told}"] += 1
        return None

    def _told(
        self, process: PeerProcess, wanted: Expected, module: ModuleOp, assumes: Collection[str], profile: str | None
    ) -> str | None:
        """What a peer does otherwise; counts the case under its profile."""
        peer = process.peer
        counts = self._refused[peer.name]
        try:
            found = process.run(_text_for(peer, module), wanted.arrays)
        except Absent as reason:
            self._absent[peer.name] = str(reason)
            return None
        except Refused as reason:
            counts[f"it does not take the program: {reason}"] += 1
            return None
        except Failed as failure:
            if peer.ours:
                return f"fails: {failure}"
            counts[str(failure)] += 1
            return None
        if profile is not None:
            self._compared[peer.name][profile] += 1
        return wanted.difference(found, assumes)

    def obligations(self, fault: str | None = None) -> list[Obligation]:
        """A verdict for each peer but the one at fault, for which whoever has found that says it."""
        made: list[Obligation] = []
        for process in self._processes:
            name = process.peer.name
            counts, refused = self._compared[name], self._refused[name]
            why = f"; not in {refused.total()}, mostly: {refused.most_common(1)[0][0]}" if refused else ""
            if name == fault:
                continue
            if name in self._absent:
                made.append(Obligation(name, Verdict.UNKNOWN, self._absent[name]))
            elif counts:
                said = ", ".join(f"{count} {profile}" for profile, count in counts.items())
                made.append(Obligation(name, Verdict.TESTED, f"{counts.total()} cases ({said}){why}"))
            elif refused:
                made.append(Obligation(name, Verdict.UNKNOWN, refused.most_common(1)[0][0]))
            else:
                made.append(Obligation(name, Verdict.UNKNOWN, "there was nothing to compare"))
        return made


def compare_with(
    module: ModuleOp,
    peers: Sequence[str | Peer] = ("c",),
    *,
    inputs: Sequence[Any] | None = None,
    cases: int = CASES,
    seconds: float = math.inf,
    seed: int = 0,
    limit: float = SECONDS,
    memory: int = MEMORY,
    progress: Progress | None = None,
) -> Report:
    """Whether other implementations compute from a module what the NumPy backend does.

    Each runs in a process of its own, which may crash, hang or take all memory: the report says so.

    Args:
        module: The program: its first public function.
        peers: `c` and `c-O0` (the C backend), `xla`, `interpreter` (StableHLO's), `onnx` (its reference evaluator),
            `onnxruntime`, `numpy`.
        inputs: What to run it on; by default inputs of every kind are made up.
        cases: On how many inputs to run it.
        seconds: How long to go on at most.
        seed: Of the inputs that are made up.
        limit: Seconds that a peer may take for one run.
        memory: Bytes that a peer may take.
        progress: Called with how much of how much is done, and of what: `(12, 40, "inputs")`.

    Returns:
        A report with a verdict for each peer, true when no one differs and one at least has been compared.

    Raises:
        Error: There is no such peer; or the module has no public function, or takes what there are no arrays of.
    """
    functions = public_functions(module)
    if not functions:
        raise Error("there is no public function to compare")
    start = monotonic()
    report = Report("compare_with", seed=seed)
    fault: tuple[str, str] | None = None
    with Peers(peers, seconds=limit, memory=memory) as others:
        for number in range(cases if inputs is None else 1):
            profiles = others.profiles
            if not profiles or monotonic() - start > seconds:
                break
            profile = profiles[number % len(profiles)]
            arrays = list(inputs) if inputs is not None else inputs_for(module, profile, seed + number)
            report.programs += 1
            fault = others.compare(module, module, arrays, profile)
            if fault is not None:
                report.obligations.append(Obligation(fault[0], Verdict.REFUTED, fault[1]))
                names = [peer for peer in peers if isinstance(peer, str)]
                options = f"{names}, cases={number + 1}, seed={seed}"
                again = f"from couloir.testing import compare_with\n\nprint(compare_with(before, {options}))"
                rule = again if inputs is None and len(names) == len(peers) else None
                report.counterexample = Counterexample(module, None, arrays, fault[1], rule=rule)
                break
            if progress is not None:
                progress(number + 1, cases, "inputs")
        report.obligations += others.obligations(fault[0] if fault else None)
    report.fired = report.programs
    report.seconds = monotonic() - start
    return report


def inputs_for(module: ModuleOp, profile: Profile, seed: int) -> list[Array]:
    """Arrays for the first public function of a module. Raises `couloir.Error` for types of which there are no arrays."""
    function = public_functions(module)[0]
    if _has_dialect(module, "onnx"):  # integers are indices and labels there
        return random_inputs(function, seed=seed, kind="whole" if profile == "whole" else "normal")
    return arrays_for(signature(function).inputs, profile, seed)


def _flushed(array: Any) -> Array:
    """Without numbers below the normal ones."""
    given: Any = np.asarray(array)
    match kind(given.dtype):
        case "float":
            small = np.abs(given.astype(np.float64)) < smallest_normal(given.dtype)
            return np.where(small, np.copysign(np.zeros((), given.dtype), given), given)
        case "complex":
            flushed: Any = np.empty_like(given)
            flushed.real, flushed.imag = _flushed(given.real), _flushed(given.imag)
            return flushed
        case _:
            return given


def _has_dialect(module: ModuleOp, *dialects: str) -> bool:
    return any(op.name.partition(".")[0] in dialects for op in module.walk())


def _text_for(peer: Peer, module: ModuleOp) -> str:
    """The text of a module as a peer takes it. Raises `Refused` where it takes none such."""
    if peer.dialect == "onnx" and not _has_dialect(module, "onnx"):
        raise Refused("it takes modules of the onnx dialect alone")
    if peer.dialect != "stablehlo":
        return str(module)
    function = public_functions(module)[0]
    types = (*function.function_type.inputs, *function.function_type.results)
    if not all(type.is_static for type in types if isinstance(type, ShapedType)):
        raise Refused("it takes and gives tensors of known sizes alone")
    if function.sym_name != MAIN:
        if lookup(module, MAIN) is not None:
            raise Refused(f"it runs the function @{MAIN} alone")
        module = module.clone()
        public_functions(module)[0].sym_name = MAIN
    try:
        return to_stablehlo_text(module)
    except Error as error:
        raise Refused(reason(error)) from error
