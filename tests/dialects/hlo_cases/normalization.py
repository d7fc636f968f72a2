"""Batch normalisation: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import TensorType, f32, f64
from tests.dialects.hlo_cases import accepts, breaks, quantized

# normalisation


def features(b: Any, wrong: int, count: int = 4) -> list[Any]:
    return [b.tensor(4 if number == wrong else 3) for number in range(count)]


for _name, _make, _count in (
    ("inference", hlo.BatchNormInference, 4),
    ("training", hlo.BatchNormTraining, 2),
):
    breaks(f"batch_norm_{_name}", "C1")(
        lambda b, make=_make, count=_count: make(b.tensor(2, 3), *features(b, -1, count), epsilon=0.1, feature_index=2)
    )
    for _wrong in range(_count):
        breaks(f"batch_norm_{_name}", f"C{3 + _wrong}")(
            lambda b, make=_make, count=_count, wrong=_wrong: make(
                b.tensor(2, 3), *features(b, wrong, count), epsilon=0.1, feature_index=1
            )
        )


def normalizes(make: Any, sizes: Any, elements: Any = (f32,) * 5, results: Any = None) -> Callable[[Any], Any]:
    """A normalisation of a tensor of size 2x3; `elements` are of the operands, one after the other."""
    return lambda b: make(
        b.tensor(2, 3, of=elements[0]),
        *(b.tensor(*size, of=element) for size, element in zip(sizes, elements[1:], strict=False)),
        epsilon=0.1,
        feature_index=1,
        result_types=None if results is None else [TensorType(size, f32) for size in results],
    )


MIXED = (f32, f32, f64, f32, f32)
INFERENCE, TRAINING, GRAD = ((3,),) * 4, ((3,),) * 2, ((3,), (3,), (3,), (2, 3))
breaks("batch_norm_inference", "C2")(normalizes(hlo.BatchNormInference, INFERENCE, MIXED))
breaks("batch_norm_inference", "C7")(normalizes(hlo.BatchNormInference, INFERENCE, results=[(3, 2)]))
breaks("batch_norm_training", "C2")(normalizes(hlo.BatchNormTraining, TRAINING, MIXED))
breaks("batch_norm_training", "C2, C5, C6, C7")(
    normalizes(hlo.BatchNormTraining, TRAINING, results=[(2, 3), (3,), (2,)])
)
breaks("batch_norm_grad", "C1")(
    lambda b: hlo.BatchNormGrad(x := b.tensor(2, 3), *(b.tensor(3) for _ in range(3)), x, epsilon=0.1, feature_index=2)
)
breaks("batch_norm_grad", "C2")(normalizes(hlo.BatchNormGrad, GRAD, MIXED))
breaks("batch_norm_grad", "C3")(normalizes(hlo.BatchNormGrad, (*GRAD[:3], (3, 3))))
breaks("batch_norm_grad", "C4")(normalizes(hlo.BatchNormGrad, ((3,), (3,), (4,), (2, 3))))
breaks("batch_norm_grad", "C5")(normalizes(hlo.BatchNormGrad, ((4,), (4,), (4,), (2, 3))))
breaks("batch_norm_grad", "C2, C3, C4")(normalizes(hlo.BatchNormGrad, GRAD, results=[(2, 3), (3,), (2,)]))
SCALED = tuple(quantized(scale) for scale in (0.5, 0.25, 0.125, 2.0, 1.0))
accepts(normalizes(hlo.BatchNormInference, INFERENCE))
accepts(normalizes(hlo.BatchNormInference, INFERENCE, SCALED))
accepts(normalizes(hlo.BatchNormTraining, TRAINING, SCALED))
accepts(normalizes(hlo.BatchNormGrad, GRAD))
accepts(normalizes(hlo.BatchNormGrad, GRAD, SCALED))
