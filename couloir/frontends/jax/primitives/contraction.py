"""Dot products and convolutions."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ConvDimensionNumbers, DotDimensionNumbers, Precision
from couloir.dialects.hlo.building import Tensor, convert
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.primitives.shape import numbers


def precision(given: Any) -> tuple[Precision, ...] | None:
    """JAX's precision, one or two of them; None for the default, and for algorithms, which only say how to compute."""
    both: list[Any] = list(given) if isinstance(given, tuple | list) else [given, given]  # pyright: ignore[reportUnknownArgumentType]
    names = [str(getattr(item, "name", "")) for item in both]
    found = tuple(Precision[name] if name in Precision.__members__ else Precision.DEFAULT for name in names)
    return None if set(found) == {Precision.DEFAULT} or len(found) != 2 else found


def _same_elements(eqn: Equation, lhs: Tensor, rhs: Tensor) -> tuple[Tensor, Tensor]:
    """Operands of one element type: where JAX mixes them, that of the result."""
    if lhs.type.element_type is rhs.type.element_type:
        return lhs, rhs
    return convert(lhs, eqn.element), convert(rhs, eqn.element)


@lowers("dot_general")
def dot_general(eqn: Equation, lhs: Tensor, rhs: Tensor) -> Lowered:
    """Sums of products; the element type of the result is JAX's."""
    (lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch) = eqn.params["dimension_numbers"]
    dims = DotDimensionNumbers(
        numbers(lhs_batch), numbers(rhs_batch), numbers(lhs_contracting), numbers(rhs_contracting)
    )
    lhs, rhs = _same_elements(eqn, lhs, rhs)
    return hlo.DotGeneral(lhs, rhs, dims, precision(eqn.params["precision"]), result_types=[eqn.type])


@lowers("conv_general_dilated")
def conv_general_dilated(eqn: Equation, lhs: Tensor, rhs: Tensor) -> Lowered:
    """A convolution; the layouts are those that JAX gives."""
    params = eqn.params
    layout = params["dimension_numbers"]
    lhs_spec, rhs_spec, out_spec = map(numbers, (layout.lhs_spec, layout.rhs_spec, layout.out_spec))
    dims = ConvDimensionNumbers(
        lhs_spec[0], lhs_spec[1], lhs_spec[2:],
        rhs_spec[1], rhs_spec[0], rhs_spec[2:],
        out_spec[0], out_spec[1], out_spec[2:],
    )  # fmt: skip
    lhs, rhs = _same_elements(eqn, lhs, rhs)
    return hlo.Convolution(
        lhs,
        rhs,
        numbers(params["window_strides"]),
        tuple((int(low), int(high)) for low, high in params["padding"]),
        numbers(params["lhs_dilation"]),
        numbers(params["rhs_dilation"]),
        dimension_numbers=dims,
        feature_group_count=int(params["feature_group_count"]),
        batch_group_count=int(params["batch_group_count"]),
        precision_config=precision(params["precision"]),
        result_types=[eqn.type],
    )
