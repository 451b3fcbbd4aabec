"""The program in Python: its flags. What it does is tested with both programs, in test_live.py."""

from __future__ import annotations

import pytest

from benchmarks.generator.live_python import main


@pytest.mark.parametrize(
    "flags",
    [[], ["--ws", "nowhere"], ["--ws", "127.0.0.1:1", "--tcp", "127.0.0.1:2"], ["--what", "1"]],
)
def test_bad_flags_are_refused(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without a door, with two, or with an unknown flag, it does not start."""
    with pytest.raises(SystemExit) as ended:
        main(flags)

    assert ended.value.code == 2
    assert "live_python: error:" in capsys.readouterr().err
