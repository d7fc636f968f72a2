"""From an ONNX model to a module of the `onnx` dialect, as it is: nothing is folded, lowered or renamed.

The main graph becomes `func.func @main_graph`, each model-local function one private `func.func` for each way in which it is called (operand types
and attribute values), graphs inside nodes become regions. Names of nodes are locations, names of inputs and outputs are attributes of
arguments and results, names of values are hints.

Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import onnx
from onnx import GraphProto, NodeProto

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.func import Return as FuncReturn
from couloir.dialects.onnx.base import OnnxOp, SchemaTypes
from couloir.dialects.onnx.protos import type_from_proto
from couloir.dialects.onnx.schemas import class_at
from couloir.dialects.onnx.structure import Call, Initializer, Return
from couloir.dialects.onnx.types import AnyType, unknown
from couloir.frontends.onnx.attributes import AttributeReader
from couloir.frontends.onnx.checking import canonical_domain, function_key
from couloir.frontends.onnx.faults import Faults
from couloir.frontends.onnx.functions import Instance, Instances
from couloir.frontends.onnx.inference import TypedGraph, dimensions, infer_types, walk_graphs
from couloir.frontends.onnx.reading import ReadModel, read_model
from couloir.frontends.onnx.unsupported import Unsupported
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    ArrayAttr,
    DenseArrayAttr,
    DictionaryAttr,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
)
from couloir.ir.constraints import element_type
from couloir.ir.errors import Error, nearest
from couloir.ir.limits import Limits, quoted
from couloir.ir.location import FileLineColLoc, FusedLoc, Location, NameLoc
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import FunctionType, UnrankedTensorType, i32
from couloir.ir.verify import verify

_CLOCK_INTERVAL = 1 << 10  # nodes between two looks at the clock
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
        dims: Sizes for symbolic dimensions, by name: `{"N": 1}`. All types are inferred with them.
        limits: Bounds on what the model may ask for.
        base: Directory of the external data; by default that of the path.

    Raises:
        Error: if the model cannot be read, breaks ONNX's rules, exceeds a limit, or uses operators that are not known (all of them are
            listed), or if `dims` names a dimension that the model does not have.
    """
    model = read_model(source, base=base, limits=limits)
    module = _Importer(model, dict(dims or {})).run()
    verify(module)
    return module


@attrs.define(eq=False)
class _Frame:
    """A graph or function body in the middle of its import."""

    label: str
    """What it is, for locations: the file, or the node and attribute that hold it."""
    nodes: Sequence[NodeProto]
    outputs: Sequence[str]
    types: TypedGraph
    imports: dict[str, int]
    block: Block
    owner: Operation
    """The function, or the op in whose region the block is."""
    position: int = 0
    defined: list[tuple[str, Value[Any] | None]] = attrs.field(factory=list)
    """Names defined here, each with the value that it had outside."""
    fresh: list[tuple[str, Value[Any]]] = attrs.field(factory=list)
    """Results of the node before: they become visible after the graphs inside it."""
    pending: list[_Frame] = attrs.field(factory=list)
    """Graphs of the node before that are still to be imported, the last one first."""


