"""What types and attributes have in common: they are immutable, interned, and print as MLIR does.

Interned means that equal is identical: `TensorType((2, 3), f32) is TensorType((2, 3), f32)`. Comparing costs one `is`, and
hashing is hashing an address. The tables hold their entries weakly, so a long-running process does not fill up with
the constants of models that are gone.

An attribute or type of your own is an annotated class; the annotations are its parameters:

    class TokenType(Type, name="mydialect.token"): ...
    class TileAttr(Attribute, name="mydialect.tile"):
        rows: int
        columns: int = 1

It prints as `#mydialect.tile<4, 1>` and parses back. Override `print_parameters` and `parse_parameters` for another form.
"""

# The function that writes `__new__` belongs to the metaclass.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, dataclass_transform

from couloir.ir.errors import Error
from couloir.ir.registry import REGISTRY
from couloir.ir.text.attribute_printer import attribute_text

if TYPE_CHECKING:
    from typing import Self

    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter

_LOCK: Final = threading.Lock()


def annotations_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations in a class body under construction, unevaluated where the interpreter allows."""
    if "__annotations__" in namespace or sys.version_info < (3, 14):
        return dict(namespace.get("__annotations__", {}))
    import annotationlib

    annotate = annotationlib.get_annotate_from_class_namespace(namespace)
    if annotate is None:
        return {}
    return dict(annotationlib.call_annotate_function(annotate, annotationlib.Format.STRING))


class _InternedRef(weakref.ref["Attribute"]):
    """A weak reference that remembers its key, so that the table entry goes when the object goes."""

    __slots__ = ("key",)
    key: Any


@dataclass_transform(frozen_default=True, eq_default=False)
class AttributeMeta(type):
    """Makes slots and an interning constructor from the annotations of an attribute or type class."""

    parameters: tuple[str, ...]

    def __new__(
        mcls, class_name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, name: str | None = None
    ) -> AttributeMeta:
        annotations = annotations_of(namespace)
        own = [key for key, value in annotations.items() if "ClassVar" not in str(value)]
        defaults = {key: namespace.pop(key) for key in own if key in namespace}
        namespace["__slots__"] = (*namespace.get("__slots__", ()), *own)
        cls = super().__new__(mcls, class_name, bases, namespace)
        inherited: tuple[str, ...] = getattr(cls, "parameters", ())
        cls.parameters = (*inherited, *own)
        inherited_defaults: dict[str, Any] = getattr(cls, "_defaults", {})
        cls._defaults = {**inherited_defaults, **defaults}
        inherited_floats: frozenset[str] = getattr(cls, "_float_parameters", frozenset())
        cls._float_parameters = inherited_floats | {key for key in own if "float" in str(annotations[key])}
        if name is not None:
            cls.name = name
            REGISTRY.add_attribute(name, cls)
        cls.__new__ = _interning_new(cls)
        return cls

    # `name=` is consumed by __new__; type.__init__ must not see it.
    def __init__(
        cls, class_name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, name: str | None = None
    ) -> None:
        super().__init__(class_name, bases, namespace)

    if TYPE_CHECKING:
        name: str
        _defaults: dict[str, Any]
        _float_parameters: frozenset[str]


def _interning_new(cls: AttributeMeta) -> Callable[..., Any]:
    """Writes the `__new__` of an attribute class: normalise, look up, otherwise make, check and remember."""
    parameters = cls.parameters
    signature = ", ".join(f"{p}=_defaults[{p!r}]" if p in cls._defaults else p for p in parameters)
    names = ", ".join(parameters) + ("," if parameters else "")
    # Everything that is not a parameter has an underscore: a parameter may be called `key` or `found`.
    lines = [f"def __new__(_cls{', ' if signature else ''}{signature}):"]
    if hasattr(cls, "normalize"):
        lines.append(f"    {names} = _cls.normalize({names})" if parameters else "    _cls.normalize()")
    # As keys, -0.0 equals 0.0 and NaN equals nothing; as parameters they are what they are: their text tells them apart.
    key = "".join(f"{'repr(' + p + ')' if p in cls._float_parameters else p}, " for p in parameters)
    lines.append(f"    _key = _cls.intern_key({names})" if hasattr(cls, "intern_key") else f"    _key = ({key})")
    lines += [
        "    _found = _table.get(_key)",
        "    if _found is not None:",
        "        _self = _found()",
        "        if _self is not None:",
        "            return _self",
        "    _self = _object_new(_cls)",
        *(f"    _set_{p}(_self, {p})" for p in parameters),
        "    _self.verify_parameters()",
        "    return _remember(_table, _key, _self)",
    ]
    scope: dict[str, Any] = {
        "_defaults": cls._defaults,
        "_table": {},
        "_object_new": object.__new__,
        "_remember": _remember,
        **{f"_set_{p}": getattr(cls, p).__set__ for p in parameters},
    }
    exec("\n".join(lines), scope)  # the text is made of parameter names of a class, nothing else
    return scope["__new__"]


def _remember(table: dict[Any, _InternedRef], key: Any, made: Attribute) -> Attribute:
    with _LOCK:
        found = table.get(key)
        other = found() if found is not None else None
        if other is not None:  # another thread was faster
            return other

        def forget(ref: weakref.ref[Attribute]) -> None:
            if table.get(key) is ref:
                del table[key]

        table[key] = _InternedRef(made, forget)
        return made


class Attribute(metaclass=AttributeMeta):
    """Base of all attributes and types.

    Subclasses may define `normalize(cls, *parameters) -> tuple` (runs before interning: make lists tuples, names
    objects), `intern_key(cls, *parameters)` (when the parameters do not hash as they should) and `verify_parameters`.
    """

    __slots__ = ("__weakref__",)
    name: ClassVar[str] = ""
    sigil: ClassVar[str] = "#"

    def verify_parameters(self) -> None:
        """Raises `couloir.Error` when the parameters do not make sense together. Runs once for each distinct object."""

    def print(self, p: AttributePrinter) -> None:
        """Writes the whole text of this attribute."""
        p.write(self.sigil + self.name)
        self.print_parameters(p)

    def print_in_list(self, p: AttributePrinter) -> None:
        """Writes it as an element of `[...]`, where readers assume `i64` for integers and `f64` for floats."""
        self.print(p)

    def print_parameters(self, p: AttributePrinter) -> None:
        """Writes what follows the name: by default `<a, b>`, and nothing for a class without parameters."""
        values = [getattr(self, parameter) for parameter in type(self).parameters]
        while values and values[-1] is None:  # a None at the end is left out; one before the end is `_`
            values.pop()
        if values:
            p.write("<")
            for index, value in enumerate(values):
                if index:
                    p.write(", ")
                p.parameter(value)
            p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Self:
        """Reads what `print_parameters` writes; the name has been read."""
        return cls(*p.default_parameters(cls))

    def __str__(self) -> str:
        return attribute_text(self)

    def __repr__(self) -> str:
        values = ", ".join(f"{p}={getattr(self, p)!r}" for p in type(self).parameters)
        return f"{type(self).__name__}({values})"

    def __setattr__(self, key: str, value: object) -> None:
        raise Error(f"{type(self).__name__} is immutable", hint="make a new one; equal ones are the same object")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), tuple(getattr(self, p) for p in type(self).parameters))


class Type(Attribute):
    """Base of all types. A type is itself an attribute: where MLIR wraps it in a TypeAttr, it stands as it is."""

    sigil: ClassVar[str] = "!"

    def compatible_with(self, other: Type) -> bool:
        """Whether type inference takes `other` for this element type: of most types, only itself."""
        return self is other


class OpaqueAttribute(Attribute):
    """An attribute of a dialect that is not loaded: its text, kept as it was read (`#foo.bar<1, 2>`)."""

    text: str

    def print(self, p: AttributePrinter) -> None:
        p.write(self.text)


class OpaqueType(Type):
    """A type of a dialect that is not loaded: its text, kept as it was read (`!foo.bar<1, 2>`)."""

    text: str

    def print(self, p: AttributePrinter) -> None:
        p.write(self.text)
