"""From loops over buffers to readable C11.

Each private function becomes a `static` function, the public one the entry point. Names in C are made of numbers and
of op names that we know: nothing from a model reaches the text. Constants stand in a separate block of bytes;
intermediate buffers lie in a workspace that the caller gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.backends.c.expressions import EXPRESSIONS, Helpers, c_type, literal
from couloir.backends.c.structured import STRUCTURED, maximum, minimum
from couloir.dialects import affine, arith, cf, func, memref
from couloir.dialects.builtin import ModuleOp
from couloir.ir.affine import AffineBinary, AffineConstant, AffineDim, AffineExpr, AffineMap, AffineSymbol
from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.conversion.report import IllegalOps
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import FunctionType, MemRefType, TensorType, Type, dtype_of
from couloir.passes.calls import callees_first
from couloir.passes.hlo_to_loops import INPUT_COUNT, SIGNATURE
from couloir.passes.hlo_to_loops.table import KERNELS
from couloir.passes.memory_plan import OFFSET, WORKSPACE

ALIGNMENT: Final = 64
ENTRY: Final = "couloir_run"
_KERNEL_KINDS: Final = frozenset({"elementwise", *(cls.name.partition(".")[2] for cls in KERNELS)})

_FLOORDIV: Final = """static inline int64_t floordiv_index(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
"""
_MOD: Final = """static inline int64_t mod_index(int64_t a, int64_t b)
{
    const int64_t r = a % b;
    return r < 0 ? r + b : r;
}
"""


@attrs.frozen
class CCode:
    """The C of a module."""

    source: str
    """The functions; includes `header_name` is left to the caller."""
    weights: bytes
    """The constants, each at a multiple of 64 bytes."""
    workspace_bytes: int
    inputs: tuple[tuple[Type, tuple[int, ...]], ...]
    """Element type and shape of each input, as the program had them before the lowering."""
    outputs: tuple[tuple[Type, tuple[int, ...]], ...]
    assertions: tuple[str, ...]
    """What does not hold when a call returns 1, 2, ..."""
    names: dict[str, str]
    """C function -> where it comes from: the names of the model, which stand nowhere in the C."""


def emit(module: ModuleOp, function: str | None = None) -> CCode:
    """Writes the C of a lowered module.

    Args:
        module: Functions of loops, as `hlo-to-loops` and `memory-plan` leave them.
        function: The entry point; by default the first public function.
    """
    return _Emitter(module, function).run()


def entry_function(module: ModuleOp, name: str | None) -> func.FuncOp:
    """The function that is to be called from outside."""
    candidates = [f for f in module.functions if not f.is_declaration]
    if name is not None:
        candidates = [f for f in candidates if f.sym_name == name]
    else:
        candidates = [f for f in candidates if not f.is_private]
    if not candidates:
        known = ", ".join(f"@{f.sym_name}" for f in module.functions)
        what = f"no function @{name}" if name is not None else "no public function"
        raise Error(f"the module has {what} with a body", hint=f"it has: {known}" if known else "it has no function")
    return candidates[0]


class _Emitter:
    def __init__(self, module: ModuleOp, function: str | None) -> None:
        self.module = module
        self.entry = entry_function(module, function)
        self.helpers = Helpers()
        self.weights = bytearray()
        self.offsets: dict[str, int] = {}
        self.function_names: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.written: dict[str, frozenset[int]] = {}
        """Which buffers of a function are written to."""
        self.contextual: set[str] = set()
        """The functions that need the constants or the workspace."""
        self.asserting: set[str] = set()
        """The functions that may stop the program."""
        self.assertions: list[str] = []

    def run(self) -> CCode:
        self._place_globals()
        *called, _ = callees_first(self.module.functions, [self.entry])
        self._report_unsupported([self.entry, *called])
        parts: list[str] = []
        for function in (*called, self.entry):
            self._note_effects(function)
        for number, function in enumerate(called):
            base = function.sym_name.rpartition("_")[0]
            kind = f"_{base}" if base in _KERNEL_KINDS else ""
            name = f"kernel{number}{kind}"
            self.function_names[function.sym_name] = name
            self.names[name] = function.location.label
        for function in called:
            parts.append(FunctionEmitter(self, function).kernel(self.function_names[function.sym_name]))
        entry = FunctionEmitter(self, self.entry)
        parts.append(entry.entry_point())
        signature = self._signature()
        count = len(signature.inputs)
        shapes = [(_element(t), _shape(t)) for t in (*signature.inputs, *signature.results)]
        workspace = self.entry.attributes.get(WORKSPACE)
        return CCode(
            "\n".join([*self.helpers.sources.values(), *parts]),
            bytes(self.weights),
            workspace.value if isinstance(workspace, IntegerAttr) else 0,
            tuple(shapes[:count]),
            tuple(shapes[count:]),
            tuple(self.assertions),
            self.names,
        )

    def _signature(self) -> FunctionType:
        stored = self.entry.attributes.get(SIGNATURE)
        if isinstance(stored, FunctionType):
            return stored
        inputs = self.input_count(self.entry)
        types = self.entry.function_type.inputs
        return FunctionType(types[:inputs], types[inputs:])

    def input_count(self, function: func.FuncOp) -> int:
        """How many of a function's buffers are inputs: as noted, or those that nothing is written to."""
        stored = function.attributes.get(INPUT_COUNT)
        if isinstance(stored, IntegerAttr):
            return stored.value
        return min(self.written[function.sym_name], default=len(function.arguments))

    def _note_effects(self, function: func.FuncOp) -> None:
        """Finds out what a function does to its buffers and what it needs; those that it calls are known already."""
        written = [i for i, argument in enumerate(function.arguments) if self._is_written(argument)]
        self.written[function.sym_name] = frozenset(written)
        for op in function.walk():
            calls = isinstance(op, func.Call) and op.callee in self.contextual
            if calls or isinstance(op, memref.Alloc | memref.GetGlobal):
                self.contextual.add(function.sym_name)
            if isinstance(op, cf.Assert) or (isinstance(op, func.Call) and op.callee in self.asserting):
                self.asserting.add(function.sym_name)

    def _is_written(self, buffer: Value[Any]) -> bool:
        todo = [buffer]
        while todo:
            for user, index in todo.pop().uses:
                match user:
                    case affine.Store() | memref.Store() | memref.Copy() if index == 1:
                        return True
                    case memref.ReinterpretCast():
                        todo.append(user.result)
                    case func.Call() if index in self.written[user.callee]:
                        return True
                    case _:
                        pass
        return False

    def _report_unsupported(self, functions: Sequence[func.FuncOp]) -> None:
        report = IllegalOps("C")
        for function in functions:
            taken = function.function_type
            if taken.results or not all(isinstance(type, MemRefType) for type in taken.inputs):
                report.add(
                    function, "functions in C take buffers and return nothing; lower it first (`couloir compile` does)"
                )
            for op in function.walk():
                if type(op) not in EXPRESSIONS and not isinstance(op, _STATEMENTS):
                    report.add(op, "the C backend takes loops; lower it first (`couloir compile` does)")
                elif any(region.first_block is not region.last_block for region in op.regions):
                    report.add(op, "it has several blocks")
                elif op.regions and any(isinstance(v.type, MemRefType) for v in op.results):
                    report.add(op, "it gives buffers, which the C backend passes to functions only")
        report.raise_if_any()

    def _place_globals(self) -> None:
        for op in self.module.ops:
            if not isinstance(op, memref.Global):
                continue
            value = op.initial_value
            if not isinstance(value, DenseElementsAttr):
                raise Error(f"the constant @{op.sym_name} has no elements", where=op.location.label or None)
            self.weights.extend(b"\0" * (-len(self.weights) % ALIGNMENT))
            self.offsets[op.sym_name] = len(self.weights)
            try:
                self.weights.extend(np.ascontiguousarray(value.array).tobytes())
            except MemoryError as error:
                reason = f"there is no memory for the constant @{op.sym_name}, a `{value.type}`"
                raise Error(reason, where=op.location.label or None) from error


def _array(type: Type) -> MemRefType | TensorType:
    if not isinstance(type, MemRefType | TensorType):
        raise Error(f"an array is needed, not `{type}`")
    return type


def _element(type: Type) -> Type:
    return _array(type).element_type


def _shape(type: Type) -> tuple[int, ...]:
    return _array(type).shape


_STATEMENTS: Final = (
    func.FuncOp, func.Return, func.Call, affine.Load, affine.Store, affine.Apply, affine.Min, affine.Max, memref.Load,
    memref.Store, memref.Alloc, memref.Alloca, memref.Dealloc, memref.Copy, memref.GetGlobal, memref.ReinterpretCast,
    arith.Constant, cf.Assert, *STRUCTURED,
)  # fmt: skip


class FunctionEmitter:
    """Writes one function. Loops nest on an explicit stack."""

    def __init__(self, emitter: _Emitter, function: func.FuncOp) -> None:
        self.emitter = emitter
        self.function = function
        self.helpers = emitter.helpers
        self.names: dict[Value[Any], str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.counters: dict[str, int] = {}
        self.stack: list[tuple[Iterator[Operation], str]] = []
        """Blocks that are being written, and what closes each."""

    # -- functions -----------------------------------------------------------------------------------------------------------

    def kernel(self, name: str) -> str:
        """A static function of buffers. Different buffers never overlap, so the pointers are `restrict`."""
        parameters: list[str] = []
        comments: list[str] = []
        written = self.emitter.written[self.function.sym_name]
        for number, argument in enumerate(self.function.arguments):
            c_name = self.fresh("b")
            self.names[argument] = c_name
            const = "" if number in written else "const "
            parameters.append(f"{const}{_pointer(argument.type)}restrict {c_name}")
            comments.append(f"{c_name}: {_describe(argument.type)}")
        self.body(self.function.entry)
        unused = [f"    (void){self.names[a]};" for a in self.function.arguments if not a.has_uses]
        if self.function.sym_name in self.emitter.contextual:
            parameters += ["const void *weights", "void *workspace"]
            unused += self.unused("weights", "workspace")
        head = f"/* {', '.join(comments)} */\n" if comments else ""
        stops = self.function.sym_name in self.emitter.asserting
        ending = ["    return 0;"] if stops else []
        return (
            f"{head}static {'int32_t' if stops else 'void'} {name}({', '.join(parameters) or 'void'})\n{{\n"
            + "\n".join([*unused, *self.lines, *ending])
            + "\n}\n"
        )

    def entry_point(self) -> str:
        """The exported function: it finds its buffers, then runs the kernels in order."""
        inputs = self.emitter.input_count(self.function)
        for number, argument in enumerate(self.function.arguments):
            c_name = self.fresh("in" if number < inputs else "out")
            self.names[argument] = c_name
            if not argument.has_uses:
                continue
            if number < inputs:
                self.line(f"const {_pointer(argument.type)}const {c_name} = inputs[{number}];")
            else:
                self.line(f"{_pointer(argument.type)}const {c_name} = outputs[{number - inputs}];")
        self.body(self.function.entry)
        unused = self.unused("inputs", "outputs", "weights", "workspace")
        return (
            f"int32_t {ENTRY}(const void *const *inputs, void *const *outputs, const void *weights, void *workspace)\n{{\n"
            + "\n".join([*unused, *self.lines, "    return 0;"])
            + "\n}\n"
        )

    def unused(self, *names: str) -> list[str]:
        """Statements that silence warnings about parameters that the lines so far do not use."""
        used = "\n".join(self.lines)
        return [f"    (void){name};" for name in names if name not in used]

    # -- statements ----------------------------------------------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """A new name."""
        number = self.counters.get(prefix, 0)
        self.counters[prefix] = number + 1
        return f"{prefix}{number}"

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def body(self, block: Block) -> None:
        """Writes the ops of a block, and of the regions inside, on an explicit stack."""
        self.stack = [(block.ops, "")]
        while self.stack:
            ops, closing = self.stack[-1]
            op = next(ops, None)
            if op is None:
                self.stack.pop()
                if closing:
                    self.indent -= 1
                    self.line(closing)
                    self.indent += closing.endswith("{")
            else:
                self.statement(op)

    def enter(self, *regions: tuple[Region, str]) -> None:
        """Writes regions next, one after the other, each followed by a line that closes (and opens) a brace, if any."""
        self.indent += 1
        self.stack += [(region.block.ops, closing) for region, closing in reversed(regions)]

    def map_texts(self, map: AffineMap, operands: Sequence[Value[Any]]) -> list[str]:
        """The results of an affine map in C."""
        return [self.index_text(e, map, operands) for e in map.results]

    def statement(self, op: Operation) -> None:
        match op:
            case func.Return() | memref.Dealloc():
                pass
            case arith.Constant():
                self.constant(op)
            case affine.Load():
                self.define(op, self.element(op.memref, self.access(op)))
            case affine.Store():
                self.line(f"{self.element(op.memref, self.access(op))} = {self.names[op.value]};")
            case memref.Load():
                self.define(op, self.element(op.memref, self.plain_access(op.memref, op.indices)))
            case memref.Store():
                self.line(
                    f"{self.element(op.memref, self.plain_access(op.memref, op.indices))} = {self.names[op.value]};"
                )
            case affine.Apply():
                self.define(op, self.index_text(op.map.results[0], op.map, op.map_operands))
            case affine.Min():
                self.define(op, minimum(self, self.map_texts(op.map, op.operands_)))
            case affine.Max():
                self.define(op, maximum(self, self.map_texts(op.map, op.operands_)))
            case memref.Alloca():
                self.scratch(op)
            case memref.Alloc():
                self.buffer(op)
            case memref.GetGlobal():
                name = self.fresh("w")
                self.names[op.result] = name
                offset = self.emitter.offsets.get(op.name_)
                if offset is None:
                    raise Error(f"there is no constant @{op.name_}", where=op.location.label or None)
                pointer = _pointer(op.result.type)
                self.line(f"const {pointer}const {name} = (const {pointer})((const char *)weights + {offset});")
            case memref.ReinterpretCast():
                self.view(op)
            case memref.Copy():
                size = op.target.type.size * dtype_of(op.target.type.element_type).itemsize
                target, source = self.names[op.target], self.names[op.source]
                self.line(f"memcpy({target}, {source}, {size});" if size else f"(void){target}, (void){source};")
            case func.Call():
                self.call(op)
            case cf.Assert():
                self.emitter.assertions.append(f"{op.location.label}: {op.msg}" if op.location.label else op.msg)
                self.line(f"if (!{self.names[op.arg]}) return {len(self.emitter.assertions)};")
            case _ if type(op) in STRUCTURED:
                STRUCTURED[type(op)](self, op)
            case _:
                arguments = [self.names[v] for v in op.operands]
                self.define(op, EXPRESSIONS[type(op)](op, self.helpers, arguments))

    def define(self, op: Operation, text: str) -> None:
        """A new constant for the result of an op, unless nothing uses it."""
        result = op.results[0]
        if not result.has_uses:
            return
        name = self.fresh("v")
        self.names[result] = name
        self.line(f"const {c_type(result.type)} {name} = {text};")

    def constant(self, op: arith.Constant) -> None:
        value = op.value
        if not isinstance(value, IntegerAttr | FloatAttr):
            raise Error(f"the C backend has no constants such as `{value}`", where=op.location.label or None)
        text = literal(value)
        self.names[op.result] = f"({text})" if text.startswith("-") else text

    def scratch(self, op: memref.Alloca) -> None:
        name = self.fresh("s")
        self.names[op.memref] = name
        type = op.memref.type
        if type.rank == 0:
            self.line(f"{_element_type(type)} {name}[1];")
        else:
            self.line(f"_Alignas({ALIGNMENT}) {_element_type(type)} {name}[{max(type.size, 1)}];")

    def call(self, op: func.Call) -> None:
        arguments = [self.names[v] for v in op.operands_]
        if op.callee in self.emitter.contextual:
            offset = op.attributes.get(OFFSET)
            begin = f" + {offset.value}" if isinstance(offset, IntegerAttr) else ""
            arguments += ["weights", f"(char *)workspace{begin}"]
        text = f"{self.emitter.function_names[op.callee]}({', '.join(arguments)})"
        if op.callee in self.emitter.asserting:
            status = self.fresh("status")
            self.line(f"const int32_t {status} = {text};")
            self.line(f"if ({status} != 0) return {status};")
        else:
            self.line(f"{text};")

    def buffer(self, op: memref.Alloc) -> None:
        offset = op.attributes.get(OFFSET)
        if not isinstance(offset, IntegerAttr):
            raise Error(
                "a buffer has no place in the workspace",
                where=op.location.label or None,
                hint="run the pass `memory-plan` first",
            )
        name = self.fresh("t")
        self.names[op.memref] = name
        pointer = _pointer(op.memref.type)
        self.line(f"{pointer}const {name} = ({pointer})((char *)workspace + {offset.value});")

    def view(self, op: memref.ReinterpretCast) -> None:
        if op.offsets or op.sizes or op.strides or op.static_offsets != (0,) or op.result.type.layout is not None:
            raise Error("the C backend takes views of whole, dense buffers only", where=op.location.label or None)
        self.names[op.result] = self.names[op.source]

    # -- indices -------------------------------------------------------------------------------------------------------------

    def element(self, buffer: Value[Any], position: str) -> str:
        return f"{self.names[buffer]}[{position}]"

    def plain_access(self, buffer: Value[MemRefType], indices: Sequence[Value[Any]]) -> str:
        parts: list[str] = []
        for index, stride in zip(indices, _strides(buffer.type), strict=True):
            parts.append(self.names[index] if stride == 1 else f"{self.names[index]} * {stride}")
        return " + ".join(parts) or "0"

    def access(self, op: affine.Load | affine.Store) -> str:
        total: AffineExpr = AffineConstant(0)
        for expression, stride in zip(op.map.results, _strides(op.memref.type), strict=True):
            total = total + expression * stride
        return self.index_text(total, op.map, op.indices)

    def index_text(self, expression: AffineExpr, map: AffineMap, operands: Sequence[Value[Any]]) -> str:
        """An affine expression in C. Sums are collected by variable: `i0 * 64 + i1 + 3`."""
        names = [self.names[v] for v in operands]
        dims, symbols = names[: map.dim_count], names[map.dim_count :]
        terms: dict[str, int] = {}
        constant = 0
        todo: list[tuple[AffineExpr, int]] = [(expression, 1)]
        while todo:
            item, factor = todo.pop()
            match item:
                case AffineConstant(value):
                    constant += value * factor
                case AffineBinary("+", left, right):
                    todo += [(right, factor), (left, factor)]
                case AffineBinary("*", left, AffineConstant(value)):
                    todo.append((left, factor * value))
                case _:
                    text = self.leaf_text(item, dims, symbols)
                    terms[text] = terms.get(text, 0) + factor
        parts = [name if factor == 1 else f"{name} * {factor}" for name, factor in terms.items() if factor]
        if constant or not parts:
            parts.append(str(constant))
        return " + ".join(parts).replace("+ -", "- ")

    def leaf_text(self, item: AffineExpr, dims: Sequence[str], symbols: Sequence[str]) -> str:
        """A variable, or a product or quotient of expressions (evaluated bottom-up, not recursively)."""

        helpers = self.helpers
        todo: list[AffineExpr | str] = [item]
        done: list[str] = []
        while todo:
            current = todo.pop()
            if isinstance(current, str):
                right, left = done.pop(), done.pop()
                match current:
                    case "+":
                        done.append(f"({left} + {right})")
                    case "*":
                        done.append(f"({left} * {right})")
                    case "floordiv":
                        done.append(f"{helpers.use('floordiv_index', _FLOORDIV)}({left}, {right})")
                    case "ceildiv":
                        done.append(f"(-{helpers.use('floordiv_index', _FLOORDIV)}(-{left}, {right}))")
                    case _:
                        done.append(f"{helpers.use('mod_index', _MOD)}({left}, {right})")
            elif isinstance(current, AffineBinary):
                todo += [current.kind, current.rhs, current.lhs]
            elif isinstance(current, AffineConstant):
                done.append(f"({current.value})" if current.value < 0 else str(current.value))
            elif isinstance(current, AffineDim):
                done.append(dims[current.position])
            elif isinstance(current, AffineSymbol):
                done.append(symbols[current.position])
        return done[0]


def _strides(type: MemRefType) -> list[int]:
    if type.layout is not None:
        raise Error(f"the C backend takes dense row-major buffers only, not `{type}`")
    strides: list[int] = []
    step = 1
    for size in reversed(type.shape):
        strides.insert(0, step)
        step *= size
    return strides


def _element_type(type: MemRefType) -> str:
    return c_type(type.element_type)


def _pointer(type: MemRefType) -> str:
    return f"{_element_type(type)} *"


def _describe(type: MemRefType) -> str:
    return f"{type.element_type}[{', '.join(map(str, type.shape))}]"
