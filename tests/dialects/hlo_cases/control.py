"""Control flow, tuples and calls: what breaks each constraint."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.ir.attributes import ArrayAttr, DictionaryAttr
from couloir.ir.types import i1, i32
from tests.dialects.hlo_cases import accepts, breaks, returning, scalar

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
breaks("composite", "C1")(lambda b: hlo.Composite([], "plain", decomposition="f", result_types=[]))

accepts(lambda b: hlo.While([x := b.tensor(of=i1)], returning([x.type], 0), returning([x.type], 0)))
