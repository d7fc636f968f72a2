"""The dataflow framework: small analyses of each kind against their definitions, and what the solver refuses."""

from __future__ import annotations

import pytest
from hypothesis import given

import couloir
from couloir.dialects import arith, func
from couloir.ir.analysis.dataflow import (
    DenseBackward,
    DenseForward,
    FlatLattice,
    Lattice,
    SetLattice,
    SparseBackward,
    SparseForward,
)
from couloir.ir.analysis.dataflow.constants import ConstantValues
from couloir.ir.analysis.dataflow.live_values import LiveValues
from couloir.ir.attributes import IntegerAttr, StringAttr
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp
from couloir.ir.types import i1, i32
from tests.ir.analysis.flow import flow_graphs, region_of


def mark(op: Operation) -> str | None:
    found = op.attributes.get("mark")
    return found.value if isinstance(found, StringAttr) else None


class Passed(DenseForward):
    """Which marked ops some way here has passed."""

    lattice = SetLattice()

    def transfer(self, op, fact):
        return fact | {mark(op)} if mark(op) else fact

    def boundary(self, function):
        return frozenset({"begin"})


class Coming(DenseBackward):
    """Which marked ops may still come."""

    lattice = SetLattice()
    transfer = Passed.transfer

    def boundary(self, function):
        return frozenset({"end"})


@given(flow_graphs(7))
def test_dense_facts_are_those_of_all_paths(edges) -> None:
    blocks = region_of(edges)
    for number, block in enumerate(blocks):
        block.last_op.attributes["mark"] = StringAttr(str(number))
    function = blocks[0].parent_op
    passed, coming = Passed().run(function), Coming().run(function)

    def after(i):
        todo, seen = list(edges[i]), set(edges[i])
        while todo:
            for t in edges[todo.pop()]:
                if t not in seen:
                    seen.add(t)
                    todo.append(t)
        return seen

    live = {0} | after(0)
    for i, block in enumerate(blocks):
        before_i = {str(j) for j in live if i in after(j)}
        assert passed.before(block.last_op) == (before_i | {"begin"} if i in live else None)
        # What control never leaves, a backward analysis says nothing about.
        leaves = {j for j in range(len(edges)) if any(not edges[k] for k in after(j) | {j})}
        expected = {str(j) for j in after(i) & leaves} | {"end"} if i in leaves else None
        assert coming.after(block.last_op) == expected


STRUCTURED = """
func.func @f(%n: index, %c: i1) {
  %0 = arith.constant {mark = "a"} 0 : index
  %1 = arith.constant 1 : index
  scf.for %i = %0 to %n step %1 {
    %2 = arith.constant {mark = "b"} 0 : index
    scf.if %c {
      %3 = arith.constant {mark = "c"} 0 : index
    } else {
      %4 = arith.constant {mark = "d"} 0 : index
    }
    %5 = arith.constant {mark = "e"} 0 : index
  }
  %6 = arith.constant {mark = "f"} 0 : index
  return
}"""


def marks(module, letters=True) -> dict[str, Operation]:
    return {mark(op): op for op in module.walk() if mark(op)}


def test_dense_facts_go_through_structured_control_flow() -> None:
    module = couloir.parse(STRUCTURED)
    ops = marks(module)
    facts = Passed().run(module)
    assert {m: "".join(sorted(facts.before(op) - {"begin"})) for m, op in ops.items()} == {
        "a": "",
        "b": "abcde",
        "c": "abcde",
        "d": "abcde",
        "e": "abcde",
        "f": "abcde",
    }
    facts = Coming().run(module)
    assert {m: "".join(sorted(facts.after(op) - {"end"})) for m, op in ops.items()} == {
        "a": "bcdef",
        "b": "bcdef",
        "c": "bcdef",
        "d": "bcdef",
        "e": "bcdef",
        "f": "",
    }
    assert facts.before(ops["f"]) == {"f", "end"}
    assert Passed().run(module).after(ops["a"]) == {"a", "begin"}
    with pytest.raises(couloir.Error, match="is not inside"):
        facts.after(func.Return())


