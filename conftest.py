"""What all of the project's own checks share: each rule, and each pass, is a test."""

from __future__ import annotations

pytest_plugins = ["couloir.testing.pytest_plugin"]
