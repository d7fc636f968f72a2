from __future__ import annotations
def attribute_text(a): return repr(a)
