"""The comparison as text, as JSON, and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.cli import main
from tests.comparison.programs import random_program, rearranged

LENET = str(Path(__file__).resolve().parents[2] / "labs/data/lenet.onnx")
FUSED = [LENET, "-d", "N=1", "--level", "hlo", "--then", "outline-fusions"]

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.exponential %x : tensor<4xf32>
  %1 = stablehlo.tanh %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
"""


@pytest.fixture
def files(tmp_path):
    def write(*texts: str) -> list[str]:
        names = [str(tmp_path / f"{number}.mlir") for number in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            Path(name).write_text(text)
        return names

    return write


def test_the_fusions_of_lenet() -> None:
    hlo = couloir.lower(LENET, dims={"N": 1})
    fused, _ = couloir.opt(hlo, "outline-fusions")
    comparison = couloir.compare(hlo, fused, names=("before", "after"), values=True)
    assert not comparison
    held = {found.fusion.name: [node.name.partition(".")[2] for node in found.partners] for found in comparison.fusions}
    assert held["fused_convolution_0"] == ["convolution", "broadcast_in_dim", "add", "constant", "maximum"]
    assert len(held) == 11 and all(found.side == 1 for found in comparison.fusions)
    text = str(comparison)
    assert "@fused_dot_general_2 (dot_general): dot_general, add" in text
    assert max(map(len, text.splitlines())) <= 100


def test_fusions_of_both_sides_meet() -> None:
    hlo = couloir.lower(LENET, dims={"N": 1})
    fused, _ = couloir.opt(hlo, "outline-fusions")
    comparison = couloir.compare(fused, fused.clone())
    assert not comparison
    assert all([other.name for other in found.others] == [found.fusion.name] for found in comparison.fusions)


def test_text_has_at_most_100_columns() -> None:
    for seed in range(5):
        comparison = couloir.compare(
            random_program(seed, 30), random_program(seed + 1, 30), names=("a" * 90, "b" * 90), values=True
        )
        assert max(map(len, str(comparison).splitlines())) <= 100


def test_json() -> None:
    module = random_program(3, 20)
    comparison = couloir.compare(module, rearranged(random_program(4, 20), 1), values=True)
    found = json.loads(json.dumps(comparison.to_json()))
    assert found["version"] == 1 and found["differ"] is True
    ops = [found[side]["ops"] for side in ("first", "second")]
    for pair in found["pairs"]:
        names = [listed[pair[side]]["name"] for listed, side in zip(ops, ("first", "second"), strict=True)]
        assert names[0] == names[1] or pair["differences"]
        assert 0 <= pair["region"] < len(found["regions"])
    for side, listed in zip(("first", "second"), ops, strict=True):
        paired = {pair[side] for pair in found["pairs"]}
        assert paired.isdisjoint(found[f"only_{side}"]) and len(listed) >= len(paired)
        assert all(operand < number for number, op in enumerate(listed) for operand in op["operands"])
    count = sum(kind["first"]["count"] for kind in found["kinds"])
    assert count == sum(op["name"] != "argument" for op in ops[0])


# -- the command ---------------------------------------------------------------------------------------------------------------


def test_summary_and_exit_codes(files, capsys) -> None:
    same = files(TEXT, TEXT.replace("%0", "%a"))
    assert main(["diff", *same, "--summary"]) == 0
    assert "3 of 3 and 3 ops are matched, in 1 region; none of them changed" in capsys.readouterr().out
    other = files(TEXT, TEXT.replace("tanh", "sine"))
    assert main(["diff", *other, "--summary"]) == 1
    assert "replaced (1):" in capsys.readouterr().out
    assert main(["diff", *other]) == 1
    assert "`stablehlo.tanh` became `stablehlo.sine`" in capsys.readouterr().out


def test_values_on_made_up_and_given_inputs(files, capsys, tmp_path) -> None:
    two = files(TEXT, TEXT.replace("tanh", "sine"))
    assert main(["diff", *two, "--values"]) == 1
    assert "the first that differs is `stablehlo.tanh` and `stablehlo.sine`" in capsys.readouterr().out
    np.save(tmp_path / "x.npy", np.full(4, -200, np.float32))  # exp(x) = 0
    assert main(["diff", *two, "--values", "--input", str(tmp_path / "x.npy")]) == 1  # the graphs differ
    assert "2 compared on the given inputs; none differs" in capsys.readouterr().out


def test_hlo_text_of_xla(tmp_path, capsys) -> None:
    """A module and XLA's HLO before and after its optimization, in files."""
    jax = pytest.importorskip("jax")
    lowered = jax.jit(lambda x, w: jax.numpy.tanh(x @ w) * 2 + 1).lower(np.ones((3, 4), "f"), np.ones((4, 5), "f"))
    texts = {
        "a.mlir": lowered.as_text(),
        "before.hlo": lowered.as_text(dialect="hlo"),
        "after.hlo": lowered.compile().as_text(),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = {name: str(tmp_path / name) for name in texts}
    assert main(["diff", files["a.mlir"], files["before.hlo"], "--values"]) == 0
    assert "none differs" in capsys.readouterr().out
    assert main(["diff", files["a.mlir"], files["after.hlo"], "--values"]) == 0
    out = capsys.readouterr().out
    assert "fusions of after.hlo, and what they hold of a.mlir (1):" in out and "tanh" in out
    assert main(["cost", files["after.hlo"]]) == 0
    assert "func.call" in capsys.readouterr().out


def test_one_program_before_and_after_passes(capsys) -> None:
    assert main(["diff", *FUSED, "--summary"]) == 0
    assert "11 fusions" in capsys.readouterr().out
    assert main(["diff", *FUSED]) == 1
    assert "only the second has this `func.func`" in capsys.readouterr().out
    assert main(["diff", *FUSED, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [found["first"]["name"], found["second"]["name"]] == ["lenet.onnx", "lenet.onnx after outline-fusions"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "SECOND is missing"),
        (["--then", "cse", "--summary", "--any-order"], "--any-order is for first differences"),
        (["--then", "cse", "--function", "f"], "--function is for summaries"),
        (["--then", "cse", "--function", "f", "--summary"], "no function @f"),
        (["--then", "cse", "--seed", "3"], "--input and --seed are for --values"),
        (["--then", "nothing", "--summary"], "nothing"),
    ],
)
def test_options_that_do_not_fit(options, message, capsys) -> None:
    assert main(["diff", LENET, "-d", "N=1", *options]) == 1
    assert message in capsys.readouterr().err
