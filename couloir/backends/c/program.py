"""A compiled module as files, and as something to call.

`CProgram` holds the texts: one C file, a header, a weights file, and for a standalone program `main.c` and a `Makefile`.
`compile_module` builds them through the cache and returns an `Executable`, which is called on NumPy arrays.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import numpy as np

from couloir.backends.c.cache import Cache
from couloir.backends.c.emit import ENTRY, CCode, emit
from couloir.backends.c.loader import Buffer, Library, aligned_copy
from couloir.backends.c.toolchain import CompileOptions, Compiler, cpu_features, find_compiler
from couloir.ir.errors import Error, file_trouble
from couloir.ir.types import dtype_of
from couloir.version import __version__

if TYPE_CHECKING:
    from couloir.dialects.builtin import ModuleOp

#: Contraction of a * b + c to one rounding is what the hardware is built for; results differ from separate roundings
#: in the last bit.
OPTIONS: Final = CompileOptions(fp_contract="fast")

#: A model may compare a value with itself, or an unsigned one with 0: that is not a fault of the C.
_PREAMBLE: Final = """#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbool-compare"
#endif

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "model.h"

"""

_HEADER: Final = """/* Made by Couloir. */
#ifndef COULOIR_MODEL_H
#define COULOIR_MODEL_H

#include <stdint.h>

/* Bytes of the scratch memory that a call needs, and of the constants in model.weights. Both are aligned to 64 bytes. */
#define COULOIR_WORKSPACE_BYTES {workspace}
#define COULOIR_WEIGHTS_BYTES {weights}
#define COULOIR_INPUTS {input_count}
#define COULOIR_OUTPUTS {output_count}

{comments}

#ifdef __cplusplus
extern "C" {{
#endif

/* Reads the inputs and the weights, writes the outputs; returns 0, or the number of an assertion that does not hold. Arrays
are dense and row-major, aligned to 64 bytes, and do not overlap. */
int32_t couloir_run(const void *const *inputs, void *const *outputs, const void *weights, void *workspace);

#ifdef __cplusplus
}}
#endif

#endif
"""

_MAIN: Final = """/* Runs the model on files of raw elements: ./model in0.bin ... out0.bin ... */
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

static const size_t input_bytes[] = {{{input_bytes}}};
static const size_t output_bytes[] = {{{output_bytes}}};

static void *allocate(size_t size)
{{
    void *memory = aligned_alloc(64, (size + 127) / 64 * 64);
    if (memory == NULL) {{
        fprintf(stderr, "out of memory\\n");
        exit(1);
    }}
    return memory;
}}

static void *read_file(const char *path, size_t size)
{{
    void *data = allocate(size);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(data, 1, size, file) != size || fgetc(file) != EOF) {{
        fprintf(stderr, "%s: a file of %zu bytes is needed\\n", path, size);
        exit(1);
    }}
    fclose(file);
    return data;
}}

int main(int argc, char **argv)
{{
    const void *inputs[COULOIR_INPUTS + 1];
    void *outputs[COULOIR_OUTPUTS + 1];
    if (argc != 1 + COULOIR_INPUTS + COULOIR_OUTPUTS) {{
        fprintf(stderr, "usage: %s INPUT... OUTPUT...   (%d inputs, %d outputs: files of raw elements, see model.h)\\n",
                argv[0], COULOIR_INPUTS, COULOIR_OUTPUTS);
        return 2;
    }}
    void *weights = read_file("model.weights", COULOIR_WEIGHTS_BYTES);
    void *workspace = allocate(COULOIR_WORKSPACE_BYTES);
    for (int i = 0; i < COULOIR_INPUTS; ++i)
        inputs[i] = read_file(argv[1 + i], input_bytes[i]);
    for (int i = 0; i < COULOIR_OUTPUTS; ++i)
        outputs[i] = allocate(output_bytes[i]);
    const int32_t status = couloir_run(inputs, outputs, weights, workspace);
    for (int i = 0; i < COULOIR_OUTPUTS && status == 0; ++i) {{
        FILE *file = fopen(argv[1 + COULOIR_INPUTS + i], "wb");
        if (file == NULL || fwrite(outputs[i], 1, output_bytes[i], file) != output_bytes[i] || fclose(file) != 0) {{
            fprintf(stderr, "%s: cannot be written\\n", argv[1 + COULOIR_INPUTS + i]);
            return 1;
        }}
    }}
    for (int i = 0; i < COULOIR_INPUTS; ++i)
        free((void *)inputs[i]);
    for (int i = 0; i < COULOIR_OUTPUTS; ++i)
        free(outputs[i]);
    free(workspace);
    free(weights);
    return status != 0;
}}
"""

_MAKEFILE: Final = """CC ?= cc
CFLAGS ?= -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -Wall -Wextra

model: main.c model.c model.h
\t$(CC) $(CFLAGS) main.c model.c -lm -o model

clean:
\trm -f model

