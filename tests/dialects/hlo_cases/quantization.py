"""From real numbers to the integers that stand for them, and back: what breaks each constraint."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.ir.types import TensorType, f16, f32, f64
from tests.dialects.hlo_cases import accepts, breaks, quantized

THREE = [TensorType((3,), quantized())]

accepts(lambda b: hlo.UniformQuantize(b.tensor(3), result_types=THREE))
accepts(lambda b: hlo.UniformQuantize(b.tensor(3, of=quantized(0.25, 7)), result_types=THREE))
accepts(lambda b: hlo.UniformDequantize(b.tensor(3, of=quantized((0.5, 0.25, 1.0), axis=0))))
breaks("uniform_quantize", "C1")(lambda b: hlo.UniformQuantize(b.tensor(2), result_types=THREE))
breaks("uniform_quantize", "C2")(lambda b: hlo.UniformQuantize(b.tensor(3, of=f16), result_types=THREE))
breaks("uniform_dequantize", "C1")(
    lambda b: hlo.UniformDequantize(b.tensor(2, of=quantized()), result_types=[TensorType((3,), f32)])
)
breaks("uniform_dequantize", "C2")(
    lambda b: hlo.UniformDequantize(b.tensor(2, of=quantized()), result_types=[TensorType((2,), f64)])
)
