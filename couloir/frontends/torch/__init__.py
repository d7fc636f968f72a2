"""From PyTorch: `couloir.from_torch(model, (x,))`. One file of `aten` for each family of operators.

`lowers("aten.relu")` registers the lowering of an operator, here or in another package; see
`couloir.frontends.torch.node`.
"""

from __future__ import annotations

from couloir.frontends.torch.node import LOWERINGS, Lowered, Node, NotLowered, lowers
from couloir.frontends.torch.reading import from_torch

__all__ = ["LOWERINGS", "Lowered", "Node", "NotLowered", "from_torch", "lowers"]
