"""The two builds of upstream MLIR that the tests here compare with."""

from __future__ import annotations

import pytest

import couloir.dialects  # noqa: F401 -- declares the dialects
from tests.interop.upstream import Upstream, load


@pytest.fixture(scope="session")
def jaxlib() -> Upstream:
    return load("jaxlib")


@pytest.fixture(scope="session")
def iree() -> Upstream:
    return load("iree")


@pytest.fixture(params=["jaxlib", "iree"])
def upstream(request: pytest.FixtureRequest) -> Upstream:
    """Each of the two in turn."""
    return request.getfixturevalue(request.param)
