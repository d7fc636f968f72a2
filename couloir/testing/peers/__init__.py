"""Other implementations of what programs mean, each in a process of its own: C, XLA, StableHLO's interpreter, ONNX's evaluators.

`table`: which there are; `process`: one of them, with limits; `worker`, `frames`: what goes on in that process;
`agreement`: whether results agree; `comparing`: the calls.
"""

from __future__ import annotations

from couloir.testing.peers.comparing import Peers, compare_with
from couloir.testing.peers.table import PEERS, Peer

__all__ = ["PEERS", "Peer", "Peers", "compare_with"]
