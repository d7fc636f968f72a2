"""Checks of rewrites: `check_rewrite`.

`programs`: programs in which a rule can fire; `inputs`: what they are run on; `oracle`: whether two programs compute the same;
`report`: what is said in the end; `check`: the call.
"""

from __future__ import annotations
