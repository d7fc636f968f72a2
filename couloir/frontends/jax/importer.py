"""From a JAX function to StableHLO: its jaxpr, equation by equation.

The module has one function, `@main`. Jaxprs inside equations (of `jit`, `custom_jvp_call`, `remat`, ...) are lowered in
place, those of control flow into regions. A location is the name stack and primitive, with the line of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import GeneratorType
from typing import Any, Final, cast

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo import lapack
from couloir.dialects.hlo.building import Tensor
from couloir.frontends.functions import remove_dead, value_attributes
from couloir.frontends.guarding import guarded
from couloir.frontends.jax import primitives  # noqa: F401  # pyright: ignore[reportUnusedImport] -- registers the rules
from couloir.frontends.jax.elements import array_of, is_key, is_reference, type_of
from couloir.frontends.jax.equation import RULES, Cell, Equation, NotLowered, Steps
from couloir.frontends.jax.library import jax_library
from couloir.frontends.jax.meshes import Mesh
from couloir.frontends.jax.symbolic import SymbolicSizes, as_size, dims_of, label
from couloir.frontends.unsupported import Unsupported, no_lowering, place
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, IntegerAttr, StringAttr
from couloir.ir.builder import CURRENT, at_end
from couloir.ir.errors import Error
from couloir.ir.location import FileLineColLoc, Location, NameLoc
from couloir.ir.operation import Block, Operation, Region, Value, as_value
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import FunctionType, TensorType, i32

MAIN: Final = "main"
"""The symbol of the function."""

KNOWN: Final = ("stablehlo.", "chlo.", "func.")
"""The dialects that JAX lowers to, as far as they have a meaning here."""

SHARDING: Final = frozenset({"sdy.reshard", "sdy.sharding_constraint"})
"""How devices share the work, of which there is one: what is sharded stays as it is."""

STRUCTURAL: Final = frozenset(
    {
        "broadcast_in_dim",
        "concatenate",
        "copy",
        "copy_p",
        "dynamic_slice",
        "dynamic_update_slice",
        "expand_dims",
        "gather",
        "reshape",
        "rev",
        "scatter",
        "select_n",
        "slice",
        "split",
        "squeeze",
        "stack",
        "transpose",
    }
)
"""Primitives that take arrays of random keys: they do the same to each word of the keys' data."""


