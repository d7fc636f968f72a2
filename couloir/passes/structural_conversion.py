"""Functions, calls, branches and structured control flow of other types: rules that any conversion with a type converter can use.

target = ConversionTarget("pairs of floats")
add_structural_legality(target, converter)
apply_full_conversion(module, target, [*my_rules, *STRUCTURAL_RULES], converter)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Final

from couloir.dialects import cf, func, scf
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, DictionaryAttr
from couloir.ir.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionRule,
    ConversionTarget,
    Convert,
    TypeConverter,
    conversion_rule,
)
from couloir.ir.operation import Operation, Region
from couloir.ir.rewriting.guards import Guard
from couloir.ir.types import FunctionType, i32


@conversion_rule
def convert_function_signature(
    op: func.FuncOp, adaptor: Adaptor, rewriter: ConversionRewriter
) -> Generator[Any, Region, Operation]:
    """func @f(old) -> old  =>  func @f(new) -> new"""
    sizes = [len(rewriter.types([type])) for type in op.function_type.inputs]
    result_sizes = [len(rewriter.types([type])) for type in op.function_type.results]
    type = FunctionType(rewriter.types(op.function_type.inputs), rewriter.types(op.function_type.results))
    body = yield Convert(op.body)
    made = func.FuncOp.create((), (), dict(op.attributes), [body], location=rewriter.location)
    made.function_type = type
    _spread(made, "arg_attrs", op.arg_attrs, sizes)
    _spread(made, "res_attrs", op.res_attrs, result_sizes)
    return rewriter.insert(made)


@conversion_rule
def convert_call(op: func.Call, adaptor: Adaptor, rewriter: ConversionRewriter) -> Operation:
    """call @f(old) -> old  =>  call @f(new) -> new"""
    made = rewriter.rebuild(adaptor)
    _spread(made, "arg_attrs", op.arg_attrs, [len(group) for group in adaptor.groups])
    _spread(made, "res_attrs", op.res_attrs, [len(rewriter.types([result.type])) for result in op.results])
    return made


@conversion_rule
def convert_switch(op: cf.Switch, adaptor: Adaptor, rewriter: ConversionRewriter) -> Operation:
    """switch to blocks with old arguments  =>  switch to blocks with new arguments"""
    made = rewriter.rebuild(adaptor)
    sizes: list[int] = []
    position = 1 + len(op.default_operands)
    for count in op.case_operand_segments:
        sizes.append(sum(len(group) for group in adaptor.groups[position : position + count]))
        position += count
    made.attributes["case_operand_segments"] = DenseArrayAttr(i32, tuple(sizes))
    return made


@conversion_rule
def convert_structure(
    op: func.Return | cf.Branch | cf.CondBranch | scf.For | scf.If | scf.While | scf.Yield | scf.Condition,
    adaptor: Adaptor,
    rewriter: ConversionRewriter,
) -> Generator[Any, Region, Operation]:
    """the same op, with operands, results and block arguments of the new types"""
    regions: list[Region] = []
    for region in op.regions:
        regions.append((yield Convert(region)))
    return rewriter.rebuild(adaptor, regions)


STRUCTURAL_RULES: Final[tuple[ConversionRule, ...]] = (
    convert_function_signature,
    convert_call,
    convert_switch,
    convert_structure,
)
"""For the ops of func, cf and scf that pass values on."""


def add_structural_legality(target: ConversionTarget, converter: TypeConverter) -> None:
    """The ops that `STRUCTURAL_RULES` convert are legal when all their types stay as they are."""

    def signature(op: func.FuncOp) -> Guard:
        types = (*op.function_type.inputs, *op.function_type.results)
        return converter.legal_types(types, "its signature") & converter.legal_region(op.body)

    def structure(op: Operation) -> Guard:
        found = converter.legal_op(op)
        for region in op.regions:
            found = found & converter.legal_region(region)
        return found

    target.add_dynamically_legal(func.FuncOp, when=signature)
    classes = (root for rule in STRUCTURAL_RULES for root in rule.roots if root is not func.FuncOp)
    target.add_dynamically_legal(*classes, when=structure)


def _spread(op: Operation, key: str, given: ArrayAttr | None, sizes: Sequence[int]) -> None:
    """The dictionaries of arguments, or of results, when each becomes several or none: the first of several keeps them."""
    if given is None:
        return
    empty = DictionaryAttr(())
    spread = [item for entry, size in zip(given, sizes, strict=True) for item in [entry, *[empty] * (size - 1)][:size]]
    op.attributes[key] = ArrayAttr(tuple(spread))
