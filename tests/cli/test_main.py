"""The command line: exit codes, stdin and stdout, messages for people, no half-written files."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir import api
from couloir.cli import main

ROOT = Path(__file__).parents[2]
LENET = ROOT / "labs/data/lenet.onnx"

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = "stablehlo.negate"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "stablehlo.negate"(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}
"""


def test_without_a_command_it_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "examples:" in capsys.readouterr().out


def test_help_and_version_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"], ["opt"], ["compile"], ["view"]):
        assert main([*command, "--help"]) == 0
    assert main(["--version"]) == 0
    assert "couloir 0." in capsys.readouterr().out
    for module in ("couloir", "couloir.cli"):
        assert (
            subprocess.run([sys.executable, "-m", module, "--version"], env=_environment(), check=False).returncode == 0
        )


def test_a_wrong_command_line_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert main(["view", "x.onnx"]) == 2
    assert "usage" in capsys.readouterr().err


def test_opt_reads_stdin_and_writes_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["opt", "-", "-p", "canonicalize"]) == 0
    out = capsys.readouterr().out
    assert "negate" not in out and "return %arg0" in out


def test_opt_writes_a_file_and_dumps(tmp_path: Path) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    target = tmp_path / "o.mlir"
    assert (
        main(["opt", str(source), "-p", "canonicalize,cse", "-o", str(target), "--dump-dir", str(tmp_path / "d")]) == 0
    )
    assert "negate" not in target.read_text()
    assert sorted(os.listdir(tmp_path / "d")) == ["00-input.mlir", "01-canonicalize.mlir"]


def test_opt_lists_passes_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["opt", "--list"]) == 0
    out = capsys.readouterr().out
    for word in ("canonicalize", "hlo-to-loops", "max-elements"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["opt", "missing.mlir"], "cannot read"),
        (["opt", "missing.onnx"], "missing.onnx"),
        (["opt", "-", "-p", "nonsense"], "there is no pass `nonsense`"),
        (["opt", "-", "-p", "cse", "--to", "hlo"], "exclude each other"),
        (["opt"], "a model is needed"),
        (["run", "-", "-i", "missing.npy"], "missing.npy"),
        (["run", "-"], "takes 1 argument, 0 were given"),
        (["view", "-", "-o", "picture.png"], ".svg or .pdf"),
        (["opt", str(LENET), "--dims", "N"], "NAME=SIZE"),
        (["opt", str(LENET), "--dims", "M=1"], "M"),
    ],
)
def test_bad_input_is_1_with_a_message_for_people(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert os.listdir(tmp_path) == []


def test_text_that_is_no_mlir_shows_line_and_caret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("func.func @main( {"))
    assert main(["opt", "-"]) == 1
    error = capsys.readouterr().err
    assert "<stdin>:1:" in error and "^" in error


def test_run_prints_and_saves_results(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x = np.array([1, 2, 3, 4], np.float32)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x=x)
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    assert main(["run", str(source), "-i", str(tmp_path / "x.npy")]) == 0
    assert "float32[4]" in capsys.readouterr().out
    assert main(["run", str(source), "-i", str(tmp_path / "x.npz"), "-b", "c", "-o", str(tmp_path / "y.npz")]) == 0
    with np.load(tmp_path / "y.npz") as saved:
        np.testing.assert_array_equal(saved["output0"], x)
    assert main(["run", str(source), "--random", "3"]) == 0


def test_a_pickle_is_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["run", "-", "-i", str(tmp_path / "x.npy")]) == 1
    assert "not a readable .npy" in capsys.readouterr().err


def test_view_draws_every_level(tmp_path: Path) -> None:
    for level, name in (("as-is", "a.svg"), ("hlo", "b.svg"), ("as-is", "c.pdf")):
        assert main(["view", str(LENET), "--dims", "N=1", "--level", level, "-o", str(tmp_path / name)]) == 0
    assert "<svg" in (tmp_path / "a.svg").read_text()[:400]
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")


def test_compile_writes_a_program(tmp_path: Path) -> None:
    assert main(["compile", str(LENET), "--dims", "N=1", "-o", str(tmp_path / "out")]) == 0
    assert {"model.c", "model.h", "main.c", "Makefile", "model.weights"} <= set(os.listdir(tmp_path / "out"))


def test_the_installed_command_works() -> None:
    command = shutil.which("couloir", path=str(Path(sys.executable).parent))
    assert command is not None
    result = subprocess.run([command, "opt", "-"], input=TEXT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and "stablehlo.negate" in result.stdout


def test_a_text_that_goes_on_to_another_command_keeps_its_constants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["opt", str(LENET), "--dims", "N=1", "--to", "hlo"]) == 0
    text = capsys.readouterr().out
    assert "__elided__" not in text
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert main(["run", "-", "--random", "0", "-o", str(tmp_path / "text.npz")]) == 0
    assert main(["run", str(LENET), "--dims", "N=1", "--random", "0", "-o", str(tmp_path / "onnx.npz")]) == 0
    with np.load(tmp_path / "text.npz") as one, np.load(tmp_path / "onnx.npz") as other:
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], rtol=0, atol=1e-6)
    assert main(["opt", str(LENET), "--dims", "N=1", "--elide", "8"]) == 0
    assert "__elided__" in capsys.readouterr().out