def test_a_branch_of_an_if_does_not_see_the_other_one() -> None:
    text = STRUCTURED.replace("scf.for %i = %0 to %n step %1", "scf.if %c")
    module = couloir.parse(text)
    ops = marks(module)
    assert Passed().run(module).before(ops["d"]) == {"begin", "a", "b"}
    assert Passed().run(module).before(ops["f"]) == {"begin", *"abcde"}
    assert Coming().run(module).after(ops["c"]) == {"end", "e", "f"}
    assert Coming().run(module).after(ops["a"]) == {"end", *"bcdef"}


def test_regions_of_an_op_that_does_not_tell_run_where_it_stands() -> None:
    holder = UnregisteredOp.make("my.holder", regions=[Region([Block(ops=[arith.constant(0, i1)])])])
    holder.attributes["mark"] = StringAttr("h")
    function = func.FuncOp.build("f", [])
    function.entry.append(holder)
    function.entry.append(func.Return())
    inner = holder.regions[0].block.first_op
    assert Passed().run(function).before(inner) == {"begin"}
    assert Passed().run(function).before(holder.next_op) == {"begin", "h"}
    assert Coming().run(function).after(inner) == {"end"}


# -- sparse ----------------------------------------------------------------------------------------------------------------


class Taint(SparseForward):
    """Which arguments of functions a value may come from."""

    lattice = SetLattice()

    def transfer(self, op, operands):
        return [frozenset({"op"}).union(*operands)] * len(op.results)

    def boundary(self, value):
        return frozenset({f"arg{value.index}"})

    def made(self, op, value, operands):
        return frozenset({"made"}).union(*operands)


SPARSE = """
func.func @main(%x: i32, %y: i32, %n: index, %c: i1) -> (i32, i32, i32, i32) {
  %0 = arith.constant 0 : index
  %1:2 = scf.for %i = %0 to %n step %0 iter_args(%a = %x, %b = %y) -> (i32, i32) {
    %k = arith.index_cast %i : index to i32
    scf.yield %a, %k : i32, i32
  }
  %2 = func.call @id(%x) : (i32) -> i32
  %3 = scf.if %c -> (i32) { scf.yield %x : i32 } else { scf.yield %y : i32 }
  return %1#0, %1#1, %2, %3 : i32, i32, i32, i32
}
func.func private @id(%x: i32) -> i32 {
  cf.br ^bb1(%x : i32)
^bb1(%0: i32):
  return %0 : i32
}
func.func private @never(%x: i32) -> i32 { return %x : i32 }
"""


def test_facts_about_values_go_along_with_them() -> None:
    module = couloir.parse(SPARSE)
    facts = Taint().run(module)
    main, _, never = module.functions
    returned = [sorted(facts[v]) for v in main.entry.last_op.operands]
    assert returned == [["arg0"], ["arg0", "arg1", "arg2", "made", "op"], ["arg0"], ["arg0", "arg1"]]
    assert facts.is_executable(main.entry) and not facts.is_executable(never.entry)
    assert facts[never.arguments[0]] is None


def test_a_function_that_others_may_call_takes_anything() -> None:
    module = couloir.parse(SPARSE.replace("func.func private @id", "func.func @id"))
    facts = Taint().run(module)
    assert facts[module.functions[1].arguments[0]] == {"arg0"}  # its own argument 0, and what main passes
    alone = Taint().run(module.functions[0])
    call = next(op for op in module.walk() if op.name == "func.call")
    assert alone[call.results[0]] == {"arg0", "op"}  # the callee is not seen: the call is an op like others


class Demand(SparseBackward):
    """Which results of functions a value may go to."""

    lattice = SetLattice()

    def transfer(self, op, results):
        return [frozenset().union(*(r for r in results if r is not None))] * len(op.operands)

    def boundary(self, value):
        use = next(use for use in value.uses if use.user.name == "func.return")
        return frozenset({f"result{use.index}"})


def test_demands_go_back_along_the_same_ways() -> None:
    module = couloir.parse(SPARSE)
    facts = Demand().run(module)
    main, helper, never = module.functions
    x, y, n, c = main.arguments
    assert [sorted(facts[v]) for v in (x, y, n, c)] == [
        *(["result0", "result2", "result3"], ["result1", "result3"], ["result0", "result1"], ["result3"])
    ]
    assert facts[helper.arguments[0]] == {"result2"}
    assert facts[never.arguments[0]] is None


