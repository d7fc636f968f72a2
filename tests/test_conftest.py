"""The golden-file fixture itself."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_golden_files_fail_until_written_and_again_when_the_text_changes(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile("def test_it(golden): golden('deep/a.txt', 'one\\ntwo')")
    pytester.runpytest_subprocess().assert_outcomes(failed=1)
    assert not (pytester.path / "goldens").exists(), "a comparison writes nothing"

    pytester.runpytest_subprocess("--update-goldens").assert_outcomes(passed=1)
    assert (pytester.path / "goldens/deep/a.txt").read_bytes() == b"one\ntwo\n"
    pytester.runpytest_subprocess().assert_outcomes(passed=1)

    pytester.makepyfile("def test_it(golden): golden('deep/a.txt', 'one\\nthree')")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*-two", "*+three", "*--update-goldens*"])
