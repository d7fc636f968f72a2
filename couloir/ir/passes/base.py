"""A pass is a frozen attrs class: its fields are its options, in Python and in pipeline text.

    @attrs.frozen
    class Tile(Pass, name="tile"):
        \"\"\"Splits loops into tiles.\"\"\"
        size: int = 32
        \"\"\"Iterations of the inner loop.\"\"\"

        def run(self, op, context): ...

`Tile(size=8)` in Python is `tile{size=8}` in text. Defining the class registers it; other packages name theirs in the
entry-point group `couloir.passes`.
"""

from __future__ import annotations

import re
import types as python_types
import typing
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from couloir.ir.conversion.apply import apply_full_conversion, apply_partial_conversion
from couloir.ir.errors import Error, nearest
from couloir.ir.rewriting.driver import Outcome, apply_rules
from couloir.ir.rewriting.events import Listener, Statistics

if TYPE_CHECKING:
    from couloir.ir.conversion.driver import ConversionOutcome
    from couloir.ir.conversion.rules import ConversionRules
    from couloir.ir.conversion.target import ConversionTarget
    from couloir.ir.conversion.type_converter import TypeConverter
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.rule import Rewrite, Rule
    from couloir.ir.rewriting.why import Explanation

_PASSES: Final[dict[str, type[Pass]]] = {}
_DECLARED: Final[dict[str, str]] = {}


@attrs.define
class PassContext:
    """What a pass can use while it runs."""

    statistics: Statistics = attrs.field(factory=Statistics)
    """Counts of the rules applied by this run of the pass."""
    listener: Listener | None = None
    """Called with an event for each application of a rule."""
    texts: bool = False
    """Whether events carry the IR before and after."""
    verify_rules: bool = False
    """Whether the program is verified after each application of a rule."""
    stop_after: int | None = None
    """Apply only this many more rules in this pass."""
    notes: list[str] = attrs.field(factory=list)
    """What the pass wants to tell a person: "12 buffers in 3.1 MB"."""

    def apply(self, op: Operation, rules: Sequence[type[Rule] | Rewrite], *, erase_dead: bool = True) -> Outcome:
        """Applies rules to everything inside `op`, with this run's listener, checks and limits."""
        outcome = apply_rules(
            op,
            rules,
            listener=self.listener,
            texts=self.texts,
            verify_each=self.verify_rules,
            stop_after=self.stop_after,
            erase_dead=erase_dead,
        )
        if self.stop_after is not None:
            self.stop_after -= outcome.applications
        self.statistics.add(outcome.statistics)
        return outcome

    def convert(
        self,
        op: Operation,
        target: ConversionTarget,
        rules: Sequence[type[Rule] | Rewrite] | ConversionRules,
        converter: TypeConverter | None = None,
        *,
        full: bool = True,
        erase_dead: bool = True,
        stoppable: bool = True,
    ) -> ConversionOutcome:
        """Converts everything inside `op` to what is legal in the target, with this run's listener and limits.

        A conversion that makes no sense half done is not `stoppable`: it runs as a whole also when applications are limited.
        """
        run = apply_full_conversion if full else apply_partial_conversion
        outcome = run(
            op,
            target,
            rules,
            converter,
            listener=self.listener,
            texts=self.texts,
            erase_dead=erase_dead,
            stop_after=self.stop_after if stoppable else None,
        )
        if self.stop_after is not None:
            self.stop_after = max(0, self.stop_after - outcome.applications)  # a region op counts after what is inside
        self.statistics.add(outcome.statistics)
        return outcome


@attrs.frozen
class Pass:
    """Base of passes."""

    name: ClassVar[str] = ""
    """The name in pipeline text."""
    dialects: ClassVar[tuple[str, ...]] = ()
    """The dialects of the programs that it is for: what checks of the pass draw random programs of. Empty: nobody says."""
    after: ClassVar[str] = ""
    """Passes, as pipeline text, that make of these programs what this pass takes."""

    def __init_subclass__(cls, *, name: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if name is not None:
            cls.name = name
        if cls.name:
            _PASSES[cls.name] = cls  # attrs makes the class anew for its slots: the later one stays

    def run(self, op: Operation, context: PassContext) -> None:
        """Changes `op`, a module or whatever the pipeline is nested in, in place."""
        raise Error(f"the pass `{self.name}` does not say what it does", hint="define `run`")

    def why_not(self, op: Operation) -> Explanation:
        """Why this pass does not convert `op`; the program is not changed. For passes that are conversions."""
        raise Error(f"the pass `{self.name}` is no conversion: ask why one of its rules does not apply")

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n")[0]

    @classmethod
    def options(cls) -> dict[str, attrs.Attribute[Any]]:
        """The options by their names in pipeline text (`max_ops` is `max-ops`)."""
        return {a.name.replace("_", "-"): a for a in attrs.fields(cls)}

    def __str__(self) -> str:
        """The pass in pipeline text; options that have their default are left out."""
        given: list[str] = []
        for name, attribute in self.options().items():
            value = getattr(self, attribute.name)
            if value != default_of(attribute):
                given.append(f"{name}={option_text(value)}")
        return self.name + (f"{{{' '.join(given)}}}" if given else "")


def default_of(attribute: attrs.Attribute[Any]) -> Any:
    """The default of an option, made if it is to be made; `attrs.NOTHING` without one."""
    default: Any = attribute.default
    factory: Any = attrs.Factory  # a class, which its stub hides
    return default.factory() if isinstance(default, factory) and not default.takes_self else default


class Quoted(str):
    """The text of an option that stood in quotes: it is never a word like `none`."""

    __slots__ = ()


def unquoted(text: str) -> Quoted:
    """What stands between quotes, with its escapes undone."""
    return Quoted(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL))