def test_a_value_that_only_computes_itself_does_not_matter() -> None:
    module = couloir.parse("""
    func.func @f(%x: i32, %n: index, %m: memref<i32>) -> i32 {
      %0 = arith.constant 0 : index
      %1 = arith.constant 1 : index
      %r:2 = scf.for %i = %0 to %n step %1 iter_args(%a = %x, %b = %x) -> (i32, i32) {
        %c = arith.addi %a, %a : i32
        %d = arith.muli %b, %b : i32
        scf.yield %c, %d : i32, i32
      }
      %e = arith.addi %r#1, %x : i32
      memref.store %x, %m[] : memref<i32>
      return %r#0 : i32
    }""")
    facts = LiveValues().run(module)
    loop = next(op for op in module.walk() if op.name == "scf.for")
    assert [facts[v] for v in loop.results] == [True, False]
    assert [facts[v] for v in loop.body.block.arguments] == [False, True, False]
    assert [facts[v] for v in module.functions[0].arguments] == [True, True, True]


def test_what_decides_about_effects_matters() -> None:
    module = couloir.parse("""
    func.func @f(%c: i1, %d: i1, %x: i32, %m: memref<i32>) {
      scf.if %c { memref.store %x, %m[] : memref<i32> }
      %0 = scf.if %d -> (i32) { scf.yield %x : i32 } else { scf.yield %x : i32 }
      return
    }""")
    facts = LiveValues().run(module)
    assert [facts[v] for v in module.functions[0].arguments] == [True, False, True, True]


def test_arguments_of_calls_matter_as_the_function_says_or_always() -> None:
    module = couloir.parse("""
    func.func @f(%x: i32, %y: i32) -> i32 {
      %0 = func.call @g(%x, %y) : (i32, i32) -> i32
      return %0 : i32
    }
    func.func private @g(%x: i32, %y: i32) -> i32 { return %y : i32 }""")
    assert [LiveValues().run(module)[v] for v in module.functions[0].arguments] == [False, True]
    inside = LiveValues(interprocedural=False).run(module)
    assert [inside[v] for v in module.functions[0].arguments] == [True, True]


def integers(op, constants):
    """Folds sums of known numbers, and nothing else."""
    if isinstance(op, arith.AddI) and None not in constants:
        return [IntegerAttr(sum(c.value for c in constants), i32)]
    return None


def constants_of(text: str) -> list[object]:
    module = couloir.parse(text)
    facts = ConstantValues(integers).run(module)
    last = module.functions[0].body.last_block.last_op
    return [getattr(facts[v], "value", facts[v]) for v in last.operands]


def test_constants_along_the_ways_that_control_takes() -> None:
    text = """
    func.func @f(%x: i32) -> (i32, i32, i32) {{
      %t = arith.constant {0}
      %1 = arith.constant 1 : i32
      %2 = arith.addi %1, %1 : i32
      cf.cond_br %t, ^bb1(%2 : i32), ^bb1(%x : i32)
    ^bb1(%a: i32):
      %b = scf.if %t -> (i32) {{ scf.yield %1 : i32 }} else {{ scf.yield %x : i32 }}
      %c = func.call @g(%1) : (i32) -> i32
      return %a, %b, %c : i32, i32, i32
    }}
    func.func private @g(%x: i32) -> i32 {{ return %x : i32 }}"""
    assert constants_of(text.format("true")) == [2, 1, 1]
    assert constants_of(text.format("false")) == [FlatLattice.TOP, FlatLattice.TOP, 1]


def test_constants_round_a_loop() -> None:
    text = """
    func.func @f(%n: index) -> (i32, i32) {
      %0 = arith.constant 0 : index
      %1 = arith.constant 1 : i32
      %r:2 = scf.for %i = %0 to %n step %0 iter_args(%a = %1, %b = %1) -> (i32, i32) {
        %c = arith.addi %b, %1 : i32
        scf.yield %a, %c : i32, i32
      }
      return %r#0, %r#1 : i32, i32
    }"""
    assert constants_of(text) == [1, FlatLattice.TOP]


