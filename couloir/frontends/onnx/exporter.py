"""From a module of the `onnx` dialect back to an ONNX model.

The model computes what the module computes. Names of inputs, outputs, initializers and nodes are those of the model
from which the module came; names of other values where they are still known as hints. A model-local function comes back
once for each instance of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import attrs
import onnx
from onnx import AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.func import Return as FuncReturn
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.inference import positions
from couloir.dialects.onnx.protos import attribute_to_proto, sparse_to_proto, tensor_to_proto, type_to_proto
from couloir.dialects.onnx.structure import Call, Initializer, Return
from couloir.dialects.onnx.types import AnyType
from couloir.frontends.onnx.checking import FunctionKey
from couloir.frontends.onnx.naming import Names, documentation_of, name_of
from couloir.frontends.onnx.opsets import choose_opsets
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, IntegerAttr, SparseElementsAttr, StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value

_DEEPEST = 30
"""Levels of graphs in graphs: each takes three levels of messages, of which protobuf encodes 100."""
_IR_WITH_FUNCTIONS = 8
_IR_WITHOUT_INPUTS_FOR_INITIALIZERS = 4


def to_onnx(module: ModuleOp) -> ModelProto:
    """The ONNX model that a module of the `onnx` dialect stands for.

    The public function of the module becomes the main graph. Versions of operator sets are those that the module
    records, where the ops allow it.

    Raises:
        Error: when there is not exactly one public function, for ops that ONNX does not have (all of them are listed),
        types that it does not
            have, ops whose versions exclude each other, or graphs nested more deeply than a file can hold.
    """
    return _Exporter(module).run()


@attrs.define(eq=False)
class _Frame:
    """A block in the middle of its export."""

    ops: Iterator[Operation]
    nodes: Any
    """The repeated field that receives the nodes."""
    graph: GraphProto | None
    """The graph that receives initializers; functions have none, constants become nodes there."""
    depth: int
    pending: list[tuple[Block, GraphProto]] = attrs.field(factory=list)
    results: Sequence[Value[Any]] = ()
    """Results of the node before: they are named after the graphs inside it."""
    node: NodeProto | None = None
    slots: Sequence[int | None] = ()


class _Exporter:
    def __init__(self, module: ModuleOp) -> None:
        self._module = module
        self._keys: dict[str, FunctionKey] = {}
        self._taken: set[FunctionKey] = set()
        self._names = Names()
        self._model = ModelProto()
        self._opsets: dict[str, int] = {}

    def run(self) -> ModelProto:
        main, functions = self._functions()
        _check_ops([main, *functions])
        recorded = _versions(self._module.attributes.get("onnx.opset_import"))
        self._opsets = choose_opsets(_classes(main), recorded)
        self._header(functions)
        for function in functions:
            self._keys[function.sym_name] = self._key(function)
        self._main(main)
        for function in functions:
            self._function(function, self._model.functions.add())
        for domain, _, _ in self._keys.values():
            self._opsets.setdefault(domain, 1)
        self._model.opset_import.extend(_opset_ids(self._opsets))
        return self._model

    def _functions(self) -> tuple[FuncOp, list[FuncOp]]:
        """The function that is the main graph, and the others."""
        found = self._module.functions
        public = [function for function in found if not function.is_private]
        if len(public) != 1 or public[0].is_declaration:
            listed = ", ".join(f"@{function.sym_name}" for function in public) or "none"
            raise Error(
                f"an ONNX model has one main graph: the module needs one public function with a body; it has {listed}",
                hint='give the others `sym_visibility = "private"`',
            )
        return public[0], _callees_first([function for function in found if function.is_private])

    # -- the model -----------------------------------------------------------------------------------------------------

    def _header(self, functions: Sequence[FuncOp]) -> None:
        stored = self._module.attributes
        model = self._model
        version = stored.get("onnx.ir_version")
        if isinstance(version, IntegerAttr):
            model.ir_version = version.value
        else:
            model.ir_version = onnx.helper.find_min_ir_version_for(_opset_ids(self._opsets), ignore_unknown=True)
        if functions:
            model.ir_version = max(model.ir_version, _IR_WITH_FUNCTIONS)
        for key in ("producer_name", "producer_version", "domain"):
            setattr(model, key, _text(stored.get(f"onnx.{key}")))
        model.doc_string = _text(stored.get("onnx.doc"))
        number = stored.get("onnx.model_version")
        if isinstance(number, IntegerAttr):
            model.model_version = number.value
        _add_metadata(model.metadata_props, stored)

    def _main(self, function: FuncOp) -> None:
        graph = self._model.graph
        graph.name = _text(function.attributes.get("onnx.name")) or function.sym_name
        graph.doc_string = _text(function.attributes.get("onnx.doc"))
        _add_metadata(graph.metadata_props, function.attributes)
        last = _terminator(function.entry)
        wanted = [_text(function.result_attribute(i, "onnx.name")) for i in range(len(last.operands))]
        self._names.enter(_reserve(function, last.operands, wanted), wanted)
        inputs: list[ValueInfoProto] = []
        for index, argument in enumerate(function.arguments):
            name = self._names.define(argument, _text(function.argument_attribute(index, "onnx.name")) or None)
            inputs.append(_info(name, argument, function.argument_attribute(index, "onnx.dims")))
            _describe(
                inputs[-1],
                function.argument_attribute(index, "onnx.doc"),
                function.argument_attribute(index, "onnx.metadata"),
            )
        frame = _Frame(function.entry.ops, graph.node, graph, 0)
        self._run(frame)
        seen: set[str] = set()
        for index, (value, name) in enumerate(zip(last.operands, wanted, strict=True)):
            final = self._output(graph.node, seen, value, name)
            if isinstance(value.type, AnyType):
                raise Error(
                    f"the type of output {index} of @{function.sym_name} is not known",
                    where=function.location.label or None,
                    hint="an ONNX model declares the types of its outputs",
                )
            info = _info(final, value, function.result_attribute(index, "onnx.dims"))
            _describe(
                info, function.result_attribute(index, "onnx.doc"), function.result_attribute(index, "onnx.metadata")
            )
            graph.output.append(info)
        graph.input.extend(self._with_initializers(function, inputs))
        _without_declared(graph)
        self._names.leave()

    def _output(self, nodes: Any, seen: set[str], value: Value[Any], name: str) -> str:
        """The name of an output, put among the `seen` ones; an `Identity` renames a value that has another name or is one of
        these already."""
        final = self._names.of(value)
        if final in seen or (name and name != final):
            current, final = final, self._names.claim(name) if name else self._names.fresh()
            nodes.add(op_type="Identity", input=[current], output=[final])
        seen.add(final)
        return final

    def _with_initializers(self, function: FuncOp, inputs: list[ValueInfoProto]) -> list[ValueInfoProto]:
        """The inputs, and between them the initializers that are inputs, too."""
        old = self._model.ir_version < _IR_WITHOUT_INPUTS_FOR_INITIALIZERS
        placed: list[tuple[int, ValueInfoProto]] = []
        late: list[ValueInfoProto] = []
        for op in function.entry.ops:
            if isinstance(op, Initializer) and (old or op.input_index is not None):
                info = _info(self._names.of(op.result), op.result, None)
                placed.append((op.input_index, info)) if op.input_index is not None else late.append(info)
        merged = list(inputs)
        for index, info in sorted(placed, key=lambda entry: entry[0]):
            merged.insert(index, info)
        return merged + late

    def _key(self, function: FuncOp) -> FunctionKey:
        """Domain, name and overload under which a function appears in the model; each only once."""
        stored = function.attributes.get("onnx.function")
        entries = stored.as_dict() if isinstance(stored, DictionaryAttr) else {}
        domain, name, overload = (_text(entries.get(key)) for key in ("domain", "name", "overload"))
        if not entries:
            domain, name = "couloir", function.sym_name
        key, number = (domain, name, overload), 1
        while key in self._taken:
            number += 1
            key = (domain, f"{name}_{number}", overload)  # by name, since several runtimes do not look at overloads
        self._taken.add(key)
        return key

    def _function(self, function: FuncOp, proto: FunctionProto) -> None:
        proto.domain, proto.name, overload = self._keys[function.sym_name]
        if overload:
            proto.overload = overload
        stored = function.attributes.get("onnx.function")
        recorded = _versions(stored.get("opset_import")) if isinstance(stored, DictionaryAttr) else self._opsets
        opsets = choose_opsets(_classes(function), recorded)
        for domain, _, _ in self._called(function):
            opsets.setdefault(domain, 1)
        proto.opset_import.extend(_opset_ids(opsets))
        last = _terminator(function.entry)
        wanted = [_text(function.result_attribute(i, "onnx.name")) for i in range(len(last.operands))]
        self._names.enter(_reserve(function, last.operands, wanted), wanted)
        for index, argument in enumerate(function.arguments):
            wish = _text(function.argument_attribute(index, "onnx.name"))
            proto.input.append(self._names.define(argument, wish or None))
        frame = _Frame(function.entry.ops, proto.node, None, 0)
        self._run(frame)
        seen: set[str] = set()
        for value, name in zip(last.operands, wanted, strict=True):
            proto.output.append(self._output(proto.node, seen, value, name))
        self._names.leave()

    def _called(self, function: FuncOp) -> list[FunctionKey]:
        return [self._keys[op.callee.root] for op in function.walk() if isinstance(op, Call)]

    # -- going through the blocks --------------------------------------------------------------------------------------

    def _run(self, root: _Frame) -> None:
        """Exports a block and all blocks inside its ops, without recursion."""
        stack = [root]
        while stack:
            frame = stack[-1]
            if frame.pending:
                block, graph = frame.pending.pop()
                stack.append(self._enter(block, graph, frame.depth + 1))
                continue
            self._name_results(frame)
            op = next(frame.ops, None)
            if op is None:
                stack.pop()
            elif isinstance(op, FuncReturn):
                continue
            elif isinstance(op, Return):
                self._end(frame, op)
            elif isinstance(op, Initializer):
                self._initializer(frame, op)
            else:
                self._node(frame, op)

    def _enter(self, block: Block, graph: GraphProto, depth: int) -> _Frame:
        """Begins the graph that a block inside an op becomes."""
        if depth > _DEEPEST:
            where = None if block.parent_op is None else block.parent_op.location.label or None
            raise Error(
                f"graphs are nested more than {_DEEPEST} levels deep, which an ONNX file cannot hold",
                where=where,
            )
        self._names.enter()
        for argument in block.arguments:
            name = self._names.define(argument)
            graph.input.append(_info(name, argument, None))
        return _Frame(block.ops, graph.node, graph, depth)

    def _end(self, frame: _Frame, op: Return) -> None:
        """Ends a graph inside a node: outputs must be values of the graph itself, and different ones."""
        graph = frame.graph
        assert graph is not None, "functions do not end with onnx.Return"
        seen: set[str] = set()
        for value in op.outputs:
            name = self._names.of(value)
            own = value.parent_block is op.parent and not _is_argument(value)
            if not own or name in seen:
                final = self._names.fresh(name)
                graph.node.add(op_type="Identity", input=[name], output=[final])
                name = final
            seen.add(name)
            graph.output.append(_info(name, value, None))
        _without_declared(graph)
        self._names.leave()

    def _initializer(self, frame: _Frame, op: Initializer) -> None:
        name = self._names.define(op.result, name_of(op.location) or op.result.name_hint)
        if frame.graph is None:  # functions have no initializers
            node = frame.nodes.add(op_type="Constant", output=[name])
            sparse = isinstance(op.value, SparseElementsAttr)
            node.attribute.append(attribute_to_proto("sparse_value" if sparse else "value", op.value))
            return
        if isinstance(op.value, SparseElementsAttr):
            frame.graph.sparse_initializer.append(sparse_to_proto(op.value, name))
        else:
            tensor = tensor_to_proto(op.value, name)
            tensor.doc_string = documentation_of(op.location)
            frame.graph.initializer.append(tensor)

    def _node(self, frame: _Frame, op: Operation) -> None:
        node: NodeProto = frame.nodes.add(name=name_of(op.location), doc_string=documentation_of(op.location))
        _add_metadata(node.metadata_props, op.attributes)
        if isinstance(op, Call):
            node.domain, node.op_type, overload = self._keys[op.callee.root]
            if overload:
                node.overload = overload
            inputs: Sequence[int | None] = range(len(op.operands))
            frame.slots = range(len(op.results))
        else:
            assert isinstance(op, OnnxOp), "other ops have been reported"
            node.op_type, node.domain = op.operator, op.domain
            inputs = positions(op, "operand")
            frame.slots = positions(op, "result")
            self._attributes(frame, op, node)
        node.input.extend("" if number is None else self._names.of(op.operands[number]) for number in inputs)
        frame.node, frame.results = node, op.results

    def _attributes(self, frame: _Frame, op: OnnxOp, node: NodeProto) -> None:
        for field in op.definition.attributes:
            stored = op.attributes.get(field.key)
            if stored is not None:
                node.attribute.append(attribute_to_proto(field.key, stored))
        for field, region in zip(op.definition.regions, op.regions, strict=True):
            if not region.is_empty:
                graph = node.attribute.add(name=field.key, type=AttributeProto.GRAPH).g
                graph.name = field.key
                frame.pending.append((region.block, graph))
        frame.pending.reverse()

    def _name_results(self, frame: _Frame) -> None:
        """Names the results of the node before, now that the graphs inside it, which do not see them, are done."""
        if frame.node is None:
            return
        names = [self._names.define(result) for result in frame.results]
        frame.node.output.extend("" if number is None else names[number] for number in frame.slots)
        if frame.graph is not None:
            for name, result in zip(names, frame.results, strict=True):
                if not isinstance(result.type, AnyType):
                    frame.graph.value_info.append(_info(name, result, None))
        frame.node, frame.results = None, ()


# -- parts -------------------------------------------------------------------------------------------------------------


def _callees_first(functions: Sequence[FuncOp]) -> list[FuncOp]:
    """The functions so that each comes after those that it calls, as readers expect."""
    named = {function.sym_name: function for function in functions}
    calls = {
        name: {op.callee.root for op in function.walk() if isinstance(op, Call) and op.callee.root in named}
        for name, function in named.items()
    }
    try:
        return [named[name] for name in TopologicalSorter(calls).static_order()]
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise Error(
            f"functions call each other in a circle: {' -> '.join('@' + name for name in circle[:10])}"
        ) from error


def _check_ops(functions: Iterable[FuncOp]) -> None:
    """Reports every op that ONNX does not have, at once."""
    foreign: dict[str, list[Operation]] = {}
    for function in functions:
        for op in function.walk():
            if op is not function and not isinstance(op, OnnxOp | Call | Initializer | Return | FuncReturn):
                foreign.setdefault(op.name, []).append(op)
    if foreign:
        notes = [
            f"`{name}`: {len(ops)}" + (f", first at {ops[0].location.label}" if ops[0].location.label else "")
            for name, ops in foreign.items()
        ]
        raise Error(
            "the module has ops that are no operators of ONNX",
            notes=notes,
            hint="only modules of the `onnx` dialect can be exported",
        )


def _classes(function: FuncOp) -> list[type[OnnxOp]]:
    return [type(op) for op in function.walk() if isinstance(op, OnnxOp)]


def _terminator(block: Block) -> Operation:
    last = block.last_op
    if not isinstance(last, FuncReturn):
        raise Error("a function ends with `func.return`", hint="verify the module before exporting it")
    return last


def _names(values: Iterable[ValueInfoProto]) -> list[str]:
    """The names of values."""
    return [info.name for info in values]


def _without_declared(graph: GraphProto) -> None:
    """Removes the types of values that are inputs or outputs, too, from `value_info`."""
    declared = {*_names(graph.input), *_names(graph.output)}
    kept = [info for info in graph.value_info if info.name not in declared]
    del graph.value_info[:]
    graph.value_info.extend(kept)


def _is_argument(value: Value[Any]) -> bool:
    return value.defining_op is None


def _reserve(function: FuncOp, outputs: Sequence[Value[Any]], wanted: Sequence[str]) -> dict[Value[Any], str]:
    """The values that get an output's name straight away: results of ops at the top of the function, each once."""
    found: dict[Value[Any], str] = {}
    taken = {_text(function.argument_attribute(i, "onnx.name")) for i in range(len(function.arguments))}
    for value, name in zip(outputs, wanted, strict=True):
        definer = value.defining_op
        if (
            name
            and name not in taken
            and value not in found
            and definer is not None
            and not isinstance(definer, Initializer)
        ):
            found[value] = name
            taken.add(name)
    return found


