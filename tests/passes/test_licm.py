"""What leaves loops and what stays in them: before and after, and on random programs."""

from __future__ import annotations

from hypothesis import given

from couloir.passes.licm import LoopInvariantCodeMotion
from tests.passes.programs import after, check, hlo_programs, loop_programs, same


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, LoopInvariantCodeMotion())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, LoopInvariantCodeMotion())


HEAD = """func.func @f(%x: i32, %y: i32, %p: i1, %n: index, %m: memref<4xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index"""


def becomes(body: str, expected: str) -> None:
    same(after(f"{HEAD}\n{body}\nreturn\n}}", LoopInvariantCodeMotion()), f"{HEAD}\n{expected}\nreturn\n}}")


def stays(body: str) -> None:
    becomes(body, body)


def loop(inside: str, upper: str = "%n") -> str:
    return f"scf.for %i = %c0 to {upper} step %c1 {{\n{inside}\n}}"


USE = "memref.store {}, %m[%i] : memref<4xi32>"


def test_what_does_not_change_leaves_all_loops() -> None:
    becomes(
        loop(f"""
          affine.for %j = 0 to 8 {{
            %a = arith.addi %x, %y : i32
            %b = arith.muli %a, %x : i32
            {USE.format("%b")}
          }}"""),
        f"""
        %a = arith.addi %x, %y : i32
        %b = arith.muli %a, %x : i32
        {loop(f"affine.for %j = 0 to 8 {{ {USE.format('%b')} }}")}""",
    )


def test_what_changes_in_the_outer_loop_leaves_the_inner_one() -> None:
    becomes(
        loop(f"""
          affine.for %j = 0 to 8 {{
            %a = arith.addi %i, %n : index
            %b = arith.index_cast %a : index to i32
            {USE.format("%b")}
          }}"""),
        loop(f"""
          %a = arith.addi %i, %n : index
          %b = arith.index_cast %a : index to i32
          affine.for %j = 0 to 8 {{
            {USE.format("%b")}
          }}"""),
    )


def test_what_depends_on_the_loop_stays() -> None:
    stays(loop(f"%a = arith.index_cast %i : index to i32\n{USE.format('%a')}"))


def test_what_may_be_undefined_stays() -> None:
    stays(loop(f"%a = arith.divsi %x, %y : i32\n{USE.format('%a')}"))
    becomes(
        f"%c7 = arith.constant 7 : i32\n{loop('%a = arith.divsi %x, %c7 : i32' + USE.format('%a'))}".replace(
            "i32memref", "i32\nmemref"
        ),
        f"%c7 = arith.constant 7 : i32\n%a = arith.divsi %x, %c7 : i32\n{loop(USE.format('%a'))}",
    )


def test_what_has_effects_stays() -> None:
    stays(loop("memref.store %x, %m[%c0] : memref<4xi32>"))
    stays(loop("%a = memref.alloc() : memref<4xi32>\nmemref.copy %a, %m : memref<4xi32> to memref<4xi32>"))


def test_an_allocation_stays_also_in_a_loop_that_surely_runs() -> None:
    stays(loop("%a = memref.alloc() : memref<4xi32>\n%s = memref.load %a[%i] : memref<4xi32>", "%c4"))


READ = "%a = memref.load %m[%c0] : memref<4xi32>"


def test_a_read_leaves_a_loop_that_runs_and_changes_nothing() -> None:
    keep = "%k = arith.index_cast %i : index to i32\n%s = arith.addi %a, %k : i32"
    becomes(loop(f"{READ}\n{keep}", "%c4"), f"{READ}\n{loop(keep, '%c4')}")
    stays(loop(f"{READ}\n{keep}"))  # it may not run at all
    stays(loop(f"{READ}\n{USE.format('%a')}", "%c4"))  # what is read may change
    stays(loop(f"scf.if %p {{\n{READ}\n%s = arith.addi %a, %a : i32\n}}", "%c4"))  # not in every iteration
    becomes(
        f"%w = scf.while (%v = %x) : (i32) -> i32 {{\n{READ}\n%q = arith.cmpi eq, %a, %v : i32\nscf.condition(%q) %v : i32\n}} do {{ ^b(%z: i32):\nscf.yield %y : i32 }}",
        f"{READ}\n%w = scf.while (%v = %x) : (i32) -> i32 {{\n%q = arith.cmpi eq, %a, %v : i32\nscf.condition(%q) %v : i32\n}} do {{ ^b(%z: i32):\nscf.yield %y : i32 }}",
    )
    stays(
        f"%w = scf.while (%v = %x) : (i32) -> i32 {{\n%q = arith.cmpi eq, %x, %v : i32\nscf.condition(%q) %v : i32\n}} do {{ ^b(%z: i32):\n{READ}\nscf.yield %a : i32 }}"
    )


def test_ops_with_regions_leave_as_a_whole() -> None:
    becomes(
        loop(f"%a = scf.if %p -> (i32) {{ scf.yield %x : i32 }} else {{ scf.yield %y : i32 }}\n{USE.format('%a')}"),
        f"%a = scf.if %p -> (i32) {{ scf.yield %x : i32 }} else {{ scf.yield %y : i32 }}\n{loop(USE.format('%a'))}",
    )
    stays(
        loop(
            f"%k = arith.index_cast %i : index to i32\n"
            f"%a = scf.if %p -> (i32) {{ scf.yield %k : i32 }} else {{ scf.yield %y : i32 }}\n{USE.format('%a')}"
        )
    )
    stays(
        loop("%a = scf.while (%v = %p) : (i1) -> i1 { scf.condition(%v) %v : i1 } do { ^b(%z: i1): scf.yield %z : i1 }")
    )


def test_a_loop_of_stablehlo() -> None:
    text = """
    func.func @f(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {{
      %0 = stablehlo.constant dense<0> : tensor<i32>
      %1 = stablehlo.constant dense<1> : tensor<i32>
      {0}
      %r:2 = stablehlo.while(%i = %0, %a = %x) : tensor<i32>, tensor<4xf32> cond {{
        {1}
        %p = stablehlo.compare LT, %i, %t : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }} do {{
        {2}
        %j = stablehlo.add %i, %1 : tensor<i32>
        %b = stablehlo.add %a, %s : tensor<4xf32>
        stablehlo.return %j, %b : tensor<i32>, tensor<4xf32>
      }}
      return %r#1 : tensor<4xf32>
    }}"""
    t, s = "%t = stablehlo.add %n, %1 : tensor<i32>", "%s = stablehlo.sine %x : tensor<4xf32>"
    same(after(text.format("", t, s), LoopInvariantCodeMotion()), text.format(f"{t}\n{s}", "", ""))
