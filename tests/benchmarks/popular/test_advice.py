"""The small fixes on the page: each is a change of the program that was measured."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.peers import PEERS, POPULAR
from benchmarks.popular.__main__ import OURS, STUDIED
from benchmarks.popular.advice import ADVICE, applied


FOLDER = Path(__file__).parents[3] / "benchmarks" / "peers"


def program_of(peer: str) -> Path:
    name = peer.replace("-", "_")
    files = [FOLDER / "frameworks" / f"{name}.py", FOLDER / f"{name}.py"]
    files += [*(FOLDER / name).glob("main.go"), *(FOLDER / name).glob("server.*js")]
    (program,) = [file for file in files if file.is_file()]
    return program


@pytest.mark.parametrize("peer", [peer for peer, advice in ADVICE.items() if advice.code])
def test_fix_fits_the_program(peer: str) -> None:
    """A fix changes lines that are in the program, and a changed program in Python still parses."""
    program = program_of(peer)
    before = program.read_text("utf-8")

    after = applied(ADVICE[peer].code, before)

    assert after != before
    if program.suffix == ".py":
        ast.parse(after)


def test_fix_of_another_program_is_refused() -> None:
    """A fix whose lines are not in the program is an error that names them."""
    with pytest.raises(ValueError, match="does not contain 'two'"):
        applied("-two\n+three", "one\n")


def test_every_studied_peer_has_advice() -> None:
    """Each studied server but our own has its maintainers' page and a word about a fix."""
    assert set(ADVICE) == set(STUDIED) - set(OURS)
    assert set(POPULAR) <= set(STUDIED)
    for peer, advice in ADVICE.items():
        assert peer in PEERS
        assert "https://" in advice.says
        assert advice.fix.endswith(".")