def _info(name: str, value: Value[Any], dims: Attribute | None) -> ValueInfoProto:
    """Name and type of a value; `dims` holds the names of symbolic dimensions."""
    names = [_text(item) for item in dims] if isinstance(dims, ArrayAttr) else []
    info = ValueInfoProto(name=name)
    if not isinstance(value.type, AnyType):
        info.type.CopyFrom(type_to_proto(value.type, names))
    return info


def _describe(info: ValueInfoProto, doc: Attribute | None, metadata: Attribute | None) -> None:
    info.doc_string = _text(doc)
    if metadata is not None:
        _add_metadata(info.metadata_props, {"onnx.metadata": metadata})


def _text(attribute: Attribute | None) -> str:
    return attribute.value if isinstance(attribute, StringAttr) else ""


def _add_metadata(entries: Any, attributes: dict[str, Attribute]) -> None:
    stored = attributes.get("onnx.metadata")
    if isinstance(stored, DictionaryAttr):
        for key, value in stored.entries:
            entries.add(key=key, value=_text(value))


def _versions(stored: Attribute | None) -> dict[str, int]:
    if not isinstance(stored, DictionaryAttr):
        return {}
    pairs = ((key, value) for key, value in stored.entries if isinstance(value, IntegerAttr))
    return {"" if key == "ai.onnx" else key: value.value for key, value in pairs}


def _opset_ids(opsets: dict[str, int]) -> list[onnx.OperatorSetIdProto]:
    return [onnx.OperatorSetIdProto(domain=domain, version=version) for domain, version in opsets.items()]
