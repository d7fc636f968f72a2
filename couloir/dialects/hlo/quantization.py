"""StableHLO: from real numbers to integers that stand for them, and back.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there. The element
types are `couloir.dialects.quant.UniformType`.
"""

from __future__ import annotations

from couloir.dialects.hlo.elements import FLOAT_ONLY, PER_AXIS, QUANTIZED, expressed_type
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameShape
from couloir.ir.fields import Operand, Result
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type


class UniformQuantize(Operation, name="stablehlo.uniform_quantize", traits=(Pure,)):
    """The integers of the result's type that stand for numbers nearest to the operand's: ties to the even integer.

    Source: StableHLO specification, `uniform_quantize`.
    """

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY | QUANTIZED | PER_AXIS)
    result: Result[TensorType] = fields.result(elements=QUANTIZED | PER_AXIS)

    constraints = (
        SameShape("operand", "result", id="C1"),
        Holds(
            "`operand` has the expressed type of the result",
            lambda op: expressed_type(op.operand.type.element_type) is expressed_type(op.result.type.element_type),
            id="C2",
            verify_only=True,
        ),
    )
    assembly_format = "$operand attr-dict `:` custom<SameTypes1>(type($operand), type($result))"


class UniformDequantize(Operation, name="stablehlo.uniform_dequantize", traits=(Pure,)):
    """The numbers that the operand's integers stand for. Source: StableHLO specification, `uniform_dequantize`."""

    operand: Operand[TensorType] = fields.operand(elements=QUANTIZED | PER_AXIS)
    result: Result[TensorType] = fields.result(elements=FLOAT_ONLY)

    constraints = (SameShape("operand", "result", id="C1"), Infers("C2"))
    assembly_format = "$operand attr-dict `:` custom<SameTypes1>(type($operand), type($result))"

    def infer(self) -> Type:
        return self.operand.type.with_element_type(expressed_type(self.operand.type.element_type))
