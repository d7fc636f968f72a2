"""StableHLO: dot products, and what holds of the element types of convolutions as well.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects.hlo.attributes import DotAlgorithm, DotDimensionNumbers, Precision
from couloir.dialects.hlo.bounds import bounded, bounds_of, least
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import same_dim, unique, within
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers
from couloir.ir.fields import Operand, Result, attr, attr_optional, result
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type


def _same_sizes(op: DotGeneral, kind: str) -> bool | str:
    numbers = op.dot_dimension_numbers
    lhs: tuple[int, ...] = getattr(numbers, f"lhs_{kind}_dimensions")
    rhs: tuple[int, ...] = getattr(numbers, f"rhs_{kind}_dimensions")
    for left, right in zip(lhs, rhs, strict=True):
        a, b = op.lhs.type.dims[left], op.rhs.type.dims[right]
        if not same_dim(a, b):
            return f"dimension {left} of `lhs` has size {a}, dimension {right} of `rhs` has size {b}"
    return True


def _dimension_lists(side: str) -> tuple[Holds, Holds, Holds]:
    """Unique, batching in range, contracting in range, for `lhs` or `rhs`."""

    def of(op: DotGeneral, kind: str) -> tuple[int, ...]:
        return getattr(op.dot_dimension_numbers, f"{side}_{kind}_dimensions")

    def rank(op: DotGeneral) -> int:
        return getattr(op, side).type.rank

    ids = ("C3", "C5", "C6") if side == "lhs" else ("C4", "C7", "C8")
    return (
        Holds(
            f"batching and contracting dimensions of `{side}` are different",
            lambda op: unique(of(op, "batching") + of(op, "contracting")),
            id=ids[0],
        ),
        Holds(
            f"`{side}_batching_dimensions` are dimensions of `{side}`",
            lambda op: within(of(op, "batching"), rank(op)),
            id=ids[1],
        ),
        Holds(
            f"`{side}_contracting_dimensions` are dimensions of `{side}`",
            lambda op: within(of(op, "contracting"), rank(op)),
            id=ids[2],
        ),
    )


def precisions(id: str) -> Holds:
    """At most one precision for each operand: upstream, unlike the specification, takes fewer as well."""
    return Holds(
        "`precision_config` has at most an entry for each operand",
        lambda op: len(op.precision_config or ()) <= 2,
        id=id,
    )


def _operand_elements(op: Any) -> tuple[Type, Type]:
    return op.lhs.type.element_type, op.rhs.type.element_type


def _elements(op: Any) -> tuple[Type, Type, Type]:
    """The element types of `lhs`, `rhs` and the result."""
    return (*_operand_elements(op), op.result.type.element_type)


def one_element_type(op: Any) -> bool | str:
    """Whether `lhs` and `rhs` have the same element type, unless one is quantized."""
    lhs, rhs = _operand_elements(op)
    quantized = isinstance(lhs, UniformType) or isinstance(rhs, UniformType)
    return quantized or lhs is rhs or f"they are of `{lhs}` and `{rhs}`"


def _quantized_operands(op: Any) -> bool:
    quantized = [isinstance(element, UniformType) for element in _elements(op)]
    return quantized in ([False] * 3, [True] * 3, [False, True, False])


def _storage_types(op: Any) -> bool | str:
    lhs, rhs = _operand_elements(op)
    if isinstance(lhs, UniformType) and isinstance(rhs, UniformType) and lhs.storage_type is not rhs.storage_type:
        return f"they are stored as `{lhs.storage_type}` and `{rhs.storage_type}`"
    return True


def _expressed_types(op: Any) -> bool | str:
    expressed = [element.expressed_type for element in _elements(op) if isinstance(element, UniformType)]
    if len(expressed) < 3 or len(set(expressed)) == 1:
        return True
    return f"they stand for `{expressed[0]}`, `{expressed[1]}` and `{expressed[2]}`"


def _per_tensor_result(op: Any) -> bool:
    _, rhs, to = _elements(op)
    return (
        not isinstance(rhs, UniformType) or not isinstance(to, UniformType) or rhs.axis is not None or to.axis is None
    )


def _hybrid(op: Any) -> bool | str:
    lhs, rhs, to = _elements(op)
    if isinstance(lhs, UniformType) or not isinstance(rhs, UniformType) or lhs is rhs.expressed_type is to:
        return True
    return f"they are of `{lhs}`, `{rhs}` and `{to}`"


def quantization(quantized: str, storage: str, expressed: str, per_tensor: str, hybrid: str) -> tuple[Holds, ...]:
    """What holds of quantized operands and results, under the numbers given."""
    return (
        Holds(
            "of quantized tensors, `rhs` is one, and `lhs` and the result both are or both are not",
            _quantized_operands,
            id=quantized,
            verify_only=True,
        ),
        Holds("quantized `lhs` and `rhs` have one storage type", _storage_types, id=storage),
        Holds(
            "quantized `lhs`, `rhs` and result have one expressed type",
            _expressed_types,
            id=expressed,
            verify_only=True,
        ),
        Holds("if `rhs` has one scale, so has the result", _per_tensor_result, id=per_tensor, verify_only=True),
        Holds(
            "if only `rhs` is quantized, `lhs` and the result have its expressed type",
            _hybrid,
            id=hybrid,
            verify_only=True,
        ),
    )


def _no_zero_points(op: DotGeneral) -> bool:
    element = op.rhs.type.element_type
    return not isinstance(element, UniformType) or not any(element.zero_points)


def _axis_is_kept(op: DotGeneral) -> bool | str:
    element = op.rhs.type.element_type
    if not isinstance(element, UniformType) or element.axis not in op.dot_dimension_numbers.rhs_contracting_dimensions:
        return True
    return f"they differ along dimension {element.axis}"


_ALGORITHMS: Final = {
    ("f8", "f32"): (1,),
    ("f16", "f16"): (1,),
    ("f16", "f32"): (1,),
    ("bf16", "bf16"): (1,),
    ("bf16", "f32"): (1, 3, 6, 9),
    ("tf32", "f32"): (1, 3),
    ("f32", "f32"): (1,),
    ("f64", "f64"): (1,),
}
"""(precision of the operands, of the sum) -> how many primitive operations a product may take."""


def _is_known(op: DotGeneral) -> bool | str:
    algorithm = op.algorithm
    if algorithm is None:
        return True
    kinds = [str(type) for type in (algorithm.lhs_precision_type, algorithm.rhs_precision_type)]
    left, right = ("f8" if kind.startswith("f8") and kind != "f8E8M0FNU" else kind for kind in kinds)
    count, products = algorithm.lhs_component_count, algorithm.num_primitive_operations
    known = (
        left == right
        and products in _ALGORITHMS.get((left, str(algorithm.accumulation_type)), ())
        and count == algorithm.rhs_component_count <= min(products, 3)
        and not (algorithm.allow_imprecise_accumulation and left != "f8")
    )
    return known or f"`{kinds[0]}` times `{kinds[1]}` in {products} products, summed in `{algorithm.accumulation_type}`"


def _positive(field: str, id: str) -> Holds:
    return Holds(
        f"`{field}` of `algorithm` is positive",
        lambda op: op.algorithm is None or getattr(op.algorithm, field) > 0,
        id=id,
    )


class DotGeneral(Operation, name="stablehlo.dot_general", traits=(Pure,)):
    """Sums of products over the contracting dimensions, for each index of the batching dimensions.

    The result has the batching dimensions, then what is left of `lhs`, then what is left of `rhs`. Its element type
    is that of `lhs` unless `result_types` says otherwise.

    Source: StableHLO specification, `dot_general`.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    dot_dimension_numbers: DotDimensionNumbers = attr()
    precision_config: tuple[Precision, ...] | None = attr_optional(default=None)
    algorithm: DotAlgorithm | None = attr_optional(default=None)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        Holds(
            "`lhs` and `rhs` have as many batching dimensions",
            lambda op: (
                len(op.dot_dimension_numbers.lhs_batching_dimensions)
                == len(op.dot_dimension_numbers.rhs_batching_dimensions)
            ),
            id="C1",
        ),
        Holds(
            "`lhs` and `rhs` have as many contracting dimensions",
            lambda op: (
                len(op.dot_dimension_numbers.lhs_contracting_dimensions)
                == len(op.dot_dimension_numbers.rhs_contracting_dimensions)
            ),
            id="C2",
        ),
        *_dimension_lists("lhs"),
        *_dimension_lists("rhs"),
        Holds("batching dimensions have the same sizes", lambda op: _same_sizes(op, "batching"), id="C9"),
        Holds("contracting dimensions have the same sizes", lambda op: _same_sizes(op, "contracting"), id="C10"),
        precisions("C11"),
        Infers("C12"),
        Holds("without quantized tensors `lhs` and `rhs` have the same element type", one_element_type, id="C13"),
        Holds("a quantized `rhs` has the zero point 0", _no_zero_points, id="C15"),
        Holds("scales of `rhs` do not differ along a dimension that is contracted", _axis_is_kept, id="C16"),
        *quantization("C14", "C17", "C18", "C19", "C20"),
        Holds(
            "with an `algorithm`, each `precision_config` is DEFAULT",
            lambda op: op.algorithm is None or set(op.precision_config or ()) <= {Precision.DEFAULT},
            id="C21",
        ),
        _positive("lhs_component_count", "C22"),
        _positive("rhs_component_count", "C23"),
        _positive("num_primitive_operations", "C24"),
        Holds("`algorithm` is known to be supported by some hardware", _is_known),
    )
    assembly_format = (
        "$lhs `,` $rhs `,` custom<DotDimensionNumbers>($dot_dimension_numbers) ``"
        " custom<PrecisionConfigAndAlgorithm>($precision_config, $algorithm)"
        " attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        numbers, lhs, rhs = self.dot_dimension_numbers, self.lhs.type.dims, self.rhs.type.dims
        lhs_used = numbers.lhs_batching_dimensions + numbers.lhs_contracting_dimensions
        rhs_used = numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions
        batching = list(zip(numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions, strict=True))
        lhs_kept = [axis for axis in range(len(lhs)) if axis not in lhs_used]
        rhs_kept = [axis for axis in range(len(rhs)) if axis not in rhs_used]
        dims = (
            *(rhs[b] if lhs[a] is None else lhs[a] for a, b in batching),
            *(lhs[axis] for axis in lhs_kept),
            *(rhs[axis] for axis in rhs_kept),
        )
        lhs_bounds, rhs_bounds = bounds_of(self.lhs.type), bounds_of(self.rhs.type)
        bounds = (
            *(least(lhs_bounds[a], rhs_bounds[b]) for a, b in batching),
            *(lhs_bounds[axis] for axis in lhs_kept),
            *(rhs_bounds[axis] for axis in rhs_kept),
        )
        return bounded(dims, bounds, accumulation_type(self))


def accumulation_type(op: Any) -> Type:
    """The element type of the result: the one that it has, or that of `lhs` while the op is being made."""
    return op.result.type.element_type if op.results else op.lhs.type.element_type
