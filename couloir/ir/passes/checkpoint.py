"""The IR at a cut through a pipeline, as one text: what was stopped can go on from it, and what failed can fail again.

It is MLIR, with the rest of the pipeline and how it ran beside the module, where MLIR keeps such things (and its own
reproducers); other tools read the module and pass over the rest:

    {-#
      external_resources: {
        couloir: {
          format: "1",
          pipeline: "cse,dce",
          ...
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from couloir.ir.errors import Error
from couloir.ir.passes.instrumentation import Instrumentation
from couloir.ir.passes.pipeline import PassPipeline
from couloir.ir.text.parser import external_resources, parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from couloir.ir.limits import Limits
    from couloir.ir.operation import Operation
    from couloir.ir.passes.base import PassContext
    from couloir.ir.passes.report import PassRun

FORMAT: Final = "1"
"""Changes when older versions could not read what newer ones write."""
_OWNER: Final = "couloir"
_METADATA: Final = "{-#"
_NUMBER: Final = re.compile(r"(?<=`) \(number [0-9]+\)")
_NO_DIGEST: Final = "0" * 64
_PACKAGES: Final = ("numpy", "onnx", "ml_dtypes")
_SWITCHES: Final = ("verify_each", "verify_rules", "check_each", "allow_unregistered")
_TEXTS: Final = ("format", "pipeline", "written_by", "versions", "check_inputs", "done", "failed", "error", "digest")


@attrs.frozen(kw_only=True)
class Checkpoint:
    """What a pipeline needs to go on, or to fail again."""

    pipeline: str
    """The passes that are still to run, as text. The first is the one that failed, if one did."""
    verify_each: bool = True
    verify_rules: bool = False
    check_each: bool = False
    """Whether the program was run before and after each pass."""
    check_inputs: str = ""
    """What it was run on: `seed 0`, or `given inputs`."""
    done: str = ""
    """The passes that had run before, as text."""
    failed: str = ""
    """The pass that failed, as text; empty when none did."""
    error: str = ""
    """What it said: type and message."""
    written_by: str = __version__
    """The version of Couloir."""
    versions: str = ""
    """Of Python and of packages, for people."""
    allow_unregistered: bool = False
    edited: bool = attrs.field(default=False, eq=False)
    """Whether the text of the module is another one than was written."""

    def pipelines(self, *, file: str = "<text>") -> tuple[PassPipeline, PassPipeline]:
        """The passes that had run, and those that are still to run.

        Raises:
            Error: when there is no such pass or option (any more).
        """
        try:
            return PassPipeline.parse(self.done), PassPipeline.parse(self.pipeline)
        except Error as error:
            error.where = f"{file}: {error.where}" if error.where else file
            _blame_version(error, {"written_by": self.written_by})
            raise


def checkpoint_text(module: Operation, checkpoint: Checkpoint, *, generic: bool = False, locations: bool = True) -> str:
    """The text of a module with a checkpoint beside it. All constants are in it."""
    unknown = any(not op.is_registered for op in module.walk())
    versions = checkpoint.versions or installed_versions()
    entries: dict[str, str | bool] = {"format": FORMAT, "digest": _NO_DIGEST}
    kept = attrs.asdict(attrs.evolve(checkpoint, versions=versions, allow_unregistered=unknown))
    del kept["edited"]
    entries |= {key: value for key, value in kept.items() if value or key in ("pipeline", "verify_each")}
    text = operation_text(module, generic=generic, locations=locations, external_resources={_OWNER: entries})
    body, mark, end = text.rpartition(_METADATA)
    return f"{body}{mark}{end.replace(_NO_DIGEST, _digest(body), 1)}\n"


def read_checkpoint(text: str, *, file: str = "<text>", limits: Limits | None = None) -> tuple[Operation, Checkpoint]:
    """The module and what stands beside it.

    Raises:
        Error: when nothing stands beside it, or something from a newer version, or it is damaged; says which.
    """
    entries = checkpoint_entries(text, file=file, limits=limits)
    if entries is None:
        raise Error(
            "no pipeline stands beside the module: it is no reproducer and not where a pipeline was stopped, or the end is lost",
            where=file,
            hint="such files are written by --reproducer and --stop-after, and end with `#-}`",
        )
    try:
        checkpoint = _checked(entries, file)
        module = parse_module_op(text, file=file, allow_unregistered=checkpoint.allow_unregistered, limits=limits)
    except Error as error:
        _blame_version(error, entries)
        raise
    body = text.rpartition(_METADATA)[0]
    return module, attrs.evolve(checkpoint, edited=entries.get("digest") not in (None, _digest(body)))


def checkpoint_entries(
    text: str, *, file: str = "<text>", limits: Limits | None = None
) -> Mapping[str, str | bool] | None:
    """What stands beside the module of a text, unchecked; None when that is nothing of ours."""
    return external_resources(text, file=file, limits=limits).get(_OWNER)


def _checked(entries: Mapping[str, str | bool], file: str) -> Checkpoint:
    found = entries.get("format")
    if found != FORMAT:
        raise Error(
            f"it is written in format {found!r}; this version of Couloir reads format {FORMAT!r}"
            if isinstance(found, str)
            else "it is damaged: its format is missing",
            where=file,
        )
    values: dict[str, str | bool] = {}
    for key, value in entries.items():
        if key not in (*_SWITCHES, *_TEXTS):
            raise Error(f"it is damaged, or of another version: it has an entry `{key}`", where=file)
        if isinstance(value, str) != (key in _TEXTS):
            raise Error(
                f"it is damaged: `{key}` is {'a text' if isinstance(value, str) else 'true or false'}", where=file
            )
        if key not in ("format", "digest"):
            values[key] = value
    if "pipeline" not in values:
        raise Error("it is damaged: the pipeline is missing", where=file)
    return Checkpoint(**values)  # pyright: ignore[reportArgumentType] -- checked above


def _blame_version(error: Error, entries: Mapping[str, str | bool]) -> None:
    writer = entries.get("written_by")
    if isinstance(writer, str) and writer != __version__:
        error.notes = (*error.notes, f"it was written by Couloir {writer}; this is {__version__}")


def installed_versions() -> str:
    """Versions that may matter: `couloir 0.1.0, python 3.12.1, numpy 2.3.0`."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = [f"couloir {__version__}", f"python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()


