"""The dataflow framework: say how facts join and what an op does to them; the solver does the rest.

* `lattice`: what facts are: `Lattice`, `FlatLattice`, `SetLattice`;
* `forward`: a fact for each value, from operands to results, along the ways that control may take;
* `backward`: a fact for each value, from uses to definitions;
* `dense`: a fact for each place in the program, in either direction;
* `constants`, `ranges`, `live_values`: analyses in it.

`docs/analysis.md` writes one from nothing.
"""

from __future__ import annotations

from couloir.ir.analysis.dataflow.backward import BackwardFacts, SparseBackward
from couloir.ir.analysis.dataflow.dense import DenseBackward, DenseFacts, DenseForward
from couloir.ir.analysis.dataflow.forward import ForwardFacts, SparseForward
from couloir.ir.analysis.dataflow.lattice import FlatLattice, Lattice, SetLattice

__all__ = [
    "BackwardFacts",
    "DenseBackward",
    "DenseFacts",
    "DenseForward",
    "FlatLattice",
    "ForwardFacts",
    "Lattice",
    "SetLattice",
    "SparseBackward",
    "SparseForward",
]
