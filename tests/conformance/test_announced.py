"""Where a server says that its doors are, in the forms that people print."""

from __future__ import annotations

import pytest

from conformance.announced import announced, last_lines


HERE = ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    "line",
    [
        "peer x ready ws=127.0.0.1:8080",
        "ws=ws://127.0.0.1:8080/ws",
        "ws: ws://localhost:8080",
        "hubbub x ready tcp=127.0.0.1:8000 ws=127.0.0.1:8080",
        "INFO ready ws=0.0.0.0:8080",
    ],
)
def test_named_door_is_read(line: str) -> None:
    """A door by its name, as an address or as a URL."""
    assert HERE in announced(f"{line}\n").ws


@pytest.mark.parametrize(
    "line",
    [
        "Listening on http://localhost:8080/",
        "http://localhost:8080/",
        "localhost:8080 is ready",
        "listening on port 8080",
        "Server started on port: 8080",
        "listening on 0.0.0.0:8080",
        "Listening on [::]:8080",
        "listening on :::8080",
        "listening at *:8080",
        "server on :8080",
        "\x1b[32mINFO\x1b[0m: Uvicorn running on http://127.0.0.1:8080 (Press CTRL+C to quit)",
    ],
)
def test_address_without_a_door_is_read(line: str) -> None:
    """An address of all interfaces stands for the loopback interface."""
    assert HERE in announced(f"== banner ==\n{line}\n").other


@pytest.mark.parametrize("line", ["v1.2:3", "12:30:15 starting", "ready ws=127.0.0.1:80", "ws=:0"])
def test_other_lines_are_passed_over(line: str) -> None:
    """A time, a version and an incomplete line name no door."""
    assert announced(line + ("\n" if "80" not in line else "")).ws == ()


def test_ipv6_address_keeps_its_host() -> None:
    """An address in brackets is one of IPv6."""
    assert announced("ready ws=[::1]:8080\n").ws == (("::1", 8080),)


def test_last_line_is_quoted() -> None:
    """The last line that is not empty, without colours."""
    assert last_lines("one\n\x1b[1mtwo\x1b[0m\n\n") == "'two'"
    assert last_lines("", "") == "nothing"
