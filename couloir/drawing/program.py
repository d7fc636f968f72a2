"""From a module to a picture of it: ops are boxes, values are arrows with their types."""

from __future__ import annotations

from typing import Any, Final

from couloir.drawing.graph import Edge, Graph, Node
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, DenseResourceAttr, DictionaryAttr, StringAttr
from couloir.ir.operation import Block, Operation, OpResult, Value
from couloir.ir.symbols import symbol_name
from couloir.ir.text.attribute_printer import attribute_text
from couloir.ir.text.facts import cut, facts
from couloir.ir.traits import ConstantLike, IsTerminator, SymbolTable
from couloir.ir.types import ShapedType, Type

MAX_LINES: Final = 6

#: Words in an op's name -> how its box is coloured; the first that occurs decides.
_KINDS: Final = (
    ("quant", "quantization"),
    ("conv", "linear"), ("gemm", "linear"), ("matmul", "linear"), ("dot", "linear"),
    ("pool", "pool"), ("window", "pool"),
    ("norm", "normalization"), ("softmax", "activation"), ("relu", "activation"), ("sigmoid", "activation"),
    ("tanh", "activation"), ("logistic", "activation"), ("clip", "activation"), ("gelu", "activation"), ("elu", "activation"),
    ("reduce", "reduction"),
    ("reshape", "shape"), ("transpose", "shape"), ("concat", "shape"), ("slice", "shape"), ("broadcast", "shape"),
    ("flatten", "shape"), ("squeeze", "shape"), ("pad", "shape"), ("gather", "shape"), ("split", "shape"),
    ("constant", "constant"), ("initializer", "constant"),
    ("if", "control"), ("loop", "control"), ("while", "control"), ("for", "control"), ("call", "control"),
)  # fmt: skip


def kind_of(op: Operation) -> str:
    """The colour class of an op."""
    return "constant" if op.has_trait(ConstantLike) else kind_of_name(op.name)


def kind_of_name(op_name: str) -> str:
    """The colour class that an op's name suggests."""
    name = op_name.partition(".")[2].lower()
    for word, kind in _KINDS:
        if word in name:
            return kind
    return "elementwise" if name else "other"


def graph_of(op: Operation, *, constants: bool = False) -> Graph:
    """The graph of a module or function.

    Args:
        op: What to draw: each function is a cluster when there are several, each region of an op one inside it.
        constants: Whether constants are boxes of their own; otherwise they are listed in the boxes that use them.
    """
    return _Drawing(constants).run(op)


class _Drawing:
    def __init__(self, constants: bool) -> None:
        self.constants = constants
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.ids: dict[Any, str] = {}
        self.titles: dict[tuple[str, ...], str] = {}

    def run(self, root: Operation) -> Graph:
        functions = [o for r in root.regions for o in r.ops if o.regions] if root.has_trait(SymbolTable) else [root]
        todo: list[tuple[Operation, tuple[str, ...]]] = []
        for function in reversed(functions):
            path = (f"f{len(todo)}",) if len(functions) > 1 else ()
            if path:
                self.titles[path] = symbol_name(function) or function.name
            todo.append((function, path))
        ops: list[tuple[Operation, tuple[str, ...]]] = []
        while todo:
            owner, path = todo.pop()
            for number, region in enumerate(owner.regions):
                inner = path if owner in functions else (*path, f"{self.ids[owner]}.{number}")
                if inner != path:
                    self.titles[inner] = f"{owner.name} region {number}"
                for block in region.blocks:
                    self._arguments(block, owner, inner)
                    for op in block.ops:
                        if self._shown(op):
                            self._node(op, inner)
                            ops.append((op, inner))
                            if op.regions:
                                todo.append((op, inner))
        for op, _ in ops:
            self._edges(op)
        return Graph(self.nodes, self.edges, title=symbol_name(root) or "", cluster_titles=self.titles)

    def _shown(self, op: Operation) -> bool:
        return self.constants or not op.has_trait(ConstantLike)

    def _arguments(self, block: Block, owner: Operation, path: tuple[str, ...]) -> None:
        for argument in block.arguments:
            self.ids[argument] = node = f"a{len(self.nodes)}"
            title = _argument_name(owner, argument.index) or argument.name_hint or f"argument {argument.index}"
            self.nodes.append(Node(node, title, (_type(argument.type),), "input", path))

    def _node(self, op: Operation, path: tuple[str, ...]) -> None:
        self.ids[op] = node = f"n{len(self.nodes)}"
        lines: list[str] = []
        if op.location.label and not op.location.label.startswith(("<", "/")):
            lines.append(cut(op.location.label))
        for value, index in ((v, i) for i, v in enumerate(op.operands)):
            definer = value.defining_op
            if definer is not None and not self._shown(definer):
                lines.append(cut(f"operand {index}: {_constant(definer, value)}"))
        lines += facts(op)
        kind = "output" if op.has_trait(IsTerminator) else kind_of(op)
        shown = (
            lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], f"... {len(lines) - MAX_LINES + 1} more"]
        )
        types = ", ".join(str(r.type) for r in op.results)
        tooltip = "\n".join([op.name, *lines, types, op.location.label])
        self.nodes.append(Node(node, op.name.partition(".")[2] or op.name, tuple(shown), kind, path, tooltip))

    def _edges(self, op: Operation) -> None:
        for value in op.operands:
            source = self.ids.get(value.owner if isinstance(value, OpResult) else value)
            if source is not None:
                self.edges.append(Edge(source, self.ids[op], _type(value.type), str(value.type)))


def _argument_name(owner: Operation, index: int) -> str | None:
    given = owner.attributes.get("arg_attrs")
    if not isinstance(given, ArrayAttr) or index >= len(given):
        return None
    entries = given[index]
    name = entries.get("onnx.name") if isinstance(entries, DictionaryAttr) else None
    return name.value if isinstance(name, StringAttr) else None


def _constant(op: Operation, value: Value[Any]) -> str:
    stored = op.attributes.get("value")
    if isinstance(stored, DenseElementsAttr | DenseResourceAttr):
        if isinstance(stored, DenseElementsAttr) and stored.is_splat:
            return f"{stored.array[(0,) * stored.array.ndim]} : {_type(value.type)}"
        return _type(value.type)
    return _type(value.type) if stored is None else attribute_text(stored)


def _type(type: Type) -> str:
    if isinstance(type, ShapedType):
        return "x".join(["?" if d is None else str(d) for d in type.dims] + [str(type.element_type)])
    return str(type)
