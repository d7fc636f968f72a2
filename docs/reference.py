"""Writes the reference from docstrings and definitions: `python docs/reference.py` fills docs/reference/.

One page for the library, one for each dialect, one for the passes, one for the command line. `--check` writes nothing and says
which pages are out of date.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

import couloir
import couloir.dialects
import couloir.passes
from couloir.cli.main import command_parser
from couloir.ir.attribute import Type
from couloir.ir.constraints import Holds, Relation
from couloir.ir.definition import Definition, Field
from couloir.ir.fields import MISSING
from couloir.ir.passes import Pass, find_pass
from couloir.ir.registry import REGISTRY

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/reference.py from docstrings and definitions. Change those, then run `make docs`. -->\n"
LEFT_OUT = {
    "onnx": "its ops are made from the schemas of the installed `onnx` package; see that package's Operators.md"
}
"""Dialects without a page, and why."""


def docstring(item: Any) -> str:
    """The docstring with its indentation taken away."""
    return inspect.cleandoc(item.__doc__ or "")


def sections(text: str) -> str:
    """Google's sections of a docstring (`Args:`, `Returns:`, `Raises:`) as Markdown lists."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line in ("Args:", "Returns:", "Raises:"):
            lines += ["", f"*{line.rstrip(':')}*", ""]
            inside = True
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, colon, rest = line.strip().partition(": ")
            lines.append(f"- `{name}`: {rest}" if colon and " " not in name else f"- {line.strip()}")
        elif inside and line.startswith("     "):
            lines.append("  " + line.strip())
        else:
            inside = inside and not line.strip()
            lines.append(line)
    return "\n".join(lines).strip()


# -- the library -----------------------------------------------------------------------------------------------------------------


def api_page() -> str:
    """Every public name of `couloir`."""
    parts = ["# The library", "", NOTE, "Everything here is a name of the package: `couloir.load`.", ""]
    for name in sorted(couloir.__all__, key=str.lower):
        item = getattr(couloir, name)
        if not callable(item):
            continue
        parts += [f"## {name}", "", *_signature(name, item), sections(docstring(item)), ""]
        if inspect.isclass(item):
            parts += list(_members(item))
    return "\n".join(parts).rstrip() + "\n"


def _signature(name: str, item: Any) -> list[str]:
    if inspect.isclass(item):
        return []
    parameters = inspect.signature(item).parameters.values()
    listed = [str(p) for p in parameters]
    star = next((i for i, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY), None)
    if star is not None and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        listed.insert(star, "*")
    returned = inspect.signature(item).return_annotation
    arrow = "" if returned is inspect.Signature.empty else f" -> {str(returned).strip(chr(39))}"
    line = f"{name}({', '.join(listed)}){arrow}"
    if len(line) > 100:
        line = f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in listed) + f"){arrow}"
    return ["```py", line.replace("'", ""), "```", ""]


