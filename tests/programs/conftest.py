from __future__ import annotations

import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install couloir[jax]")
