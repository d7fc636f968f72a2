"""`scf.index_switch`: what it runs, and what the verifier refuses. (Its text is compared with upstream's in tests/interop.)"""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.passes.canonicalize_regions import CanonicalizeRegions
from couloir.passes.sccp import Sccp

TEXT = """
func.func @f(%x: index, %a: f32, %b: f32, %c: f32) -> f32 {
  %r = scf.index_switch %x -> f32
  case 2 { scf.yield %a : f32 }
  case -5 { scf.yield %b : f32 }
  default { scf.yield %c : f32 }
  return %r : f32
}"""


@pytest.mark.parametrize(("number", "expected"), [(2, 1.0), (-5, 2.0), (0, 3.0), (7, 3.0)])
def test_the_region_of_the_case_runs(number, expected) -> None:
    module = couloir.parse(TEXT)
    couloir.verify(module)
    assert couloir.run(module, np.int64(number), *np.array([1, 2, 3], np.float32))[0] == expected
    known = couloir.parse(
        TEXT.replace("%r =", f"%k = arith.constant {number} : index\n%r =").replace("switch %x", "switch %k")
    )
    for item in (Sccp(), CanonicalizeRegions()):
        item.run(known, couloir.PassContext())
        couloir.verify(known)
    assert "index_switch" not in str(known)
    assert couloir.run(known, np.int64(99), *np.array([1, 2, 3], np.float32))[0] == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("case -5", "case 2", "a case is given twice"),
        (
            "case -5 { scf.yield %b : f32 }",
            "case -5 { scf.yield %x : index }",
            "the region of case -5 yields (index), not (f32)",
        ),
        ("default { scf.yield %c : f32 }", "default { }", "the default region yields (), not (f32)"),
    ],
)
def test_what_is_refused(old, new, message) -> None:
    assert old in TEXT
    with pytest.raises(couloir.Error) as error:
        couloir.parse(TEXT.replace(old, new))
    assert message in str(error.value)


def test_as_many_regions_as_cases() -> None:
    text = """
    "func.func"() <{function_type = (index) -> (), sym_name = "f"}> ({
    ^bb0(%x: index):
      "scf.index_switch"(%x) <{cases = array<i64: 1>}> ({ "scf.yield"() : () -> () }) : (index) -> ()
      "func.return"() : () -> ()
    }) : () -> ()"""
    with pytest.raises(couloir.Error, match="it has 1 cases and 0 regions for them"):
        couloir.parse(text)
