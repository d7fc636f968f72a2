"""Other implementations: they agree, they are caught when they do not, and none of them takes the check with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir import Error
from couloir.testing import Verdict, compare_with
from couloir.testing.peers import PEERS, Peer, Peers
from couloir.testing.peers.agreement import Expected

HOME = "tests.testing.bad_peers"
SUM = """func.func @total(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.multiply %x, %y : tensor<2x3xf32>
  %1 = stablehlo.exponential %0 : tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}"""
NEGATED = SUM.replace("exponential %0", "exponential %x")
MODEL = Path(__file__).parents[2] / "labs" / "data" / "lenet.onnx"


def failing(how: str, *, ours: bool = True) -> Peer:
    return Peer(how, "the other", HOME, (how,), ours=ours)


def compared(how: str, *, ours: bool = True, cases: int = 1, limit: float = 20.0):
    report = compare_with(couloir.parse(SUM), [failing(how, ours=ours)], cases=cases, limit=limit)
    (obligation,) = report.obligations
    assert obligation.name == how
    return report, obligation


@pytest.mark.parametrize("name", ["c", "c-O0", "numpy", "xla", "interpreter"])
def test_peers_agree_about_a_program(name: str) -> None:
    if PEERS[name].absence:
        pytest.skip(f"{name}: {PEERS[name].absence}")
    report = compare_with(couloir.parse(SUM), [name], cases=4)
    assert report, report
    assert "4 cases (1 whole, 1 ordinary, 1 special, 1 extreme)" in report.obligations[0].detail


def test_onnx_models_are_run_by_onnx_s_own_evaluators_and_by_xla() -> None:
    names = [name for name in ("onnx", "onnxruntime", "xla") if not PEERS[name].absence]
    report = compare_with(couloir.load(MODEL, dims={"N": 1}), names, cases=1)
    assert report, report
    assert [o.verdict for o in report.obligations] == [Verdict.TESTED] * len(names), report


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("value", "gives .* as output 0 at \\[0, 1\\], not"),
        ("crash", "died by SIGSEGV: free\\(\\): invalid pointer"),
        ("eat memory", "ran out of memory"),
        ("raise", "ZeroDivisionError: by zero"),
        ("garbage", "it gave a damaged answer|it ended with|it died by"),
    ],
)
def test_what_goes_wrong_is_said(how: str, message: str) -> None:
    report, obligation = compared(how)
    assert obligation.verdict is Verdict.REFUTED
    assert re.search(message, obligation.detail), obligation
    assert report.counterexample is not None
    assert report.counterexample.message == obligation.detail
    assert len(report.counterexample.inputs) == 2


@pytest.mark.parametrize("how", ["hang", "hang in C"])
def test_a_peer_that_hangs_is_stopped(how: str) -> None:
    _, obligation = compared(how, limit=0.5)
    assert obligation.verdict is Verdict.REFUTED
    assert obligation.detail.endswith("it did not end within 0.5 s and was stopped")


@pytest.mark.parametrize("how", ["crash", "error"])
def test_that_another_s_implementation_fails_is_no_fault_of_the_program(how: str) -> None:
    report, obligation = compared(how, ours=False, limit=0.5)
    assert obligation.verdict is Verdict.UNKNOWN
    assert not report


def test_a_wrong_value_is_a_fault_whoever_gives_it() -> None:
    assert compared("value", ours=False)[1].verdict is Verdict.REFUTED


def test_what_libraries_print_is_no_answer() -> None:
    report, obligation = compared("prints", cases=2)
    assert report, report
    assert obligation.verdict is Verdict.TESTED


def test_results_agree_within_rounding_in_type_and_shape() -> None:
    ones = [np.ones((2, 3), np.float32), np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)]
    wanted = Expected.of(couloir.parse(SUM), ones)
    (right,) = wanted.results
    assert wanted.difference([right]) is None
    assert wanted.difference([np.nextafter(right, np.float32(np.inf))]) is None
    assert wanted.difference([right * np.float32(1.001)]) == ("gives 0.36824733 as output 0 at [0, 0], not 0.36787942")
    assert wanted.difference([right.reshape(-1)]) == "gives float32[6] as output 0, not float32[2, 3]"
    assert wanted.difference([right.astype(np.float64)]) == "gives float64[2, 3] as output 0, not float32[2, 3]"
    assert wanted.difference([]) == "gives 0 results, not 1"


def test_nan_and_infinities_are_where_they_are() -> None:
    odd = [np.array([[np.nan, np.inf, 1], [1, 1, 200]], np.float32), np.ones((2, 3), np.float32)]
    wanted = Expected.of(couloir.parse(SUM), odd)
    (right,) = wanted.results
    assert wanted.difference([right]) is None
    for place, value in (((0, 0), 1.0), ((0, 1), np.nan), ((0, 2), np.inf), ((1, 2), 3e38)):
        wrong = right.copy()
        wrong[place] = value
        assert wanted.difference([wrong]) is not None, place
    wrong = right.copy()
    wrong[0, 0] = 1.0
    assert wanted.difference([wrong], assumes=["no NaN"]) is None


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (Peer("a", "a", HOME, needs="no_such_package", extra="jax"), "not installed: pip install couloir[jax]"),
        (failing("absent"), "ImportError: No module named 'nothing'"),
        (failing("dead from the start"), "it does not start: it ended with 3"),
        (failing("refuse"), "it does not take the program: no such program"),
    ],
)
def test_a_peer_that_is_not_there_is_said(peer: Peer, reason: str) -> None:
    report = compare_with(couloir.parse(SUM), [peer], cases=3)
    assert [(o.verdict, o.detail) for o in report.obligations] == [(Verdict.UNKNOWN, reason)]


def test_a_peer_that_is_not_there_does_not_stop_the_others() -> None:
    report = compare_with(couloir.parse(SUM), [failing("absent"), "numpy"], cases=2)
    assert report.verdict is Verdict.TESTED
    assert [o.verdict for o in report.obligations] == [Verdict.UNKNOWN, Verdict.TESTED]


def test_after_a_crash_it_is_started_again() -> None:
    with Peers([failing("raise"), failing("crash", ours=False), "numpy"]) as peers:
        module = couloir.parse(SUM)
        arrays = [np.ones((2, 3), np.float32)] * 2
        for _ in range(2):
            assert peers.compare(module, module, arrays, "whole") == (
                "raise",
                "the other fails: ZeroDivisionError: by zero",
            )


@pytest.fixture
def others() -> Iterator[Peers]:
    with Peers(["numpy"]) as peers:
        yield peers


def test_a_rewrite_is_at_fault_where_the_peer_agrees_before_it(others: Peers) -> None:
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3)] * 2
    before, after = couloir.parse(SUM), couloir.parse(NEGATED)
    found = others.compare(before, after, arrays, "whole")
    assert found is not None
    assert found[0] == "numpy"
    assert found[1].startswith(
        "the NumPy backend, in a process of its own gives 7.3890557 as output 0 at [0, 2], not 54.59815"
    )


def test_a_rewrite_is_not_at_fault_where_the_peer_differs_before_it_already() -> None:
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3)] * 2
    with Peers([failing("value")]) as peers:
        assert peers.compare(couloir.parse(SUM), couloir.parse(NEGATED), arrays, "whole") is None
        (obligation,) = peers.obligations()
    assert "it differs before the rewrite" in obligation.detail


def test_results_that_hang_on_a_close_comparison_are_not_compared() -> None:
    text = """func.func @main(%x: tensor<f32>) -> tensor<i1> {
      %0 = stablehlo.exponential %x : tensor<f32>
      %1 = stablehlo.constant dense<2.718282> : tensor<f32>
      %2 = stablehlo.compare LT, %0, %1 : (tensor<f32>, tensor<f32>) -> tensor<i1>
      return %2 : tensor<i1>
    }"""
    close = Expected.of(couloir.parse(text), [np.float32(1)])
    assert close.difference([~close.results[0]]) is None
    clear = Expected.of(couloir.parse(text), [np.float32(0)])
    assert clear.difference([~clear.results[0]]) == "gives False as output 0 at [], not True"


def test_the_function_need_not_be_called_main_and_names_of_inputs_do_not_matter() -> None:
    if PEERS["xla"].absence:
        pytest.skip("xla: not installed")
    called = SUM + "\nfunc.func private @main(%x: tensor<f32>) -> tensor<f32> { return %x : tensor<f32> }"
    report = compare_with(couloir.parse(called), ["xla"], cases=1)
    assert report.obligations[0].detail == "it does not take the program: it runs the function @main alone"


def test_xla_gets_no_open_sizes() -> None:
    if PEERS["xla"].absence:
        pytest.skip("xla: not installed")
    text = """func.func @main(%x: tensor<3xf32>, %n: tensor<i32>) -> tensor<?xf32> {
      %0 = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<3xf32>, tensor<i32>) -> tensor<?xf32>
      return %0 : tensor<?xf32>
    }"""
    arrays = [np.ones(3, np.float32), np.array(2, np.int32)]
    report = compare_with(couloir.parse(text), ["xla"], inputs=arrays)
    assert (
        report.obligations[0].detail == "it does not take the program: it takes and gives tensors of known sizes alone"
    )


def test_what_c_cannot_do_is_said() -> None:
    text = """func.func @main() -> tensor<2xf32> {
      %0 = stablehlo.constant dense<0.0> : tensor<f32>
      %1 = stablehlo.constant dense<2> : tensor<1xi64>
      %2 = stablehlo.rng %0, %0, %1, distribution = NORMAL : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf32>
      return %2 : tensor<2xf32>
    }"""
    report = compare_with(couloir.parse(text), ["c"], cases=1)
    assert report.verdict is Verdict.UNKNOWN
    assert "`stablehlo.rng`" in report.obligations[0].detail


def test_wrong_c_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A C compiler that takes every `+` for a `-`."""
    wrapper = tmp_path / "cc"
    wrapper.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in *model.c) sed -i "s/ \\* / + /" "$a";; esac; done\nexec gcc "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    report = compare_with(couloir.parse(SUM), ["c"], cases=1)
    assert report.verdict is Verdict.REFUTED, report
    assert "the C backend gives" in str(report)