class Importer:
    """Makes the module of one function."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.library = str(Path(jax_library().__file__).parent)
        self.package = str(Path(__file__).parent)
        self.fixed: Location | None = None
        """Where what is traced inside the rule of an equation comes from: that equation."""
        self.called: dict[str, tuple[func.FuncOp, list[str]]] = {}
        """What JAX lowers a primitive to, by its text, and the symbolic dimensions whose sizes it takes first."""
        self.functions: list[func.FuncOp] = []
        self.mesh: Mesh | None = None
        self.partitions = 1
        self.sizes = SymbolicSizes(label)
        self.lines: dict[Any, Location | None] = {}
        """By the traceback of an equation."""
        self.line: Location | None = None
        """The line of the equation that is lowered now: equations inside of it that name no line have this one."""
        self.unsupported = Unsupported(
            "equations", "`couloir.frontends.jax.lowers(name)` registers a rule of your own for a primitive"
        )

    def run(self, closed: Any, inputs: Sequence[str], outputs: Sequence[str]) -> ModuleOp:
        block, location = Block(), NameLoc(self.label)
        arguments: list[Tensor] = []
        for name, variable in zip(inputs, closed.jaxpr.invars, strict=True):
            arguments.append(block.add_argument(self._type(variable.aval, f"argument `{name}`"), name, NameLoc(name)))
        with at_end(block, loc=location):
            avals = [variable.aval for variable in closed.jaxpr.invars]
            self.sizes.define([(value, dims_of(aval)) for value, aval in zip(arguments, avals, strict=True)])
            results = self.inline(closed, arguments)
        self.unsupported.raise_if_any(self.label)
        with at_end(block, loc=location):
            func.Return(results)
        remove_dead(block)
        types = FunctionType(tuple(a.type for a in arguments), tuple(value.type for value in results))
        attributes: dict[str, Attribute] = {"sym_name": StringAttr(MAIN), "function_type": types}
        for key, names, shapes in (("arg_attrs", inputs, avals), ("res_attrs", outputs, closed.out_avals)):
            if names:
                attributes[key] = named_values(names, shapes)
        function = func.FuncOp.create(attributes=attributes, regions=[Region([block])], location=location)
        module = ModuleOp.empty([function, *self.functions])
        module.location = location
        if self.partitions > 1:
            module.attributes["mhlo.num_partitions"] = IntegerAttr(self.partitions, i32)
        return module

    def _type(self, aval: Any, what: str) -> TensorType:
        if is_reference(aval):
            raise Error(
                f"{what} is a mutable reference (`{aval}`), which a module cannot change",
                where=self.label,
                hint="make it inside of the function (`jax.new_ref`), and return what it holds (`jax.freeze`)",
            )
        try:
            return type_of(aval)
        except NotLowered as reason:
            raise Error(reason.message, where=f"{self.label}: {what}") from None

    # -- jaxprs ------------------------------------------------------------------------------------------------------------

    def inline(self, closed: Any, operands: Sequence[Any]) -> list[Tensor]:
        """Lowers the equations of a jaxpr for operands into the current block."""
        return run_steps(self.steps(closed, operands))

    def steps(self, closed: Any, operands: Sequence[Any], mesh: Mesh | None = None) -> Steps:
        """As `inline`, for rules that are generators."""
        point = CURRENT.get()
        assert point is not None, "equations are lowered inside a block"
        jaxpr = getattr(closed, "jaxpr", closed)
        values: dict[Any, Any] = {}
        for variable, value in zip(jaxpr.constvars, getattr(closed, "consts", ()), strict=True):
            values[variable] = self._constant(value, variable.aval)
        values.update(zip(jaxpr.invars, operands, strict=True))
        inconclusive: type[Exception] = jax_library("jax.errors").InconclusiveDimensionOperation
        outer = self.line, self.mesh
        self.mesh = mesh or self.mesh
        for equation in jaxpr.eqns:
            self.line = outer[0]
            location = self.fixed or self.location(equation)
            self.line = getattr(location, "child", None)
            with at_end(point.block, loc=location):
                try:
                    seen = self._seen(equation, location)
                    made = self._made(seen, [self._read(values, atom) for atom in equation.invars])
                    if isinstance(made, GeneratorType):
                        made = yield made
                    found = _checked(seen, made)
                except (NotLowered, inconclusive) as reason:
                    message = getattr(reason, "message", "it needs the number behind a symbolic dimension")
                    self.unsupported.add(equation.primitive.name, message, location)
                    found = [self._stand_in(variable.aval) for variable in equation.outvars]
                except Error as error:
                    if error.where is not None:
                        raise
                    raise self._at_place(error, equation, location) from error
            values.update(zip(equation.outvars, found, strict=True))
        self.line, self.mesh = outer
        return [self._read(values, atom) for atom in jaxpr.outvars]

    def _read(self, values: dict[Any, Any], atom: Any) -> Any:
        return self._constant(atom.val, atom.aval) if hasattr(atom, "val") else values[atom]

    def _constant(self, value: Any, aval: Any) -> Tensor:
        type = self._type(aval, "a value that the function closes over")
        if isinstance(
            value, jax_library().core.Tracer
        ):  # kept when its trace ended, or of one that goes on around this
            raise Error(
                f"the function closes over a traced value, `{type}`, which has no elements",
                where=self.label,
                hint="give it as an argument, and return what a traced function makes instead of storing it",
            )
        return hlo.constant(array_of(value, aval), type.element_type).output

    def retrace(
        self, location: Location, function: Callable[..., Any], avals: Sequence[Any], operands: Sequence[Tensor]
    ) -> list[Tensor]:
        """Lowers what JAX makes of a function, at the place of an equation."""
        jax = jax_library()
        shaped = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
        closed = guarded("an equation cannot be traced", lambda: jax.make_jaxpr(function)(*shaped))
        outer, self.fixed = self.fixed, location
        try:
            return self.inline(closed, operands)
        finally:
            self.fixed = outer

    # -- equations ---------------------------------------------------------------------------------------------------------

    def _seen(self, equation: Any, location: Location) -> Equation:
        avals = tuple([atom.aval for atom in equation.invars])
        types = tuple([type_of(variable.aval) for variable in equation.outvars])
        return Equation(equation.primitive.name, equation.params, types, avals, location, equation, self)

    def _made(self, eqn: Equation, operands: list[Any]) -> Any:
        """What the rule of an equation returns."""
        rule = RULES.get(eqn.name)
        if rule is None:
            return self._without_rule(eqn, operands)
        if eqn.name in STRUCTURAL and any(map(is_key, eqn.avals)):
            return _of_keys(eqn, operands)
        return rule(eqn, *operands)

    def _without_rule(self, eqn: Equation, operands: Sequence[Tensor]) -> list[Tensor] | Steps:
        """A primitive that somebody else has defined: its own function, if JAX traces it, or what JAX lowers it to."""
        effects = ", ".join(sorted(map(str, getattr(eqn.given, "effects", ()))))
        if effects:
            raise NotLowered(f"it has side effects ({effects})")
        implementation = _implementation(eqn)
        if implementation is not None:
            return self.steps(implementation, operands)
        try:
            return eqn.lowered_by_jax(operands)
        except NotLowered:
            raise
        except Error as error:
            raise NotLowered(no_lowering(eqn.name, RULES, "primitive")) from error

    def _at_place(self, error: Error, equation: Any, location: Location) -> Error:
        return Error(
            f"`{equation.primitive.name}`: {error.message}",
            where=f"{self.label}: {place(location)}",
            hint=error.hint,
            excerpt=error.excerpt,
            notes=error.notes,
        )

    def lowered_by_jax(self, equation: Any, operands: Sequence[Tensor], *, custom_calls: bool = False) -> list[Tensor]:
        """Calls what JAX lowers an equation to."""
        jax = jax_library()

        def bound(*arrays: Any) -> Any:
            return equation.primitive.bind(*arrays, **equation.params)

        avals = [jax.ShapeDtypeStruct(atom.aval.shape, atom.aval.dtype) for atom in equation.invars]
        text = guarded("JAX cannot lower it", lambda: jax.jit(bound, keep_unused=True).lower(*avals).as_text())
        name = equation.primitive.name
        if text not in self.called:
            module = parse_module_op(text, file=f"<{name}>")
            self.called[text] = self._adopt(module, f"{name}_{len(self.called)}", custom_calls=custom_calls)
        function, dims = self.called[text]
        sizes = [as_size(self.sizes.size(dim)) for dim in dims]
        call = func.Call(function.sym_name, [*sizes, *operands], result_types=list(function.function_type.results))
        return list(call.results)

    def _adopt(self, module: Operation, prefix: str, *, custom_calls: bool) -> tuple[func.FuncOp, list[str]]:
        """Takes over the functions of a module, with names of their own. Returns `@main`, and the sizes that it takes."""
        functions = [op for op in module.walk() if isinstance(op, func.FuncOp)]
        for op in [op for function in functions for op in function.walk()]:
            if op.name in SHARDING:
                op.results[0].replace_all_uses_with(op.operands[0])
                op.erase()
            elif not op.name.startswith(KNOWN):
                raise NotLowered(f"JAX lowers it to `{op.name}`")
            elif isinstance(op, hlo.CustomCall) and not custom_calls and op.call_target_name not in lapack.TARGETS:
                raise NotLowered(f"JAX lowers it to a call of `{op.call_target_name}`")
        names = {function.sym_name: f"{prefix}_{function.sym_name}" for function in functions}
        names[MAIN] = prefix
        for op in module.walk():
            if isinstance(op, func.Call):
                op.callee = names[op.callee]
            elif isinstance(op, hlo.Composite):
                op.decomposition = names[op.decomposition]
        main, dims = functions[0], list[str]()
        for function in functions:
            if function.sym_name == MAIN:
                main = function
                stored = [main.argument_attribute(n, "jax.global_constant") for n in range(len(main.arguments))]
                dims = [dim.value for dim in stored if isinstance(dim, StringAttr)]
            function.sym_name, function.sym_visibility = names[function.sym_name], "private"
            function.arg_attrs = function.res_attrs = None
            function.detach()
            self.functions.append(function)
        return main, dims

    def _stand_in(self, aval: Any) -> Tensor:
        """A value in place of one that could not be made, so that the rest is looked at as well."""
        try:
            type = type_of(aval)
        except NotLowered:
            type = TensorType((), hlo.constant(0).output.type.element_type)
        return Block([type]).arguments[0]

    # -- locations ---------------------------------------------------------------------------------------------------------

    def location(self, equation: Any) -> Location:
        """The name stack and primitive of an equation, with the line of the program that made it."""
        source = equation.source_info
        stack = str(getattr(source, "name_stack", ""))
        name = f"{stack}/{equation.primitive.name}" if stack else str(equation.primitive.name)
        traceback = getattr(source, "traceback", None)
        if traceback not in self.lines:  # many equations come from one line
            self.lines[traceback] = self._line_of(traceback)
        return NameLoc(name, self.lines[traceback] or self.line)

    def _line_of(self, traceback: Any) -> Location | None:
        """The innermost line that is neither JAX's nor ours."""
        foreign = self.library, self.package, "<frozen", "<attrs"
        for frame in getattr(traceback, "frames", ()):
            if not frame.file_name.startswith(foreign):
                return FileLineColLoc(frame.file_name.rpartition("/")[2], max(int(frame.line_num), 1), 1)
        return None


