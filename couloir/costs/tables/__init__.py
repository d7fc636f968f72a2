"""The costs of the ops of each dialect: a module each."""

from __future__ import annotations
