"""The text of the dialects through upstream MLIR and StableHLO (as they come with jaxlib): the same IR, the same text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import couloir.dialects  # noqa: F401 -- declares the dialects
from couloir.ir.registry import REGISTRY
from couloir.ir.text.format import printer_of, reader_of
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

mlir = pytest.importorskip("jax._src.interpreters.mlir")
ir = pytest.importorskip("jaxlib.mlir.ir")

TEXTS = {path.stem: path.read_text() for path in sorted(Path(__file__).parent.glob("texts/*.mlir"))}
DIALECTS = (
    "affine",
    "arith",
    "builtin",
    "cf",
    "chlo",
    "func",
    "math",
    "memref",
    "scf",
    "stablehlo",
    "tensor",
    "vector",
)


@pytest.fixture(scope="module")
def upstream():
    context = mlir.make_ir_context()

    def read(text: str) -> tuple[str, str]:
        """The generic and the pretty text that upstream prints for a text."""
        operation = ir.Module.parse(text, context).operation
        return operation.get_asm(print_generic_op_form=True), operation.get_asm()

    return read


def without_names(text: str) -> str:
    """Pretty text without what differs by taste: the names of values, the order of aliases, notes on predecessors."""
    text = re.sub(r"  // .*", "", text)
    aliases = dict(re.findall(r"^(#\w+) = (.*)$", text, re.MULTILINE))
    text = re.sub(r"^#\w+ = .*\n", "", text, flags=re.MULTILINE)
    for name in sorted(aliases, key=len, reverse=True):
        text = text.replace(name, aliases[name])
    text = re.sub(r"%\w+(#\d+)?", "%", text)
    return re.sub(r"^( *)(%[^=]*) = ", r"\1% = ", text, flags=re.MULTILINE).strip()


@pytest.mark.parametrize("name", TEXTS)
def test_upstream_reads_what_we_print_as_what_we_read(upstream, name):
    generic, pretty = upstream(TEXTS[name])
    for text in (generic, pretty):
        module = parse_module_op(text)
        verify(module)
        assert upstream(operation_text(module, generic=True))[0] == generic
        assert upstream(operation_text(module))[0] == generic


@pytest.mark.parametrize("name", TEXTS)
def test_pretty_forms_are_upstream_s(upstream, name):
    _, pretty = upstream(TEXTS[name])
    assert without_names(operation_text(parse_module_op(TEXTS[name]))) == without_names(pretty)


@pytest.mark.parametrize("name", TEXTS)
def test_pretty_text_reads_back_as_itself(name):
    once = operation_text(parse_module_op(TEXTS[name]))
    assert "error:" not in once
    assert operation_text(parse_module_op(once)) == once


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_texts_hold_every_op_that_has_a_form_of_its_own(dialect):
    written = "\n".join(TEXTS.values())
    classes = [cls for cls in REGISTRY.operations(dialect) if hasattr(cls, "assembly_format") or hasattr(cls, "print")]
    shared = [cls for cls in classes if "assembly_format" not in cls.__dict__ and "print" not in cls.__dict__]
    for cls in classes:
        if hasattr(cls, "assembly_format"):  # compiles, at least
            printer_of(cls)
            reader_of(cls)
    names = {"func.return": "return", "func.call": "call", "builtin.module": "module"}
    missing = [
        cls.name
        for cls in classes
        if cls not in shared and not re.search(rf"(?<![\w.]){re.escape(names.get(cls.name, cls.name))}\b", written)
    ]
    assert missing == []


GENERATED = ("arith", "cf", "chlo", "func", "math", "memref", "scf", "stablehlo", "vector")


@pytest.mark.parametrize("dialect", GENERATED)
def test_attributes_have_upstream_s_names(dialect):
    """jaxlib's bindings have a settable property for each attribute, and for nothing else."""
    module = pytest.importorskip(f"jaxlib.mlir.dialects._{dialect}_ops_gen")
    theirs = {
        cls.OPERATION_NAME: {
            name.rstrip("_") for name, value in vars(cls).items() if isinstance(value, property) and value.fset
        }
        for cls in vars(module).values()
        if isinstance(cls, type) and hasattr(cls, "OPERATION_NAME") and not cls.__name__.endswith("Adaptor")
    }
    for cls in REGISTRY.operations(dialect):
        ours = {field.key for field in cls.definition.attributes}
        assert cls.name in theirs
        assert ours <= theirs[cls.name], cls.name
