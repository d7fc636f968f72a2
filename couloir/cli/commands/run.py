"""`couloir run`: a model on arrays."""

from __future__ import annotations

import sys
from typing import Any, Final

from couloir.cli.common import (
    Commands,
    command,
    input_argument,
    load,
    model_arguments,
    natural,
    read_inputs,
    write_file,
)
from couloir.ir.errors import Error

MAX_NAME: Final = 1000
"""Characters of a result's name that are shown and saved."""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "run", _run, "run a model on arrays and show or save the results")
    model_arguments(parser)
    input_argument(parser)
    parser.add_argument("--random", type=natural, metavar="SEED", help="random inputs instead")
    parser.add_argument(
        "--backend", "-b", choices=("numpy", "c"), default="numpy", help="what runs it (default: numpy, the reference)"
    )
    parser.add_argument("--output", "-o", metavar="FILE", help="save the results as .npz, or - for stdout")
    parser.add_argument(
        "--max-runs",
        type=natural,
        metavar="N",
        help="give up after so many runs of loop bodies, branches and functions",
    )


def _run(options: Any) -> int:
    import numpy as np

    from couloir import api

    if options.random is not None and options.input:
        raise Error("--random and --input exclude each other")
    module = load(options)
    entry = _entry(module)
    if options.random is not None:
        arrays = _random_inputs(entry, options.random)
    else:
        given = read_inputs(options.input)
        types = entry.function_type.inputs
        arrays = [_typed(array, type) for array, type in zip(given, types, strict=False)] + given[len(types) :]
    results = api.run(module, *arrays, backend=options.backend, max_runs=options.max_runs)
    names = _result_names(entry, len(results))
    if options.output:
        _save_npz(options.output, dict(zip(names, results, strict=True)))
        if options.output != "-":
            print(f"wrote {options.output}", file=sys.stderr)
    else:
        for name, array in zip(names, results, strict=True):
            print(f"{name}: {array.dtype}{list(array.shape)}")
            print(np.array2string(np.asarray(array), threshold=64, precision=6))
    return 0


def _entry(module: Any) -> Any:
    from couloir.backends.c.emit import entry_function

    return entry_function(module, None)


def _result_names(entry: Any, count: int) -> list[str]:
    """A name for each result, all different, of characters that can be printed."""
    names: list[str] = []
    for index in range(count):
        said = str(getattr(entry.result_attribute(index, "onnx.name"), "value", ""))[:MAX_NAME]
        name = "".join(c if c.isprintable() else "_" for c in said) or f"output{index}"
        while name in names:
            name += f"_output{index}"
        names.append(name)
    return names


def _random_inputs(entry: Any, seed: int) -> list[Any]:
    from couloir.ir.types import ShapedType
    from couloir.passes.running import random_inputs

    for index, type in enumerate(entry.function_type.inputs):
        if isinstance(type, ShapedType) and not type.is_static:
            raise Error(
                f"input {index} is `{type}`", hint="give its dimensions: --dims NAME=SIZE, or inputs: --input FILE"
            )
    return random_inputs(entry, seed=seed)


def _typed(array: Any, type: Any) -> Any:
    """The array, with the element type of the argument where the file says only how wide an element is.

    NumPy's files have no name for bfloat16, the narrow floats and the narrow integers: they are read as raw bytes.
    """
    from couloir.backends.numpy.element_types import from_raw
    from couloir.ir.types import ShapedType, dtype_of

    if array.dtype.kind != "V" or array.dtype.names or not isinstance(type, ShapedType):
        return array
    return from_raw(array, dtype_of(type.element_type))


def _save_npz(path: str, arrays: dict[str, Any]) -> None:
    import io
    import zipfile

    import numpy as np

    from couloir.backends.numpy.element_types import to_raw

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # numpy.savez takes no array called `file`, and pickles strings
        for name, result in arrays.items():
            array = np.asarray(result)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                stored = array.astype(str) if array.dtype == object else to_raw(array)
                np.lib.format.write_array(file, stored, allow_pickle=False)
    write_file(path, buffer.getvalue())