class _Importer:
    def __init__(self, model: ReadModel, dims: dict[str, int]) -> None:
        self._model = model
        self._proto = model.proto
        self._dims = dims
        self._faults = Faults()
        self._unsupported = Unsupported()
        self._reader = AttributeReader(model.tensors(), self._faults)
        self._instances = Instances(model.proto.functions)
        self._values: dict[str, Value[Any]] = {}
        self._count = 0

    def run(self) -> ModuleOp:
        self._check_dims()
        graph = self._proto.graph
        self._find_unsupported()
        types = infer_types(
            graph,
            ir_version=self._proto.ir_version,
            opset_imports=self._proto.opset_import,
            functions=self._proto.functions,
            bind=self._dims,
        )
        module = ModuleOp.empty()
        module.location = FileLineColLoc(self._model.name, 1, 1)
        module.attributes.update(_module_attributes(self._proto))
        imports = {canonical_domain(entry.domain): entry.version for entry in self._proto.opset_import}
        module.body.append(self._main(graph, types, imports))
        while (instance := self._instances.next()) is not None:
            module.body.append(self._function(instance))
        self._faults.raise_if_any()
        return module

    def _find_unsupported(self) -> None:
        """Reports every operator that nobody knows, of the main graph and of the functions, at once."""
        known = self._instances.keys
        bodies = [(self._proto.graph.node, self._proto.opset_import)]
        bodies += [(function.node, function.opset_import) for function in self._proto.functions]
        for nodes, entries in bodies:
            imports = {canonical_domain(entry.domain): entry.version for entry in entries}
            self._unsupported.look_at(nodes, imports, known)
        self._unsupported.raise_if_any(self._model.name)

    def _check_dims(self) -> None:
        """The names in `dims` must exist, and their sizes be sizes."""
        for name, size in self._dims.items():
            if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 63:  # pyright: ignore[reportUnnecessaryIsInstance] -- it is the caller's
                raise Error(f"`dims` gives {quoted(str(name))} the size {size!r}; a size is an integer from 0 on", where=self._model.name)
        if not self._dims:
            return
        known = _symbolic_dims(self._proto.graph)
        for name in self._dims:
            if name not in known:
                names = ", ".join(quoted(n) for n in known)
                raise Error(
                    f"the model has no symbolic dimension {quoted(name)}",
                    where=self._model.name,
                    hint=nearest(name, known) or (f"it has {names}" if known else "all its dimensions are fixed or nameless"),
                )

    # -- functions -----------------------------------------------------------------------------------------------------------

    def _main(self, graph: GraphProto, types: TypedGraph, imports: dict[str, int]) -> FuncOp:
        constants = {tensor.name for tensor in graph.initializer} | {s.values.name for s in graph.sparse_initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        block = Block()
        function = self._new_function(MAIN, block, private=False)
        function.attributes["onnx.name"] = StringAttr(graph.name)
        if graph.doc_string:
            function.attributes["onnx.doc"] = StringAttr(graph.doc_string)
        function.attributes.update(_metadata(graph.metadata_props))
        frame = _Frame(
            self._model.name, graph.node, [value.name for value in graph.output], types, imports, block, function
        )
        argument_attributes: list[DictionaryAttr] = []
        for value in inputs:
            self._add_argument(frame, value.name, self._type_of(frame, value.name))
            argument_attributes.append(self._value_attributes(value))
        self._initializers(frame, graph)
        self._run(frame)
        self._finish(function, argument_attributes, [self._value_attributes(value) for value in graph.output])
        return function

    def _function(self, instance: Instance) -> FuncOp:
        """One model-local function as it is called with certain types and attributes."""
        block = Block()
        function = self._new_function(instance.symbol, block, private=True)
        function.attributes["onnx.function"] = DictionaryAttr(
            {
                "domain": StringAttr(instance.proto.domain),
                "name": StringAttr(instance.proto.name),
                "overload": StringAttr(instance.proto.overload),
                "opset_import": _opset_import(instance.proto.opset_import),
            }
        )
        graph = instance.body
        types = infer_types(
            graph,
            ir_version=self._proto.ir_version,
            opset_imports=instance.proto.opset_import,
            functions=self._proto.functions,
            bind=self._dims,
        )
        imports = {canonical_domain(entry.domain): entry.version for entry in instance.proto.opset_import}
        label = f"{self._model.name}: {instance.label}"
        frame = _Frame(label, graph.node, list(instance.proto.output), types, imports, block, function)
        for name, type in instance.inputs:
            self._add_argument(frame, name, type)
        self._run(frame)
        named = [DictionaryAttr({"onnx.name": StringAttr(name)}) for name, _ in instance.inputs]
        self._finish(function, named, [DictionaryAttr({"onnx.name": StringAttr(name)}) for name in instance.proto.output])
        return function

    def _new_function(self, symbol: str, block: Block, *, private: bool) -> FuncOp:
        attributes: dict[str, Attribute] = {"sym_name": StringAttr(symbol), "function_type": FunctionType((), ())}
        if private:
            attributes["sym_visibility"] = StringAttr("private")
        location = NameLoc(symbol, FileLineColLoc(self._model.name, 1, 1))
        return FuncOp.create(attributes=attributes, regions=[Region([block])], location=location)

    def _finish(self, function: FuncOp, arguments: list[DictionaryAttr], results: list[DictionaryAttr]) -> None:
        """Gives a function its type and the attributes of its arguments and results."""
        last = function.entry.last_op
        returned = [] if last is None else [value.type for value in last.operands]
        function.attributes["function_type"] = FunctionType([a.type for a in function.entry.arguments], returned)
        if arguments:
            function.attributes["arg_attrs"] = ArrayAttr(arguments)
        if results:
            function.attributes["res_attrs"] = ArrayAttr(results)

    def _value_attributes(self, value: onnx.ValueInfoProto) -> DictionaryAttr:
        """Name, symbolic dimensions that are still open, and documentation of an input or output."""
        entries: dict[str, Attribute] = {"onnx.name": StringAttr(value.name)}
        open_names = ["" if dim.dim_param in self._dims else dim.dim_param for dim in dimensions(value.type)]
        if any(open_names):
            entries["onnx.dims"] = ArrayAttr([StringAttr(name) for name in open_names])
        if value.doc_string:
            entries["onnx.doc"] = StringAttr(value.doc_string)
        return DictionaryAttr({**entries, **_metadata(value.metadata_props)})

    def _add_argument(self, frame: _Frame, name: str, type: Type) -> None:
        self._define(frame, name, frame.block.add_argument(type, name, NameLoc(name)))

    def _initializers(self, frame: _Frame, graph: GraphProto) -> None:
        position = {value.name: index for index, value in enumerate(graph.input)}
        tensors = [(tensor.name, tensor) for tensor in graph.initializer]
        tensors += [(sparse.values.name, sparse) for sparse in graph.sparse_initializer]
        for name, tensor in tensors:
            where = f"{frame.label}: initializer {quoted(name)}"
            value = self._reader.constant(tensor, where=where)
            if value is None:
                continue
            attributes: dict[str, Attribute] = {"value": value}
            if name in position:
                attributes["input_index"] = IntegerAttr(position[name])
            location = _documented(NameLoc(name, FileLineColLoc(self._model.name, 1, 1)), tensor)
            type: Any = getattr(value, "type")  # noqa: B009 -- every constant has one
            op = Initializer.create(result_types=[type], attributes=attributes, location=location)
            op.results[0].name_hint = name
            frame.block.append(op)
            self._define(frame, name, op.results[0])

    # -- going through the graphs --------------------------------------------------------------------------------------------

    def _run(self, root: _Frame) -> None:
        """Imports a graph and all graphs inside it, without recursion."""
        stack = [root]
        while stack:
            frame = stack[-1]
            if frame.pending:
                stack.append(frame.pending.pop())
                continue
            for name, value in frame.fresh:
                self._define(frame, name, value)
            frame.fresh = []
            if frame.position < len(frame.nodes):
                self._node(frame, frame.position, frame.nodes[frame.position])
                frame.position += 1
            else:
                self._leave(frame)
                stack.pop()

    def _define(self, frame: _Frame, name: str, value: Value[Any]) -> None:
        frame.defined.append((name, self._values.get(name)))
        self._values[name] = value

    def _leave(self, frame: _Frame) -> None:
        outputs = [self._values[name] for name in frame.outputs if name in self._values]
        if len(outputs) == len(frame.outputs) or self._faults.found:
            cls = FuncReturn if isinstance(frame.owner, FuncOp) else Return
            frame.block.append(cls.create(outputs, location=frame.owner.location))
        else:
            missing = next(name for name in frame.outputs if name not in self._values)
            self._faults.add(f"the output {quoted(missing)} depends on an input that is not given", where=frame.label)
        for name, before in reversed(frame.defined):
            if before is None:
                del self._values[name]
            else:
                self._values[name] = before

    def _node(self, frame: _Frame, index: int, node: NodeProto) -> None:
        self._count += 1
        if not self._count % _CLOCK_INTERVAL:
            self._model.deadline.check("importing the model", where=self._model.name)
        operands = [self._values.get(name) if name else None for name in node.input]
        location = _location(frame, index, node)
        try:
            if function_key(node) in self._instances.keys:
                op = self._call(frame, node, operands, location)
            else:
                op = self._operator(frame, index, node, operands, location)
        except Error as error:
            where = f"{self._model.name}: {_node_label(frame, index, node)}"
            self._faults.append(Error(error.message, where=where, hint=error.hint, notes=error.notes))
            frame.fresh = self._stand_ins(node)
            return
        op.attributes.update(_metadata(node.metadata_props))
        frame.block.append(op)
        names = [name for name in node.output]
        if isinstance(op, Call):
            numbered = enumerate(names)
        else:
            slots = [name for slot, name in enumerate(names) if slot in self._present]
            numbered = enumerate(slots)
        for number, name in numbered:
            if name:
                op.results[number].name_hint = name
                frame.fresh.append((name, op.results[number]))

    def _stand_ins(self, node: NodeProto) -> list[tuple[str, Value[Any]]]:
        """Values for the results of a node that could not be imported, so that only its own faults are reported."""
        return [(name, Block([unknown]).arguments[0]) for name in node.output if name]

    # -- one node ------------------------------------------------------------------------------------------------------------

    _present: Sequence[int] = ()

    def _operator(
        self, frame: _Frame, index: int, node: NodeProto, operands: list[Value[Any] | None], location: Location
    ) -> Operation:
        domain = canonical_domain(node.domain)
        cls = class_at(node.op_type, frame.imports[domain], domain)
        assert cls is not None, "unsupported operators have been reported"
        given, sizes = distribute(cls, "operand", [value is not None for value in operands])
        attributes, graphs = self._reader.attributes(cls, node)
        if cls.definition.needs_segments("operand"):
            attributes["operandSegmentSizes"] = DenseArrayAttr(i32, sizes)
        self._present, result_sizes = distribute(cls, "result", [bool(name) for name in node.output])
        if cls.definition.needs_segments("result"):
            attributes["resultSegmentSizes"] = DenseArrayAttr(i32, result_sizes)
        values = [value for number in given if (value := operands[number]) is not None]
        names = [node.output[number] for number in self._present]
        types = self._result_types(frame, cls, values, sizes, names, result_sizes)
        regions = [Region() for _ in cls.definition.regions]
        op = cls.create(values, types, attributes, regions, location=location)
        for field, region in zip(cls.definition.regions, regions, strict=True):
            graph = graphs.get(field.name)
            if graph is not None:
                frame.pending.append(self._enter(frame, index, node, op, field.name, graph, region))
        frame.pending.reverse()
        return op

    def _enter(
        self, frame: _Frame, index: int, node: NodeProto, op: Operation, key: str, graph: GraphProto, region: Region
    ) -> _Frame:
        """Begins a graph inside a node."""
        block = region.add_block()
        label = f"{self._model.name}: {_node_label(frame, index, node)} > {key}"
        types = frame.types.nested(node, key, graph)
        outputs = [value.name for value in graph.output]
        inner = _Frame(label, graph.node, outputs, types, frame.imports, block, op)
        for value in graph.input:
            self._add_argument(inner, value.name, self._type_of(inner, value.name))
        self._initializers(inner, graph)
        return inner

    def _call(self, frame: _Frame, node: NodeProto, operands: list[Value[Any] | None], location: Location) -> Operation:
        """A call of a model-local function."""
        types = [None if value is None else value.type for value in operands]
        instance = self._instances.find(node, types, self._dims)
        outputs = [*node.output, *[""] * (len(instance.proto.output) - len(node.output))]
        results = [self._type_of(frame, name) if name else unknown for name in outputs]
        values = [value for value in operands if value is not None]
        attributes: dict[str, Attribute] = {"callee": SymbolRefAttr(instance.symbol)}
        return Call.create(values, results, attributes, location=location)

    # -- types ---------------------------------------------------------------------------------------------------------------

    def _type_of(self, frame: _Frame, name: str) -> Type:
        proto = frame.types.type_of(name)
        return unknown if proto is None else type_from_proto(proto, self._dims)

    def _result_types(
        self,
        frame: _Frame,
        cls: type[OnnxOp],
        values: Sequence[Value[Any]],
        sizes: Sequence[int],
        names: Sequence[str],
        result_sizes: Sequence[int],
    ) -> list[Type]:
        """The types of a node's results: inferred or declared, otherwise as much as the schema tells."""
        types = [self._type_of(frame, name) if name else unknown for name in names]
        if unknown not in types:
            return types
        fields = [f.name for f, size in zip(cls.definition.results, result_sizes, strict=True) for _ in range(size)]
        guesses = _element_types(cls, values, sizes)
        return [guesses.get(field, unknown) if isinstance(type, AnyType) else type for type, field in zip(types, fields, strict=True)]


def distribute(cls: type[OnnxOp], kind: str, present: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Which of the values of a node are there, and how many of them belong to each field of its class.

    Args:
        cls: The class of the op.
        kind: `"operand"` or `"result"`.
        present: For each position of the node whether there is a value; a result that must be there is there without a name, too.

    Raises:
        Error: when there are too few or too many.
    """
    fields = cls.definition.groups(kind)
    what = "inputs" if kind == "operand" else "outputs"
    given: list[int] = []
    sizes: list[int] = []
    for position, field in enumerate(fields):
        if field.arity == "variadic":  # always the last one
            rest = range(position, len(present))
            if kind == "operand" and not all(present[number] for number in rest):
                raise Error(f"one of the {what} `{field.name}` of {cls.operator} has no name")
            given += rest
            sizes.append(len(rest))
        elif position < len(present) and (present[position] or (kind == "result" and field.arity == "single")):
            given.append(position)
            sizes.append(1)
        elif field.arity == "single":
            raise Error(f"{cls.operator} needs its {what[:-1]} `{field.name}` (number {position + 1})")
        else:
            sizes.append(0)
    if len(present) > len(fields) and not (fields and fields[-1].arity == "variadic"):
        raise Error(
            f"the node has {len(present)} {what}, but {cls.operator} takes at most {len(fields)}"
            if kind == "operand"
            else f"the node has {len(present)} {what}, but {cls.operator} gives at most {len(fields)}"
        )
    return given, sizes


def _element_types(cls: type[OnnxOp], values: Sequence[Value[Any]], sizes: Sequence[int]) -> dict[str, Type]:
    """Tensors without shape for the results whose element type follows from the schema's type variables."""
    from couloir.dialects.onnx.types import BY_NAME

    rule = next(r for r in cls.definition.relations if isinstance(r, SchemaTypes))
    bound: dict[str, Type] = {}
    found: dict[str, Type] = {}
    rest = iter(values)
    for parameter, size in zip(rule.parameters, sizes, strict=False):
        for value in [next(rest) for _ in range(size)]:
            if parameter.variable is not None and not isinstance(value.type, AnyType):
                bound.setdefault(parameter.variable, value.type)
    for parameter in rule.parameters[len(sizes) :]:
        type = None if parameter.variable is None else bound.get(parameter.variable)
        if type is not None:
            element = element_type(type)
            found[parameter.field] = type if element is type else UnrankedTensorType(element)
        elif len(parameter.allowed) == 1:
            name = next(iter(parameter.allowed))
            if name.startswith("tensor(") and name[7:-1] in BY_NAME:
                found[parameter.field] = UnrankedTensorType(BY_NAME[name[7:-1]].type)
    return found


# -- names, locations, module attributes ---------------------------------------------------------------------------------------


def _node_label(frame: _Frame, index: int, node: NodeProto) -> str:
    return f"node {quoted(node.name) if node.name else f'#{index}'} ({quoted(node.op_type)[1:-1]})"


def _location(frame: _Frame, index: int, node: NodeProto) -> Location:
    """The node's name, file or graph, and number (from 1, as lines are counted); its documentation if it has any."""
    place = FileLineColLoc(frame.label, index + 1, 1)
    return _documented(NameLoc(node.name, place) if node.name else place, node)


def _documented(location: Location, proto: Any) -> Location:
    text: str = getattr(proto, "doc_string", "")
    return FusedLoc((location,), StringAttr(text)) if text else location


def _metadata(entries: Sequence[onnx.StringStringEntryProto]) -> dict[str, Attribute]:
    if not entries:
        return {}
    return {"onnx.metadata": DictionaryAttr({entry.key: StringAttr(entry.value) for entry in entries})}


def _opset_import(entries: Sequence[onnx.OperatorSetIdProto]) -> DictionaryAttr:
    return DictionaryAttr({canonical_domain(e.domain) or "ai.onnx": IntegerAttr(e.version) for e in entries})


def _module_attributes(proto: onnx.ModelProto) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {
        "onnx.opset_import": _opset_import(proto.opset_import),
        "onnx.ir_version": IntegerAttr(proto.ir_version),
    }
    for key in ("producer_name", "producer_version", "domain"):
        if text := getattr(proto, key):
            found[f"onnx.{key}"] = StringAttr(text)
    if proto.doc_string:
        found["onnx.doc"] = StringAttr(proto.doc_string)
    if proto.model_version:
        found["onnx.model_version"] = IntegerAttr(proto.model_version)
    return {**found, **_metadata(proto.metadata_props)}


def _symbolic_dims(graph: GraphProto) -> list[str]:
    """The names of symbolic dimensions, those of the inputs first."""
    names: dict[str, None] = {}
    for inner in walk_graphs(graph):
        for value in (*inner.input, *inner.output, *inner.value_info):
            for dim in dimensions(value.type):
                if dim.dim_param:
                    names[dim.dim_param] = None
    return list(names)
