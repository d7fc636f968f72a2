"""StableHLO: random numbers.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

import math

from couloir.dialects.hlo.attributes import RngAlgorithm, RngDistribution
from couloir.dialects.hlo.elements import FLOAT_ONLY, INTEGER, PRED, SIZES
from couloir.dialects.shapes import constant_integers
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameElementType, SameType
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Result, attr
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import MAX_RANK, FloatType, TensorType, Type


class Rng(Operation, name="stablehlo.rng"):
    """Random numbers: uniform between `a` and `b`, or normal with mean `a` and standard deviation `b`.

    Which dimensions the result has follows from a constant `shape`; else its type is given.

    Source: StableHLO specification, `rng`.
    """

    a: Operand[TensorType] = fields.operand(elements=PRED | INTEGER | FLOAT_ONLY, rank=0)
    b: Operand[TensorType] = fields.operand(elements=PRED | INTEGER | FLOAT_ONLY, rank=0)
    shape: Operand[TensorType] = fields.operand(elements=SIZES, rank=1)
    rng_distribution: RngDistribution = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        SameElementType("a", "b", id="C1"),
        Holds(
            "NORMAL needs floats",
            lambda op: (
                op.rng_distribution is not RngDistribution.NORMAL or isinstance(op.a.type.element_type, FloatType)
            ),
            id="C2",
        ),
        Infers("C1, C3"),
    )
    assembly_format = (
        "$a `,` $b `,` $shape `,` `distribution` `=` $rng_distribution attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        (count,) = self.shape.type.dims
        if count is None:
            raise Error("the rank of the result does not follow from `shape`, whose length is not known")
        if count > MAX_RANK:
            raise Error(f"`shape` has {count} sizes, more than the {MAX_RANK} dimensions that a tensor may have")
        sizes = constant_integers(self.shape)
        return TensorType((None,) * count if sizes is None else tuple(sizes), self.a.type.element_type)


def _state_fits(op: RngBitGenerator) -> bool | str:
    sizes = {RngAlgorithm.THREE_FRY: (2,), RngAlgorithm.PHILOX: (2, 3)}.get(op.rng_algorithm)
    type = op.initial_state.type
    if sizes is None or not type.is_static or math.prod(type.shape) in sizes:
        return True
    return f"{op.rng_algorithm.name} has {' or '.join(map(str, sizes))} elements of state, not `{type}`"


class RngBitGenerator(Operation, name="stablehlo.rng_bit_generator", traits=(Pure,)):
    """Random bits and the next state, from a state. The types are given: of the state, and of the bits.

    Source: StableHLO specification, `rng_bit_generator`.
    """

    rng_algorithm: RngAlgorithm
    initial_state: Operand[TensorType] = fields.operand(elements=INTEGER | FLOAT_ONLY)
    output_state: Result[TensorType] = fields.result()
    output: Result[TensorType] = fields.result(elements=INTEGER | FLOAT_ONLY)

    constraints = (
        SameType("initial_state", "output_state", id="C1"),
        Holds("the state has the size that the algorithm asks for", _state_fits, id="C2"),
        Holds("`output` has a static shape", lambda op: op.output.type.is_static, verify_only=True),
    )
    assembly_format = (
        "$initial_state `,` `algorithm` `=` $rng_algorithm attr-dict `:` functional-type(operands, results)"
    )
