"""Collectives on four devices against XLA, which runs the same modules on four CPU devices in a child process."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.backends.numpy.test_devices import collective, devices, groups, on, pairs

CHILD = """
import json, sys
import jax
import numpy as np
from jax.extend.backend import get_backend
from jaxlib import xla_client

jax.config.update("jax_num_cpu_devices", 4)
client = get_backend("cpu")
found = client.local_devices()
mesh = jax.sharding.Mesh(np.array(found), ("r",))
sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("r"))
x = jax.device_put(np.concatenate(json.loads(sys.argv[1])).astype("f4"), sharding)
results = []
for text in json.load(sys.stdin):
    options = xla_client.CompileOptions()
    options.num_replicas = 4
    program = client.compile_and_load(text, xla_client.DeviceList(tuple(found)), options)
    arrays = program.execute_sharded([x]).disassemble_into_single_device_arrays()[0]
    results.append([np.asarray(array).tolist() for array in arrays])
json.dump(results, sys.stdout)
"""
SPLIT = "split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count"
CASES = [
    ("all_reduce", groups((0, 2), (1, 3)), "4x2xf32", "add"),
    ("all_reduce", groups((3, 1, 0, 2)), "4x2xf32", "multiply"),
    ("all_gather", f"all_gather_dim = 1 : i64, {groups((1, 0), (3, 2))}", "4x4xf32", ""),
    ("reduce_scatter", f"scatter_dimension = 0 : i64, {groups((0, 1), (3, 2))}", "2x2xf32", "maximum"),
    ("all_to_all", f"{SPLIT} = 4 : i64, {groups((3, 1, 0, 2))}", "1x8xf32", ""),
    ("all_to_all", f"{SPLIT} = 2 : i64, {groups((3, 1), (0, 2))}", "2x4xf32", ""),
    ("collective_permute", pairs((0, 1), (1, 2), (3, 0)), "4x2xf32", ""),
]


def test_collectives_give_what_xla_gives() -> None:
    pytest.importorskip("jax")
    modules = [collective(name, options, "4x2xf32", result, body) for name, options, result, body in CASES]
    x = on(4)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps([value.tolist() for value in x])],
        input=json.dumps([str(module) for module in modules]),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert child.returncode == 0, child.stderr
    for case, module, wanted in zip(CASES, modules, json.loads(child.stdout), strict=True):
        np.testing.assert_array_equal(np.array(devices(module, x)), np.array(wanted, "f4"), err_msg=str(case))
