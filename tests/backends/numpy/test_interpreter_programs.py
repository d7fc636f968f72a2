"""The check and interpreter dialects: programs that run together, say what they expect, and show what they see."""

from __future__ import annotations

import logging

import pytest

import couloir
from couloir.ir.errors import Error
from couloir.ir.verify import verify

PRETTY = """\
module {
  func.func @main(%arg0: tensor<2xf64>, %arg1: tensor<2xf64>) {
    check.expect_eq %arg0, %arg1 : tensor<2xf64>
    check.expect_eq_const %arg0, dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf64>
    check.expect_almost_eq %arg0, %arg1 : tensor<2xf64>
    check.expect_almost_eq %arg0, %arg1, tolerance = 1.000000e-01 : tensor<2xf64>
    check.expect_almost_eq_const %arg0, dense<5.100000e+00> : tensor<2xf64>
    check.expect_almost_eq_const %arg0, dense<5.100000e+00> : tensor<2xf64>, tolerance = 1.000000e-01
    check.expect_close %arg0, %arg1, max_ulp_difference = 3 : tensor<2xf64>, tensor<2xf64>
    check.expect_close %arg0, %arg1, max_ulp_difference = 18446744073709551615, min_ulp_difference = 2 : tensor<2xf64>, tensor<2xf64>
    check.expect_serialized_eq %arg0, probe_id = "p" : tensor<2xf64>
    check.expect_serialized_eq %arg0, probe_id = "p", iter = 1 : tensor<2xf64>
    interpreter.print %arg0 : tensor<2xf64>
    %0 = interpreter.probe %arg0, probe_id = "p" : tensor<2xf64>
    return
  }
}"""


def run(text: str) -> None:
    module = couloir.parse(text)
    verify(module)
    couloir.run(module, function="main")


def test_the_pretty_form_is_upstreams() -> None:
    module = couloir.parse(PRETTY)
    verify(module)
    assert str(module) == PRETTY


def expecting(check: str, type: str = "tensor<2xf32>") -> str:
    return f"""
func.func @main() {{
  %0 = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = stablehlo.constant dense<[1.0, 2.0000005]> : tensor<2xf32>
  {check}
  return
}}"""


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("check.expect_eq %0, %1 : tensor<2xf32>", "index .1.: 2.0 .actual., 2.00000047.* .expected., 2 ULPs"),
        ("check.expect_eq_const %0, dense<1.0> : tensor<2xf32>", "index .1.: 2.0 .actual., 1.0"),
        ("check.expect_almost_eq %0, %1, tolerance = 0.0 : tensor<2xf32>", "more than 0.0 apart"),
        ("check.expect_almost_eq_const %0, dense<1.0> : tensor<2xf32>", "more than 0.0001 apart"),
        ("check.expect_close %0, %1, max_ulp_difference = 1 : tensor<2xf32>, tensor<2xf32>", "0 to 1 ULPs"),
    ],
)
def test_what_a_check_says(check: str, said: str) -> None:
    with pytest.raises(Error, match=said) as caught:
        run(expecting(check))
    assert "<text>:5:3" in str(caught.value)


def test_checks_that_hold() -> None:
    run(expecting("check.expect_almost_eq %0, %1 : tensor<2xf32>"))
    run(expecting("check.expect_almost_eq_const %0, dense<[1.0, 2.05]> : tensor<2xf32>, tolerance = 0.1"))
    run(expecting("check.expect_close %0, %1, max_ulp_difference = 2 : tensor<2xf32>, tensor<2xf32>"))
    run(expecting("check.expect_eq_const %1, dense<[1.0, 2.0000005]> : tensor<2xf32>"))


def test_a_constant_has_the_type_of_the_operand() -> None:
    with pytest.raises(Error, match="used here as `tensor<3xf32>`"):
        run(expecting("check.expect_eq_const %0, dense<1.0> : tensor<3xf32>"))


PARALLEL = """
func.func @sum(%x: tensor<i32>) -> tensor<i32> {
  %0 = "stablehlo.all_reduce"(%x) ({
    ^bb0(%a: tensor<i32>, %b: tensor<i32>):
      %s = stablehlo.add %a, %b : tensor<i32>
      stablehlo.return %s : tensor<i32>
  }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<i32>) -> tensor<i32>
  return %0 : tensor<i32>
}
func.func @double(%x: tensor<i32>) -> tensor<i32> {
  %0 = stablehlo.add %x, %x : tensor<i32>
  %1 = func.call @sum(%0) : (tensor<i32>) -> tensor<i32>
  return %1 : tensor<i32>
}
func.func @main() {
  %0 = stablehlo.constant dense<1> : tensor<i32>
  %1 = stablehlo.constant dense<10> : tensor<i32>
  %2:2 = "interpreter.run_parallel"(%0, %1) {programs = [[@sum], [@double]]}
    : (tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
  check.expect_eq_const %2#0, dense<21> : tensor<i32>
  check.expect_eq_const %2#1, dense<21> : tensor<i32>
  return
}"""


def test_programs_run_together() -> None:
    with pytest.raises(Error, match="deadlock"):  # each has a collective of its own
        run(PARALLEL.replace("func.call @sum(%0)", "func.call @other(%0)") + other())
    run(PARALLEL)


def other() -> str:
    start = PARALLEL.index("func.func @sum")
    return PARALLEL[start : PARALLEL.index("func.func @double")].replace("@sum", "@other")


