"""Random programs as text, for passes that keep what a program computes: loops and branches of scf, blocks of cf that jump
to and fro, calls, memory; and StableHLO with control flow. All of them end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.builtin import ModuleOp
from couloir.ir.passes import Pass, PassContext
from couloir.ir.verify import verify

BINARY = ["addi", "subi", "muli", "andi", "ori", "xori", "divsi", "remui", "minsi", "maxui", "shli", "shrsi"]
PREDICATES = ["eq", "ne", "slt", "sle", "ult", "uge"]


class _Maker:
    """Writes ops, and knows the names of the values that can be used."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.count = 0
        self.helpers = 0

    def pick(self, options: Sequence):
        return self.draw(st.sampled_from(list(options)))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def name(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def emit(self, scope: dict[str, list[str]], kind: str, text: str) -> str:
        name = self.name()
        self.lines.append(f"{name} = {text}")
        scope[kind].append(name)
        return name


class _Loops(_Maker):
    def scope(self, **more: list[str]) -> dict[str, list[str]]:
        return {"i32": [], "i1": [], **more}

    def inner(self, scope: dict[str, list[str]]) -> dict[str, list[str]]:
        return {kind: list(names) for kind, names in scope.items()}

    def value(self, scope: dict[str, list[str]], kind: str) -> str:
        if not scope[kind] or self.number(0, 4) == 0:
            text = self.pick(["true", "false"]) if kind == "i1" else f"{self.pick([-1, 0, 1, 2, 3, 7])} : i32"
            return self.emit(scope, kind, f"arith.constant {text}")
        return self.pick(scope[kind][-6:])

    def ops(self, scope: dict[str, list[str]], depth: int) -> None:
        for _ in range(self.number(0, 3)):
            self.op(scope, depth)

    def op(self, scope: dict[str, list[str]], depth: int) -> None:
        kinds = ["binary", "binary", "compare", "select", "load", "store"]
        kinds += ["if", "if", "for", "while", "choice"] if depth else []
        kinds += ["call"] if self.helpers else []
        i32 = lambda: self.value(scope, "i32")  # noqa: E731
        match self.pick(kinds):
            case "binary":
                self.emit(scope, "i32", f"arith.{self.pick(BINARY)} {i32()}, {i32()} : i32")
            case "compare":
                self.emit(scope, "i1", f"arith.cmpi {self.pick(PREDICATES)}, {i32()}, {i32()} : i32")
            case "select":
                self.emit(scope, "i32", f"arith.select {self.value(scope, 'i1')}, {i32()}, {i32()} : i32")
            case "load":
                self.emit(scope, "i32", f"memref.load %m[%i{self.number(0, 1)}] : memref<2xi32>")
            case "store":
                self.lines.append(f"memref.store {i32()}, %m[%i{self.number(0, 1)}] : memref<2xi32>")
            case "call":
                self.emit(
                    scope,
                    "i32",
                    f"func.call @h{self.number(0, self.helpers - 1)}({i32()}, %m) : (i32, memref<2xi32>) -> i32",
                )
            case "if":
                self.branch(scope, depth)
            case "for":
                self.loop(scope, depth)
            case "choice":
                self.choice(scope, depth)
            case _:
                self.while_(scope, depth)

    def several(self, scope: dict[str, list[str]], count: int) -> list[str]:
        return [self.value(scope, "i32") for _ in range(count)]

    def branch(self, scope: dict[str, list[str]], depth: int) -> None:
        condition, count, name = self.value(scope, "i1"), self.number(0, 2), self.name()
        types = ", ".join(["i32"] * count)
        self.lines.append((f"{name}:{count} = " if count else "") + f"scf.if {condition} -> ({types}) {{")
        for end in ("} else {", "}"):
            inner = self.inner(scope)
            self.ops(inner, depth - 1)
            values = self.several(inner, count)
            self.lines += [f"scf.yield {', '.join(values)} : {types}" if count else "scf.yield", end]
        scope["i32"] += [f"{name}#{i}" for i in range(count)]

    def choice(self, scope: dict[str, list[str]], depth: int) -> None:
        cases, name, flag = self.draw(st.lists(st.integers(0, 3), max_size=2, unique=True)), self.name(), self.name()
        self.lines.append(f"{flag} = arith.index_cast {self.value(scope, 'i32')} : i32 to index")
        self.lines.append(f"{name} = scf.index_switch {self.pick([flag, '%i1'])} -> i32")
        for label in [*(f"case {case}" for case in cases), "default"]:
            self.lines.append(f"{label} {{")
            inner = self.inner(scope)
            self.ops(inner, depth - 1)
            self.lines.append(f"scf.yield {self.value(inner, 'i32')} : i32\n}}")
        scope["i32"].append(name)

    def loop(self, scope: dict[str, list[str]], depth: int) -> None:
        inits, name = self.several(scope, self.number(0, 3)), self.name()
        iv, arguments = self.name(), [self.name() for _ in inits]
        types = ", ".join(["i32"] * len(inits))
        carried = ", ".join(f"{a} = {v}" for a, v in zip(arguments, inits, strict=True))
        head = f"scf.for {iv} = %i{self.number(0, 1)} to %i{self.number(0, 3)} step %i{self.number(1, 2)}"
        self.lines.append(
            f"{name}:{len(inits)} = {head} iter_args({carried}) -> ({types}) {{" if inits else f"{head} {{"
        )
        inner = self.inner(scope)
        inner["i32"] += arguments
        self.emit(inner, "i32", f"arith.index_cast {iv} : index to i32")
        self.ops(inner, depth - 1)
        values = [self.pick([a, a, self.value(inner, "i32"), v]) for a, v in zip(arguments, inits, strict=True)]
        self.lines += [f"scf.yield {', '.join(values)} : {types}" if inits else "scf.yield", "}"]
        scope["i32"] += [f"{name}#{i}" for i in range(len(inits))]

    def while_(self, scope: dict[str, list[str]], depth: int) -> None:
        """Runs at most 3 times: its first value counts down."""
        inits, name = ["%fuel", *self.several(scope, self.number(0, 2))], self.name()
        before, after = ([self.name() for _ in inits] for _ in range(2))
        types = ", ".join(["i32"] * len(inits))
        carried = ", ".join(f"{a} = {v}" for a, v in zip(before, inits, strict=True))
        self.lines.append(f"{name}:{len(inits)} = scf.while ({carried}) : ({types}) -> ({types}) {{")
        inner = self.inner(scope)
        inner["i32"] += before[1:]
        self.ops(inner, depth - 1)
        self.emit(inner, "i1", f"arith.cmpi sgt, {before[0]}, %zero : i32")
        more = self.emit(inner, "i1", f"arith.andi {inner['i1'][-1]}, {self.value(inner, 'i1')} : i1")
        passed = [before[0], *(self.pick([b, self.value(inner, "i32")]) for b in before[1:])]
        self.lines.append(f"scf.condition({more}) {', '.join(passed)} : {types}")
        self.lines.append(f"}} do {{ ^bb0({', '.join(f'{a}: i32' for a in after)}):")
        inner = self.inner(scope)
        inner["i32"] += after[1:]
        self.ops(inner, depth - 1)
        less = self.name()
        self.lines.append(f"{less} = arith.subi {after[0]}, %one : i32")
        given = [less, *(self.pick([a, self.value(inner, "i32")]) for a in after[1:])]
        self.lines += [f"scf.yield {', '.join(given)} : {types}", "}"]
        scope["i32"] += [f"{name}#{i}" for i in range(len(inits))]

    def function(self, head: str, arguments: list[str], results: int, blocks: int) -> None:
        self.lines.append(head)
        for n in range(4):
            self.lines.append(f"%i{n} = arith.constant {n} : index")
        self.lines += [
            "%zero = arith.constant 0 : i32",
            "%one = arith.constant 1 : i32",
            "%fuel = arith.constant 3 : i32",
        ]
        scope = self.scope(i32=arguments)
        self.ops(scope, 2)
        returned = f"return {{}} : {', '.join(['i32'] * results)}".format
        if not blocks:
            self.lines += [returned(", ".join(self.several(scope, results))), "}"]
            return
        # Blocks in any order; each takes fuel, so that jumps back come to an end.
        counts = [self.number(0, 2) for _ in range(blocks)]
        targets = [f"^b{n}" for n in range(blocks)]

        def go(inner: dict[str, list[str]], fuel: str) -> str:
            n = self.number(0, blocks - 1)
            passed = [fuel, *self.several(inner, counts[n])]
            return f"{targets[n]}({', '.join(passed)} : {', '.join(['i32'] * len(passed))})"

        first = go(scope, "%fuel")
        self.lines.append(f"cf.br {first}")
        for n, target in enumerate(targets):
            fuel, arguments = self.name(), [self.name() for _ in range(counts[n])]
            self.lines.append(f"{target}({', '.join(f'{a}: i32' for a in [fuel, *arguments])}):")
            inner = self.inner(scope)
            inner["i32"] += arguments
            self.ops(inner, 1)
            less, end, more = self.name(), self.name(), self.name()
            self.lines.append(f"{less} = arith.subi {fuel}, %one : i32")
            self.lines.append(f"{more} = arith.cmpi sgt, {less}, %zero : i32")
            gone = ", ".join(self.several(inner, results))
            inner["i32"].append(less)
            match self.pick(["br", "cond", "cond", "switch"]):
                case "br":
                    last = f"cf.br {go(inner, less)}"
                case "cond":
                    condition = self.value(inner, "i1")
                    one, two = go(inner, less), go(inner, less)
                    last = f"cf.cond_br {condition}, {one}, {two}"
                case _:
                    flag = self.value(inner, "i32")
                    one, two = go(inner, less), go(inner, less)
                    last = f"cf.switch {flag} : i32, [default: {one}, 1: {two}, 7: {two}]"
            self.lines.append(f"cf.cond_br {more}, ^go{n}, ^end{n}")
            self.lines += [f"^go{n}:", last, f"^end{n}:", returned(gone)]
            del end
        self.lines.append("}")


@st.composite
def loop_programs(draw: st.DrawFn) -> str:
    """A module with `@main(i32, i32, i1, memref<2xi32>) -> (i32, i32)`, perhaps with private functions that it calls."""
    maker = _Loops(draw)
    for n in range(maker.number(0, 2)):
        head = f"func.func private @h{n}(%x: i32, %m: memref<2xi32>) -> i32 {{"
        maker.function(head, ["%x"], 1, maker.pick([0, 0, 2]))
        maker.helpers = n + 1
    head = "func.func @main(%x: i32, %y: i32, %p: i1, %m: memref<2xi32>) -> (i32, i32) {"
    maker.function(head, ["%x", "%y"], 2, maker.number(0, 3))
    return "\n".join(maker.lines)


# -- StableHLO ---------------------------------------------------------------------------------------------------------------

T = "tensor<2xi32>"


class _Hlo(_Maker):
    def value(self, scope: dict[str, list[str]], kind: str) -> str:
        if not scope[kind] or self.number(0, 4) == 0:
            text = {
                "t": f"dense<{self.pick([0, 1, 2, 3])}> : {T}",
                "s": f"dense<{self.pick([0, 1, 2, 3])}> : tensor<i32>",
                "p": f"dense<{self.pick(['true', 'false'])}> : tensor<i1>",
            }
            return self.emit(scope, kind, f"stablehlo.constant {text[kind]}")
        return self.pick(scope[kind][-6:])

    def ops(self, scope: dict[str, list[str]], depth: int) -> None:
        scalar = "tensor<i32>"
        for _ in range(self.number(0, 3)):
            kinds = ["t", "t", "s", "p", "choose", "sum"] + (["if", "case", "while"] if depth else [])
            names = ["add", "multiply", "subtract", "maximum", "and", "divide"]
            match self.pick(kinds):
                case "t" | "s" as kind:
                    type = T if kind == "t" else scalar
                    a, b = self.value(scope, kind), self.value(scope, kind)
                    self.emit(scope, kind, f"stablehlo.{self.pick(names)} {a}, {b} : {type}")
                case "p":
                    a, b = self.value(scope, "s"), self.value(scope, "s")
                    relation = self.pick(["LT", "GE", "EQ"])
                    self.emit(
                        scope, "p", f"stablehlo.compare {relation}, {a}, {b} : ({scalar}, {scalar}) -> tensor<i1>"
                    )
                case "choose":
                    p, a, b = (self.value(scope, k) for k in "ptt")
                    self.emit(scope, "t", f"stablehlo.select {p}, {a}, {b} : tensor<i1>, {T}")
                case "sum":
                    a, s = self.value(scope, "t"), self.value(scope, "s")
                    self.emit(
                        scope,
                        "s",
                        f"stablehlo.reduce({a} init: {s}) applies stablehlo.add across dimensions = [0] : ({T}, {scalar}) -> {scalar}",
                    )
                case "if":
                    self.choice(scope, depth, f'"stablehlo.if"({self.value(scope, "p")})', 2, "tensor<i1>")
                case "case":
                    self.choice(scope, depth, f'"stablehlo.case"({self.value(scope, "s")})', self.number(1, 3), scalar)
                case _:
                    self.while_(scope, depth)

    def choice(self, scope: dict[str, list[str]], depth: int, head: str, count: int, type: str) -> None:
        name, kinds = self.name(), [self.pick("ts") for _ in range(self.number(1, 2))]
        types = ", ".join(T if kind == "t" else "tensor<i32>" for kind in kinds)
        self.lines.append(f"{name}:{len(kinds)} = {head} ({{")
        for number in range(count):
            inner = {kind: list(names) for kind, names in scope.items()}
            self.ops(inner, depth - 1)
            values = ", ".join(self.value(inner, kind) for kind in kinds)
            self.lines.append(f"stablehlo.return {values} : {types}")
            self.lines.append(f"}}) : ({type}) -> ({types})" if number == count - 1 else "}, {")
        for number, kind in enumerate(kinds):
            scope[kind].append(f"{name}#{number}")

    def while_(self, scope: dict[str, list[str]], depth: int) -> None:
        """Runs at most 3 times: its first value counts up."""
        kinds = ["s", *(self.pick("ts") for _ in range(self.number(0, 3)))]
        inits = ["%zero", *(self.value(scope, kind) for kind in kinds[1:])]
        name, arguments = self.name(), [self.name() for _ in kinds]
        types = ", ".join(T if kind == "t" else "tensor<i32>" for kind in kinds)
        carried = ", ".join(f"{a} = {v}" for a, v in zip(arguments, inits, strict=True))
        self.lines.append(f"{name}:{len(kinds)} = stablehlo.while({carried}) : {types} cond {{")
        for part in ("cond", "body"):
            inner = {kind: list(names) for kind, names in scope.items()}
            for argument, kind in list(zip(arguments, kinds, strict=True))[1:]:
                inner[kind].append(argument)
            self.ops(inner, depth - 1)
            made = self.name()
            if part == "cond":
                p = self.emit(
                    inner,
                    "p",
                    f"stablehlo.compare LT, {arguments[0]}, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>",
                )
                self.lines.append(f"{made} = stablehlo.and {p}, {self.value(inner, 'p')} : tensor<i1>")
                self.lines += [f"stablehlo.return {made} : tensor<i1>", "} do {"]
            else:
                self.lines.append(f"{made} = stablehlo.add {arguments[0]}, %one : tensor<i32>")
                given = [made]
                for argument, kind in list(zip(arguments, kinds, strict=True))[1:]:
                    given.append(self.pick([argument, argument, self.value(inner, kind)]))
                self.lines += [f"stablehlo.return {', '.join(given)} : {types}", "}"]
        for number, kind in enumerate(kinds):
            scope[kind].append(f"{name}#{number}")


@st.composite
def hlo_programs(draw: st.DrawFn) -> str:
    """A module with `@main(tensor<2xi32>, tensor<i32>, tensor<i1>) -> (tensor<2xi32>, tensor<i32>)`."""
    maker = _Hlo(draw)
    maker.lines.append(f"func.func @main(%t: {T}, %s: tensor<i32>, %p: tensor<i1>) -> ({T}, tensor<i32>) {{")
    for name, number in (("zero", 0), ("one", 1), ("three", 3)):
        maker.lines.append(f"%{name} = stablehlo.constant dense<{number}> : tensor<i32>")
    scope = {"t": ["%t"], "s": ["%s"], "p": ["%p"]}
    for _ in range(maker.number(1, 3)):
        maker.ops(scope, 2)
    maker.lines.append(f"return {maker.value(scope, 't')}, {maker.value(scope, 's')} : {T}, tensor<i32>\n}}")
    return "\n".join(maker.lines)


# -- running them ------------------------------------------------------------------------------------------------------------


def outcomes(module: ModuleOp) -> list[list]:
    """What the program gives, and leaves in memory, for a few inputs."""
    found = []
    is_hlo = len(module.symbols["main"].function_type.inputs) == 3
    for x, y, p in ((5, -3, True), (0, 2, False)):
        if is_hlo:
            arrays = [np.array([x, y], np.int32), np.int32(y), np.bool_(p)]
        else:
            arrays = [np.int32(x), np.int32(y), np.bool_(p), np.array([x, 7], np.int32)]
        arrays = [np.asarray(a) for a in arrays]
        results = evaluate(module, *arrays, function="main")
        found.append([r.tolist() for r in results] + ([] if is_hlo else [arrays[-1].tolist()]))
    return found


def check(text: str, *passes: Pass) -> ModuleOp:
    """Runs passes on a program: what it computes stays, it stays well-formed, and a second run changes nothing."""
    module = couloir.parse(text)
    verify(module)
    expected = outcomes(module)
    for item in passes:
        item.run(module, PassContext())
        verify(module)
    assert outcomes(module) == expected, str(module)
    once = str(module)
    for item in passes:
        item.run(module, PassContext())
    assert str(module) == once
    return module


def after(text: str, *passes: Pass) -> str:
    """The text of a program after passes, which have to leave it well-formed."""
    module = couloir.parse(text)
    verify(module)
    for item in passes:
        item.run(module, PassContext())
        verify(module)
    return str(module)


def same(text: str, expected: str) -> None:
    """Whether two texts are the same program, up to names and layout."""
    assert text == str(couloir.parse(expected))
