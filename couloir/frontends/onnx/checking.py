"""The rules of ONNX for a whole model: versions, names, single assignment, order, scopes, functions.

`onnx.checker` covers some of this, recursively and without limits. Here every walk has a stack of its own, every fault
names its graph and node, and all faults are reported together. What an operator demands of its attributes and types is
the business of its op class, not of this file.

Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

import attrs
import onnx
from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto

from couloir.frontends.onnx.attribute_checks import ContentChecker
from couloir.frontends.onnx.faults import Faults
from couloir.ir.limits import Deadline, Limits, quoted

OLDEST_OPSET = 7
"""The oldest version of the default operator set that can be read."""

_CLOCK_INTERVAL = 1 << 10  # nodes between two looks at the clock

FunctionKey = tuple[str, str, str]
"""What identifies a model-local function: domain, name, overload."""


def newest_opset() -> int:
    """The newest version of the default operator set that the installed onnx package knows."""
    return onnx.defs.onnx_opset_version()


def canonical_domain(domain: str) -> str:
    """The default domain can be written as `ai.onnx`; its canonical name is the empty string."""
    return "" if domain == "ai.onnx" else domain


def function_key(proto: FunctionProto | NodeProto) -> FunctionKey:
    """The key of a function, or of the function that a node would call."""
    name = proto.name if isinstance(proto, FunctionProto) else proto.op_type
    return canonical_domain(proto.domain), name, proto.overload


def check_model(model: ModelProto, *, limits: Limits, deadline: Deadline, where: str) -> None:
    """Checks the structure of a model; does not look at the data of its tensors.

    Raises:
        VerifyError: with all faults found.
        Error: if a limit on the whole model is exceeded.
    """
    _ModelChecker(model, limits, deadline, where).run()


@attrs.define(eq=False)
class _Frame:
    """A graph or function body in the middle of its check."""

    label: str
    """What it is, inside its parent: `graph 'main'`, `then_branch`."""
    nodes: Sequence[NodeProto]
    outputs: Sequence[str]
    imports: dict[str, int]
    parameters: frozenset[str] | None
    """Attributes of the function around; None outside of functions."""
    owner: FunctionKey | None
    """The function whose body this is part of; None for the main graph."""
    parent: _Frame | None = None
    depth: int = 0
    names: set[str] = attrs.field(factory=set)
    """Values of this very graph that are defined so far."""
    position: int = 0
    """Index of the next node to be checked."""
    fresh: Sequence[str] = ()
    """Results of the node before, which are visible from the next node on, but not in its own subgraphs."""
    subgraphs: list[tuple[str, GraphProto]] = attrs.field(factory=list)
    """Graphs of the node before that are still to be checked, the last one first."""
    late_uses: list[tuple[int, str]] = attrs.field(factory=list)
    """(node, value): uses of values that a later node produces."""
    producers: dict[str, int] | None = None
    """Which node produces a value; made when first needed."""

    def producer(self, value: str) -> int | None:
        if self.producers is None:
            self.producers = {name: i for i, node in enumerate(self.nodes) for name in node.output if name}
        return self.producers.get(value)

    def node_label(self, index: int) -> str:
        node = self.nodes[index]
        operator = node.op_type if node.op_type.isidentifier() and len(node.op_type) < 80 else quoted(node.op_type)
        return f"node {quoted(node.name) if node.name else f'#{index}'} ({operator})"


class _ModelChecker:
    def __init__(self, model: ModelProto, limits: Limits, deadline: Deadline, where: str) -> None:
        self._model = model
        self._limits = limits
        self._deadline = deadline
        self._where = where
        self._faults = Faults()
        self._contents = ContentChecker(limits, self._faults)
        self._functions: dict[FunctionKey, FunctionProto] = {}
        self._calls: dict[FunctionKey | None, Counter[FunctionKey]] = {}
        self._node_counts: Counter[FunctionKey | None] = Counter()
        self._nodes = 0
        self._visible: Counter[str] = Counter()
        """In how many of the open graphs a name is defined: looking up a value does not depend on the nesting."""

    def run(self) -> None:
        model = self._model
        self._ir_version(model.ir_version)
        imports = self._imports(model.opset_import, where=self._where)
        self._declare_functions()
        if model.HasField("graph"):
            self._walk(self._enter(model.graph, f"graph {quoted(model.graph.name)}", imports, None, None, None))
        else:
            self._faults.add("the model has no graph", where=self._where)
        for key, function in self._functions.items():
            self._walk(self._enter_function(key, function))
        self._check_calls()
        self._faults.raise_if_any()

    # Versions

    def _ir_version(self, version: int) -> None:
        if version < 1:
            self._faults.add(f"the model has no valid ir_version (it is {version})", where=self._where)
        elif version > onnx.IR_VERSION:
            self._faults.add(
                f"the model has ir_version {version}; onnx {onnx.__version__} knows versions up to {onnx.IR_VERSION}",
                where=self._where,
                hint="install a newer onnx package: `pip install -U onnx`",
            )

    def _imports(self, entries: Iterable[OperatorSetIdProto], *, where: str) -> dict[str, int]:
        """Versions of the imported operator sets, by domain."""
        imports: dict[str, int] = {}
        for entry in entries:
            domain, version = canonical_domain(entry.domain), entry.version
            self._faults.check_name(domain, "the domain", limits=self._limits, where=where)
            if imports.setdefault(domain, version) != version:
                self._faults.add(
                    f"the operator set {_domain_in_words(domain)} is imported twice, as versions {imports[domain]} and "
                    f"{version}",
                    where=where,
                )
            newest = newest_opset()
            if domain == "" and not OLDEST_OPSET <= version <= newest:
                hint = "install a newer onnx package: `pip install -U onnx`" if version > newest else None
                if 0 < version < OLDEST_OPSET:
                    hint = f"onnx.version_converter.convert_version(model, {newest}) can bring it up to date"
                self._faults.add(
                    f"the model uses opset {version}; supported are opsets {OLDEST_OPSET} to {newest}",
                    where=where,
                    hint=hint,
                )
            elif version < 1:
                self._faults.add(
                    f"the operator set {_domain_in_words(domain)} has version {version}, which is not positive",
                    where=where,
                )
        if not imports:
            self._faults.add(
                "no operator set is imported (opset_import)",
                where=where,
                hint=f"supported are opsets {OLDEST_OPSET} to {newest_opset()} of the default domain",
            )
        return imports

    # Functions

    def _declare_functions(self) -> None:
        for function in self._model.functions:
            key = function_key(function)
            where = f"{self._where}: {_function_in_words(key)}"
            if not function.name:
                self._faults.add("a function has no name", where=self._where)
            for part in (function.name, function.domain, function.overload):
                self._faults.check_name(part, "the function", limits=self._limits, where=where)
            if key in self._functions:
                self._faults.add("the function is defined twice", where=where)
            self._functions[key] = function

    def _enter_function(self, key: FunctionKey, function: FunctionProto) -> _Frame:
        where = f"{self._where}: {_function_in_words(key)}"
        names = [*function.attribute, *(default.name for default in function.attribute_proto)]
        for name, count in Counter(names).items():
            if count > 1:
                self._faults.add(f"the function has two attributes named {quoted(name)}", where=where)
        for default in function.attribute_proto:
            for _ in self._contents.attribute(default, parameters=None, where=where):
                self._faults.add(f"the default of attribute {quoted(default.name)} is a graph", where=where)
        frame = _Frame(
            _function_in_words(key),
            function.node,
            function.output,
            self._imports(function.opset_import, where=where),
            frozenset(names),
            key,
        )
        for name in function.input:
            self._define_input(frame, name, "input")
        return frame

    def _check_calls(self) -> None:
        """No function may call itself, by whatever way round, and expanding all calls must stay within the limit."""
        graph = {key: set(self._calls.get(key, ())) for key in self._functions}
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            cycle: list[FunctionKey] = error.args[1]
            names = " -> ".join(_short(quoted(":".join(filter(None, key))) for key in reversed(cycle)))
            self._faults.add(f"functions call each other in a circle: {names}", where=self._where)
            return
        bound = self._limits.expanded_nodes + 1
        sizes: dict[FunctionKey | None, int] = {}
        for key in (*order, None):
            calls = self._calls.get(key, Counter())
            size = self._node_counts[key] + sum(sizes[callee] * count for callee, count in calls.items())
            sizes[key] = min(size, bound)  # a chain of n doublings would make numbers of n digits
        if sizes[None] >= bound:
            message = self._limits.exceeded("expanded_nodes", f"at least {bound}", what="the model", where=self._where)
            self._faults.append(message)

    # Graphs

    def _walk(self, root: _Frame) -> None:
        """Checks a graph and all graphs inside it, in the order in which they would run."""
        stack = [root]
        while stack:
            frame = stack[-1]
            if frame.subgraphs:
                label, graph = frame.subgraphs.pop()
                if frame.depth + 1 > self._limits.depth:
                    raise self._limits.exceeded("depth", frame.depth + 1, what="the graph", where=self._place(frame))
                stack.append(self._enter(graph, label, frame.imports, frame.parameters, frame.owner, frame))
                continue
            for name in frame.fresh:
                self._define(frame, name)
            frame.fresh = ()
            if frame.position < len(frame.nodes):
                self._count_node(frame)
                self._node(frame, frame.position, frame.nodes[frame.position])
                frame.position += 1
            else:
                self._leave(frame)
                stack.pop()

    def _enter(
        self,
        graph: GraphProto,
        label: str,
        imports: dict[str, int],
        parameters: frozenset[str] | None,
        owner: FunctionKey | None,
        parent: _Frame | None,
    ) -> _Frame:
        """Begins a graph: its inputs and initializers become visible."""
        depth = 0 if parent is None else parent.depth + 1
        outputs = [output.name for output in graph.output]
        frame = _Frame(label, graph.node, outputs, imports, parameters, owner, parent, depth)
        where = self._place(frame)
        self._faults.check_name(graph.name, "the graph", limits=self._limits, where=where)
        for value in graph.input:
            self._define_input(frame, value.name, "input")
        inputs = frozenset(frame.names)
        self._initializers(graph, frame, inputs, where)
        self._values(graph.input, required=parent is None, where=where)
        self._values(graph.output, required=False, where=where)
        self._values(graph.value_info, required=False, where=where)
        return frame

    def _initializers(self, graph: GraphProto, frame: _Frame, inputs: frozenset[str], where: str) -> None:
        seen: set[str] = set()
        sparse_tensors = ((tensor.values.name, tensor) for tensor in graph.sparse_initializer)
        for name, tensor in (*((tensor.name, tensor) for tensor in graph.initializer), *sparse_tensors):
            here = f"{where}, initializer {quoted(name)}"
            if isinstance(tensor, onnx.TensorProto):
                self._contents.tensor(tensor, where=here)
            else:
                self._contents.sparse_tensor(tensor, where=here)
            if name in seen:
                self._faults.add("two initializers have this name", where=here)
            elif name not in inputs:  # an initializer with the name of an input is its default value
                self._define_input(frame, name, "initializer")
            seen.add(name)

    def _values(self, values: Iterable[ValueInfoProto], *, required: bool, where: str) -> None:
        for index, value in enumerate(values):
            if not index % _CLOCK_INTERVAL:
                self._deadline.check("checking the model", where=self._where)
            self._faults.check_name(value.name, "the value", limits=self._limits, where=where)
            self._contents.value(value, required=required, where=where)

    def _define_input(self, frame: _Frame, name: str, what: str) -> None:
        """Makes an input or initializer visible. It may hide a value of a graph around, but none of its own graph."""
        if not name:
            self._faults.add(f"an {what} has no name", where=self._place(frame))
        elif name in frame.names:
            self._faults.add(f"the {what} {quoted(name)} is defined twice", where=self._place(frame))
        else:
            self._faults.check_name(name, f"the {what}", limits=self._limits, where=self._place(frame))
            self._define(frame, name)

    def _define(self, frame: _Frame, name: str) -> None:
        if name and name not in frame.names:
            frame.names.add(name)
            self._visible[name] += 1

    def _leave(self, frame: _Frame) -> None:
        """Ends a graph: its outputs must exist, and its values become invisible."""
        for index, name in enumerate(frame.outputs):
            if not name:
                self._faults.add(f"output {index} has no name", where=self._place(frame))
            elif not self._visible.get(name) or (frame.parent is None and name not in frame.names):
                self._faults.add(f"the output {quoted(name)} is never produced", where=self._place(frame))
        if frame.late_uses:
            self._report_order(frame)
        for name in frame.names:
            self._visible[name] -= 1
            if not self._visible[name]:
                del self._visible[name]

    # Nodes

    def _count_node(self, frame: _Frame) -> None:
        self._node_counts[frame.owner] += 1
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise self._limits.exceeded("nodes", f"at least {self._nodes}", what="the model", where=self._where)
        if not self._nodes % _CLOCK_INTERVAL:
            self._deadline.check("checking the model", where=self._where)

    def _node(self, frame: _Frame, index: int, node: NodeProto) -> None:
        if not node.op_type:
            self._node_fault(frame, index, "the node has no operator (op_type)")
        elif canonical_domain(node.domain) not in frame.imports:
            self._node_fault(
                frame,
                index,
                f"the operator set {_domain_in_words(canonical_domain(node.domain))} is not imported",
                hint="the model must list it in opset_import",
            )
        for name in (node.name, node.op_type, node.domain, node.overload):
            if len(name) > self._limits.name_length or "\0" in name:
                self._faults.check_name(name, "the name", limits=self._limits, where=self._place(frame, index))
        if max(len(node.input), len(node.output)) > self._limits.attribute_items:
            count = max(len(node.input), len(node.output))
            raise self._limits.exceeded("attribute_items", count, what="the node", where=self._place(frame, index))
        for name in node.input:
            if name and name not in self._visible:
                self._undefined(frame, index, name)
        self._results(frame, index, node)
        self._attributes(frame, index, node)
        self._call(frame, index, node)

    def _results(self, frame: _Frame, index: int, node: NodeProto) -> None:
        if not node.output:
            self._node_fault(frame, index, "the node has no outputs, so that nothing can use it")
        if len(node.output) > 1:
            for name, count in Counter(node.output).items():
                if name and count > 1:
                    self._node_fault(frame, index, f"the node has two outputs named {quoted(name)}")
        for name in node.output:
            if name in self._visible:
                if name in frame.names:
                    self._node_fault(
                        frame,
                        index,
                        f"the value {quoted(name)} is defined a second time",
                        hint="ONNX assigns a name once",
                    )
                else:
                    self._node_fault(frame, index, f"the value {quoted(name)} hides a value of a graph around this one")
            elif len(name) > self._limits.name_length or "\0" in name:
                self._faults.check_name(name, "the value", limits=self._limits, where=self._place(frame, index))
        frame.fresh = node.output

    def _attributes(self, frame: _Frame, index: int, node: NodeProto) -> None:
        if not node.attribute:
            return
        where = self._place(frame, index)
        seen: set[str] = set()
        subgraphs: list[tuple[str, GraphProto]] = []
        for attribute in node.attribute:
            if attribute.name in seen:
                self._faults.add(f"the node has two attributes named {quoted(attribute.name)}", where=where)
            seen.add(attribute.name)
            graphs = self._contents.attribute(attribute, parameters=frame.parameters, where=where)
            label = f"{frame.node_label(index)} > {quoted(attribute.name)}"
            subgraphs += [(label, graph) for graph in graphs]
        frame.subgraphs = subgraphs[::-1]

    def _call(self, frame: _Frame, index: int, node: NodeProto) -> None:
        """If the node calls a model-local function: notes the call, and checks the number of operands and results."""
        if not self._functions:
            return
        key = function_key(node)
        function = self._functions.get(key)
        if function is None:
            return
        self._calls.setdefault(frame.owner, Counter())[key] += 1
        for what, given, declared in (
            ("inputs", len(node.input), len(function.input)),
            ("outputs", len(node.output), len(function.output)),
        ):
            if given > declared:
                self._node_fault(frame, index, f"the node has {given} {what}, but its function declares {declared}")

    # Order

    def _undefined(self, frame: _Frame, index: int, name: str) -> None:
        """Tells a value that comes later, here or in a graph around, from one that does not exist."""
        place: _Frame | None = frame
        user = index
        while place is not None:
            if place.producer(name) is not None:
                place.late_uses.append((user, name))
                return
            place = place.parent
            user = 0 if place is None else place.position - 1  # `position` is already that of the next node
        self._node_fault(frame, index, f"the input {quoted(name)} is not defined anywhere")

    def _report_order(self, frame: _Frame) -> None:
        """Uses before definition: a cycle if there is one, otherwise nodes in the wrong order."""
        graph = {index: _producers_of_uses(frame, node) for index, node in enumerate(frame.nodes)}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle: list[int] = error.args[1]
            nodes = " -> ".join(_short(frame.node_label(index) for index in cycle))
            self._faults.add(f"the graph has a cycle: {nodes}", where=self._place(frame))
            return
        for index, name in frame.late_uses:
            producer = frame.producer(name)
            later = "a later node" if producer is None else frame.node_label(producer)
            self._node_fault(
                frame,
                index,
                f"the input {quoted(name)} is used before {later} produces it",
                hint="the nodes of an ONNX graph must be in topological order",
            )

    # Messages

    def _place(self, frame: _Frame, index: int | None = None) -> str:
        """File, graphs from the outside in, and node."""
        labels = [] if index is None else [frame.node_label(index)]
        inner: _Frame | None = frame
        while inner is not None:
            labels.append(inner.label)
            inner = inner.parent
            if len(labels) > 4 and inner is not None:
                labels.append("...")
                break
        return f"{self._where}: {' > '.join(reversed(labels))}"

    def _node_fault(self, frame: _Frame, index: int, message: str, hint: str | None = None) -> None:
        self._faults.add(message, where=self._place(frame, index), hint=hint)


def _producers_of_uses(frame: _Frame, node: NodeProto) -> set[int]:
    """The nodes of the frame whose results a node uses, itself or in graphs inside it."""
    uses, own = set(node.input), set[str]()
    todo = [graph for attribute in node.attribute for graph in (attribute.g, *attribute.graphs)]
    while todo:
        graph = todo.pop()
        own.update(value.name for value in graph.input)
        own.update(tensor.name for tensor in graph.initializer)
        for inner in graph.node:
            uses.update(inner.input)
            own.update(inner.output)
            todo += [graph for attribute in inner.attribute for graph in (attribute.g, *attribute.graphs)]
    captured = set(node.input) | (uses - own)  # inner values may share the name of a value that comes later
    producers = (frame.producer(name) for name in captured if name)
    return {producer for producer in producers if producer is not None}


def _domain_in_words(domain: str) -> str:
    return quoted(domain) if domain else "of the default domain"


def _function_in_words(key: FunctionKey) -> str:
    return f"function {quoted(':'.join(part for part in key if part))}"


def _short(items: Iterable[str], limit: int = 10) -> list[str]:
    """At most `limit` items, the last one always among them."""
    shown = list(items)
    return shown if len(shown) <= limit else [*shown[: limit - 2], f"... ({len(shown) - limit + 1} more)", shown[-1]]
