"""Control flow, tuples and calls: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, DictionaryAttr, StringAttr
from couloir.ir.types import TensorType, TupleType, f32, f64, i1, i32, index
from tests.dialects.hlo_cases import accepts, breaks, in_a_module, returning, scalar

# control flow

breaks("if", "C1")(lambda b: hlo.If(b.tensor(of=i1), returning([scalar()]), returning([]), result_types=[]))
breaks("if", "C2")(
    lambda b: hlo.If(b.tensor(of=i1), returning([], x := b.tensor()), returning([]), result_types=[x.type])
)
breaks("case", "C1")(lambda b: hlo.Case(b.tensor(of=i32), (), result_types=[]))
breaks("case", "C2")(lambda b: hlo.Case(b.tensor(of=i32), (returning([scalar()]),)))
breaks("case", "C3")(lambda b: hlo.Case(b.tensor(of=i32), (returning([], b.tensor()), returning([]))))
breaks("while", "C1")(lambda b: hlo.While([x := b.tensor()], returning([x.type], 0), returning([x.type], 0)))
breaks("while", "C2")(lambda b: hlo.While([x := b.tensor(of=i1)], returning([x.type], 0), returning([x.type], 0, 0)))
breaks("get_tuple_element", "C1")(lambda b: hlo.GetTupleElement(hlo.Tuple([b.tensor()]), 1))
breaks("custom_call", "`operand_layouts` and `result_layouts` are given together")(
    lambda b: hlo.CustomCall([], "f", operand_layouts=ArrayAttr(()), result_types=[])
)
breaks("custom_call", "`backend_config` is a dictionary for `API_VERSION_TYPED_FFI`, a string for the others")(
    lambda b: hlo.CustomCall(
        [],
        "f",
        backend_config=DictionaryAttr({}),
        api_version=hlo.CustomCallApiVersion.API_VERSION_STATUS_RETURNING,
        result_types=[],
    )
)


def composite(
    name: str = "my.op", inputs: Any = (f32,), function: str = "negates", result: Any = f32
) -> Callable[[Any], Any]:
    return in_a_module(
        lambda b: hlo.Composite(
            [b.tensor(of=element) for element in inputs], name, decomposition=function, result_types=[scalar(result)]
        )
    )


breaks("composite", "C1")(composite("0.op"))
breaks("composite", "C2")(composite(function="inner"))
breaks("composite", "C3")(composite(inputs=(f64,)))
breaks("composite", "C4")(composite(result=f64))
accepts(composite("my.op.v$2"))
BAD_NAMES = ("", "op", "my.", ".op", "my.%", "my.op.%", "my.op ", "0.op")


def calls(*types: Any, results: Any = (), **more: Any) -> Callable[[Any], Any]:
    return lambda b: hlo.CustomCall([b.value(type) for type in types], "f", result_types=list(results), **more)


def layouts(*dims: Any) -> ArrayAttr:
    return ArrayAttr(
        tuple(DenseElementsAttr(TensorType((len(each),), index), np.array(each, np.int64)) for each in dims)
    )


def aliases(*path: Any) -> ArrayAttr:
    return ArrayAttr((hlo.OutputOperandAlias(*path),))


PAIR = TupleType((TensorType((1,), f32), TensorType((2, 3), f32)))
breaks("custom_call", "`operand_layouts` has for each operand its dimensions in some order")(
    calls(TensorType((2, 3), f32), operand_layouts=layouts((0, 2)), result_layouts=layouts())
)
breaks("custom_call", "`result_layouts` has for each result its dimensions in some order")(
    calls(results=[PAIR], operand_layouts=layouts(), result_layouts=layouts((0,)))
)
breaks("custom_call", "`called_computations` are symbols")(calls(called_computations=ArrayAttr((StringAttr("f"),))))
breaks("custom_call", "`output_operand_aliases` are of parts of equal types")(
    calls(PAIR, results=[TensorType((2, 3), f32)], output_operand_aliases=aliases((), 0, (0,)))
)
accepts(calls(hlo.Future((scalar(),)), results=[hlo.Future((scalar(),))]))
accepts(calls(PAIR, results=[PAIR], output_operand_aliases=aliases((1,), 0, (1,))))
accepts(
    calls(
        TensorType((2, 3), f32), results=[PAIR], operand_layouts=layouts((0, 1)), result_layouts=layouts((0,), (1, 0))
    )
)
BAD_LAYOUTS = (
    calls(hlo.Token(), operand_layouts=layouts((0,)), result_layouts=layouts()),
    calls(PAIR, operand_layouts=layouts((0,)), result_layouts=layouts()),
    calls(scalar(), operand_layouts=layouts(), result_layouts=layouts()),
    calls(TensorType((2,), f32), operand_layouts=ArrayAttr((StringAttr("0"),)), result_layouts=layouts()),
)
BAD_ALIASES = (
    calls(PAIR, results=[PAIR], output_operand_aliases=aliases((1,), 1, (1,))),
    calls(PAIR, results=[PAIR], output_operand_aliases=aliases((2,), 0, (1,))),
    calls(PAIR, results=[PAIR], output_operand_aliases=aliases((1,), 0, (1, 0))),
    calls(PAIR, results=[PAIR], output_operand_aliases=ArrayAttr((StringAttr("x"),))),
)
breaks("if", "C3")(
    lambda b: hlo.If(b.tensor(of=i1), *(returning([], b.tensor()) for _ in "tf"), result_types=[scalar(f64)])
)
breaks("case", "C4")(lambda b: hlo.Case(b.tensor(of=i32), (returning([], b.tensor()),), result_types=[scalar(f64)]))
breaks("while", "C3")(
    lambda b: hlo.While([x := b.tensor(of=i1)], *(returning([x.type], 0) for _ in "cb"), result_types=[scalar()])
)
breaks("optimization_barrier", "C1")(lambda b: hlo.OptimizationBarrier([b.tensor(2)], result_types=[scalar()]))
breaks("tuple", "C1")(lambda b: hlo.Tuple([b.tensor(2)], result_types=[TupleType((scalar(),))]))
breaks("get_tuple_element", "C2")(lambda b: hlo.GetTupleElement(b.value(PAIR), 1, result_types=[scalar()]))

accepts(lambda b: hlo.While([x := b.tensor(of=i1)], returning([x.type], 0), returning([x.type], 0)))
