"""Makes Hypothesis know `couloir.Module`: it calls `register` when it is imported (entry point `hypothesis`)."""

from __future__ import annotations


def register() -> None:
    """`st.from_type(couloir.Module)` draws modules of StableHLO, `st.from_type(TensorType)` tensor types."""
    from hypothesis import strategies as st

    from couloir.dialects.builtin import ModuleOp
    from couloir.ir.attribute import Type
    from couloir.ir.types import TensorType

    def modules(_: type) -> st.SearchStrategy[ModuleOp]:
        from couloir.testing import strategies

        return strategies.modules()

    def tensor_types(_: type) -> st.SearchStrategy[TensorType]:
        from couloir.testing import strategies

        return strategies.tensor_types()

    def types(_: type) -> st.SearchStrategy[Type]:
        from couloir.testing import strategies

        return strategies.types()

    st.register_type_strategy(ModuleOp, modules)
    st.register_type_strategy(TensorType, tensor_types)
    st.register_type_strategy(Type, types)