def test_ops_that_need_each_other_are_not_known() -> None:
    module = couloir.parse("module { }")
    one = arith.constant(1, i32)
    first, second = arith.AddI(one, one), arith.AddI(one, one)
    first.set_operand(0, second)
    second.set_operand(1, first)
    for op in (one, first, second):
        module.body.append(op)
    facts = ConstantValues(integers).run(module)
    assert facts[first.result] is FlatLattice.TOP is facts[second.result]


def test_a_function_that_ends_in_an_unknown_way_may_give_anything() -> None:
    module = couloir.parse("""
    func.func @f() -> i32 {
      %1 = arith.constant 1 : i32
      %0 = func.call @g(%1) : (i32) -> i32
      return %0 : i32
    }
    func.func private @g(%x: i32) -> i32 { return %x : i32 }""")
    end = module.functions[1].entry.last_op
    end.detach()
    module.functions[1].entry.append(UnregisteredOp.make("my.return", [module.functions[1].arguments[0]]))
    facts = ConstantValues(integers).run(module)
    assert facts[module.functions[0].entry.last_op.operands[0]] is FlatLattice.TOP


# -- what the solver refuses -------------------------------------------------------------------------------------------------


class _Counts(Lattice):
    name = "how often"
    bottom = 0
    top = 10**9

    def join(self, a, b):
        return max(a, b)


class Endless(SparseForward):
    lattice = _Counts()

    def transfer(self, op, operands):
        return [max(operands, default=0) + 1] * len(op.results)


LOOP = """
func.func @f() {
  %0 = arith.constant 1 : i32
  cf.br ^bb1(%0 : i32)
^bb1(%a: i32):
  %b = arith.addi %a, %a : i32
  cf.br ^bb1(%b : i32)
}"""


def test_facts_that_grow_for_ever_are_an_error_that_names_the_lattice() -> None:
    with pytest.raises(couloir.Error, match=r"does not come to an end: a fact of the lattice `how often`") as error:
        Endless().run(couloir.parse(LOOP))
    assert "widen" in error.value.hint


def test_long_chains_may_be_allowed() -> None:
    class Long(_Counts):
        max_updates = 5000

    class Ending(Endless):
        lattice = Long()

        def transfer(self, op, operands):
            return [min(max(operands, default=0) + 1, 3000)] * len(op.results)

    module = couloir.parse(LOOP)
    facts = Ending().run(module)
    assert facts[next(op for op in module.walk() if op.name == "arith.addi").result] == 3000


def test_sets_may_grow_without_limit() -> None:
    class Seen(SparseForward):
        lattice = SetLattice()

        def transfer(self, op, operands):
            old = operands[0] if operands else frozenset()
            return [old | {len(old)} if len(old) < 1500 else old] * len(op.results)

    module = couloir.parse(LOOP)
    facts = Seen().run(module)
    assert facts[next(op for op in module.walk() if op.name == "arith.addi").result] == set(range(1500))


def test_widening_makes_an_end() -> None:
    class Widened(_Counts):
        def widen(self, old, new):
            return 10**9

    class Ending(Endless):
        lattice = Widened()

        def transfer(self, op, operands):
            return [min(max(operands, default=0) + 1, 10**9)] * len(op.results)

    module = couloir.parse(LOOP)
    facts = Ending().run(module)
    assert facts[next(op for op in module.walk() if op.name == "arith.addi").result] == 10**9


def test_as_many_facts_as_results() -> None:
    class Wrong(SparseForward):
        lattice = SetLattice()

        def transfer(self, op, operands):
            return []

    class WrongBack(SparseBackward):
        lattice = SetLattice()

        def transfer(self, op, results):
            return [frozenset()] * 7

    with pytest.raises(couloir.Error, match="gives 0 facts for the 1 results"):
        Wrong().run(couloir.parse(LOOP))
    with pytest.raises(couloir.Error, match="gives 7 facts for the 0 operands"):
        WrongBack().run(couloir.parse(LOOP))


def test_a_long_chain_takes_no_quadratic_time() -> None:
    function = func.FuncOp.build("f", [i32])
    value = function.arguments[0]
    for _ in range(20_000):
        op = arith.AddI(value, value)
        function.entry.append(op)
        value = op.result
    function.entry.append(func.Return([value]))
    assert Taint().run(function)[value] == {"arg0", "op"}
    assert Demand().run(function)[function.arguments[0]] == {"result0"}
    assert LiveValues().run(function)[function.arguments[0]]