def test_the_process_of_a_peer_ends_with_the_check() -> None:
    with Peers(["numpy"]) as peers:
        module = couloir.parse(SUM)
        peers.compare(module, module, [np.ones((2, 3), np.float32)] * 2, "whole")
        child = peers._processes[0]._child
        assert child is not None
        os.kill(child.pid, 0)
    assert child.returncode is not None


def test_a_peer_ends_when_whoever_asked_is_killed(tmp_path: Path) -> None:
    """Also one that hangs in C."""
    code = f"""
import sys; sys.path[:] = {[p or os.getcwd() for p in sys.path]!r}
import couloir
from couloir.testing.peers.process import PeerProcess
from tests.testing.test_peers import SUM, failing
from couloir.testing.peers.frames import packed
import numpy as np
p = PeerProcess(failing("hang in C"), seconds=60)
p._start()
print(p._child.pid, flush=True)
p.run(SUM, [np.ones((2, 3), np.float32)] * 2)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as check:
        assert check.stdout is not None
        child = int(check.stdout.readline())
        check.kill()
    for _ in range(500):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the process of the peer is still there")


def test_bad_arguments() -> None:
    module = couloir.parse(SUM)
    with pytest.raises(Error, match="there is no peer `xls`"):
        compare_with(module, ["xls"])
    with pytest.raises(Error, match="there is no public function to compare"):
        compare_with(couloir.parse("module {}"))
    with pytest.raises(Error, match="there are no arrays"):
        compare_with(couloir.parse("func.func @f(%x: !stablehlo.token) { return }"))
