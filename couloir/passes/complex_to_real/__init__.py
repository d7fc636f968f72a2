"""Complex tensors become pairs of real ones."""

from __future__ import annotations

from couloir.passes.complex_to_real.lowering import ComplexToReal

__all__ = ["ComplexToReal"]
