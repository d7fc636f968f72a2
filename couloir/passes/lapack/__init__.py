"""LAPACK's routines in StableHLO: loops over columns, rotations and reflections. See `couloir.passes.lapack.table`."""

from __future__ import annotations
