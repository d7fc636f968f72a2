from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from couloir.backends.c import cache as cache_module
from couloir.backends.c.cache import Cache, CacheWarning, private_directory
from couloir.backends.c.loader import Library
from couloir.backends.c.toolchain import Compiler
from couloir.ir.errors import Error

KEY = {"ir": "abc", "compiler": "cc 1"}
NOBODY = 65534


class Builds:
    """A builder that counts: build number n writes n."""

    def __init__(self, *, size: int = 0) -> None:
        self.count = 0
        self.size = size

    def __call__(self, directory: Path) -> None:
        self.count += 1
        (directory / "a.txt").write_text(f"{self.count}" + "." * self.size)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entry_of(root: Path) -> Path:
    (entry,) = (path for path in root.iterdir() if len(path.name) == 64)
    return entry


# ------------------------------------------------------------------------------------------------ hits and misses


def test_a_key_is_built_once(root: Path) -> None:
    builds = Builds()
    first = Cache(root).get_or_build(KEY, builds)
    assert (first / "a.txt").read_text() == "1"
    again = Cache(root).get_or_build(dict(reversed(KEY.items())), builds)  # the order of the parts means nothing
    assert again == first and builds.count == 1
    assert os.listdir(root) == [first.parent.name]  # no lock, no leftover


@pytest.mark.parametrize(
    "other", [{"ir": "abd", "compiler": "cc 1"}, {"ir": "abc"}, {"ir": 'abc", "compiler": "cc 1'}, {"ab": "c"}]
)
def test_another_key_is_another_entry(root: Path, other: dict[str, str]) -> None:
    builds, cache = Builds(), Cache(root)
    assert cache.get_or_build(KEY, builds) != cache.get_or_build(other, builds)
    assert builds.count == 2


def test_the_whole_key_is_compared_not_its_hash(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_name", lambda text: "0" * 64)
    builds, cache = Builds(), Cache(root)
    assert (cache.get_or_build(KEY, builds) / "a.txt").read_text() == "1"
    assert (cache.get_or_build({"ir": "other"}, builds) / "a.txt").read_text() == "2"


def test_a_key_with_anything_in_it(root: Path) -> None:
    builds = Builds()
    for _ in range(2):
        Cache(root).get_or_build({"../../x": "\0\n\ud800ü'\"/%s", "": ""}, builds)
    assert builds.count == 1


@pytest.mark.parametrize("key", [{}, {"a": 1}, {1: "a"}, {"a": None}, {"a": b"x"}])
def test_bad_keys(root: Path, key: dict[str, str]) -> None:
    with pytest.raises(Error, match="mapping of text to text"):
        Cache(root).get_or_build(key, Builds())


def test_a_builder_that_fails_leaves_nothing(root: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").write_text("x")
        raise failure

    for failure in (Error("no"), ValueError("no"), KeyboardInterrupt(), PermissionError("no")):
        with pytest.raises(type(failure)) as caught:
            Cache(root).get_or_build(KEY, fail)
        assert caught.value is failure
        assert os.listdir(root) == []
    builds = Builds()
    Cache(root).get_or_build(KEY, builds)
    assert builds.count == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda directory: None,
        lambda directory: (directory / "sub").mkdir(),
        lambda directory: (directory / "link").symlink_to("/etc/passwd"),
        lambda directory: os.mkfifo(directory / "fifo"),
    ],
)
def test_a_builder_makes_plain_files(root: Path, make: Callable[[Path], None]) -> None:
    with pytest.raises(Error, match="plain files"):
        Cache(root).get_or_build(KEY, make)
    assert os.listdir(root) == []


# ------------------------------------------------------------------------------------------------ damaged entries


def replace_by_link(entry: Path) -> None:
    (entry / "files" / "a.txt").rename(entry.parent / "moved")
    (entry / "files" / "a.txt").symlink_to(entry.parent / "moved")


def replace_by_fifo(entry: Path) -> None:
    (entry / "files" / "a.txt").unlink()
    os.mkfifo(entry / "files" / "a.txt")


