"""Random programs, from nothing but the definitions of ops.

`values`: what a field may hold; `search`: fields of one op that fit together; `building`: ops, regions and functions of them.
"""

from __future__ import annotations
