"""Batch normalisation: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from tests.dialects.hlo_cases import accepts, breaks

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


def batch_norm_grad(index: int, size: int) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        x = b.tensor(2, 3)
        return hlo.BatchNormGrad(x, *(b.tensor(size) for _ in range(3)), x, epsilon=0.1, feature_index=index)

    return build


breaks("batch_norm_grad", "C1")(batch_norm_grad(2, 3))
breaks("batch_norm_grad", "C5")(batch_norm_grad(1, 4))

accepts(lambda b: hlo.BatchNormInference(b.tensor(2, 3), *features(b, -1), epsilon=0.1, feature_index=1))
accepts(batch_norm_grad(1, 3))