.PHONY: clean
"""


@attrs.frozen
class CProgram:
    """The C of a module as texts, and its weights."""

    code: CCode
    inputs: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]

    @classmethod
    def of(
        cls,
        module: ModuleOp,
        *,
        function: str | None = None,
        input_names: Sequence[str] = (),
        output_names: Sequence[str] = (),
    ) -> CProgram:
        """The program for a lowered module. The names stand in error messages and in `names.json`, never in C."""
        code = emit(module, function)
        return cls(code, _buffers(code.inputs, "input", input_names), _buffers(code.outputs, "output", output_names))

    @property
    def source(self) -> str:
        """`model.c`."""
        return _PREAMBLE + self.code.source

    @property
    def header(self) -> str:
        """`model.h`."""
        lines = [f"   inputs[{i}]: {b.dtype}{list(b.shape)}" for i, b in enumerate(self.inputs)]
        lines += [f"   outputs[{i}]: {b.dtype}{list(b.shape)}" for i, b in enumerate(self.outputs)]
        return _HEADER.format(
            workspace=self.code.workspace_bytes,
            weights=len(self.code.weights),
            input_count=len(self.inputs),
            output_count=len(self.outputs),
            comments="/*\n" + "\n".join(lines) + "\n */",
        )

    @property
    def main(self) -> str:
        """`main.c` of the standalone program."""
        return _MAIN.format(
            input_bytes=", ".join(str(_bytes(b)) for b in self.inputs) or "0",
            output_bytes=", ".join(str(_bytes(b)) for b in self.outputs) or "0",
        )

    @property
    def names(self) -> str:
        """`names.json`: what the functions, inputs and outputs are called in the model."""
        content = {
            "inputs": [b.name for b in self.inputs],
            "outputs": [b.name for b in self.outputs],
            "functions": self.code.names,
        }
        return json.dumps(content, indent=1, ensure_ascii=True) + "\n"

    def write(self, directory: str | Path) -> list[Path]:
        """Writes a program that builds with `make` and runs without Python. A file that is there is replaced whole.

        Raises:
            Error: The directory cannot be written to.
        """
        folder = Path(directory)
        files: dict[str, bytes] = {
            "model.c": self.source.encode(),
            "model.h": self.header.encode(),
            "main.c": self.main.encode(),
            "Makefile": _MAKEFILE.encode(),
            "model.weights": self.code.weights,
            "names.json": self.names.encode(),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                write_whole(folder / name, content)
        except (OSError, ValueError) as error:
            raise Error(f"cannot write to {folder}: {file_trouble(error)}") from error
        return [folder / name for name in files]


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it is there complete or not at all. What is no file, such as `/dev/null` or a pipe, is written to."""
    if path.exists() and not path.is_file():  # renaming over it would put a file in the place of the device
        path.write_bytes(content)
        return
    path = path.resolve()  # a link stays a link
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".couloir-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _buffers(items: Sequence[Any], what: str, names: Sequence[str]) -> tuple[Buffer, ...]:
    return tuple(
        Buffer(names[i] if i < len(names) and names[i] else f"{what} {i}", dtype_of(element), shape)
        for i, (element, shape) in enumerate(items)
    )


def _bytes(buffer: Buffer) -> int:
    return int(np.prod(buffer.shape, dtype=object)) * buffer.dtype.itemsize


class Executable:
    """A compiled module: call it on NumPy arrays, one for each input; it returns a tuple with an array for each output."""

    def __init__(self, program: CProgram, library: Library, compiler: Compiler, seconds: float) -> None:
        self.program = program
        self.compiler = compiler
        self.compile_seconds = seconds
        """Time of the C compiler; next to nothing when the cache had it."""
        raw = np.frombuffer(program.code.weights, dtype=np.uint8)
        self.weights = aligned_copy(raw)
        self.function = library.function(
            ENTRY,
            inputs=program.inputs,
            outputs=program.outputs,
            weights=self.weights,
            workspace_bytes=max(program.code.workspace_bytes, 1),
            assertions=program.code.assertions,
        )

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        return self.function(*map(_as_array, arrays))

    @property
    def source(self) -> str:
        """The C."""
        return self.program.source


def compile_program(
    program: CProgram,
    *,
    compiler: Compiler | None = None,
    options: CompileOptions = OPTIONS,
    cache: Cache | None = None,
) -> Executable:
    """Compiles a program with the system's C compiler, or takes it from the cache."""
    chosen = compiler or find_compiler()
    source, header = program.source.encode(), program.header.encode()
    key = {
        "source": hashlib.sha256(source).hexdigest(),
        "header": hashlib.sha256(header).hexdigest(),
        "options": options.key(),
        "compiler": chosen.key(),
        "couloir": __version__,
        "cpu": cpu_features(),
    }

    def build(folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="couloir-") as work:
            (Path(work) / "model.c").write_bytes(source)
            (Path(work) / "model.h").write_bytes(header)
            chosen.compile([Path(work) / "model.c"], folder / "model.so", options=options)

    start = perf_counter()
    folder = (cache or Cache()).get_or_build(key, build)
    return Executable(program, Library(folder / "model.so"), chosen, perf_counter() - start)


def _as_array(given: Any) -> Any:
    """An array of JAX, PyTorch and others as one of NumPy; what is no array is left to be refused."""
    if isinstance(given, np.ndarray) or not hasattr(given, "__array__"):
        return cast("Any", given)
    return np.asarray(given)