def _checked(eqn: Equation, made: Any) -> list[Any]:
    """The results of a rule, which have the types that JAX says."""
    items: list[Any] = [made] if isinstance(made, Value | Operation | Cell) else list(made)
    found: list[Any] = [item if isinstance(item, Value | Cell) else as_value(item) for item in items]
    types = tuple([item.value.type if isinstance(item, Cell) else item.type for item in found])
    if types != eqn.types:
        listed = [", ".join(map(str, part)) for part in (types, eqn.types)]
        raise Error(f"its rule gives ({listed[0]}), but JAX says ({listed[1]})")
    return found


def _implementation(eqn: Equation) -> Any:
    """The jaxpr of the function that computes a primitive, where it consists of others; else None."""
    jax, primitive = jax_library(), eqn.given.primitive

    def computed(*arrays: Any) -> Any:
        return primitive.impl(*arrays, **eqn.params)

    try:
        shaped = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in eqn.avals]
        closed = guarded("it cannot be traced", lambda: jax.make_jaxpr(computed)(*shaped))
    except Error:
        return None
    return None if primitive in _primitives(closed) else closed


def _primitives(closed: Any) -> set[Any]:
    """The primitives of a jaxpr, and of those that its equations hold."""
    found: set[Any] = set()
    todo = [closed]
    while todo:
        jaxpr = todo.pop()
        for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
            found.add(equation.primitive)
            for value in equation.params.values():
                items = cast("Sequence[Any]", value) if isinstance(value, tuple | list) else [value]
                todo += [item for item in items if hasattr(item, "eqns") or hasattr(item, "jaxpr")]
    return found


