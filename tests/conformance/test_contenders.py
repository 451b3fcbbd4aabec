"""Servers that a command starts."""

from pathlib import Path

import pytest

from conformance.contenders import WRITER_VARIABLE, LaunchOptions, OurServer
from conformance.timing import WITHIN
from tests.conformance.judging import judge


def test_settings_are_in_the_environment(tmp_path: Path) -> None:
    """A command without a place for flags gets its settings as variables."""
    source = """
@rule("start.settings")
@settings(idle_timeout=0.5, allow_origin=["a", "b"])
def test_settings(server, measured):
    assert False, server.stdout_text()
"""
    command = f"{tmp_path}/server {{tcp}}"
    script = tmp_path / "server"
    script.write_text(
        "#!/bin/sh\n"
        'echo "$HUBBUB_IDLE_TIMEOUT $HUBBUB_ALLOW_ORIGIN $HUBBUB_MAX_LINE."\n'
        'echo "hubbub sh ready tcp=$1 ws=$1"\n'  # last: then the test begins
        "exec sleep 60\n"
    )
    script.chmod(0o755)

    run = judge(tmp_path, source, f"--command={command}")[0]

    assert "0.5 a,b ." in run.message


def test_writer_is_handed_on_to_the_direct_servers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server of ours that has the flag gets the writer of the run; no other does."""
    monkeypatch.setenv(WRITER_VARIABLE, "quill")
    direct = OurServer("asyncio-direct").launch(LaunchOptions())
    mutex = OurServer("asyncio-mutex").launch(LaunchOptions())
    try:
        assert direct.wait_exit(within=WITHIN) == 2
        assert "--writer: expected auto, send or uring, got 'quill'" in direct.stderr_text()
        mutex.wait_ready()
    finally:
        direct.stop()
        mutex.stop()
