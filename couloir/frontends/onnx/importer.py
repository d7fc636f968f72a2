"""From an ONNX model to a module of the `onnx` dialect, as it is: nothing is folded, lowered or renamed.

The main graph becomes `func.func @main_graph`, each model-local function one private `func.func` for each way in which
it is called (operand types and attribute values), graphs inside nodes become regions. Names of nodes are locations,
names of inputs and outputs are attributes of arguments and results, names of values are hints.

Types are inferred node by node as the graph is read, and joined with those that the model declares.

Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import onnx
from onnx import GraphProto, NodeProto

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.func import Return as FuncReturn
from couloir.dialects.onnx.arity import distribute, schema_types
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.protos import type_from_proto
from couloir.dialects.onnx.schemas import class_at
from couloir.dialects.onnx.structure import Call, Initializer, Return
from couloir.dialects.onnx.types import AnyType, unknown
from couloir.frontends.onnx.attributes import AttributeReader
from couloir.frontends.onnx.binding import Binding
from couloir.frontends.onnx.checking import canonical_domain, function_key
from couloir.frontends.onnx.control_flow import argument_types, result_types
from couloir.frontends.onnx.faults import Faults
from couloir.frontends.onnx.functions import Instance, Instances
from couloir.frontends.onnx.inference import NodeInference, refine
from couloir.frontends.onnx.metadata import (
    dictionary,
    documented,
    metadata,
    module_attributes,
    opset_import,
    value_attributes,
)
from couloir.frontends.onnx.reading import ReadModel, read_model
from couloir.frontends.onnx.sizes import Known, evaluate, known_constant
from couloir.frontends.onnx.typing_rules import meet
from couloir.frontends.onnx.unsupported import Unsupported
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, DictionaryAttr, IntegerAttr, StringAttr, SymbolRefAttr
from couloir.ir.errors import Error, VerifyError
from couloir.ir.limits import Limits, quoted
from couloir.ir.location import FileLineColLoc, Location, NameLoc
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import FunctionType, i32
from couloir.ir.verify import verify

_CLOCK_INTERVAL = 1 << 8  # nodes between two looks at the clock
MAIN = "main_graph"
"""The symbol of the function that the main graph becomes."""


def load(
    source: str | Path | bytes | BinaryIO | onnx.ModelProto,
    *,
    dims: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    base: str | Path | None = None,
) -> ModuleOp:
    """Reads an ONNX model into a verified module of the `onnx` dialect.

    Args:
        source: A path, the bytes of a file, an open binary stream, or a ModelProto.
        dims: Sizes for symbolic dimensions, by name: `{"N": 1}`; one without a name is given by its place in an input:
            `{"image[0]": 1}`. All types are inferred with them.
        limits: Bounds on what the model may ask for.
        base: Directory of the external data; by default that of the path.

    Raises:
        Error: if the model cannot be read, breaks ONNX's rules, exceeds a limit, or uses operators that are not known
            (all of them are listed), or if `dims` names a dimension that the model does not have.
    """
    model = read_model(source, base=base, limits=limits)
    module = _Importer(model, dims or {}).run()
    try:
        verify(module)
    except VerifyError as error:
        raise VerifyError([_in_file(fault, model.name) for fault in error.faults]) from error
    return module


def _in_file(fault: Error, file: str) -> Error:
    """A fault of a node with the file in front of the node's name; locations of nameless nodes have it already."""
    where = fault.where
    if where is None or where.startswith(file):
        return fault
    return Error(
        fault.message, where=f"{file}: {quoted(where)}", hint=fault.hint, excerpt=fault.excerpt, notes=fault.notes
    )


