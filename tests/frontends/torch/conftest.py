from __future__ import annotations

import logging

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install couloir[torch]")
logging.getLogger("torch.__trace").propagate = False  # it would tell pytest's log of every guard of every export