def replace_by_directory(entry: Path) -> None:
    (entry / "files" / "a.txt").unlink()
    (entry / "files" / "a.txt").mkdir()


def empty(entry: Path) -> None:
    (entry / "files" / "a.txt").unlink()
    edit(sha256={})(entry)


def edit(**changes: object) -> Callable[[Path], None]:
    def change(entry: Path) -> None:
        metadata = json.loads((entry / "entry.json").read_text())
        (entry / "entry.json").write_text(json.dumps(metadata | changes))

    return change


DAMAGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda entry: (entry / "files" / "a.txt").write_text("2"),
    "truncated": lambda entry: os.truncate(entry / "files" / "a.txt", 0),
    "longer": lambda entry: (entry / "files" / "a.txt").write_text("1 and more"),
    "missing": lambda entry: (entry / "files" / "a.txt").unlink(),
    "extra": lambda entry: (entry / "files" / "b.txt").write_text("?"),
    "link": replace_by_link,
    "fifo": replace_by_fifo,
    "directory": replace_by_directory,
    "no files": lambda entry: shutil.rmtree(entry / "files"),
    "no metadata": lambda entry: (entry / "entry.json").unlink(),
    "empty metadata": lambda entry: os.truncate(entry / "entry.json", 0),
    "torn metadata": lambda entry: os.truncate(entry / "entry.json", 50),
    "binary metadata": lambda entry: (entry / "entry.json").write_bytes(b"\x80\x04\xff\0"),
    "deep metadata": lambda entry: (entry / "entry.json").write_text("[" * 100_000),
    "list metadata": lambda entry: (entry / "entry.json").write_text("[]"),
    "other key": edit(key="{}"),
    "key of a wrong type": edit(key=1),
    "more keys": edit(more=1),
    "no digests": edit(sha256={}),
    "no digests, no files": empty,
    "digests of a wrong type": edit(sha256=["a.txt"]),
    "null digest": edit(sha256={"a.txt": None}),
    "path in digests": edit(sha256={"../entry.json": ""}),
    "a file": lambda entry: (shutil.rmtree(entry), entry.write_text("?")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_built_again(root: Path, damage: str) -> None:
    builds = Builds()
    Cache(root).get_or_build(KEY, builds)
    DAMAGES[damage](entry_of(root))
    for _ in range(2):
        built = Cache(root).get_or_build(KEY, builds)
        assert (built / "a.txt").read_text() == "2" and not (built / "a.txt").is_symlink()
        assert os.listdir(built) == ["a.txt"]
    assert builds.count == 2
    assert [name for name in os.listdir(root) if name != "moved"] == [entry_of(root).name]


def test_huge_metadata_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds = Builds()
    Cache(root).get_or_build(KEY, builds)
    monkeypatch.setattr(cache_module, "_MAX_METADATA", 20)
    Cache(root).get_or_build(KEY, builds)
    assert builds.count == 2


def test_an_empty_file_is_not_a_fifo(root: Path) -> None:
    built = Cache(root).get_or_build(KEY, lambda directory: (directory / "a.txt").touch())
    (built / "a.txt").unlink()
    os.mkfifo(built / "a.txt")
    Cache(root).get_or_build(KEY, lambda directory: (directory / "a.txt").touch())
    assert (built / "a.txt").is_file()


def test_a_cache_is_read_where_its_times_cannot_be_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    builds = Builds()
    Cache(root).get_or_build(KEY, builds)
    monkeypatch.setattr(os, "utime", fail)
    Cache(root).get_or_build(KEY, builds)
    assert builds.count == 1


@pytest.mark.parametrize("offset", [0, 100, -1])
def test_a_broken_library_is_never_loaded(root: Path, any_compiler: Compiler, tmp_path: Path, offset: int) -> None:
    source = tmp_path / "f.c"
    source.write_text("int f(void) { return 7; }\n")

    def build(directory: Path) -> None:
        any_compiler.compile([source], directory / "f.so")

    path = Cache(root).get_or_build(KEY, build) / "f.so"
    whole = path.read_bytes()
    path.write_bytes(whole[:offset] if offset >= 0 else whole[:-1] + bytes([whole[-1] ^ 1]))
    path = Cache(root).get_or_build(KEY, build) / "f.so"
    assert path.stat().st_size == len(whole)
    assert Library(path)._handle.f() == 7


# ------------------------------------------------------------------------------------------------ the directory


def test_the_directory_is_private(root: Path) -> None:
    old_mask = os.umask(0)
    try:
        Cache(root / "a" / "b").get_or_build(KEY, Builds())
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE((root / "a" / "b").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o720])
def test_a_directory_that_others_can_write_to(root: Path, mode: int) -> None:
    root.mkdir()
    root.chmod(mode)
    with pytest.raises(Error, match="others can write"):
        Cache(root)


