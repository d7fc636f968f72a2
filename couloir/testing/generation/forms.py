"""Forms that attributes often have where a rule speaks of them: no padding, the identity permutation, the whole shape."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from couloir.ir.definition import Field


@attrs.frozen
class Form:
    """What an attribute is, given the shape of the op's first operand (of its first result, where it has no operand)."""

    name: str
    value: Callable[[tuple[int, ...]], Any]


def constant_form(value: Any) -> Form:
    """One value, whatever the shape."""
    return Form(repr(value), lambda _: value)


_TUPLES: Final = (
    Form("zeros", lambda shape: (0,) * len(shape)),
    Form("ones", lambda shape: (1,) * len(shape)),
    Form("minus ones", lambda shape: (-1,) * len(shape)),
    Form("the shape", lambda shape: shape),
    Form("all axes", lambda shape: tuple(range(len(shape)))),
    Form("all axes backwards", lambda shape: tuple(reversed(range(len(shape))))),
    Form("the last two axes exchanged", lambda shape: (*range(len(shape) - 2), *range(len(shape) - 1, -1, -1)[:2])),
    Form("the first axis", lambda shape: (0,) if shape else ()),
    Form("the last axis", lambda shape: (len(shape) - 1,) if shape else ()),
    Form("nothing", lambda _: ()),
)
_PAIRS: Final = (
    Form("zeros", lambda shape: ((0, 0),) * len(shape)),
    Form("zeros behind two axes", lambda shape: ((0, 0),) * max(len(shape) - 2, 0)),
)
_AXES: Final = (
    Form("the first axis", lambda _: 0),
    Form("the last axis", lambda shape: max(len(shape) - 1, 0)),
)


def forms_of(field: Field, numbers: Iterable[float] = ()) -> list[Form]:
    """The forms that an attribute may have; `numbers` are some that it may also be."""
    form = None if field.codec is None else field.codec.form
    if form is bool:
        return [constant_form(False), constant_form(True)]
    if form is int:
        return [*_AXES, *(constant_form(number) for number in numbers if isinstance(number, int))]
    if form is float:
        return [constant_form(float(number)) for number in (0, 1, *numbers)]
    if isinstance(form, type) and issubclass(form, enum.Enum):
        return [constant_form(member) for member in form]
    if typing.get_origin(form) is tuple:
        item = typing.get_args(form)[0]
        return list(_TUPLES if item is int else _PAIRS if typing.get_origin(item) is tuple else ())
    return []
