"""From a PyTorch model to StableHLO: the graph that `torch.export` makes, node by node.

The module has one function, `@main`. Its arguments are the tensors of the inputs, flat, under the names that PyTorch
gives them, and its results those of the output, then the buffers that the model changes. Parameters are constants, or
arguments in front of the inputs. A node's location is its module and name, with the line of the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.building import Tensor
from couloir.dialects.shapes import same_dims
from couloir.frontends.functions import remove_dead, result_name, value_attributes
from couloir.frontends.torch import aten  # noqa: F401  # pyright: ignore[reportUnusedImport] -- registers the lowerings
from couloir.frontends.torch.elements import constant_of, element_of
from couloir.frontends.torch.exporting import export
from couloir.frontends.torch.library import torch_library
from couloir.frontends.torch.node import LOWERINGS, Node, NotLowered, lowering_of
from couloir.frontends.torch.reading import Parameters
from couloir.frontends.torch.sizes import Sizes
from couloir.frontends.unsupported import Unsupported, no_lowering, place
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, StringAttr
from couloir.ir.builder import CURRENT, at_end
from couloir.ir.errors import Error
from couloir.ir.location import FileLineColLoc, Location, NameLoc
from couloir.ir.operation import Block, Region, Value, as_value
from couloir.ir.types import FunctionType, TensorType, Type, i64
from couloir.ir.verify import verify

Found: TypeAlias = "Tensor | Sequence[Tensor | None] | None"
"""What a node gives: a tensor, or several; None for what could not be lowered or is no tensor."""

MAIN: Final = "main"
"""The symbol of the function."""

CHECKS: Final = frozenset(
    {
        "aten._assert_async.msg",
        "aten._assert_scalar.default",
        "aten._assert_tensor_metadata.default",
        "aten.sym_constrain_range.default",
        "aten.sym_constrain_range_for_size.default",
    }
)
"""Operators that only check, and give nothing."""


def load(
    model: Any,
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    parameters: Parameters = "constants",
) -> ModuleOp:
    """Reads a PyTorch model into a verified module of StableHLO; see `couloir.from_torch`."""
    program, names = export(model, args, kwargs, dynamic_shapes)
    importer = _Importer(program, names, parameters, type(model).__name__)
    module = importer.run(training=bool(getattr(model, "training", False)))
    verify(module)
    return module


class _Importer:
    def __init__(self, program: Any, names: list[dict[int, str]], parameters: Parameters, label: str) -> None:
        self.program = program
        self.names = names
        self.parameters = parameters
        self.label = label
        self.torch = torch_library()
        self.library = str(Path(self.torch.__file__).parent)
        self.sizes = Sizes()
        self.unsupported = Unsupported("nodes", "`@couloir.frontends.torch.lowers(name)` adds a lowering of your own")
        self.values: dict[Any, Found] = {}
        self.arguments: list[DictionaryAttr] = []
        self.block = Block()

    def run(self, *, training: bool) -> ModuleOp:
        graph_module, signature = self.program.graph_module, self.program.graph_signature
        with at_end(self.block, loc=NameLoc(self.label)):
            self._inputs(graph_module.graph, signature)
        returned = self._nodes(graph_module, self.block)
        hints = ["the model is in training mode: call `model.eval()` first"] if training else []
        self.unsupported.raise_if_any(self.label, hints)
        with at_end(self.block, loc=NameLoc(self.label)):
            results = self._results(signature, returned)
            func.Return([value for value, _ in results])
        remove_dead(self.block)
        function_type = FunctionType(
            tuple(a.type for a in self.block.arguments), tuple(value.type for value, _ in results)
        )
        attributes: dict[str, Attribute] = {"sym_name": StringAttr(MAIN), "function_type": function_type}
        if self.arguments:
            attributes["arg_attrs"] = ArrayAttr(tuple(self.arguments))
        if results:
            attributes["res_attrs"] = ArrayAttr(tuple(entries for _, entries in results))
        location = NameLoc(self.label)
        function = func.FuncOp.create(attributes=attributes, regions=[Region([self.block])], location=location)
        module = ModuleOp.empty([function])
        module.location = location
        return module

    # -- inputs and results ------------------------------------------------------------------------------------------------

    def _inputs(self, graph: Any, signature: Any) -> None:
        placeholders = [node for node in graph.nodes if node.op == "placeholder"]
        as_arguments = self.parameters == "arguments"
        number = 0
        for node, spec in zip(placeholders, signature.input_specs, strict=True):
            kind = spec.kind.name
            if kind == "USER_INPUT":
                names = self.names[number] if number < len(self.names) else {}
                number += 1
                self._user_input(node, names)
            elif kind == "PARAMETER" or kind == "BUFFER":
                if as_arguments:
                    self._argument(node, spec.target, {})
                elif node.users:
                    self._constant(node, self._stored(spec.target), spec.target)
            elif kind == "CONSTANT_TENSOR":
                if node.users:
                    self._constant(node, self.program.constants[spec.target], spec.target)
            elif node.users:
                raise Error(
                    f"the model takes `{node.name}`, a {kind.lower().replace('_', ' ')}: StableHLO has tensors only",
                    where=self.label,
                )

    def _user_input(self, node: Any, names: dict[int, str]) -> None:
        if isinstance(node.meta.get("val"), self.torch.Tensor):
            self._argument(node, node.name, names)
        elif isinstance(node.meta.get("val"), self.torch.SymInt):
            raise Error(
                f"the input `{node.name}` is a dynamic whole number: StableHLO's functions take tensors",
                where=self.label,
                hint="give it as a tensor, or leave it out of `dynamic_shapes`: then it is fixed",
            )

    def _argument(self, node: Any, name: str, names: dict[int, str]) -> None:
        tensor = node.meta["val"]
        if tensor.layout is not self.torch.strided:
            raise Error(f"the input `{name}` has the layout `{tensor.layout}`, which is not dense", where=self.label)
        dims = [size if isinstance(size, int) else None for size in tensor.shape]
        location = NameLoc(name)
        argument = self.block.add_argument(TensorType(tuple(dims), self._input_element(name, tensor)), name, location)
        labels: list[str] = []
        for axis, size in enumerate(tensor.shape):
            if isinstance(size, int):
                labels.append("")
                continue
            self.sizes.define(size.node.expr, argument, axis)
            if size.node.expr.is_Symbol and axis in names:
                self.sizes.names.setdefault(str(size.node.expr), names[axis])
            labels.append(self.sizes.label(size.node.expr))
        self.arguments.append(value_attributes(name, labels))
        self.values[node] = argument

    def _input_element(self, name: str, tensor: Any) -> Type:
        try:
            return element_of(tensor.dtype)
        except NotLowered as reason:
            raise Error(reason.message, where=f"{self.label}: input `{name}`") from None

    def _stored(self, target: str) -> Any:
        found = self.program.state_dict.get(target)
        return self.program.constants[target] if found is None else found  # a buffer that is not saved

    def _constant(self, node: Any, tensor: Any, target: str | None = None) -> None:
        name = target or node.name
        try:
            op = hlo.Constant(constant_of(tensor))
        except NotLowered as reason:
            raise Error(reason.message, where=f"{self.label}: `{name}`") from None
        op.location = NameLoc(name)
        op.output.name_hint = node.name
        self.values[node] = op.output

    def _results(self, signature: Any, returned: list[Any]) -> list[tuple[Tensor, DictionaryAttr]]:
        """The results with their attributes: those of the output, then the buffers and inputs that the model changes."""
        names = iter(_output_names(self.program.call_spec.out_spec))
        outputs: list[tuple[Tensor, DictionaryAttr]] = []
        changed: list[tuple[Tensor, DictionaryAttr]] = []
        for spec, item in zip(signature.output_specs, returned, strict=True):
            kind = spec.kind.name
            if kind == "USER_OUTPUT":
                name = next(names)
                value = self._result(name, item)
                if value is not None:
                    outputs.append((value, value_attributes(name, self._labels(item, value))))
            elif kind in ("BUFFER_MUTATION", "USER_INPUT_MUTATION", "PARAMETER_MUTATION"):
                value = self._result(spec.target, item)
                if value is not None:
                    entries = value_attributes(spec.target, self._labels(item, value)).as_dict()
                    entries["torch.mutates"] = StringAttr(spec.target)
                    changed.append((value, DictionaryAttr(tuple(entries.items()))))
            else:
                raise Error(f"the model returns a {kind.lower().replace('_', ' ')}", where=self.label)
        return [*outputs, *changed]

    def _result(self, name: str, item: Any) -> Tensor | None:
        """The value of an output; None for a Python None."""
        if item is None:
            return None
        if isinstance(item, self.torch.fx.Node):
            found = self.values.get(item)
            if isinstance(found, Value):
                return found
            item = item.meta.get("val")
        whole: Any = (int, self.torch.SymInt)
        if isinstance(item, whole):
            size = self.sizes.size(item)
            return hlo.constant(size, i64).output if isinstance(size, int) else hlo.convert(size, i64).result
        if isinstance(item, float):
            return hlo.constant(item, element_of(self.torch.float64)).output
        raise Error(f"its output `{name}` is a {type(item).__name__}, which is no tensor", where=self.label)

    def _labels(self, item: Any, value: Tensor) -> list[str]:
        """The names of the open dimensions of a result."""
        shape: Sequence[Any] = (
            getattr(item.meta.get("val"), "shape", ()) if isinstance(item, self.torch.fx.Node) else ()
        )
        if len(shape) != value.type.rank:
            return []
        return [
            "" if dim is not None else self.sizes.label(size.node.expr)
            for size, dim in zip(shape, value.type.dims, strict=True)
        ]

    # -- nodes -------------------------------------------------------------------------------------------------------------

    def _nodes(self, graph_module: Any, block: Block) -> list[Any]:
        """Lowers the nodes of a graph, whose inputs are known, into a block. Returns what it returns: nodes and constants."""
        for node in graph_module.graph.nodes:
            if node.op == "output":
                return _listed(node.args[0])
            if node.op == "call_function":
                with at_end(block, loc=self.location(node)):
                    self.values[node] = self._node(node, graph_module)
            elif node.op == "get_attr" and isinstance(found := _attribute(graph_module, node), self.torch.Tensor):
                with at_end(block):
                    self._constant(node, found, str(node.target))
        return []

    def _node(self, node: Any, graph_module: Any) -> Found:
        target = _target_name(node.target)
        value = node.meta.get("val")
        if target == "getitem":
            source: Any = self.values.get(node.args[0])
            return None if source is None else source[node.args[1]]
        if target in CHECKS or self._is_number(value):
            return None  # sizes are made where they are used
        try:
            if isinstance(node.target, self.torch._ops.HigherOrderOperator):
                return self._higher_order(node, target, graph_module)
            return self._lower(node, target, value)
        except NotLowered as reason:
            self.unsupported.add(target, reason.message, self.location(node))
            return self._stand_ins(value)
        except Error as error:
            if error.where is not None:
                raise
            where = f"{self.label}: {place(self.location(node))}"
            raise Error(
                f"`{target}`: {error.message}",
                where=where,
                hint=error.hint,
                excerpt=error.excerpt,
                notes=error.notes,
            ) from error

    def _is_number(self, value: Any) -> bool:
        kinds: Any = (int, self.torch.SymInt, self.torch.SymBool, self.torch.SymFloat)
        return isinstance(value, kinds)

    def _lower(self, node: Any, target: str, value: Any) -> Found:
        lowering = lowering_of(target)
        if lowering is None:
            raise NotLowered(_no_lowering(target))
        several = isinstance(value, tuple | list)
        results = _listed(value)
        seen = Node(
            node.name,
            target,
            tuple(element_of(r.dtype) if isinstance(r, self.torch.Tensor) else None for r in results),
            tuple(lambda r=r: self.sizes.sizes(r.shape) for r in results),
            lambda number: not several or any(user.args[1] == number for user in node.users),
            lambda: self._promoted(node),
        )
        args = [self.argument(item) for item in node.args]
        kwargs = {key: self.argument(item) for key, item in node.kwargs.items()}
        try:
            made = lowering(seen, *args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:
                raise
            raise NotLowered(f"its lowering does not take these arguments: {error}") from None
        items = list(made) if isinstance(made, Sequence) else [made]
        values = [None if item is None else as_value(item) for item in items]
        for index, (found, result) in enumerate(zip(values, results, strict=False)):
            self._check(node, target, found, result)
            if found is not None and found.name_hint is None:
                found.name_hint = node.name if not several else f"{node.name}_{index}"
        return values if several else values[0]

    def _check(self, node: Any, target: str, found: Value[Any] | None, result: Any) -> None:
        """A lowered value has the type that PyTorch gives it."""
        if found is None or not isinstance(result, self.torch.Tensor):
            return
        wanted = self._type_of(result)
        if not (
            isinstance(found.type, TensorType)
            and found.type.element_type is wanted.element_type
            and same_dims(found.type.dims, wanted.dims)
        ):
            raise Error(
                f"the lowering of `{target}` gives `{found.type}`, but PyTorch says `{wanted}`",
                where=f"{self.label}: {place(self.location(node))}",
            )

    def _type_of(self, tensor: Any) -> TensorType:
        dims = tuple(size if isinstance(size, int) else None for size in tensor.shape)
        return TensorType(dims, element_of(tensor.dtype))

    def _stand_ins(self, value: Any) -> Found:
        """Values in place of those that could not be made, so that the rest is looked at as well."""
        if isinstance(value, tuple | list):
            return [self._stand_in(item) for item in _listed(value)]
        return self._stand_in(value)

    def _stand_in(self, value: Any) -> Tensor | None:
        if not isinstance(value, self.torch.Tensor):
            return None
        try:
            return Block([self._type_of(value)]).arguments[0]
        except NotLowered:
            return None

    def argument(self, item: Any) -> Any:
        """What a lowering sees of an argument of a node."""
        torch = self.torch
        if isinstance(item, torch.fx.Node):
            value = item.meta.get("val")
            if isinstance(value, bool | int | float | complex):
                return value
            if isinstance(value, torch.SymInt):
                return self.sizes.size(value)
            if isinstance(value, torch.SymFloat):
                return self.sizes.number(value)
            found = self.values.get(item)
            if found is None:
                raise NotLowered(f"its operand `{item.name}` is no tensor that is known here")
            return found
        if isinstance(item, torch.SymInt):
            return self.sizes.size(item)
        if isinstance(item, list | tuple):
            return [self.argument(part) for part in _listed(item)]
        return element_of(item) if isinstance(item, torch.dtype) else item

    def _promoted(self, node: Any) -> Type:
        """The element type in which PyTorch computes with the tensors and numbers that a node takes."""
        torch = self.torch
        operands: list[Any] = []
        for item in node.args:
            value = item.meta.get("val") if isinstance(item, torch.fx.Node) else item
            if isinstance(value, torch.SymInt):
                value = 1
            elif isinstance(value, torch.SymFloat):
                value = 1.0
            if isinstance(value, torch.Tensor | bool | int | float | complex):
                operands.append(value)
        if len(operands) == 1:
            operands *= 2
        return element_of(torch.result_type(*operands[:2]))

    # -- operators of graphs -----------------------------------------------------------------------------------------------

    def _higher_order(self, node: Any, target: str, graph_module: Any) -> Sequence[Tensor | None]:
        args = node.args
        if target == "cond":
            pred = self._tensors([args[0]])[0]
            branches = [self._branch(_attribute(graph_module, part), list(args[3])) for part in (args[1], args[2])]
            return list(hlo.If(hlo.reshape(pred, ()), *branches).results)
        if target == "while_loop":
            carried = self._tensors(list(args[2]))
            condition, body = (
                self._loop_body(_attribute(graph_module, part), carried, list(args[3])) for part in (args[0], args[1])
            )
            return list(hlo.While(carried, condition, body).results)
        if target in ("wrap_with_set_grad_enabled", "wrap_with_autocast"):
            position = 1 if target == "wrap_with_set_grad_enabled" else 4
            inner = _attribute(graph_module, args[position])
            self._bind(inner, list(args[position + 1 :]))
            found = [self._found(item) for item in self._nodes(inner, _current_block())]
            return [value if isinstance(value, Value) else None for value in found]
        raise NotLowered(_no_lowering(target))

    def _branch(self, inner: Any, operands: list[Any]) -> Region:
        self._bind(inner, operands)
        return self._region(inner, Block())

    def _loop_body(self, inner: Any, carried: list[Tensor], others: list[Any]) -> Region:
        block = Block([value.type for value in carried])
        placeholders = [item for item in inner.graph.nodes if item.op == "placeholder"]
        for placeholder, argument in zip(placeholders, block.arguments, strict=False):
            self.values[placeholder] = argument
        for placeholder, given in zip(placeholders[len(carried) :], others, strict=True):
            self.values[placeholder] = self._found(given)
        return self._region(inner, block)

    def _bind(self, inner: Any, operands: list[Any]) -> None:
        placeholders = [item for item in inner.graph.nodes if item.op == "placeholder"]
        for placeholder, given in zip(placeholders, operands, strict=True):
            self.values[placeholder] = self._found(given)

    def _region(self, inner: Any, block: Block) -> Region:
        self.sizes.enter()
        returned = self._nodes(inner, block)
        with at_end(block):
            values = self._tensors(returned)
            hlo.Return(values)
        self.sizes.leave()
        return Region([block])

    def _found(self, item: Any) -> Found:
        return self.values.get(item) if isinstance(item, self.torch.fx.Node) else None

    def _tensors(self, items: Sequence[Any]) -> list[Tensor]:
        found = [self._found(item) for item in items]
        tensors = [value for value in found if isinstance(value, Value)]
        if len(tensors) < len(found):
            raise NotLowered("it takes or gives something that is no tensor")
        return tensors

    # -- locations ---------------------------------------------------------------------------------------------------------

    def location(self, node: Any) -> Location:
        """The module and name of a node, with the line of the program that made it."""
        stack: dict[str, Any] = node.meta.get("nn_module_stack") or {}
        path = str(next(reversed(stack.values()))[0]) if stack else ""
        name = f"{path}/{node.name}" if path else node.name
        frames = re.findall(r'File "(.*?)", line (\d+)', node.meta.get("stack_trace") or "")
        own = [frame for frame in frames if not frame[0].startswith(self.library)] or frames
        return NameLoc(name, FileLineColLoc(Path(own[-1][0]).name, int(own[-1][1]), 1)) if own else NameLoc(name)


def _listed(items: Any) -> list[Any]:
    """The items of a list or tuple; anything else is the only item."""
    return list(items) if isinstance(items, list | tuple) else [items]  # pyright: ignore[reportUnknownArgumentType]


def _current_block() -> Block:
    point = CURRENT.get()
    assert point is not None, "nodes are lowered inside a block"
    return point.block


def _attribute(graph_module: Any, node: Any) -> Any:
    """What a `get_attr` node names."""
    found = graph_module
    for part in str(node.target).split("."):
        found = getattr(found, part)
    return found


def _target_name(target: Any) -> str:
    text = str(target)
    return getattr(target, "__name__", text) if text.startswith("<") else text


def _output_names(spec: Any) -> list[str]:
    """A name for each flat output: the keys that lead to it."""
    pytree = torch_library("torch.utils._pytree")
    tree = pytree.tree_unflatten(list(range(spec.num_leaves)), spec)
    leaves, _ = pytree.tree_flatten_with_path(tree)
    names: list[str] = []
    for path, _ in leaves:
        steps = [str(getattr(key, "idx", getattr(key, "key", getattr(key, "name", key)))) for key in path]
        names.append(result_name(steps))
    return names


def _no_lowering(target: str) -> str:
    return no_lowering(target, [*LOWERINGS, *(f"{name}.default" for name in LOWERINGS)], "operator")
