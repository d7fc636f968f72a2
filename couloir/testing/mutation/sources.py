"""Functions as syntax trees, and back: a changed copy of a function runs in the globals and closure of the original."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types as python_types
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import attrs

from couloir.ir.errors import Error

PythonFunction: TypeAlias = python_types.FunctionType
_FUTURE: Final = annotations.compiler_flag
"""How code objects remember `from __future__ import annotations`."""


@attrs.frozen(eq=False)
class Source:
    """A function and its definition.

    Attributes:
        function: The function, of Python.
        tree: Its definition, without decorators.
    """

    function: Any
    tree: ast.FunctionDef

    def name_of(self, node: ast.expr) -> Any:
        """What an expression of names and dots stands for where the function is: `hlo.Add`. None for anything else."""
        if isinstance(node, ast.Attribute):
            holder = self.name_of(node.value)
            return inspect.getattr_static(holder, node.attr, None) if isinstance(holder, type) else _of(holder, node)
        if not isinstance(node, ast.Name):
            return None
        found = closure_of(self.function).get(node.id)
        return self.function.__globals__.get(node.id) if found is None else found

    def changed(self, tree: ast.FunctionDef, names: Mapping[str, Any] | None = None) -> PythonFunction:
        """The function with another definition; `names` are global names that stand for something else in it."""
        return compiled(self.function, tree, names)


def _of(holder: Any, node: ast.Attribute) -> Any:
    return getattr(holder, node.attr, None) if isinstance(holder, python_types.ModuleType) else None


def source_of(function: Any) -> Source:
    """The definition of a function.

    Raises:
        Error: There is no source: it was defined in an interactive session, or its file has gone; or it is no `def`.
    """
    plain: Any = inspect.unwrap(function)
    name = getattr(plain, "__qualname__", repr(plain))
    if not isinstance(plain, PythonFunction):
        raise Error(f"{name} is no function whose source could be changed")
    try:
        lines, first = inspect.getsourcelines(plain)
    except (OSError, TypeError) as error:
        raise Error(
            f"the source of `{name}` cannot be had: {error}",
            hint="rules in files and in notebook cells have one, rules typed into the Python shell have none",
        ) from None
    text = "".join(lines)
    indented = text[:1].isspace()
    text = "if True:\n" + text if indented else textwrap.dedent(text)
    try:
        module = ast.parse(text)
    except SyntaxError:
        module = ast.Module([], [])
    found = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef) and node.name == plain.__name__]
    if not found:
        raise Error(f"`{name}` is not defined by `def`: its source cannot be changed")
    tree = found[0]
    ast.increment_lineno(tree, first - 1 - indented)
    tree.decorator_list = []
    return Source(plain, tree)


def closure_of(function: Any) -> dict[str, Any]:
    """The values of the variables that a function takes from functions around it."""
    found: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return found


def compiled(function: Any, tree: ast.FunctionDef, names: Mapping[str, Any] | None = None) -> PythonFunction:
    """A function of this definition where another one stands: with its globals, closure, defaults and annotations."""
    code = function.__code__
    around = _module_with(tree, code.co_freevars)
    flags = code.co_flags & _FUTURE
    whole = cast("python_types.CodeType", compile(around, code.co_filename, "exec", flags, dont_inherit=True))
    made = next(inner for inner in _codes(whole) if inner.co_name == tree.name)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    spaces = {**function.__globals__, **names} if names else function.__globals__
    closure = tuple(cells[name] for name in made.co_freevars)
    copy = PythonFunction(made, spaces, function.__name__, function.__defaults__, closure)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = dict(function.__annotations__)
    copy.__doc__, copy.__qualname__, copy.__module__ = function.__doc__, function.__qualname__, function.__module__
    return copy


def _module_with(tree: ast.FunctionDef, free: tuple[str, ...]) -> ast.Module:
    """The definition inside of a function that has the free variables."""
    body: list[ast.stmt] = [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in free]
    nothing = ast.arguments([], [], None, [], [], None, [])
    around = ast.FunctionDef(f"around_{tree.name}", nothing, [*body, tree], [])
    return ast.fix_missing_locations(ast.Module([around], []))


def _codes(code: python_types.CodeType) -> Iterator[python_types.CodeType]:
    """Code objects inside of one, the outer ones first."""
    todo = [code]
    while todo:
        here = todo.pop(0)
        inner = [item for item in here.co_consts if isinstance(item, python_types.CodeType)]
        yield from inner
        todo += inner