def option_text(value: Any) -> str:
    """An option's value in pipeline text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return "[" + ",".join(option_text(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    text = str(value)
    plain = bool(text) and all(c.isalnum() or c in "_-./:+*" for c in text)
    return text if plain and value != "none" else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def option_value(cls: type[Pass], attribute: attrs.Attribute[Any], text: str) -> Any:
    """Reads an option's value by the type of its field. Raises `couloir.Error` when the text does not fit."""
    attrs.resolve_types(cls)
    wanted = getattr(attrs.fields(cls), attribute.name).type
    try:
        return _convert(wanted, text)
    except (ValueError, KeyError):
        raise Error(
            f"option `{attribute.name.replace('_', '-')}` of the pass `{cls.name}` is {_type_text(wanted)}, not `{text}`"
        ) from None


def _type_text(wanted: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    if wanted in names:
        return names[wanted]
    if typing.get_origin(wanted) is typing.Literal:
        return "one of " + ", ".join(map(str, typing.get_args(wanted)))
    return str(wanted)


def _convert(wanted: Any, text: str) -> Any:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, python_types.UnionType):
        if text == "none" and not isinstance(text, Quoted) and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), text)
    if wanted is bool:
        return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
    if wanted is int or wanted is float:
        return wanted(text)
    if origin is typing.Literal:
        return {str(a): a for a in arguments}[text]
    if origin is tuple:
        parts = list(_list_items(text))
        endless = len(arguments) == 2 and arguments[1] is Ellipsis
        kinds = [arguments[0]] * len(parts) if endless else list(arguments)
        return tuple([_convert(kind, part) for kind, part in zip(kinds, parts, strict=True)])
    return str(text)


_ITEM: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*?))\s*(,|$)', re.DOTALL)


def _list_items(text: str) -> Iterator[str]:
    """The items of `[1,2,"a, b"]`; without brackets one item."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") and not isinstance(text, Quoted) else text
    position = 0
    more = bool(inside.strip())
    while more:
        found = _ITEM.match(inside, position)
        if found is None:
            raise ValueError(text)
        yield unquoted(found[1]) if found[1] is not None else found[2]
        position, more = found.end(), found[3] == ","


def declare_passes(modules: Mapping[str, str]) -> None:
    """Says which module defines a pass, by the pass's name; it is imported when the pass is first looked for."""
    _DECLARED.update(modules)


def all_passes() -> dict[str, type[Pass]]:
    """All passes by name, those of other packages included."""
    _load_entry_points()
    for module in dict.fromkeys(_DECLARED.values()):
        import_module(module)
    return dict(sorted(_PASSES.items()))


def broken_entry_points() -> list[str]:
    """Passes of other packages that could not be loaded, each with the reason."""
    _load_entry_points()
    return list(_BROKEN)


def find_pass(name: str) -> type[Pass]:
    """The pass called `name`."""
    if name not in _PASSES and name in _DECLARED:
        import_module(_DECLARED[name])
    if name not in _PASSES:
        _load_entry_points()
    if name not in _PASSES and name in _DECLARED:
        import_module(_DECLARED[name])
    if name not in _PASSES:
        raise Error(
            f"there is no pass `{name}`",
            hint=nearest(name, sorted({*_PASSES, *_DECLARED})) or "`couloir opt --list` shows all",
            notes=_BROKEN,
        )
    return _PASSES[name]


_LOADED: Final[list[bool]] = []
_BROKEN: Final[list[str]] = []


def _load_entry_points() -> None:
    if _LOADED:
        return
    from importlib.metadata import entry_points

    _LOADED.append(True)
    for point in entry_points(group="couloir.passes"):
        try:
            point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- another package's fault must not take away the passes of all others
            _BROKEN.append(
                f"the entry point `{point.name} = {point.value}` cannot be loaded: {type(error).__name__}: {error}"
            )
