"""The sdy dialect (Shardy): over which devices of a mesh tensors are spread.

JAX writes it into every text of a program with a mesh, or with random keys. How a tensor is spread is kept as text: it is for
partitioners, and does not change what a program computes.

Source: openxla/shardy, "sdy" dialect (names and pretty forms are upstream's).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from couloir.dialects.shapes import returned_types
from couloir.ir.attribute import Attribute
from couloir.ir.codecs import of_class
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, Results, attr, region, result
from couloir.ir.operation import Operation, Region
from couloir.ir.text.custom import custom_directive
from couloir.ir.traits import IsTerminator, Pure, RecursiveMemoryEffects, ReturnLike, SingleBlock, Symbol
from couloir.ir.types import TensorType, Type

if TYPE_CHECKING:
    from typing import Self

    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperationReader

__all__ = ["ManualComputation", "Mesh", "Reshard", "Return", "ShardingConstraint", "ShardingGroup"]


class _Text(Attribute):
    """Base of attributes that are kept as the text of their parameters, brackets included."""

    text: str
    brackets: ClassVar[str] = "<>"

    def verify_parameters(self) -> None:
        if len(self.text) < 2 or self.text[0] + self.text[-1] != self.brackets:
            raise Error(f"`{self.text[:60]}` does not stand in `{self.brackets}`")

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write(self.text)

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Self:
        if not p.at(cls.brackets[0]):
            raise p.expected(f"`{cls.brackets[0]}`")
        return cls(p.balanced_text())


class MeshAttr(_Text, name="sdy.mesh"):
    """The axes of a mesh with their sizes: `#sdy.mesh<["x"=2, "y"=4]>`."""


class TensorShardingAttr(_Text, name="sdy.sharding"):
    """Along which axes of a mesh each dimension lies: `#sdy.sharding<@mesh, [{"x"}, {?}]>`."""


class TensorShardingPerValueAttr(_Text, name="sdy.sharding_per_value"):
    """A sharding for each of several values: `#sdy.sharding_per_value<[<@mesh, [{"x"}]>]>`."""


class ManualAxesAttr(_Text, name="sdy.manual_axes"):
    """Axes of a mesh that a computation handles itself: `#sdy<manual_axes{"x", "y"}>`."""

    brackets: ClassVar[str] = "{}"

    def print(self, p: AttributePrinter) -> None:
        p.write(f"#sdy<manual_axes{self.text}>")


class OpShardingRuleAttr(_Text, name="sdy.op_sharding_rule"):
    """How the dimensions of an op's operands and results belong together: `#sdy.op_sharding_rule<([i])->([i]) {i=4}>`."""


def _write_parameters(p: Printer, op: Operation, attribute: _Text) -> None:
    p.write(" ", attribute.text)


def _read_mesh(p: Parser) -> tuple[MeshAttr]:
    return (MeshAttr.parse_parameters(p),)


def _read_sharding(p: Parser) -> tuple[TensorShardingAttr]:
    return (TensorShardingAttr.parse_parameters(p),)


custom_directive("SdyMesh", _write_parameters, _read_mesh)
custom_directive("SdySharding", _write_parameters, _read_sharding)


class Mesh(Operation, name="sdy.mesh", traits=(Symbol,)):
    """A grid of devices with named axes."""

    sym_name: str
    mesh: Attribute = attr(codec=of_class(MeshAttr))

    assembly_format = "$sym_name `=` `` custom<SdyMesh>($mesh) attr-dict"


class _Sharded(Operation, traits=(Pure,)):
    """Base of the ops that give their operand back, spread in a certain way."""

    input: Operand[TensorType]
    sharding: Attribute = attr(codec=of_class(TensorShardingAttr))
    result: Result[TensorType] = result()

    assembly_format = "$input `` custom<SdySharding>($sharding) attr-dict `:` type($result)"

    def infer(self) -> Type:
        return self.input.type


class ShardingConstraint(_Sharded, name="sdy.sharding_constraint"):
    """The operand, which is spread as `sharding` says."""


class Reshard(_Sharded, name="sdy.reshard"):
    """The operand, spread anew."""


class ShardingGroup(Operation, name="sdy.sharding_group"):
    """Tensors of one group are spread alike."""

    input: Operand[TensorType]
    group_id: int = attr()

    assembly_format = "$input `group_id` `` `=` `` $group_id attr-dict `:` type($input)"


class Return(Operation, name="sdy.return", traits=(IsTerminator, ReturnLike, Pure)):
    """Gives values to the op around it."""

    results_: Operands[Type]

    assembly_format = "attr-dict ($results_^ `:` type($results_))?"


class ManualComputation(Operation, name="sdy.manual_computation", traits=(RecursiveMemoryEffects, SingleBlock)):
    """What each device does with its parts of the operands: the body takes parts and gives parts of the results."""

    inputs: Operands[Type]
    in_shardings: Attribute = attr(codec=of_class(TensorShardingPerValueAttr))
    out_shardings: Attribute = attr(codec=of_class(TensorShardingPerValueAttr))
    manual_axes: Attribute = attr(codec=of_class(ManualAxesAttr))
    body: Region = region(blocks="one", default=None)
    results_: Results[Type] = result()

    def verify(self) -> Iterator[str]:
        taken, given = len(self.body.block.arguments), len(returned_types(self.body) or ())
        if taken != len(self.inputs):
            yield f"the body takes {taken} values, there are {len(self.inputs)} operands"
        if given != len(self.results_):
            yield f"the body returns {given} values, there are {len(self.results_)} results"

    def print(self, p: Printer) -> None:
        p.write("(")
        p.operands(self.inputs)
        p.write(")")
        for key in ("in_shardings", "out_shardings"):
            stored: Any = self.stored_attributes[key]
            p.write(f" {key}={stored.text[1:-1]}")
        axes: Any = self.stored_attributes["manual_axes"]
        p.write(f" manual_axes={axes.text} (")
        for number, argument in enumerate(self.body.block.arguments):
            p.write(", " if number else "")
            p.block_argument(argument)
        p.write(") ")
        p.region(self.body)
        p.attr_dict(self, elided=("in_shardings", "out_shardings", "manual_axes"))
        p.write(" : ")
        p.functional_type([value.type for value in self.inputs], [value.type for value in self.results_])

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        names = p.comma_separated(p.operand_name)
        attributes: dict[str, Attribute] = {}
        for key in ("in_shardings", "out_shardings"):
            p.expect_keyword(key)
            p.expect("=")
            attributes[key] = TensorShardingPerValueAttr(f"<{p.balanced_text()}>")
        p.expect_keyword("manual_axes")
        p.expect("=")
        attributes["manual_axes"] = ManualAxesAttr.parse_parameters(p)
        arguments = p.arguments()
        body = yield p.region_request(arguments)
        p.ensure_terminator(body, Return)
        at = p.position
        attributes |= p.attr_dict()
        p.expect(":")
        type = p.functional_type()
        operands = p.resolve_all(names, type.inputs, at=at)
        return p.build(cls, operands, attributes, [body], result_types=list(type.results))
