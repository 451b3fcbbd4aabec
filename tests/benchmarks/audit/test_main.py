"""The audit from the command line."""

from __future__ import annotations

import pytest

from benchmarks.audit import __main__ as auditing
from benchmarks.audit import agreement
from benchmarks.audit.__main__ import main
from benchmarks.toolchains import Unavailable, c_compiler


@pytest.fixture(autouse=True)
def compiler() -> None:
    try:
        c_compiler()
    except Unavailable as error:
        pytest.skip(str(error))


def test_both_generators_run_against_a_real_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both generators give every number, and every run is reported."""
    monkeypatch.setattr(auditing, "_MESSAGES", 40)
    # Disturbed runs count here, because this machine runs other tests meanwhile.
    monkeypatch.setattr(agreement, "judge", lambda *_: ("valid", ""))

    main(["asyncio-direct", "--processes", "1", "--clients", "4"])

    said = capsys.readouterr().out
    assert "open asyncio-direct, first 1/1: p50 " in said
    assert "open asyncio-direct, second 1/1: p50 " in said
    assert "Of 5 numbers: " in said


@pytest.mark.parametrize(
    "words", [["no-such-server"], ["--processes", "0"], ["--clients", "0"], ["--rate", "-1"]]
)
def test_misuse_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Misuse is refused in one line, before anything is started."""
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
