"""The first op of a function whose value a pass changes: for passes whose work cannot be stopped in the middle.

The function is cut after an op, so that it gives the value of that op; the pass runs on what is left, and the results are
compared. The op is found by halving: cut before it all is well, cut behind it the values differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from couloir.backends.numpy.arguments import INPUT_COUNT
from couloir.dialects import func
from couloir.ir.errors import Error
from couloir.ir.traits import ConstantLike
from couloir.ir.types import FloatType, FunctionType, IndexType, IntegerType, TensorType
from couloir.passes.checking import CheckError, NumericCheck
from couloir.passes.running import public_functions

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.passes import PassPipeline


def first_changed_op(module: Operation, pipeline: PassPipeline, check: NumericCheck, function: str) -> Operation | None:
    """The first op of a function of tensors whose value is another one after the passes. `module` is not changed.

    Args:
        module: The module before the passes.
        pipeline: The passes, of which it is known that they change what the function computes.
        check: Says on which inputs; another one like it is made for each cut.
        function: The name of the function.

    Returns:
        The op, in `module`; None when it cannot be found like this: functions of several blocks or of buffers.
    """
    found = next((f for f in public_functions(module) if f.sym_name == function), None)
    if found is None or INPUT_COUNT in found.attributes or found.body.first_block is not found.body.last_block:
        return None
    if not isinstance(found.entry.last_op, func.Return):
        return None
    places = [number for number, op in enumerate(found.entry.ops) if _gives_tensors(op)]
    good, bad = -1, len(places)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _breaks(module, pipeline, check, function, places[middle]):
            bad = middle
        else:
            good = middle
    if bad == len(places):
        return None
    return list(found.entry.ops)[places[bad]]


def _gives_tensors(op: Operation) -> bool:
    return (
        bool(op.results)
        and not op.has_trait(ConstantLike)
        and all(isinstance(r.type, TensorType | FloatType | IntegerType | IndexType) for r in op.results)
    )


def _breaks(module: Operation, pipeline: PassPipeline, check: NumericCheck, function: str, place: int) -> bool:
    cut = _cut(module, function, place)
    try:
        own = NumericCheck(cut, check.inputs, function=function, seed=check.seed)
        if not own.cases:
            return False
        pipeline.run(cut, verify_each=False)
        own(cut)
    except CheckError:
        return True
    except Error:
        return False  # what cannot be lowered when it stands at the end says nothing about its value
    return False


def _cut(module: Operation, function: str, place: int) -> Operation:
    """A copy of the module in which the function ends after an op and gives its results."""
    copy = module.clone()
    cut = next(f for f in public_functions(copy) if f.sym_name == function)
    ops = list(cut.entry.ops)
    end = ops[-1]
    end.set_operands(ops[place].results)
    for op in reversed(ops[place + 1 : -1]):
        op.erase()
    cut.function_type = FunctionType(cut.function_type.inputs, tuple(result.type for result in ops[place].results))
    cut.attributes.pop("res_attrs", None)
    return copy