FEED = """
func.func @first() -> tensor<i32> {
  %0 = stablehlo.constant dense<7> : tensor<i32>
  return %0 : tensor<i32>
}
func.func @second() -> tensor<i32> {
  %0 = stablehlo.constant dense<8> : tensor<i32>
  return %0 : tensor<i32>
}
func.func @read(%t: !stablehlo.token) -> (tensor<i32>, !stablehlo.token) {
  %0:2 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> (tensor<i32>, !stablehlo.token)
  %1 = "stablehlo.outfeed"(%0#0, %0#1) : (tensor<i32>, !stablehlo.token) -> !stablehlo.token
  return %0#0, %1 : tensor<i32>, !stablehlo.token
}
func.func @main() {
  %t = stablehlo.after_all : !stablehlo.token
  %0:4 = "interpreter.run_parallel"(%t, %t) {infeed = [@first, @second], programs = [[@read, @read]]}
    : (!stablehlo.token, !stablehlo.token) -> (tensor<i32>, !stablehlo.token, tensor<i32>, !stablehlo.token)
  check.expect_eq_const %0#0, dense<7> : tensor<i32>
  check.expect_eq_const %0#2, dense<8> : tensor<i32>
  return
}"""


def test_programs_share_an_infeed() -> None:
    run(FEED)
    with pytest.raises(Error, match="nothing in the infeed"):
        run(FEED.replace("infeed = [@first, @second]", "infeed = [@first]"))


HOST = """
func.func @send(%x: tensor<i32>, %t: !stablehlo.token) -> !stablehlo.token {
  %0 = "stablehlo.send"(%x, %t) {is_host_transfer = true,
    channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>} : (tensor<i32>, !stablehlo.token) -> !stablehlo.token
  return %0 : !stablehlo.token
}
func.func @receive(%t: !stablehlo.token) -> (tensor<i32>, !stablehlo.token) {
  %0:2 = "stablehlo.recv"(%t) {is_host_transfer = true,
    channel_handle = #stablehlo.channel_handle<handle = 1, type = 3>} : (!stablehlo.token) -> (tensor<i32>, !stablehlo.token)
  return %0#0, %0#1 : tensor<i32>, !stablehlo.token
}
func.func @main() {
  %x = stablehlo.constant dense<7> : tensor<i32>
  %t = stablehlo.after_all : !stablehlo.token
  %0:3 = "interpreter.run_parallel"(%t, %x, %t) {programs = [[@receive], [@send]]}
    : (!stablehlo.token, tensor<i32>, !stablehlo.token) -> (tensor<i32>, !stablehlo.token, !stablehlo.token)
  check.expect_eq_const %0#0, dense<7> : tensor<i32>
  return
}"""


def test_the_host_gives_back_what_it_was_sent() -> None:
    run(HOST)
    other_channel = HOST.replace("handle = 1, type = 3", "handle = 2, type = 3")
    with pytest.raises(Error, match=r"deadlock: replica 0 waits in `stablehlo.recv`"):
        run(other_channel)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[@sum], [@double]]", "[]", "a row for each replica"),
        ("[[@sum], [@double]]", "[[@sum], [@double, @sum]]", "one length"),
        ("[[@sum], [@double]]", "[[@sum], [@nobody]]", "no function @nobody"),
        ("[[@sum], [@double]]", "[[@sum]]", "1 arguments"),
        ("programs = ", "infeed = [], programs = ", "absent, or names a function"),
        ("programs = ", "infeed = [@nobody], programs = ", "no function @nobody"),
        ("programs = ", "infeed = [@sum], programs = ", "takes nothing and gives one tensor"),
    ],
)
def test_what_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(Error, match=said):
        run(PARALLEL.replace(old, new))


def test_programs_do_not_run_together_inside_of_each_other() -> None:
    nested = """
      func.func @inner() { return }
      func.func @outer() { "interpreter.run_parallel"() {programs = [[@inner]]} : () -> () return }
      func.func @main() { "interpreter.run_parallel"() {programs = [[@outer]]} : () -> () return }"""
    with pytest.raises(Error, match="runs together with others already"):
        run(nested)


PROBE = """
func.func @main() {
  %0 = stablehlo.constant dense<0> : tensor<i32>
  %1 = stablehlo.constant dense<1> : tensor<i32>
  %2 = stablehlo.constant dense<2> : tensor<i32>
  %3 = stablehlo.while(%i = %0) : tensor<i32> cond {
    %4 = stablehlo.compare LT, %i, %2 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %4 : tensor<i1>
  } do {
    %4 = stablehlo.add %i, %1 : tensor<i32>
    %5 = interpreter.probe %4, probe_id = "p" : tensor<i32>
    stablehlo.return %5 : tensor<i32>
  }
  check.expect_serialized_eq %1, probe_id = "p" : tensor<i32>
  check.expect_serialized_eq %2, probe_id = "p", iter = 1 : tensor<i32>
  return
}"""


def test_probes_keep_what_they_see() -> None:
    run(PROBE)
    with pytest.raises(Error, match="has run 2 times, not 3"):
        run(PROBE.replace("iter = 1", "iter = 2"))
    with pytest.raises(Error, match=r"1 \(actual\), 2 \(expected\)"):
        run(PROBE.replace("iter = 1", "iter = 0"))


def test_what_is_printed_goes_to_a_logger(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "couloir.interpreter"):
        run(expecting("interpreter.print %0 : tensor<2xf32>"))
    assert caplog.messages == ["tensor<2xf32> [1., 2.]"]
