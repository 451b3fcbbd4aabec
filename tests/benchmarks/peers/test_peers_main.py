"""``python -m benchmarks.peers``: builds what the peers need, and names what cannot be had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.peers import PEERS, Unavailable
from benchmarks.peers.__main__ import main


def test_each_peer_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A peer that is ready says its versions; another one is skipped, and the reason is said."""

    def missing() -> list[str]:
        raise Unavailable("no Go (install golang-go)")

    ready = replace(PEERS["bun-publish"], command=lambda: ["bun"])
    monkeypatch.setitem(PEERS, "bun-publish", ready)
    monkeypatch.setitem(PEERS, "go-xnet", replace(PEERS["go-xnet"], command=missing))

    exit_code = main(["bun-publish", "go-xnet"])

    first, second = capsys.readouterr().out.splitlines()
    assert exit_code == 0
    assert first.startswith("bun-publish: bun ")
    assert second == "go-xnet: skipped, no Go (install golang-go)"


def test_unknown_peer_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown peer is refused before anything is installed."""
    assert main(["no-such-peer"]) == 2
    assert "no peer no-such-peer" in capsys.readouterr().err