class Reproducing(Instrumentation):
    """When a pass fails, writes the IR as it was before it, with the rest of the pipeline, for `couloir replay`.

    A copy of the module is kept while a pass runs. Of passes that are nested in functions, the copy is from before the
    nested pipeline.

    Args:
        write: Takes the text, and says where it was put; or None for "nowhere". An `Error` that it raises becomes a note.
        settings: How the pipeline runs, as far as it is not the default.
    """

    def __init__(self, write: Callable[[str, Exception], str | None], settings: Checkpoint | None = None) -> None:
        self.write = write
        self.settings = settings or Checkpoint(pipeline="")

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        """Starts without a copy."""
        self.pipeline, self.module = pipeline, module
        self.before: Operation | None = None
        self.step = -1
        self.changed = False

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        """Copies the module, unless the copy is still good."""
        if self.before is None or (run.step != self.step and self.changed):
            self.before = self.module.clone()
            self.changed = False
        self.step = run.step

    def after_pass(self, run: PassRun, op: Operation) -> None:
        """Notes whether the copy is still good."""
        self.changed = self.changed or run.changed

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        """Writes the reproducer, and says so in the error."""
        assert self.before is not None, "the pass has started"
        head, tail = PassPipeline(self.pipeline.items[: self.step]), PassPipeline(self.pipeline.items[self.step :])
        checkpoint = attrs.evolve(
            self.settings, pipeline=str(tail), done=str(head), failed=run.text, error=described(error)
        )
        try:
            place = self.write(checkpoint_text(self.before, checkpoint), error)
            note = None if place is None else f"to see it again: couloir replay {place}"
        except Error as failure:
            note = f"the reproducer could not be written: {failure.message}"
        if note is not None and isinstance(error, Error):
            error.notes = (*error.notes, note)
        elif note is not None:
            error.add_note(note)


def described(error: BaseException) -> str:
    """Type and message of an error in one line, without the number of the pass, which is another one when it is replayed."""
    text = error.message if isinstance(error, Error) else str(error)
    return _NUMBER.sub("", f"{type(error).__name__}: {text}".split("\n")[0], count=1)