def test_a_linked_directory(root: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    root.symlink_to(tmp_path / "real")
    with pytest.raises(Error, match="symbolic link"):
        Cache(root)
    root.unlink()
    root.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Error, match="cannot be used"):
        Cache(root)


def test_something_else_than_a_directory(root: Path) -> None:
    root.write_text("")
    with pytest.raises(Error, match="not a directory"):
        Cache(root)
    for bad in (root / "below", Path("/proc/nowhere/x"), Path("/proc/nowhere"), Path("a\0b"), root / ("x" * 1000)):
        with pytest.raises(Error, match="cannot be used"):
            Cache(bad)


def test_a_directory_of_somebody_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: root.stat().st_uid + 1)
    with pytest.raises(Error, match="belongs to user"):
        Cache(root)


def test_a_directory_that_others_can_replace(root: Path) -> None:
    (root / "below").mkdir(parents=True)
    root.chmod(0o777)
    with pytest.raises(Error, match="others can replace"):
        Cache(root / "below" / "cache")
    root.chmod(0o1777)  # sticky, as /tmp: only the owner renames
    Cache(root / "below" / "cache")


def test_a_path_with_blanks_and_quotes(tmp_path: Path, any_compiler: Compiler) -> None:
    source = tmp_path / "f.c"
    source.write_text("int f(void) { return 8; }\n")
    root = tmp_path / "a b'c\"d;$(e)"
    built = Cache(root).get_or_build(KEY, lambda directory: any_compiler.compile([source], directory / "f.so"))
    assert Library(built / "f.so")._handle.f() == 8


def test_the_default_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Cache().directory == tmp_path / "xdg" / "couloir"


def test_a_bad_default_directory_is_replaced_with_a_warning(
    tmp_path: Path, temporary_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "couloir").mkdir()
    (tmp_path / "couloir").chmod(0o777)
    builds = Builds()
    with pytest.warns(CacheWarning, match="others can write"):
        cache = Cache()
    assert cache.directory.parent == temporary_directory
    assert stat.S_IMODE(cache.directory.stat().st_mode) == 0o700
    for _ in range(2):
        assert (cache.get_or_build(KEY, builds) / "a.txt").read_text() == "1"
    assert os.listdir(tmp_path / "couloir") == []