@attrs.define(eq=False)
class _Frame:
    """A graph or function body in the middle of its import."""

    label: str
    """What it is, for locations: the file, or the node and attribute that hold it."""
    nodes: Sequence[NodeProto]
    outputs: Sequence[str]
    declared: dict[str, onnx.TypeProto]
    """The types that the model declares for values of this graph."""
    imports: dict[str, int]
    inference: NodeInference
    block: Block
    owner: Operation
    """The function, or the op in whose region the block is."""
    position: int = 0
    defined: list[tuple[str, Value[Any] | None]] = attrs.field(factory=list)
    """Names defined here, each with the value that it had outside."""
    pending: list[_Frame] = attrs.field(factory=list)
    """Graphs and functions on which the node before depends, the last one first."""
    begin: Callable[[], None] | None = None
    """Makes arguments and initializers, when it is the frame's turn."""
    resume: Callable[[], None] | None = None
    """What remains to be done for the node before, after these."""
    finish: Callable[[], None] | None = None
    """What is to be done at the end of the frame."""

    def output_types(self) -> list[Type]:
        """The types of the outputs, when the frame is done."""
        last = self.block.last_op
        return [] if last is None else [value.type for value in last.operands]

    def place(self, index: int) -> str:
        """The node of this number, for messages."""
        node = self.nodes[index]
        return f"{self.label}: node {quoted(node.name) if node.name else f'#{index}'} ({quoted(node.op_type)[1:-1]})"