def _members(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        if name.startswith("_"):
            continue
        target = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        text = docstring(target.fget if isinstance(target, property) else target)
        if (inspect.isfunction(target) or isinstance(target, property)) and text:
            call = "" if isinstance(target, property) else "()"
            yield f"- `{name}{call}`: {' '.join(text.split(chr(10) * 2)[0].split())}"
    yield ""


# -- dialects --------------------------------------------------------------------------------------------------------------------


def dialect_page(dialect: str) -> str:
    """Every op, type and attribute of a dialect."""
    ops = REGISTRY.operations(dialect)
    package = sys.modules[".".join(ops[0].__module__.split(".")[:3])]
    parts = [
        f"# The dialect `{dialect}`",
        "",
        NOTE,
        sections(docstring(package)),
        "",
        f"In Python: `{package.__name__}`.",
        "",
    ]
    for cls in ops:
        parts += [f"## {cls.name}", "", f"`{cls.__name__}`: {sections(docstring(cls))}", "", *_definition(cls), ""]
    return "\n".join(parts).rstrip() + "\n"


def _definition(cls: Any) -> Iterator[str]:
    definition: Definition = cls.definition
    rows = [*map(_field, definition.fields)]
    if rows:
        yield "| field | kind | what |"
        yield "|---|---|---|"
        yield from rows
        yield ""
    for relation in definition.relations:
        yield f"- {_relation(relation)}"
    traits = sorted(trait.__name__ for trait in cls.traits)
    if traits:
        yield f"- traits: {', '.join(traits)}"


def _field(field: Field) -> str:
    if field.kind in ("operand", "result"):
        names = [t.__name__ for t in field.types if t is not Type]
        what = " or ".join(names) or "any type"
        if field.spec.elements is not None:
            what += f", elements: {field.spec.elements.what}"
        if field.spec.rank is not None:
            what += f", rank {field.spec.rank}"
        kind = field.kind if field.arity == "single" else f"{field.arity} {field.kind}"
    elif field.kind == "attribute":
        assert field.codec is not None
        what = field.codec.what
        kind = "optional attribute" if field.optional else "attribute"
        if field.spec.default is not MISSING and field.spec.default is not None:
            what += f"; default {_default(field.spec.default)}"
    else:
        what, kind = "", field.kind if field.arity == "single" else f"{field.arity} {field.kind}"
    return f"| `{field.name}` | {kind} | {what.replace('|', chr(92) + '|')} |"


def _default(value: Any) -> str:
    name = getattr(value, "name", None)
    return f"`{name if isinstance(name, str) and name else value}`"


def _relation(relation: Relation) -> str:
    if isinstance(relation, Holds):
        return relation.sentence + (f" ({relation.id})" if relation.id else "")
    fields = ", ".join(f"`{name}`" for name in getattr(relation, "fields", ()))
    return f"{type(relation).__name__}: {fields}"


# -- passes ----------------------------------------------------------------------------------------------------------------------


def passes_page() -> str:
    """Every pass of the package with its options."""
    parts = ["# Passes", "", NOTE, "In pipeline text: `canonicalize{max-elements=16},func.func(cse)`.", ""]
    for name in sorted(couloir.passes.PASSES):
        cls = find_pass(name)
        parts += [f"## {name}", "", f"`{cls.__name__}`: {sections(docstring(cls))}", ""]
        notes = _field_docs(cls)
        for option, attribute in cls.options().items():
            default = "" if attribute.default is attrs.NOTHING else f" (default `{attribute.default}`)"
            parts.append(f"- `{option}`{default}: {notes.get(attribute.name, '')}".rstrip(": "))
        if cls.options():
            parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _field_docs(cls: type[Pass]) -> dict[str, str]:
    """What stands as a text behind each field of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, note in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = note.value if isinstance(note, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = " ".join(value.value.split())
    return found


# -- the command line ------------------------------------------------------------------------------------------------------------


def command_page() -> str:
    """Every command with its arguments."""
    parser = command_parser()
    examples = ["```console", (parser.epilog or "").strip(), "```"]
    parts = ["# The command line", "", NOTE, f"`{parser.prog}`: {parser.description}", "", *examples, ""]
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    for name, command in sorted(commands.choices.items()):
        parts += [f"## couloir {name}", "", command.description or "", ""]
        for action in command._actions:
            if action.help is argparse.SUPPRESS or action.dest == "help":
                continue
            shown = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            if action.option_strings and action.nargs != 0:
                shown += f" {action.metavar or '{' + ','.join(map(str, action.choices or [action.dest])) + '}'}"
            parts.append(f"- `{shown}`: {(action.help or '').replace('%%', '%')}")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _is_ours(dialect: str) -> bool:
    """Whether a dialect has ops, and they are those of this package and not of an installed one."""
    ops = REGISTRY.operations(dialect)
    return bool(ops) and ops[0].__module__.startswith("couloir.")


def pages() -> dict[str, str]:
    """All pages by file name."""
    dialects = [name for name in REGISTRY.dialects() if name not in LEFT_OUT and _is_ours(name)]
    found = {"api.md": api_page(), "passes.md": passes_page(), "command-line.md": command_page()}
    found |= {f"dialect-{dialect}.md": dialect_page(dialect) for dialect in dialects}
    index = ["# Reference", "", NOTE, "- [The library](api.md)", "- [Passes](passes.md)"]
    index += ["- [The command line](command-line.md)", ""]
    index += ["Dialects:", "", *(f"- [`{dialect}`](dialect-{dialect}.md)" for dialect in dialects)]
    index += [f"- `{dialect}`: {why}" for dialect, why in LEFT_OUT.items()]
    return {"README.md": "\n".join(index) + "\n", **found}


def main() -> int:
    """Writes or checks."""
    written = pages()
    if "--check" in sys.argv[1:]:
        there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
        old = sorted(name for name in written.keys() | there.keys() if written.get(name) != there.get(name))
        if old:
            print(f"out of date: {', '.join(old)}; run `make docs`")
        return int(bool(old))
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
