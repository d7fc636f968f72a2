"""The C backend: loop nests to readable C11, compiled, cached and called from Python."""