class _Importer:
    def __init__(self, model: ReadModel, dims: Mapping[str, int]) -> None:
        self._model = model
        self._proto = model.proto
        graph = model.proto.graph
        constants = {tensor.name for tensor in graph.initializer} | {s.values.name for s in graph.sparse_initializer}
        self._inputs = [value for value in graph.input if value.name not in constants]
        self._binding = Binding(dims, graph, self._inputs, where=model.name)
        self._faults = Faults()
        self._reader = AttributeReader(model.tensors(), self._faults)
        self._instances = Instances(model.proto.functions, taken=MAIN)
        self._values: dict[str, Value[Any] | None] = {}
        self._known: dict[Value[Any], Known] = {}
        """Values of small integer tensors."""
        self._functions: list[FuncOp] = []
        self._count = 0

    def run(self) -> ModuleOp:
        self._find_unsupported()
        imports = _versions(self._proto.opset_import)
        self._run(self._main(self._proto.graph, imports))
        self._faults.raise_if_any()
        module = ModuleOp.empty(self._functions)
        module.location = FileLineColLoc(self._model.name, 1, 1)
        module.attributes.update(module_attributes(self._proto))
        return module

    def _find_unsupported(self) -> None:
        """Reports every operator that nobody knows, of the main graph and of the functions, at once."""
        unsupported = Unsupported()
        unsupported.look_at(self._proto.graph.node, _versions(self._proto.opset_import), self._instances.keys)
        for function in self._proto.functions:
            unsupported.look_at(function.node, _versions(function.opset_import), self._instances.keys)
        unsupported.raise_if_any(self._model.name)

    # -- functions -----------------------------------------------------------------------------------------------------

    def _main(self, graph: GraphProto, imports: dict[str, int]) -> _Frame:
        function = self._new_function(MAIN, private=False)
        function.attributes["onnx.name"] = StringAttr(graph.name)
        if graph.doc_string:
            function.attributes["onnx.doc"] = StringAttr(graph.doc_string)
        function.attributes.update(metadata(graph.metadata_props))
        frame = self._new_frame(self._model.name, graph, imports, function.entry, function)

        def begin() -> None:
            for value in self._inputs:
                self._add_argument(
                    frame, value.name, self._binding.apply(value.name, self._declared(frame, value.name))
                )
            self._initializers(frame, graph)

        frame.begin = begin
        frame.finish = lambda: self._finish(
            function,
            [value_attributes(value, a.type) for value, a in zip(self._inputs, function.arguments, strict=True)],
            [value_attributes(value, t) for value, t in zip(graph.output, frame.output_types(), strict=False)],
        )
        return frame

    def _function(self, instance: Instance) -> _Frame:
        """One model-local function as it is called with certain types and attributes."""
        proto = instance.proto
        function = self._new_function(instance.symbol, private=True)
        function.attributes["onnx.function"] = dictionary(
            {
                "domain": StringAttr(proto.domain),
                "name": StringAttr(proto.name),
                "overload": StringAttr(proto.overload),
                "opset_import": opset_import(proto.opset_import),
            }
        )
        if proto.doc_string:
            function.attributes["onnx.doc"] = StringAttr(proto.doc_string)
        label = f"{self._model.name}: {instance.label}"
        frame = self._new_frame(label, instance.body, _versions(proto.opset_import), function.entry, function)

        def begin() -> None:
            for name in proto.input:
                type = instance.inputs.get(name)
                if type is None:  # the call does not give it; a value outside may have the same name
                    self._define(frame, name, None)
                else:
                    self._add_argument(frame, name, type)

        def finish() -> None:
            names = [dictionary({"onnx.name": StringAttr(name)}) for name in proto.input if name in instance.inputs]
            self._finish(function, names, [dictionary({"onnx.name": StringAttr(name)}) for name in proto.output])
            instance.results = function.function_type.results

        frame.begin, frame.finish = begin, finish
        return frame

    def _new_frame(
        self,
        label: str,
        graph: GraphProto,
        imports: dict[str, int],
        block: Block,
        owner: Operation,
        inference: NodeInference | None = None,
    ) -> _Frame:
        known = (*graph.value_info, *graph.output, *graph.input)
        return _Frame(
            label,
            graph.node,
            [value.name for value in graph.output],
            {info.name: info.type for info in known if info.HasField("type")},
            imports,
            inference or NodeInference(self._proto.ir_version, imports),
            block,
            owner,
        )

    def _new_function(self, symbol: str, *, private: bool) -> FuncOp:
        attributes: dict[str, Attribute] = {"sym_name": StringAttr(symbol), "function_type": FunctionType((), ())}
        if private:
            attributes["sym_visibility"] = StringAttr("private")
        location = NameLoc(symbol, FileLineColLoc(self._model.name, 1, 1))
        function = FuncOp.create(attributes=attributes, regions=[Region([Block()])], location=location)
        self._functions.append(function)
        return function

    def _finish(self, function: FuncOp, arguments: list[DictionaryAttr], results: list[DictionaryAttr]) -> None:
        """Gives a function its type and the attributes of its arguments and results."""
        last = function.entry.last_op
        returned = () if last is None else tuple(value.type for value in last.operands)
        function.attributes["function_type"] = FunctionType(tuple(a.type for a in function.entry.arguments), returned)
        if arguments:
            function.attributes["arg_attrs"] = ArrayAttr(tuple(arguments))
        if results:
            function.attributes["res_attrs"] = ArrayAttr(tuple(results))

    def _add_argument(self, frame: _Frame, name: str, type: Type) -> None:
        self._define(frame, name, frame.block.add_argument(type, name, NameLoc(name)))

    def _initializers(self, frame: _Frame, graph: GraphProto) -> None:
        position = {value.name: index for index, value in enumerate(graph.input)}
        dense = [(tensor.name, tensor.doc_string, tensor) for tensor in graph.initializer]
        sparse = [(tensor.values.name, "", tensor) for tensor in graph.sparse_initializer]
        for name, text, tensor in (*dense, *sparse):
            value = self._reader.constant(tensor, where=f"{frame.label}: initializer {quoted(name)}")
            if value is None:
                self._define(frame, name, Block([unknown]).arguments[0])  # so that only this fault is reported
                continue
            attributes: dict[str, Attribute] = {"value": value}
            if name in position:
                attributes["input_index"] = IntegerAttr(position[name])
            location = documented(NameLoc(name, FileLineColLoc(self._model.name, 1, 1)), text)
            type: Any = getattr(value, "type")  # noqa: B009 -- every constant has one
            op = Initializer.create(result_types=[type], attributes=attributes, location=location)
            frame.block.append(op)
            self._add_result(frame, name, op.results[0], known_constant(value))

    # -- going through the graphs --------------------------------------------------------------------------------------

    def _run(self, root: _Frame) -> None:
        """Imports a graph, all graphs inside it and the functions that it calls, without recursion."""
        stack = [root]
        while stack:
            frame = stack[-1]
            if frame.begin is not None:
                begin, frame.begin = frame.begin, None
                begin()
            elif frame.pending:
                stack.append(frame.pending.pop())
            elif frame.resume is not None:
                resume, frame.resume = frame.resume, None
                self._guard(frame, frame.position - 1, resume)
            elif frame.position < len(frame.nodes):
                frame.position += 1
                self._node(frame, frame.position - 1)
            else:
                self._leave(frame)
                stack.pop()

    def _define(self, frame: _Frame, name: str, value: Value[Any] | None) -> None:
        frame.defined.append((name, self._values.get(name)))
        self._values[name] = value

    def _add_result(self, frame: _Frame, name: str, value: Value[Any], known: Known | None) -> None:
        """Makes a result visible under its name."""
        value.name_hint = name
        if known is not None:
            self._known[value] = known
        self._define(frame, name, value)

    def _leave(self, frame: _Frame) -> None:
        """Ends a graph: its outputs are returned, and its values become invisible."""
        outputs: list[Value[Any]] = []
        for name in frame.outputs:
            value = self._values.get(name)
            if value is None:
                self._faults.add(
                    f"the output {quoted(name)} depends on an input that the call does not give", where=frame.label
                )
            else:
                outputs.append(value)
        cls = FuncReturn if isinstance(frame.owner, FuncOp) else Return
        frame.block.append(cls.create(outputs, location=frame.owner.location))
        for name, before in reversed(frame.defined):
            if before is None:
                del self._values[name]
            else:
                self._values[name] = before
        if frame.finish is not None:
            frame.finish()

    def _guard(self, frame: _Frame, index: int, step: Callable[[], None]) -> None:
        """Runs one step for a node; notes what is wrong with it, and goes on as if its results were there."""
        try:
            step()
        except Error as error:
            fault = Error(error.message, where=frame.place(index), hint=error.hint, notes=error.notes)
            self._faults.append(fault)
            frame.pending, frame.resume = [], None
            for name in frame.nodes[index].output:
                if name:
                    self._define(frame, name, Block([unknown]).arguments[0])

    # -- one node ------------------------------------------------------------------------------------------------------

    def _node(self, frame: _Frame, index: int) -> None:
        self._count += 1
        if not self._count % _CLOCK_INTERVAL:
            self._model.deadline.check("importing the model", where=self._model.name)
        node = frame.nodes[index]
        if function_key(node) in self._instances.keys:
            self._guard(frame, index, lambda: self._call(frame, index, node))
        else:
            self._guard(frame, index, lambda: self._operator(frame, index, node))

    def _operator(self, frame: _Frame, index: int, node: NodeProto) -> None:
        domain = canonical_domain(node.domain)
        cls = class_at(node.op_type, frame.imports[domain], domain)
        assert cls is not None, "unsupported operators have been reported"
        inputs = self._operands(node)
        given, sizes = distribute(cls, "operand", [value is not None for value in inputs])
        present, result_sizes = distribute(cls, "result", [bool(name) for name in node.output])
        attributes, graphs = self._reader.attributes(cls, node)
        if cls.definition.needs_segments("operand"):
            attributes["operandSegmentSizes"] = DenseArrayAttr(i32, tuple(sizes))
        if cls.definition.needs_segments("result"):
            attributes["resultSegmentSizes"] = DenseArrayAttr(i32, tuple(result_sizes))
        attributes.update(metadata(node.metadata_props))
        values = [value for number in given if (value := inputs[number]) is not None]
        regions = [Region() for _ in cls.definition.regions]
        location = _location(frame, index, node)
        op = cls.create(values, [unknown] * len(present), attributes, regions, location=location)
        frame.block.append(op)
        if not graphs:
            self._type_results(frame, op, node, present, self._infer(frame, op, node, inputs, present))
            return
        bodies = [
            self._enter(frame, index, node, op, field.name, graphs[field.name], region)
            for field, region in zip(cls.definition.regions, regions, strict=True)
            if field.name in graphs
        ]

        def resume() -> None:
            types = result_types(cls, node, _types(inputs), [body.output_types() for body in bodies])
            self._type_results(frame, op, node, present, dict(enumerate(types)))

        frame.pending, frame.resume = bodies[::-1], resume

    def _enter(
        self, frame: _Frame, index: int, node: NodeProto, op: OnnxOp, key: str, graph: GraphProto, region: Region
    ) -> _Frame:
        """Begins a graph inside a node. Its arguments are made when it is its turn."""
        path = f"{self._model.name}: {frame.place(index).rpartition(': ')[2]} > {key}"
        inner = self._new_frame(path, graph, frame.imports, region.add_block(), op, frame.inference)
        given = argument_types(type(op), node, _types(self._operands(node)))
        arguments = [*given, *[unknown] * len(graph.input)]

        def begin() -> None:
            for value, type in zip(graph.input, arguments, strict=False):
                self._add_argument(inner, value.name, meet(self._declared(inner, value.name), type))
            self._initializers(inner, graph)

        inner.begin = begin
        return inner

    def _call(self, frame: _Frame, index: int, node: NodeProto) -> None:
        """A call of a model-local function, after the function itself."""
        inputs = self._operands(node)
        instance, is_new = self._instances.find(node, _types(inputs))
        if is_new:
            frame.pending = [self._function(instance)]

        def resume() -> None:
            values = [value for value in inputs if value is not None]
            attributes: dict[str, Attribute] = {
                "callee": SymbolRefAttr(instance.symbol),
                **metadata(node.metadata_props),
            }
            op = Call.create(values, instance.results, attributes, location=_location(frame, index, node))
            frame.block.append(op)
            for name, result in zip(node.output, op.results, strict=False):
                if name:
                    self._add_result(frame, name, result, None)

        frame.resume = resume

    def _operands(self, node: NodeProto) -> list[Value[Any] | None]:
        return [self._values.get(name) if name else None for name in node.input]

    # -- types ---------------------------------------------------------------------------------------------------------

    def _declared(self, frame: _Frame, name: str) -> Type:
        proto = frame.declared.get(name)
        if proto is None:
            return unknown
        try:
            return type_from_proto(proto, self._binding.names)
        except Error as error:
            self._faults.add(error.message, where=f"{frame.label}: value {quoted(name)}", hint=error.hint)
            return unknown

    def _infer(
        self,
        frame: _Frame,
        op: OnnxOp,
        node: NodeProto,
        inputs: Sequence[Value[Any] | None],
        outputs: Sequence[int],
    ) -> dict[int, Type]:
        """The types of the outputs of a node without graphs, by position; notes what is known of the first one."""
        constant = op.attributes.get("value")
        if op.operator == "Constant" and constant is not None:
            self._note(op, known_constant(constant))
            return {0: getattr(constant, "type")}  # noqa: B009 -- every constant has one
        given = _types(inputs)
        constants = [None if value is None else self._value(value) for value in inputs]
        types = frame.inference.results(type(op), node, given, constants, outputs)
        known = [None if value is None else self._known.get(value) for value in inputs]
        if 0 in types:
            types[0] = refine(node, types[0], given, known)
        if 0 in outputs:
            self._note(op, evaluate(node, given, known))
        return types

    def _note(self, op: OnnxOp, known: Known | None) -> None:
        if known is not None and op.results:
            self._known[op.results[0]] = known

    def _value(self, value: Value[Any]) -> Attribute | Known | None:
        """What is known of a value: its elements, or the constant that it is."""
        known = self._known.get(value)
        if known is not None:
            return known
        definer = value.defining_op
        return None if definer is None or definer.operands else definer.attributes.get("value")

    def _type_results(
        self, frame: _Frame, op: OnnxOp, node: NodeProto, outputs: Sequence[int], found: Mapping[int, Type]
    ) -> None:
        """Gives results their types: inferred and declared ones together, otherwise as much as the schema tells."""
        guesses: list[Type] | None = None
        for number, (position, result) in enumerate(zip(outputs, op.results, strict=True)):
            name = node.output[position]
            type = meet(found.get(position, unknown), self._declared(frame, name))
            if isinstance(type, AnyType):
                guesses = schema_types(op) if guesses is None else guesses
                type = guesses[number]
            result.set_type(type)
            if name:
                self._add_result(frame, name, result, None)


def _types(values: Iterable[Value[Any] | None]) -> list[Type | None]:
    return [None if value is None else value.type for value in values]


def _versions(entries: Iterable[onnx.OperatorSetIdProto]) -> dict[str, int]:
    return {canonical_domain(entry.domain): entry.version for entry in entries}


def _location(frame: _Frame, index: int, node: NodeProto) -> Location:
    """The node's name, file or graph, and number (from 1, as lines are counted); its documentation if it has any."""
    place = FileLineColLoc(frame.label, index + 1, 1)
    return documented(NameLoc(node.name, place) if node.name else place, node.doc_string)