def test_the_private_directory_ends_with_the_process(
    start_python: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    text = (
        "import os, sys, warnings; warnings.simplefilter('ignore')\n"
        "from couloir.backends.c.cache import Cache\n"
        "cache = Cache()\n"
        "built = cache.get_or_build({'a': 'b'}, lambda d: (d / 'x').write_text('y'))\n"
        "pid = os.fork()\n"
        "if pid == 0: sys.exit(0)\n"  # a forked child that ends must not take it away
        "os.waitpid(pid, 0)\n"
        "print(int((built / 'x').exists()), cache.directory)\n"
    )
    child = start_python(text, XDG_CACHE_HOME="/proc/nowhere", TMPDIR=str(tmp_path))
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.split()[0] == "1" and Path(out.split()[1]).parent == tmp_path
    assert os.listdir(tmp_path) == []


# ----------------------------------------------------------------------------------------- read-only and full


def as_a_user(root: Path, body: Callable[[], None]) -> None:
    """Run `body` in a child whom file permissions bind: root, whom they do not, becomes nobody, who gets `root`."""
    if os.geteuid() == 0:
        for path in [root, *root.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            body()
            status = 0
        finally:  # the exception, if any, is shown; the child must not go on with the other tests
            if status:
                sys.excepthook(*sys.exc_info())
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.fixture
def open_root(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that any user can reach (`tmp_path` is root's alone), removed afterwards."""
    path = Path(subprocess.check_output(["mktemp", "-d", "-p", "/tmp"], text=True).strip())
    (path / "temporary").mkdir()
    (path / "temporary").chmod(0o1777)
    path.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(path / "temporary"))
    yield path / "cache"
    subprocess.run(["chmod", "-R", "u+rwx", path], check=True)
    shutil.rmtree(path)


def test_a_read_only_cache_gives_what_it_has_and_builds_the_rest_privately(open_root: Path) -> None:
    builds = Builds()
    Cache(open_root).get_or_build(KEY, builds)
    open_root.chmod(0o500)

    def check() -> None:
        cache = Cache(open_root)
        assert cache.get_or_build(KEY, builds).parent.parent == open_root and builds.count == 1
        with pytest.warns(CacheWarning, match="cannot be used"):
            built = cache.get_or_build({"ir": "new"}, builds)
        assert open_root not in built.parents and (built / "a.txt").read_text() == "2"
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # said once
            assert cache.get_or_build({"ir": "new"}, builds) == built and builds.count == 2
            cache.get_or_build({"ir": "newer"}, builds)

    as_a_user(open_root, check)
    open_root.chmod(0o700)
    assert len(os.listdir(open_root)) == 1


def full_disk(directory: Path) -> None:
    with open("/dev/full", "w") as stream:
        stream.write("x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_that_is_full_while_building(root: Path) -> None:
    builds, attempts = Builds(), 0

    def build(directory: Path) -> None:
        nonlocal attempts
        attempts += 1
        if root in directory.parents:
            full_disk(directory)
        builds(directory)

    cache = Cache(root)
    with pytest.warns(CacheWarning, match="No space left"):
        built = cache.get_or_build(KEY, build)
    assert (built / "a.txt").read_text() == "1"
    assert cache.get_or_build(KEY, build) == built and attempts == 2
    assert os.listdir(root) == []
    with pytest.raises(Error, match="no place to build"):
        cache.get_or_build({"ir": "other"}, full_disk)


def test_a_disk_that_is_full_for_the_compiler(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler says so in words only; then it is a matter of what is free."""
    monkeypatch.setattr(cache_module, "_free_bytes", lambda path: 0 if path == root else 1 << 40)
    builds = Builds()

    def build(directory: Path) -> None:
        if root in directory.parents:
            raise Error("cannot write: No space left on device")
        builds(directory)

    with pytest.warns(CacheWarning, match="No space left"):
        assert (Cache(root).get_or_build(KEY, build) / "a.txt").read_text() == "1"


def test_a_fault_on_a_nearly_full_disk_is_reported_as_itself(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_free_bytes", lambda path: 0)
    failure = Error("undeclared identifier")

    def build(directory: Path) -> None:
        raise failure

    with pytest.warns(CacheWarning), pytest.raises(Error) as caught:
        Cache(root).get_or_build(KEY, build)
    assert caught.value is failure


def test_a_disk_that_is_full_when_publishing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = cache_module._write_metadata

    def fail_in_the_cache(path: Path, text: str) -> None:
        if root in path.parents:
            path.write_text("{")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    monkeypatch.setattr(cache_module, "_write_metadata", fail_in_the_cache)
    with pytest.warns(CacheWarning, match="No space left"):
        built = Cache(root).get_or_build(KEY, Builds())
    assert (built / "a.txt").exists() and os.listdir(root) == []


def test_a_cache_that_vanishes(root: Path) -> None:
    cache = Cache(root)
    root.rmdir()
    with pytest.warns(CacheWarning):
        assert (cache.get_or_build(KEY, Builds()) / "a.txt").exists()


# ----------------------------------------------------------------------------------------- several at once

BUILD_SLOWLY = """
import os, sys, time
from pathlib import Path
from couloir.backends.c.cache import Cache
root, log = Path(sys.argv[1]), Path(sys.argv[2])
def build(directory):
    with open(log, "a") as stream:
        stream.write(f"{os.getpid()}\\n")
    (directory / "a.txt").write_text("begun")
    while not Path(sys.argv[3]).exists():
        time.sleep(0.01)
    (directory / "a.txt").write_text("done")
built = Cache(root).get_or_build({"a": "b"}, build)
print((built / "a.txt").read_text(), built)
"""


def wait_for(condition: Callable[[], bool], *children: subprocess.Popen[str]) -> None:
    while not condition():
        for child in children:
            assert child.poll() is None, child.communicate()
        time.sleep(0.01)


def test_of_two_processes_one_builds(
    root: Path, tmp_path: Path, start_python: Callable[..., subprocess.Popen[str]]
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    log.touch()
    children = [start_python(BUILD_SLOWLY, root, log, go) for _ in range(2)]
    wait_for(lambda: log.read_text() != "", *children)
    time.sleep(0.5)  # for the other to come to the lock, too; a later one only makes this test weaker
    go.touch()
    answers = [child.communicate(timeout=60) for child in children]
    assert answers[0][0] == answers[1][0] != "", answers
    assert answers[0][0].startswith("done")
    assert len(log.read_text().split()) == 1
    assert len(os.listdir(root)) == 1


def test_of_many_threads_one_builds(root: Path) -> None:
    builds, cache = Builds(), Cache(root)
    barrier = threading.Barrier(8)
    results: list[Path] = []

    def build(directory: Path) -> None:
        time.sleep(0.05)
        builds(directory)

    def work() -> None:
        barrier.wait()
        results.append(cache.get_or_build(KEY, build))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8 and len(set(results)) == 1 and builds.count == 1


def test_a_killed_builder_is_harmless(
    root: Path, tmp_path: Path, start_python: Callable[..., subprocess.Popen[str]]
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    log.touch()
    killed = start_python(BUILD_SLOWLY, root, log, go)
    wait_for(lambda: any(root.glob("build-*/files/a.txt")), killed)
    waiting = start_python(BUILD_SLOWLY, root, log, go)
    time.sleep(0.3)  # let it come to the lock
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    wait_for(lambda: len(log.read_text().split()) == 2, waiting)
    go.touch()
    out, err = waiting.communicate(timeout=60)
    assert out.split() == ["done", str(entry_of(root) / "files")], err
    assert len(os.listdir(root)) == 1


def test_what_a_killed_builder_left_is_removed_by_the_next_build_of_anything(
    root: Path, tmp_path: Path, start_python: Callable[..., subprocess.Popen[str]]
) -> None:
    log = tmp_path / "log"
    log.touch()
    killed = start_python(BUILD_SLOWLY, root, log, tmp_path / "go")
    wait_for(lambda: any(root.glob("build-*/files/a.txt")), killed)
    alive = Cache(root).get_or_build(KEY, Builds())
    left = {name for name in os.listdir(root) if name != alive.parent.name}
    assert {name[:6] if name.startswith("build-") else name[-5:] for name in left} == {"build-", ".lock"}  # it lives
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    another = Cache(root).get_or_build({"ir": "other"}, Builds())
    assert sorted(os.listdir(root)) == sorted([alive.parent.name, another.parent.name])


def test_waiting_has_an_end(root: Path, tmp_path: Path, start_python: Callable[..., subprocess.Popen[str]]) -> None:
    log, go, builds = tmp_path / "log", tmp_path / "go", Builds()
    log.touch()
    child = start_python(BUILD_SLOWLY, root, log, go)
    wait_for(lambda: any(root.glob("build-*/files/a.txt")), child)
    with pytest.warns(CacheWarning, match="another process has been building"):
        built = Cache(root, lock_timeout=0.2).get_or_build({"a": "b"}, builds)
    assert root not in built.parents and builds.count == 1
    go.touch()
    assert child.communicate(timeout=60)[0].startswith("done")  # it was not disturbed


def test_a_lock_counts_only_on_the_file_that_the_next_one_opens(root: Path) -> None:
    root.mkdir(mode=0o700)
    path = root / "x.lock"
    held = cache_module._try_lock(path)
    assert held is not None
    assert cache_module._try_lock(path) is None
    late = os.open(path, os.O_RDWR)  # somebody who waits
    path.unlink()
    os.close(held)
    real_open = os.open
    opened = [late]
    try:
        os.open = lambda *arguments, **options: opened.pop() if opened else real_open(*arguments, **options)  # type: ignore[assignment]
        assert cache_module._try_lock(path) is None  # it got the lock of a file that is gone
    finally:
        os.open = real_open
    fresh = cache_module._try_lock(path)
    assert fresh is not None
    os.close(fresh)


def test_a_planted_link_is_not_followed_as_a_lock(root: Path, tmp_path: Path) -> None:
    Cache(root)
    name = cache_module._name(json.dumps({"cache": 1, "key": KEY}, sort_keys=True))
    (root / f"{name}.lock").symlink_to(tmp_path / "victim")
    with pytest.warns(CacheWarning):
        Cache(root).get_or_build(KEY, Builds())
    assert not (tmp_path / "victim").exists()


# ------------------------------------------------------------------------------------------------ its size


def age(built: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(built.parent / "entry.json", (at, at))


def test_what_was_used_longest_ago_is_removed_first(root: Path) -> None:
    builds = Builds(size=1000)
    cache = Cache(root, max_bytes=3500, grace_period=10)
    built = {name: cache.get_or_build({"ir": name}, builds) for name in "abc"}
    for name, seconds in (("a", 300), ("b", 200), ("c", 100)):
        age(built[name], seconds)
    cache.get_or_build({"ir": "a"}, builds)  # used: no longer the oldest
    assert builds.count == 3
    built["d"] = cache.get_or_build({"ir": "d"}, builds)
    assert [name for name in "abcd" if built[name].exists()] == ["a", "c", "d"]
    assert len(os.listdir(root)) == 3


def test_what_was_just_used_or_built_stays_however_large(root: Path) -> None:
    builds = Builds(size=1000)
    cache = Cache(root, max_bytes=10, grace_period=60)
    first = cache.get_or_build({"ir": "a"}, builds)
    second = cache.get_or_build({"ir": "b"}, builds)
    assert first.exists() and second.exists()
    age(first, 100)
    third = Cache(root, max_bytes=0, grace_period=0).get_or_build({"ir": "c"}, builds)
    assert not first.exists() and not second.exists() and third.exists()


def test_what_is_locked_is_not_removed(root: Path) -> None:
    cache = Cache(root, max_bytes=0, grace_period=0)
    built = cache.get_or_build(KEY, Builds())
    lock = cache_module._try_lock(root / f"{built.parent.name}.lock")
    assert lock is not None
    cache.trim()
    assert built.exists()
    os.close(lock)
    cache.trim()
    assert os.listdir(root) == []


def test_what_is_used_while_another_process_clears_up_is_not_removed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(root, max_bytes=0, grace_period=0)
    built = cache.get_or_build(KEY, Builds())
    age(built, 100)
    locked = cache_module._Store._locked

    def use_first(store: cache_module._Store, name: str, timeout: float) -> object:
        os.utime(built.parent / "entry.json")
        return locked(store, name, timeout)

    monkeypatch.setattr(cache_module._Store, "_locked", use_first)
    cache.trim()
    assert built.exists()


def test_foreign_files_are_left_alone(root: Path) -> None:
    cache = Cache(root, max_bytes=0, grace_period=0)
    foreign = ["README", "build-x", "notes.lock", "build-" + "0" * 65, "0" * 65, "trash-" + "0" * 64 + ".txt"]
    for name in foreign:
        (root / name).write_text("mine")
    cache.get_or_build(KEY, Builds())
    cache.trim()
    assert sorted(os.listdir(root)) == sorted(foreign)


@pytest.mark.parametrize("option", ["max_bytes", "lock_timeout", "grace_period"])
def test_bad_bounds(root: Path, option: str) -> None:
    with pytest.raises(Error, match="not negative"):
        Cache(root, **{option: -1})


def test_private_directory_resolves_links_above_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert private_directory(tmp_path / "link" / "cache") == tmp_path / "real" / "cache"
