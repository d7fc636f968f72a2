from __future__ import annotations
def attribute_text(a): return repr(a)
def operation_text(a): return repr(a)
