"""The README's table: computed from a round; the rest of the README stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.publish import main, readme_block, replace_block, round_table
from tests.benchmarks.made import PEER, make_results, make_run


README = Path(__file__).parents[2] / "README.md"


def test_table_ranks_what_was_measured() -> None:
    """One row per server, the cheapest first, with its ratio to the peer; unknowns are marked."""
    behind = make_run("a", 1.0, scenario="open", verdict="unknown", behind=True)
    results = make_results({PEER: [5.0, 5.1, 5.2], "a": [10.0, 10.1, 10.2]}, [behind])

    lines = round_table(results).splitlines()

    assert lines[4].startswith(f"| `{PEER}` | 5.10 | - |")
    assert lines[5].startswith("| `a` | 10.1 | 1.98 (1.92-2.04) | does not keep up |")
    assert "3 fresh processes" in lines[-1]
    assert "2024-05-01" in lines[-1]


def test_readme_has_the_rows_that_it_explains() -> None:
    """A row says what the server is; the other servers are behind a link."""
    results = make_results({PEER: [5.0], "a": [2.0], "asyncio-direct": [4.0]}, [])

    lines = readme_block(results, "rounds/2030-01").splitlines()

    assert lines[2].startswith("| `asyncio-direct` | ours: one task owns the room")
    assert "| 4.00 |" in lines[2]
    assert not any("`a`" in line for line in lines)
    assert "[All 3 servers](rounds/2030-01/table.md)" in lines[-1]


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """Replacing twice is the same as replacing once, and the text around the marks stays."""
    text = README.read_text("utf-8")

    once = replace_block(text, "new")

    assert replace_block(replace_block(text, "old"), "new") == once
    assert once.startswith("# Hubbub")
    assert once.rstrip().endswith(text.rstrip()[-40:])


def test_text_without_marks_is_refused() -> None:
    """A README without the marks is refused."""
    with pytest.raises(ValueError, match="marks"):
        replace_block("# Hubbub", "new")


def test_what_is_no_round_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that does not hold results leaves the README as it is."""
    before = README.read_text("utf-8")
    path = tmp_path / "results.json"
    path.write_text("{}")

    assert main([str(path)]) == 2

    assert "holds no results" in capsys.readouterr().err
    assert README.read_text("utf-8") == before