def named_values(names: Sequence[str], avals: Sequence[Any]) -> ArrayAttr:
    """The names of arguments or results, and of their symbolic dimensions."""
    pairs = zip(names, avals, strict=True)
    return ArrayAttr(tuple(value_attributes(name, list(map(label, dims_of(aval)))) for name, aval in pairs))


def run_steps(steps: Steps) -> Any:
    """Runs a generator, and those that it yields, each to its end: its own stack, since what users nest may be deep."""
    stack: list[Steps] = [steps]
    value: Any = None
    error: Error | None = None
    try:
        while True:
            try:
                child = stack[-1].throw(error) if error is not None else stack[-1].send(value)
            except StopIteration as stop:
                value, error = stop.value, None
            except Error as raised:
                value, error = None, raised
            else:
                stack.append(child)
                value, error = None, None
                continue
            stack.pop()
            if not stack:
                if error is not None:
                    raise error
                return value
    finally:
        while stack:  # only after what is no Error: in order, so that each leaves its block
            stack.pop().close()


def _of_keys(eqn: Equation, operands: list[Tensor]) -> list[Tensor]:
    """An equation that moves random keys: the same, for each word of their data."""
    jax = jax_library()

    def bound(*arrays: Any) -> Any:
        return eqn.given.primitive.bind(*arrays, **eqn.params)

    axes = tuple(-1 if is_key(aval) else None for aval in eqn.avals)
    avals = [
        jax.ShapeDtypeStruct(value.type.shape, "uint32") if is_key(aval) else aval
        for aval, value in zip(eqn.avals, operands, strict=True)
    ]
    return eqn.retrace(jax.vmap(bound, in_axes=axes, out_axes=-1), avals, operands)