def test_an_output_that_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """As `-o /dev/null`: renaming a finished file over it would take the device away. Here it is a pipe, and a link."""
    source, pipe, target, link = (tmp_path / name for name in ("m.mlir", "pipe", "target.mlir", "link.mlir"))
    source.write_text(TEXT)
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()), daemon=True)
    reader.start()
    assert main(["opt", str(source), "-o", str(pipe)]) == 0
    reader.join(timeout=10)
    assert pipe.is_fifo() and "stablehlo.negate" in received[0]
    target.write_text("old")
    link.symlink_to(target)
    assert main(["opt", str(source), "-o", str(link)]) == 0
    assert link.is_symlink() and "stablehlo.negate" in target.read_text()


def test_dims_bind_the_named_dimensions_of_a_text(monkeypatch, capsys):
    text = 'func.func @main(%x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32> {\n %y = stablehlo.abs %x : tensor<?xf32>\n return %y : tensor<?xf32>\n}'
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["opt", "-", "--dims", "n=3", "-p", "canonicalize"]) == 0
    assert "stablehlo.abs %arg0 : tensor<3xf32>" in capsys.readouterr().out


def _damage() -> dict[str, bytes]:
    whole = io.BytesIO()
    np.savez(whole, a=np.arange(4, dtype=np.float32))
    one = io.BytesIO()
    np.save(one, np.arange(4, dtype=np.float32))
    flipped = bytearray(whole.getvalue())
    flipped[150] ^= 255  # inside the array: the checksum tells
    return {
        "cut.npz": whole.getvalue()[:-40],
        "flipped.npz": bytes(flipped),
        "cut.npy": one.getvalue()[:9],
        "huge.npy": one.getvalue().replace(b"(4,), }           ", b"(4" + b"0" * 11 + b",), }"),
        "text.npy": b"hello",
        "empty.npy": b"",
    }


def test_an_input_file_that_is_damaged_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    for name, content in _damage().items():
        (tmp_path / name).write_bytes(content)
        assert main(["run", str(source), "-i", str(tmp_path / name)]) == 1, name
        error = capsys.readouterr().err
        assert f"{name}: " in error and ".npy" in error and "If you trust" not in error


