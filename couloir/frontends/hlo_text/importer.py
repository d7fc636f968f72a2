"""From HLO text as data to a module of StableHLO."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.building import convert
from couloir.frontends.functions import result_name, value_attributes
from couloir.frontends.hlo_text import opcodes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- registers the rules
from couloir.frontends.hlo_text.calls import CallGraph, Use, call_graph, uses
from couloir.frontends.hlo_text.literals import read_literal, split_tuple
from couloir.frontends.hlo_text.locations import Locations
from couloir.frontends.hlo_text.node import NAMED, RULES, Node, Rule
from couloir.frontends.hlo_text.opcodes.collectives import as_list, async_update, done, start
from couloir.frontends.hlo_text.shapes import Array, Tuple
from couloir.frontends.hlo_text.syntax import Computation, HloModule, Instruction, read, read_value
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import UNIT, ArrayAttr, DictionaryAttr, IntegerAttr, StringAttr
from couloir.ir.builder import CURRENT, InsertionPoint, at_end
from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.limits import Limits, quoted
from couloir.ir.location import NameLoc
from couloir.ir.operation import Block, Operation, Region, Value, as_value, collector_paused
from couloir.ir.types import FloatType, FunctionType, TensorType, Type, dtype_of, i32
from couloir.ir.verify import verify

MAIN: Final = "main"
"""The symbol of the entry computation."""

PLUMBING: Final = ("constant", "get-tuple-element", "parameter", "tuple")
"""Opcodes that have no rule, because they make no op or need more than a node knows."""

_COUNTS: Final = {"num_partitions": "mhlo.num_partitions", "replica_count": "mhlo.num_replicas"}
_CHECKED_EVERY: Final = 256


def parse(text: str, *, file: str = "<text>", limits: Limits | None = None) -> ModuleOp:
    """Reads XLA's HLO text into a verified module of StableHLO.

    The entry computation becomes `@main`; fused and called computations are private functions, the others regions. Tuples are
    flat: a program that returns a tuple returns its elements. See docs/hlo-text.md for the attributes that say what was HLO's.

    Args:
        text: HLO before optimization (`jax.jit(f).lower(x).as_text(dialect="hlo")`) or after (`.compile().as_text()`).
        file: The name of the text in error messages and locations.
        limits: Bounds on what the text may ask for.

    Raises:
        ParseError: The text is not HLO, or has an instruction that StableHLO cannot say; with line and column.
        VerifyError: It is HLO, but breaks rules of its instructions.
    """
    found = read(text, file=file, limits=limits)
    with collector_paused():
        module = _Importer(found).run()
    verify(module)
    return module


class _Importer:
    def __init__(self, module: HloModule) -> None:
        self._module = module
        self._lexer = module.lexer
        self._locations = Locations(module)
        self._graph: CallGraph = call_graph(module)
        self._left = dict(self._graph.region_uses)
        self._templates: dict[str, func.FuncOp] = {}
        """For each computation that becomes a region: a function with its ops, ended as a region."""
        self._results: dict[str, tuple[Type, ...]] = {}
        self._symbols = self._named_functions()
        self._constant_bytes = 0
        self._count = 0
        self._deadline = self._lexer.limits.start()

    def _named_functions(self) -> dict[str, str]:
        taken = {name for name in self._graph.called if name != self._module.entry.name}
        names = {name: name for name in taken}
        if MAIN in taken:
            number = 0
            while f"{MAIN}.{number}" in taken:
                number += 1
            names[MAIN] = f"{MAIN}.{number}"
        names[self._module.entry.name] = MAIN
        return names

    def run(self) -> ModuleOp:
        """The module, not verified yet."""
        functions: list[func.FuncOp] = []
        for computation in self._graph.order:
            made = self._function(computation)
            self._results[computation.name] = tuple(made.function_type.results)
            if computation.name in self._graph.region_uses:
                self._templates[computation.name] = made
                made = made.clone() if computation.name in self._graph.called else None
            if made is not None:
                _end(made.entry, func.Return)
                functions.append(made)
        entry = next(function for function in functions if function.sym_name == MAIN)
        module = ModuleOp.empty([entry, *(f for f in functions if f is not entry)], name=self._module.name)
        module.attributes.update(self._module_attributes())
        return module

    def _module_attributes(self) -> dict[str, Attribute]:
        found: dict[str, Attribute] = {}
        for key, span in self._module.attributes.items():
            if key in _COUNTS:
                number = read_value(self._module, span, lambda lexer: lexer.integer())
                found[_COUNTS[key]] = self._lexer.checked(span[0], IntegerAttr, number, i32)
            elif self._module.text(span) == "true":
                found[f"xla.{key}"] = UNIT
            else:
                found[f"xla.{key}"] = StringAttr(self._module.text(span))
        return found

    # -- computations ----------------------------------------------------------------------------------------------------

    def _function(self, computation: Computation) -> func.FuncOp:
        """A computation as a function, which ends like a region."""
        block = Block()
        parameters = self._parameters(computation)
        values: dict[str, tuple[Value[Any], ...]] = {}
        for instruction in parameters:
            values[instruction.name] = self._arguments(block, instruction)
        self._fill(block, computation, values)
        if computation.declared is not None:
            what = f"the result of {quoted(computation.name)}"
            self._check_declared(computation.declared, computation.root.result, what, computation.offset)
        results = list(values[computation.root.name])
        with at_end(block):
            hlo.Return(results)
        is_entry = computation is self._module.entry
        attributes: dict[str, Attribute] = {
            "sym_name": StringAttr(self._symbols.get(computation.name, computation.name)),
            "function_type": FunctionType([a.type for a in block.arguments], [value.type for value in results]),
        }
        if not is_entry:
            attributes["sym_visibility"] = StringAttr("private")
        elif computation.name != MAIN:
            attributes["xla.computation"] = StringAttr(computation.name)
        arguments = [
            self._value_attributes(instruction, leaf, self._argument_name(instruction, number) if is_entry else None)
            for instruction in parameters
            for number, leaf in enumerate(instruction.result.leaves)
        ]
        returned = [
            self._value_attributes(None, leaf, result_name([str(number)]) if is_entry else None)
            for number, leaf in enumerate(computation.root.result.leaves)
        ]
        for key, entries in (("arg_attrs", arguments), ("res_attrs", returned)):
            if any(len(entry.entries) for entry in entries):
                attributes[key] = ArrayAttr(tuple(entries))
        place = self._locations.at(computation.offset)
        function = func.FuncOp.create(attributes=attributes, regions=[Region([block])], location=place)
        function.location = NameLoc(computation.name, function.location)
        return function

    def _argument_name(self, instruction: Instruction, number: int) -> str:
        name = self._locations.op_name(instruction) or instruction.name
        return name if isinstance(instruction.shape, Array) else f"{name}.{number}"

    def _value_attributes(self, instruction: Instruction | None, leaf: Array, name: str | None) -> DictionaryAttr:
        entries: dict[str, Attribute] = value_attributes(name).as_dict() if name is not None else {}
        if leaf.layout_text:
            entries["xla.layout"] = StringAttr(leaf.layout_text)
        if instruction is not None and "sharding" in instruction.attributes:
            entries["mhlo.sharding"] = StringAttr(self._module.text(instruction.attributes["sharding"]))
        return DictionaryAttr(tuple(entries.items()))

    def _parameters(self, computation: Computation) -> list[Instruction]:
        """The parameters of a computation in order."""
        found: dict[int, Instruction] = {}
        for instruction in computation.instructions:
            if instruction.opcode == "parameter":
                number = read_value(self._module, instruction.inside, lambda lexer: lexer.integer("a number"))
                if number in found:
                    raise self._lexer.error(f"there are two parameters {number}", at=instruction.offset)
                found[number] = instruction
        missing = next((number for number in range(len(found)) if number not in found), None)
        if missing is not None:
            raise self._lexer.error(
                f"the computation {quoted(computation.name)} has {len(found)} parameters, but none with number {missing}",
                at=computation.offset,
            )
        return [found[number] for number in range(len(found))]

    def _arguments(self, block: Block, instruction: Instruction) -> tuple[Value[Any], ...]:
        if instruction.shape is None:
            raise self._lexer.error("a parameter has a shape", at=instruction.offset)
        leaves, name = instruction.shape.leaves, instruction.name
        label = self._locations.op_name(instruction)
        location = NameLoc(label) if label else NameLoc(name)
        flat = isinstance(instruction.shape, Array)
        hints = [name if flat else f"{name}.{number}" for number in range(len(leaves))]
        return tuple(block.add_argument(leaf.type, hint, location) for leaf, hint in zip(leaves, hints, strict=True))

    def _fill(self, block: Block, computation: Computation, values: dict[str, tuple[Value[Any], ...]]) -> None:
        """Adds the ops for the instructions of a computation, in the order of the text."""
        known = {instruction.name: instruction for instruction in computation.instructions}
        if len(known) != len(computation.instructions):
            seen: set[str] = set()
            twice = next(i for i in computation.instructions if i.name in seen or seen.add(i.name))
            raise self._lexer.error(f"there are two instructions {quoted(twice.name)}", at=twice.offset)
        with at_end(block):
            point = CURRENT.get()
            assert point is not None, "it was just set"
            for instruction in computation.instructions:
                if instruction.opcode != "parameter":
                    operands = [self._operand(instruction, name, values, known) for name in instruction.operands]
                    operand_shapes = tuple(known[name].result for name in instruction.operands)
                    for number, declared in instruction.declared.items():
                        self._check_declared(declared, operand_shapes[number], f"operand {number}", instruction.offset)
                    made = self._instruction(point, instruction, tuple(operands), operand_shapes)
                    values[instruction.name] = made
                self._count += 1
                if self._count % _CHECKED_EVERY == 0:
                    self._deadline.check("reading the text", where=self._lexer.file)

    def _check_declared(self, declared: Array | Tuple, found: Array | Tuple, what: str, offset: int) -> None:
        """Holds a shape that the text says in a second place against that in the first; layouts may differ."""
        says, has = ([leaf.type for leaf in shape.leaves] for shape in (declared, found))
        if declared is not found and says != has:
            listed = [", ".join(map(str, types)) for types in (says, has)]
            raise self._lexer.error(f"{what} is said to be ({listed[0]}), but it is ({listed[1]})", at=offset)

    def _operand(
        self,
        instruction: Instruction,
        name: str,
        values: dict[str, tuple[Value[Any], ...]],
        known: dict[str, Any],
    ) -> tuple[Value[Any], ...]:
        found = values.get(name)
        if found is None:
            where = "stands further down" if name in known else "is not there"
            hint = None if name in known else nearest(name, list(values)[-1000:])
            raise self._lexer.error(
                f"the operand {quoted(name)} of {quoted(instruction.name)} {where}", at=instruction.offset, hint=hint
            )
        return found

    # -- instructions ----------------------------------------------------------------------------------------------------

    def _instruction(
        self,
        point: InsertionPoint,
        instruction: Instruction,
        operands: tuple[tuple[Value[Any], ...], ...],
        shapes: tuple[Array | Tuple, ...],
    ) -> tuple[Value[Any], ...]:
        try:
            match instruction.opcode:
                case "tuple":
                    found = tuple(value for operand in operands for value in operand)
                case "get-tuple-element":
                    found = self._element(instruction, operands, shapes)
                case _:
                    return self._lowered(point, instruction, operands, shapes)
            return tuple(self._of_types(instruction, found, shapes, fresh=False))
        except ParseError:
            raise
        except Error as error:
            raise self._lexer.error(error.message, at=instruction.offset, hint=error.hint) from error

    def _lowered(
        self,
        point: InsertionPoint,
        instruction: Instruction,
        operands: tuple[tuple[Value[Any], ...], ...],
        shapes: tuple[Array | Tuple, ...],
    ) -> tuple[Value[Any], ...]:
        before = point.block.last_op
        point.location = self._locations.of(instruction)
        if instruction.opcode == "constant":
            found = tuple(self._constants(instruction))
        else:
            rule = self._rule(instruction)
            node = Node(
                self._module,
                instruction,
                operands,
                shapes,
                {use.key: self._region_maker(use) for use in uses(self._module, instruction) if use.as_region},
                self._symbols,
                self._results,
            )
            found = tuple(as_value(item) for item in as_list(rule(node)))
        fresh = point.block.last_op is not before
        found = tuple(self._of_types(instruction, found, shapes, fresh=fresh))
        first = point.block.first_op if before is None else before.next_op
        self._mark(instruction, first, found)
        return found

    def _rule(self, instruction: Instruction) -> Rule:
        opcode = instruction.opcode
        rule = RULES.get(opcode)
        if rule is not None:
            return rule
        base, _, stage = opcode.rpartition("-")
        if base in RULES and stage in ("start", "update", "done"):
            return {"start": start, "update": async_update, "done": done}[stage]
        raise self._lexer.error(
            f"there is no opcode `{opcode[:60]}`",
            at=instruction.offset,
            hint=nearest(opcode, [*RULES, *PLUMBING]),
        )

    def _of_types(
        self,
        instruction: Instruction,
        found: Sequence[Value[Any]],
        shapes: tuple[Array | Tuple, ...],
        *,
        fresh: bool,
    ) -> Sequence[Value[Any]]:
        """The values with the types that the text says; where it says none, these are its types.

        Only `fresh` values, which the instruction has made, may have types that differ in bounds and precision.
        """
        if instruction.shape is None:
            instruction.shape = self._shape(instruction, found, shapes)
        given, wanted = [value.type for value in found], [leaf.type for leaf in instruction.result.leaves]
        if given == wanted:
            return found
        fresh = fresh and len(given) == len(wanted)
        if fresh and all(map(_differ_in_bounds, given, wanted)):
            for value, type in zip(found, wanted, strict=True):
                value.set_type(type)
            return found
        if fresh and all(map(_differ_in_precision, given, wanted)):
            types = [type for type in wanted if isinstance(type, TensorType)]
            return [convert(value, type.element_type) for value, type in zip(found, types, strict=True)]
        listed = [", ".join(map(str, types)) for types in (given, wanted)]
        raise Error(f"`{instruction.opcode}` gives ({listed[0]}), but the text says ({listed[1]})")

    def _shape(
        self, instruction: Instruction, found: Sequence[Value[Any]], shapes: tuple[Array | Tuple, ...]
    ) -> Array | Tuple:
        """The shape that the text leaves out. Layouts that it does not say are the default ones."""
        match instruction.opcode:
            case "tuple":
                return Tuple.of(list(shapes))
            case "get-tuple-element":
                shape, number = shapes[0], self._index(instruction)
                assert isinstance(shape, Tuple), "it has such an element"
                return shape.elements[number]
            case "copy" | "domain" | "opt-barrier" | "while" | "async-update":
                return shapes[0]
            case "call" | "fusion":
                (use,) = uses(self._module, instruction)
                return self._module.computations[use.name].root.result
            case _:
                arrays = [Array(value.type) for value in found]
                return arrays[0] if len(arrays) == 1 else Tuple.of(list(arrays))

    def _mark(self, instruction: Instruction, op: Operation | None, found: Sequence[Value[Any]]) -> None:
        """Says on the new ops which instruction they come from."""
        named, several = NAMED.get(instruction.opcode), op is not None and op.next_op is not None
        opcode = StringAttr(instruction.opcode)
        while op is not None:
            if instruction.opcode != "constant" and (several or op.name != named):
                op.attributes["xla.opcode"] = opcode
            last, op = op, op.next_op
            if op is None:
                self._describe(instruction, last)
        for number, value in enumerate(found):
            if value.name_hint is None:
                value.name_hint = instruction.name if len(found) == 1 else f"{instruction.name}.{number}"

    def _describe(self, instruction: Instruction, op: Operation) -> None:
        leaves = instruction.result.leaves
        layouts = [leaf.layout_text for leaf in leaves]
        if any(layouts):
            texts = [StringAttr(text) for text in layouts]
            op.attributes["xla.layout"] = texts[0] if len(texts) == 1 else ArrayAttr(tuple(texts))
        spans = instruction.attributes
        if "backend_config" in spans and not isinstance(op, hlo.CustomCall):
            op.attributes["xla.backend_config"] = StringAttr(self._module.text(spans["backend_config"]))
        if "sharding" in spans:
            op.attributes["mhlo.sharding"] = StringAttr(self._module.text(spans["sharding"]))
        if "control-predecessors" in spans:
            op.attributes["xla.control_predecessors"] = StringAttr(self._module.text(spans["control-predecessors"]))
        if "frontend_attributes" in spans:
            op.attributes["mhlo.frontend_attributes"] = read_value(
                self._module, spans["frontend_attributes"], _read_dictionary
            )

    def _element(
        self,
        instruction: Instruction,
        operands: tuple[tuple[Value[Any], ...], ...],
        shapes: tuple[Array | Tuple, ...],
    ) -> tuple[Value[Any], ...]:
        shape = shapes[0] if len(shapes) == 1 else None
        if not isinstance(shape, Tuple) or "index" not in instruction.attributes:
            raise Error("`get-tuple-element` has one operand, a tuple, and an `index`")
        number = self._index(instruction)
        if not 0 <= number < len(shape.elements):
            raise Error(f"the tuple has {len(shape.elements)} elements, so none has the number {number}")
        first = shape.offsets[number]
        return operands[0][first : first + len(shape.elements[number].leaves)]

    def _index(self, instruction: Instruction) -> int:
        return read_value(self._module, instruction.attributes["index"], lambda lexer: lexer.integer())

    def _constants(self, instruction: Instruction) -> list[Value[Any]]:
        """A constant; for a tuple one for each of its arrays."""
        todo: list[tuple[Array | Tuple, str]] = [(instruction.result, self._module.text(instruction.inside))]
        found: list[Value[Any]] = []
        while todo:
            shape, text = todo.pop()
            if isinstance(shape, Array):
                found.append(self._constant(shape, text))
                continue
            parts = split_tuple(text)
            if parts is None or len(parts) != len(shape.elements):
                raise Error(f"the constant is a tuple of {len(shape.elements)}: `(1, {{2, 3}})`")
            todo += reversed(list(zip(shape.elements, parts, strict=True)))
        return found

    def _constant(self, shape: Array, text: str) -> Value[Any]:
        if not isinstance(shape.type, TensorType):
            raise Error("a constant is an array")
        self._constant_bytes += shape.type.size * dtype_of(shape.type.element_type).itemsize
        limits = self._lexer.limits
        if self._constant_bytes > limits.constant_bytes:
            raise limits.exceeded("constant_bytes", self._constant_bytes, what="the text")
        return hlo.Constant(read_literal(text, shape.type)).output

    # -- regions ---------------------------------------------------------------------------------------------------------

    def _region_maker(self, use: Use) -> Callable[[Sequence[Value[Any]] | None], Region]:
        def make(values: Sequence[Value[Any]] | None) -> Region:
            self._left[use.name] -= 1
            template = self._templates[use.name]
            source = template if self._left[use.name] == 0 else template.clone()
            region = Region()
            region.take_blocks(source.body)
            if values is not None:
                _bind(region.block, values, use.name)
            return region

        return make


def _end(block: Block, cls: type[Operation]) -> None:
    """Ends a block with another terminator."""
    last = block.last_op
    assert last is not None, "each computation ends with one"
    terminator = cls.create(last.operands, location=last.location)
    last.erase()
    block.append(terminator)


def _bind(block: Block, values: Sequence[Value[Any]], name: str) -> None:
    """Puts values from outside in place of the arguments of a block."""
    given, taken = [value.type for value in values], [argument.type for argument in block.arguments]
    if given != taken:
        listed = [", ".join(map(str, types)) for types in (taken, given)]
        raise Error(f"the branch {quoted(name)} takes ({listed[0]}), but is given ({listed[1]})")
    for argument, value in zip(block.arguments, values, strict=True):
        argument.replace_all_uses_with(value)
    block.erase_arguments(range(len(values)))


def _differ_in_bounds(a: Type, b: Type) -> bool:
    """Whether types are the same but for the bounds of dynamic dimensions, which most ops do not hand on."""
    return (
        isinstance(a, TensorType)
        and isinstance(b, TensorType)
        and a.dims == b.dims
        and a.element_type is b.element_type
    )


def _differ_in_precision(a: Type, b: Type) -> bool:
    """Whether types are the same but for the kind of float: HLO computes in one and gives the other."""
    return (
        isinstance(a, TensorType)
        and isinstance(b, TensorType)
        and a.dims == b.dims
        and isinstance(a.element_type, FloatType)
        and isinstance(b.element_type, FloatType)
    )


def _read_dictionary(lexer: Any) -> DictionaryAttr:
    found: dict[str, Attribute] = {}

    def entry() -> None:
        at = lexer.position
        key = lexer.word("the name of an attribute")
        if key in found:
            raise lexer.error(f"`{key[:40]}` stands here twice", at=at)
        lexer.expect("=")
        if lexer.at('"'):
            found[key] = StringAttr(lexer.string_literal())
        else:
            found[key] = StringAttr(lexer.text[slice(*lexer.skip_value())])

    lexer.comma_separated(entry, "{", "}")
    return DictionaryAttr(tuple(found.items()))
