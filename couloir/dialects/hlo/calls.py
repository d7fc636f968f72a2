"""StableHLO: calls to foreign functions, and ops that are made of others.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from couloir.dialects.func import FuncOp
from couloir.dialects.hlo.attributes import CustomCallApiVersion, OutputOperandAlias
from couloir.dialects.hlo.regions import listed
from couloir.dialects.hlo.values import CUSTOM_CALL_VALUE, TENSOR_TOKEN_OR_TUPLE
from couloir.ir import fields
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, DictionaryAttr, IntegerAttr, StringAttr, SymbolRefAttr
from couloir.ir.codecs import SYMBOL_NAME, Codec
from couloir.ir.constraints import Holds, compatible
from couloir.ir.fields import Operands, Results, attr, attr_optional
from couloir.ir.operation import Operation, Region
from couloir.ir.symbols import lookup
from couloir.ir.types import TensorType, TupleType, Type, i32

ANNOTATIONS: Final = frozenset(
    {
        "Sharding",
        "SPMDFullToShardShape",
        "SPMDShardToFullShape",
        "annotate_device_placement",
        "xla.sdy.FuncResultSharding",
    }
)
"""Targets of custom calls that say how devices share a tensor, or where it is: of one device, it is the tensor."""


def _encode_version(value: Any) -> Attribute:
    return IntegerAttr(CustomCallApiVersion(value).value, i32)


API_VERSION: Final = Codec(
    "the number of an API version as `i32`, 0 to 4",
    _encode_version,
    lambda attribute: CustomCallApiVersion(attribute.value),
    lambda attribute: isinstance(attribute, IntegerAttr) and attribute.type is i32 and 0 <= attribute.value <= 4,
)
ANY_ATTRIBUTE: Final = Codec("an attribute", lambda value: value, lambda attribute: attribute, lambda attribute: True)


def _layouts_fit(field: str, values: str) -> Holds:
    """A list of dimensions from the fastest to the slowest one, for each value; of a tuple result, for each part of it."""

    def predicate(op: CustomCall) -> bool | str:
        layouts: ArrayAttr | None = getattr(op, field)
        if layouts is None:
            return True
        types = [value.type for value in getattr(op, values)]
        if values == "outputs" and len(types) == 1 and isinstance(types[0], TupleType):
            types = list(types[0].types)
        if len(types) != len(layouts.elements):
            return f"there are {len(layouts.elements)} for {len(types)}"
        for type, layout in zip(types, layouts.elements, strict=True):
            if isinstance(type, TupleType):
                return f"`{type}` has no layout"
            rank = type.rank if isinstance(type, TensorType) else 0
            if not _orders(layout, rank):
                return f"`{layout}` for `{type}`"
        return True

    which = "operand" if values == "inputs" else "result"
    return Holds(f"`{field}` has for each {which} its dimensions in some order", predicate, verify_only=True)


def _orders(layout: Attribute, rank: int) -> bool:
    """Whether a layout is a list of `rank` dimensions, each once."""
    if not isinstance(layout, DenseElementsAttr) or layout.array.dtype.kind not in "iu" or layout.array.size != rank:
        return False
    return sorted(layout.array.reshape(-1).tolist()) == list(range(rank))


def _part(type: Type, indices: Sequence[int]) -> Type | None:
    """The type that the indices lead to in a tuple type; None if they lead nowhere."""
    for index in indices:
        if not isinstance(type, TupleType) or not 0 <= index < len(type.types):
            return None
        type = type.types[index]
    return type


def _elements_of(array: ArrayAttr | None) -> Sequence[Attribute]:
    return () if array is None else array.elements


def _aliases_fit(op: CustomCall) -> bool | str:
    results = [value.type for value in op.outputs]
    whole = results[0] if len(results) == 1 else TupleType(tuple(results))
    for alias in _elements_of(op.output_operand_aliases):
        if not isinstance(alias, OutputOperandAlias):
            return f"`{alias}` is no `#stablehlo.output_operand_alias<...>`"
        if not 0 <= alias.operand_index < len(op.inputs):
            return f"there is no operand {alias.operand_index}"
        source = _part(op.inputs[alias.operand_index].type, alias.operand_tuple_indices)
        target = _part(whole, alias.output_tuple_indices)
        if source is None or target is None or not compatible(source, target):
            return f"`{source or 'nothing'}` of an operand is not `{target or 'nothing'}` of the results"
    return True


def _config_class(op: CustomCall) -> type[Attribute]:
    typed = op.api_version is CustomCallApiVersion.API_VERSION_TYPED_FFI
    return DictionaryAttr if typed else StringAttr


class CustomCall(Operation, name="stablehlo.custom_call"):
    """Calls a function that the program does not define. Source: StableHLO specification, `custom_call`."""

    inputs: Operands[Type] = fields.operands(elements=CUSTOM_CALL_VALUE)
    call_target_name: str = attr()
    has_side_effect: bool = attr_optional(default=False)
    backend_config: Attribute | None = attr_optional(default=None, codec=ANY_ATTRIBUTE)
    api_version: CustomCallApiVersion = attr_optional(
        default=CustomCallApiVersion.API_VERSION_ORIGINAL, codec=API_VERSION
    )
    called_computations: ArrayAttr | None = attr_optional(default=None)
    operand_layouts: ArrayAttr | None = attr_optional(default=None)
    result_layouts: ArrayAttr | None = attr_optional(default=None)
    output_operand_aliases: ArrayAttr | None = attr_optional(default=None)
    outputs: Results[Type] = fields.result(elements=CUSTOM_CALL_VALUE)

    constraints = (
        Holds(
            "`operand_layouts` and `result_layouts` are given together",
            lambda op: (op.operand_layouts is None) == (op.result_layouts is None),
        ),
        Holds(
            "`backend_config` is a dictionary for `API_VERSION_TYPED_FFI`, a string for the others",
            lambda op: op.backend_config is None or isinstance(op.backend_config, _config_class(op)),
        ),
        _layouts_fit("operand_layouts", "inputs"),
        _layouts_fit("result_layouts", "outputs"),
        Holds(
            "`called_computations` are symbols",
            lambda op: all(isinstance(item, SymbolRefAttr) for item in _elements_of(op.called_computations)),
        ),
        Holds("`output_operand_aliases` are of parts of equal types", _aliases_fit, verify_only=True),
    )
    assembly_format = (
        "custom<CustomCallTarget>($call_target_name) `(` $inputs `)` attr-dict `:` functional-type(operands, results)"
    )


_NAMESPACED: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*([.][a-zA-Z0-9_$]+)+")
"""Source: StableHLO specification, `is_namespaced_op_name`."""


def _decomposition(op: Composite) -> FuncOp | None:
    found = lookup(op, op.decomposition)
    return found if isinstance(found, FuncOp) else None


def _is_function(op: Composite) -> bool | str:
    found = lookup(op, op.decomposition)  # the verifier reports symbols that are not there
    return found is None or isinstance(found, FuncOp) or f"@{op.decomposition} is a `{found.name}`"


def _takes_inputs(op: Composite) -> bool | str:
    given, function = [value.type for value in op.inputs], _decomposition(op)
    if function is None or list(function.function_type.inputs) == given:
        return True
    return f"@{op.decomposition} takes {listed(function.function_type.inputs)}, not {listed(given)}"


def _gives_outputs(op: Composite) -> bool | str:
    given, function = [value.type for value in op.outputs], _decomposition(op)
    if function is None or list(function.function_type.results) == given:
        return True
    return f"@{op.decomposition} returns {listed(function.function_type.results)}, not {listed(given)}"


class Composite(Operation, name="stablehlo.composite"):
    """An op made of others: `decomposition` names the function that says what it computes.

    Source: StableHLO specification, `composite`.
    """

    inputs: Operands[Type] = fields.operands(elements=TENSOR_TOKEN_OR_TUPLE)
    composite_name: str = attr(key="name")
    composite_attributes: DictionaryAttr | None = attr_optional(default=None)
    decomposition: str = attr(codec=SYMBOL_NAME, kw_only=True)
    version: int = attr_optional(default=0, codec=i32)
    composite_regions: tuple[Region, ...] = ()
    outputs: Results[Type] = fields.result(elements=TENSOR_TOKEN_OR_TUPLE)

    constraints = (
        Holds(
            "`name` is a dialect and an op, such as `my.op`",
            lambda op: _NAMESPACED.fullmatch(op.composite_name) is not None,
            id="C1",
        ),
        Holds("`decomposition` is a function of the module", _is_function, id="C2", verify_only=True),
        Holds("`decomposition` takes the inputs", _takes_inputs, id="C3", verify_only=True),
        Holds("`decomposition` returns the results", _gives_outputs, id="C4", verify_only=True),
    )
    assembly_format = (
        "$composite_name operands (` ` `(` $composite_regions^ `)`)? attr-dict `:` functional-type(operands, results)"
    )
