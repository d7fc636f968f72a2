"""A program that XLA has split for four devices: its text on simulated devices computes what XLA computes on four CPU devices."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from couloir.backends.numpy import run_devices
from couloir.frontends.hlo_text import parse
from tests.frontends.tolerances import tolerance

CHILD = """
import json, sys
import jax, jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec as P

jax.config.update("jax_num_cpu_devices", 4)
mesh = jax.sharding.Mesh(np.array(jax.devices()).reshape(2, 2), ("a", "b"))
random = np.random.default_rng(0)
arrays = [random.normal(size=shape).astype(np.float32) for shape in ((8, 8), (8, 16), (16, 4))]

def f(x, w, v):
    return jax.nn.softmax(jnp.tanh(x @ w) @ v, axis=0), x.sum(0), jnp.sort(x, 0), x.T

programs = []
for specs in ((P("a", "b"), P("b", None), P(None, "a")), (P("b", "a"), P("a", "b"), P("b", None))):
    given = [jax.device_put(array, NamedSharding(mesh, spec)) for array, spec in zip(arrays, specs)]
    compiled = jax.jit(f, out_shardings=NamedSharding(mesh, P())).lower(*given).compile()
    shards = [sorted(array.addressable_shards, key=lambda shard: shard.device.id) for array in given]
    inputs = [[np.asarray(shard[device].data).tolist() for shard in shards] for device in range(4)]
    programs.append([compiled.as_text(), inputs, [np.asarray(result).tolist() for result in compiled(*given)]])
json.dump(programs, sys.stdout)
"""


def test_split_programs_compute_what_xla_computes() -> None:
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False, timeout=300)
    assert child.returncode == 0, child.stderr
    opcodes: set[str] = set()
    for text, inputs, expected in json.loads(child.stdout):
        module = parse(text)
        opcodes |= {op.name for op in module.walk()}
        arrays = [[np.array(shard, np.float32) for shard in shards] for shards in inputs]
        for results in run_devices(module, arrays, partitions=4):
            for found, wanted in zip(results, expected, strict=True):
                theirs = np.array(wanted, np.float32)
                np.testing.assert_allclose(found, theirs, rtol=0, atol=tolerance(theirs, 32))
    assert {f"stablehlo.{name}" for name in ("all_reduce", "all_gather", "all_to_all")} <= opcodes