def test_results_and_inputs_go_through_pipes(tmp_path: Path) -> None:
    (tmp_path / "m.mlir").write_text(TEXT)
    np.save(tmp_path / "x.npy", np.arange(4, dtype=np.float32))
    command = f"{sys.executable} -m couloir.cli run m.mlir"
    piped = f"{command} -i x.npy -o - | {command} -i -"
    result = subprocess.run(["/bin/sh", "-c", piped], cwd=tmp_path, capture_output=True, text=True, env=_environment())
    assert "[0. 1. 2. 3.]" in result.stdout and not result.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("opt m.mlir > /dev/full", 1, "couloir: error: stdout: cannot write: No space left on device\n"),
        ("opt --list > /dev/full", 1, "couloir: error: stdout: cannot write: No space left on device\n"),
        ("opt m.mlir >&-", 0, ""),
        ("opt - <&-", 1, "couloir: error: there is no standard input\n"),
    ],
)
def test_standard_streams_that_are_full_or_closed(tmp_path: Path, command: str, code: int, said: str) -> None:
    (tmp_path / "m.mlir").write_text(TEXT)
    shell = f"{sys.executable} -m couloir.cli {command}"
    result = subprocess.run(
        ["/bin/sh", "-c", shell], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    assert (result.returncode, result.stderr) == (code, said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "M", "--random", "0", "-i", "x.npy"], "--random and --input exclude each other"),
        (["run", "M", "--random", "0", "-d", "N=1,N=2"], "two sizes for `N`: 1 and 2"),
        (["run", "M", "--random", "0", "-d", "N=" + "1" * 5000], "is not NAME=SIZE"),
        (["run", "M", "--random", "0", "-d", "N=٣"], "is not NAME=SIZE"),
        (["opt", "M", "--check-each"], "--check-each needs a pipeline"),
        (["opt", "M", "--timing"], "--timing needs a pipeline"),
        (["opt", "M", "--reproducer", "r.mlir"], "--reproducer needs a pipeline"),
        (["opt", "M", "-p", "cse", "-i", "x.npy"], "--input is for checks"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    assert main([str(source) if a == "M" else a for a in arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    name = str(tmp_path / "a\0b")
    module = couloir.parse(TEXT)
    trace = couloir.trace(module, "cse")
    for use in (
        lambda: couloir.load(name + ".mlir"),
        lambda: couloir.Trace.load(name),
        lambda: couloir.replay(name),
        lambda: couloir.draw(module, name + ".svg"),
        lambda: couloir.explore(trace, name + ".html"),
        lambda: trace.save(name),
        lambda: couloir.opt(module, "cse", dump_dir=name),
        lambda: api.c_program(module).write(name),
    ):
        with pytest.raises(couloir.Error, match=r"cannot (read|write).*embedded null"):
            use()
    assert main(["run", name, "--random", "0"]) == main(["replay", name]) == 1


def test_ops_that_nobody_knows_are_canonicalized_around(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT.replace("return %b", '%c = "foo.bar"(%b) : (tensor<4xf32>) -> tensor<4xf32>\n  return %c'))
    assert main(["opt", str(source), "--allow-unregistered", "-p", "canonicalize"]) == 0
    out = capsys.readouterr().out
    assert '"foo.bar"(%arg0)' in out and "negate" not in out


def test_inputs_too_large_for_memory_are_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT.replace("<4xf32>", "<1000000000000000xf32>"))
    assert main(["run", str(source), "--random", "0"]) == 1
    assert (
        "argument 0 is a `tensor<1000000000000000xf32>`: there is no memory for such an array"
        in capsys.readouterr().err
    )
    assert main(["opt", str(source), "-p", "cse", "--check-each"]) == 0
    assert "@main is not checked: argument 0" in capsys.readouterr().err


def test_results_of_any_name_are_all_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, saved = tmp_path / "m.mlir", tmp_path / "y.npz"
    names = ["a_output1", "a", "a", "", "x\\00y\\1B[31m", "file", "/n" * 70_000]
    results = ", ".join(f'tensor<2xi32> {{onnx.name = "{name}"}}' for name in names)
    values, types = ", ".join(f"%{i}" for i in range(7)), ", ".join(["tensor<2xi32>"] * 7)
    body = "".join(f"%{i} = stablehlo.constant dense<{i}> : tensor<2xi32>\n" for i in range(7))
    source.write_text(f"func.func @main() -> ({results}) {{\n{body}return {values} : {types}\n}}")
    assert main(["run", str(source)]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["run", str(source), "-o", str(saved)]) == 0
    with np.load(saved) as found:
        assert [int(found[key][0]) for key in found.files] == list(range(7))
        assert found.files[:6] == ["a_output1", "a", "a_output2", "output3", "x_y_[31m", "file"]


def test_results_that_are_strings_are_saved_without_pickle(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.STRING
    node = helper.make_node("StringNormalizer", ["x"], ["y"], case_change_action="UPPER")
    infos = [helper.make_tensor_value_info(name, kind, [2]) for name in "xy"]
    graph = helper.make_graph([node], "g", infos[:1], infos[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), tmp_path / "m.onnx")
    np.save(tmp_path / "x.npy", np.array(["a", "b"]))
    saved = tmp_path / "y.npz"
    assert main(["run", str(tmp_path / "m.onnx"), "-i", str(tmp_path / "x.npy"), "-o", str(saved)]) == 0
    with np.load(saved, allow_pickle=False) as found:
        assert found["y"].tolist() == ["A", "B"]


@pytest.mark.parametrize("element", ["bf16", "f8E5M2", "f8E4M3FN", "f4E2M1FN", "i4", "ui2", "f16", "complex<f32>"])
def test_results_of_every_element_type_can_be_inputs_again(tmp_path: Path, element: str) -> None:
    text = f"func.func @main(%x: tensor<3x{element}>) -> tensor<3x{element}> {{ return %x : tensor<3x{element}> }}"
    model, first, second = tmp_path / "m.mlir", tmp_path / "first.npz", tmp_path / "second.npz"
    model.write_text(text)
    assert main(["run", str(model), "--random", "1", "-o", str(first)]) == 0
    assert main(["run", str(model), "-i", str(first), "-o", str(second)]) == 0
    assert np.load(first)["output0"].tobytes() == np.load(second)["output0"].tobytes()


def test_bytes_that_are_no_values_of_the_type_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, inputs = tmp_path / "m.mlir", tmp_path / "x.npy"
    model.write_text("func.func @main(%x: tensor<2xf4E2M1FN>) -> tensor<2xf4E2M1FN> { return %x : tensor<2xf4E2M1FN> }")
    np.save(inputs, np.array([1, 200], np.uint8).view("V1"))
    assert main(["run", str(model), "-i", str(inputs)]) == 1
    assert "float4_e2m1fn" in capsys.readouterr().err


ENDLESS = """
func.func @main(%arg0: tensor<i1>) -> tensor<i1> {
  %0 = stablehlo.while(%x = %arg0) : tensor<i1> cond { stablehlo.return %x : tensor<i1> } do { stablehlo.return %x : tensor<i1> }
  return %0 : tensor<i1>
}
"""


def test_a_program_that_does_not_end_is_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, inputs = tmp_path / "m.mlir", tmp_path / "x.npy"
    model.write_text(ENDLESS)
    np.save(inputs, np.array(True))
    assert main(["run", str(model), "-i", str(inputs), "--max-runs", "1000"]) == 1
    assert "does a loop never end" in capsys.readouterr().err
    assert main(["run", str(model), "-i", str(inputs), "--max-runs", "1000", "-b", "c"]) == 1
    assert "not interrupted" in capsys.readouterr().err
    (result,) = couloir.run(couloir.parse(ENDLESS), np.array(False), max_runs=1000)
    assert not result
