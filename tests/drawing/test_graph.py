from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from couloir.drawing import A4, PALETTE, Edge, Graph, Node, Paper, Style, draw, save, to_pdf, to_svg
from couloir.ir.errors import Error


def test_an_edge_must_know_its_ends() -> None:
    with pytest.raises(Error, match="edge 'a' -> 'convv': there is no node with the id 'convv'") as caught:
        Graph([Node("a", "A"), Node("conv", "Conv")], [Edge("a", "convv")])
    assert caught.value.hint == "did you mean `conv`?"


def test_ids_are_unique() -> None:
    with pytest.raises(Error, match="two nodes have the id 'a'"):
        Graph([Node("a", "A"), Node("a", "B")])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Graph([Node("a", 3)]),  # type: ignore[arg-type]
        lambda: Graph([Node("a", "A", (1,))]),  # type: ignore[arg-type]
        lambda: Graph([Node("a", "A")], [Edge("a", "a", None)]),  # type: ignore[arg-type]
    ],
)
def test_texts_are_texts(make: Callable[[], Graph]) -> None:
    with pytest.raises(Error, match="expected a text, got"):
        make()


def test_a_text_in_place_of_a_sequence_of_texts_is_an_error() -> None:
    with pytest.raises(Error, match="expected a sequence of texts, got the text 'main'"):
        Node("a", "A", cluster="main")  # type: ignore[arg-type]


def test_sizes_are_positive() -> None:
    with pytest.raises(Error, match="`rank_gap` must be greater than 0, got 0"):
        Style(rank_gap=0)
    with pytest.raises(Error, match="`title_size`"):
        Style(title_size=float("nan"))
    with pytest.raises(Error, match="`max_lines`"):
        Style(max_lines=0)


def test_paper_has_room() -> None:
    with pytest.raises(Error, match="paper of 100 x 500 points"):
        Paper(100, 500)
    with pytest.raises(Error, match="paper of"):
        Paper(500, 500, margin=-1)
    with pytest.raises(Error, match="`min_scale`"):
        Paper(500, 500, min_scale=0)


def _luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("kind", PALETTE)
def test_titles_have_contrast_without_colour(kind: str) -> None:
    low, high = sorted((_luminance(PALETTE[kind].bar), _luminance(PALETTE[kind].text)))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_an_unknown_kind_looks_like_other() -> None:
    unknown, other = (to_svg(draw(Graph([Node("a", "A", kind=kind)]))) for kind in ("no such", "other"))
    assert unknown.replace("no such", "other") == other


def test_saving_writes_what_the_name_says(tmp_path: Path, residual: Graph) -> None:
    save(residual, tmp_path / "g.svg")
    save(residual, str(tmp_path / "g.PDF"))
    save(residual, tmp_path / "a4.pdf", paper=A4)
    display = draw(residual)
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == to_svg(display)
    assert (tmp_path / "g.PDF").read_bytes() == to_pdf(display)
    assert (tmp_path / "a4.pdf").read_bytes() == to_pdf(display, A4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a4.pdf", "g.PDF", "g.svg"]


def test_what_cannot_be_saved_leaves_nothing_behind(tmp_path: Path, residual: Graph) -> None:
    (tmp_path / "taken.svg").mkdir()
    for name, message in [
        ("g.png", "cannot draw into a file named 'g.png'"),
        ("missing/g.svg", "cannot write: No such file or directory"),
        ("taken.svg", "cannot write"),
    ]:
        with pytest.raises(Error, match=re.escape(message)) as caught:
            save(residual, tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
    with pytest.raises(Error, match="an SVG file has no pages"):
        save(residual, tmp_path / "g.svg", paper=A4)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.svg"]
