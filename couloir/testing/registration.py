"""Makes Hypothesis know `couloir.Module`: it calls `register` when it is imported (entry point `hypothesis`)."""

from __future__ import annotations


def register() -> None:
    """`st.from_type(couloir.Module)` draws modules of StableHLO."""
    from hypothesis import strategies as st

    from couloir.dialects.builtin import ModuleOp

    def modules(_: type) -> st.SearchStrategy[ModuleOp]:
        from couloir.testing import strategies

        return strategies.modules()

    st.register_type_strategy(ModuleOp, modules)
