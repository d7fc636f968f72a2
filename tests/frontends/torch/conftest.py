from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install couloir[torch]")
