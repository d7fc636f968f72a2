"""Rules that do not end, or end the process: the check comes back in time, and says what happened."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import pytest

import couloir
from couloir import Rewriter, Rule, rule
from couloir.dialects import hlo
from couloir.testing import Verdict, check_rewrite
from couloir.testing.rewrites import check, stages, worker


def negate_rule(act):
    """A rule at `negate` that does something else than rewriting."""

    @rule
    def worker_test_acts(op: hlo.Negate, rewriter: Rewriter):
        """negate(x)  =>  whatever"""
        return act()

    return worker_test_acts


def loops():
    while True:
        pass


def loops_and_does_not_listen():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    loops()


def eats_memory():
    eaten = []
    while True:
        eaten.append(bytearray(1 << 24))


def refuted(report):
    (found,) = (o for o in report.obligations if o.verdict is Verdict.REFUTED)
    return found


@pytest.mark.parametrize(
    ("act", "obligation", "said"),
    [
        (loops, "termination", "does not come to an end"),
        (loops_and_does_not_listen, "termination", "had to be stopped by force"),
        (lambda: os._exit(7), "structure", "it ends the process with the exit code 7"),
        (lambda: ctypes.string_at(0), "structure", "SIGSEGV"),
        (lambda: sys.exit(3), "structure", "SystemExit: 3"),
        (lambda: input(), "structure", "EOFError"),
        (lambda: exec("raise KeyboardInterrupt"), "structure", "KeyboardInterrupt"),
    ],
)
def test_what_a_rule_does_to_its_process_is_in_the_report(act, obligation, said, monkeypatch):
    monkeypatch.setattr(stages, "APPLYING", 0.01)
    seconds = 1.5 if act is loops_and_does_not_listen else 30
    report = check_rewrite(negate_rule(act), seconds=seconds, minimize=act is not loops)
    found = refuted(report)
    assert found.name == obligation, report
    assert said in found.detail
    assert any(isinstance(op, hlo.Negate) for op in report.counterexample.before.walk())


def test_a_rule_that_waits_is_stopped_and_nothing_is_said_of_its_end():
    report = check_rewrite(negate_rule(lambda: time.sleep(1000)), seconds=1)
    assert report.verdict is Verdict.UNKNOWN
    assert "was still being applied to program 1" in report["termination"].detail
    assert any(isinstance(op, hlo.Negate) for op in report.counterexample.before.walk())


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_a_rule_that_takes_all_memory_meets_a_limit(monkeypatch):
    monkeypatch.setattr(check, "MEMORY", 256 << 20)
    monkeypatch.setattr(stages, "MEMORY", 256 << 20)
    report = check_rewrite(negate_rule(eats_memory), seconds=20, minimize=False)
    assert "needs more memory than 256 MB" in refuted(report).detail


def test_what_a_rule_has_started_ends_with_it(tmp_path):
    def starts():
        import subprocess

        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        (tmp_path / "pid").write_text(str(child.pid))
        time.sleep(1000)

    check_rewrite(negate_rule(starts), seconds=1)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = (
                Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] if sys.platform == "linux" else "Z"
            )
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return  # dead, and not yet collected by whoever adopts it
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_what_a_rule_does_to_its_state_is_not_seen_outside():
    seen = []

    @rule
    def worker_test_remembers(op: hlo.Negate, rewriter: Rewriter):
        """negate(x)  =>  nothing new, remembered"""
        seen.append(op.name)

    check_rewrite(worker_test_remembers, seconds=1)
    assert not seen
    report = check_rewrite(worker_test_remembers, seconds=1, isolate=False)
    assert set(seen) == {"stablehlo.negate"}
    assert "it changed nothing" in report["match"].detail


def test_what_a_rule_prints_is_printed_once(capfd):
    @rule
    def worker_test_prints(op: hlo.Negate, rewriter: Rewriter):
        """negate(x)  =>  an error, told"""
        print("seen by a person")
        raise ValueError("so it is")

    print("before")
    report = check_rewrite(worker_test_prints, seconds=5, minimize=False)
    assert "ValueError: so it is, at test_worker.py:" in refuted(report).detail
    assert '`raise ValueError("so it is")`' in refuted(report).detail
    assert capfd.readouterr().out == "before\nseen by a person\n"


def test_a_rule_that_takes_its_time_once_is_not_endless(monkeypatch):
    monkeypatch.setattr(stages, "APPLYING", 0.01)
    begun = []

    @rule
    def worker_test_begins(op: hlo.Abs, rewriter: Rewriter):
        """abs(abs(x))  =>  abs(x), after a long beginning"""
        if not begun:
            begun.append(op.name)
            loops()
        if isinstance(op.operand.defining_op, hlo.Abs):
            rewriter.replace(op, op.operand)

    assert check_rewrite(worker_test_begins, cases=3, seconds=30).fired == 3


class RaisesInItsPattern(Rule):
    """a pattern that makes no sense"""

    def pattern(x):
        return hlo.Negate(x.of_which_there_is_none)

    def rewrite(x):
        return x


class ReturnsNothing(Rule):
    """negate(x)  =>  nothing"""

    def pattern(x):
        return hlo.Negate(x)

    def rewrite(x):
        return None


class Grows(Rule):
    """negate(x)  =>  negate(negate(negate(x)))"""

    def pattern(x):
        return hlo.Negate(x)

    def rewrite(x):
        return hlo.Negate(hlo.Negate(hlo.Negate(x)))


@pytest.mark.parametrize(
    ("broken", "obligation", "said"),
    [
        (RaisesInItsPattern, "structure", "of_which_there_is_none"),
        (ReturnsNothing, "structure", "returned nothing"),
        (Grows, "termination", "grow the program without bound"),
    ],
)
def test_equations_that_break_the_machinery(broken, obligation, said):
    found = refuted(check_rewrite(broken, seconds=20))
    assert found.name == obligation
    assert said in found.detail


def test_a_process_that_ends_while_programs_are_run(monkeypatch):
    monkeypatch.setattr(stages, "difference", lambda *arguments, **options: os._exit(9))
    report = check_rewrite("DoubleNegate", seconds=5)
    assert report.verdict is Verdict.UNKNOWN
    assert report["values"].detail == "the process of the check ended with the exit code 9, at running"


# -- the worker itself ------------------------------------------------------------------------------------------------------


def run(work, seconds=10.0, tell=lambda message: None):
    return worker.run(work, deadline=time.monotonic() + seconds, memory=1 << 30, tell=tell)


def test_the_worker_tells_and_gives_its_result():
    told = []

    def work(tell):
        for number in range(1000):
            tell({"number": number, "padding": "x" * 1000})
        return "é" * 100_000

    assert run(work, tell=told.append).result == "é" * 100_000
    assert [message["number"] for message in told] == list(range(1000))


def test_an_error_of_the_work_is_raised_here():
    def work(tell):
        raise couloir.Error("it is wrong", hint="mend it", notes=["one", "two"])

    with pytest.raises(couloir.Error, match="it is wrong") as caught:
        run(work)
    assert (caught.value.hint, caught.value.notes) == ("mend it", ("one", "two"))

    def breaks(tell):
        return {}["nothing"]

    with pytest.raises(couloir.Error, match="the check has failed: KeyError"):
        run(breaks)


def test_whoever_listens_may_stop_the_worker():
    def work(tell):
        tell({"pid": os.getpid()})
        time.sleep(1000)

    def interrupted(message):
        raise KeyboardInterrupt(message["pid"])

    with pytest.raises(KeyboardInterrupt) as caught:
        run(work, seconds=1000.0, tell=interrupted)
    with pytest.raises(ProcessLookupError):
        os.kill(caught.value.args[0], 0)


def test_clocks_inside_the_worker():
    def work(tell):
        try:
            with worker.limited(0.05, watched=True):
                loops()
        except worker.TimeUp:
            pass
        try:
            with worker.until(time.monotonic() + 0.05, watched=True):
                time.sleep(1000)
        except worker.TimeUp:
            return "interrupted twice"

    assert run(work).result == "interrupted twice"
