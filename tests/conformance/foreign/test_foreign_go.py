"""Four Go programs as tutorials and examples have them show the faults that they are known for."""

from pathlib import Path

import pytest

from conformance.verdicts import Verdict
from tests.conformance.foreign.programs import build, judge, verdicts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is built."""
    return tmp_path_factory.mktemp("go")


def test_hub_shows_its_faults(folder: Path) -> None:
    """It evicts readers in a burst, passes on anything, and ends without a word.

    What it does to the order is not asked: a test of the order is a burst, too.
    """
    expected: dict[str, Verdict] = {
        "flood.paced": "fail",  # 256 places measure the sender's burst
        "framing.binary-close": "fail",  # one frame disconnects each correct client
        "framing.not-utf8-close": "fail",
        "framing.bounded": "fail",  # 64 MiB are taken and passed on
        "http.page": "fail",
        "shutdown.announce": "fail",  # no close frame
        "membership.joined": "not applicable",
        "slow.isolation": "pass",
        "websocket.ping": "pass",
    }
    command = f"{build('hub', folder)} 127.0.0.1:{{ws_port}}"

    assert verdicts(judge(command, "raw", list(expected))) == expected


def test_policy_declares_what_is_a_choice_elsewhere(folder: Path) -> None:
    """It lets any page in: a MUST of PROTOCOL.md that a server with a dialect may declare."""
    command = f"{build('hub', folder)} 127.0.0.1:{{ws_port}}"
    policy = folder / "policy.toml"
    policy.write_text('[declared]\n"websocket.origin" = "it is for pages of any site"\n')

    results = judge(command, "raw", ["websocket.origin"], f"--policy={policy}", quick=False)

    assert verdicts(results) == {"websocket.origin": "declared"}


def test_textbook_server_shows_its_faults(folder: Path) -> None:
    """One client that stops reading stops the room, and any bytes are passed on."""
    expected: dict[str, Verdict] = {
        "slow.isolation": "fail",
        "framing.not-utf8": "fail",
        "framing.control": "fail",
        "framing.bounded": "fail",  # a line of 64 KiB expels its author
        "membership.half-close": "fail",
        "membership.left-once": "pass",
        "order.total": "pass",
        "delivery.exactly-once": "pass",
        "names.rename": "not applicable",
    }
    command = f"{build('gopl', folder)} {{tcp}}"

    assert verdicts(judge(command, "gopl", list(expected))) == expected


def test_manager_shows_its_faults(folder: Path) -> None:
    """It takes reads for messages, cuts the last byte off, and stops with one stalled client."""
    expected: dict[str, Verdict] = {
        "framing.chunks": "fail",
        "framing.crlf": "fail",
        "framing.last-line": "fail",
        "framing.not-utf8": "fail",
        "slow.isolation": "fail",
        "commands.forge": "fail",
    }
    command = f"{build('manager', folder)} {{tcp}}"

    assert verdicts(judge(command, "manager", list(expected))) == expected


def test_gorilla_chat_shows_its_faults(folder: Path) -> None:
    """It trims what is said, and passes a binary message on as text.

    In a burst it evicts readers that are late; a machine that is busy with the sender, too, may
    hide that, so the burst is not judged here.
    """
    expected: dict[str, Verdict] = {
        "framing.binary-close": "fail",
        "framing.not-utf8-close": "fail",
        "delivery.unaltered": "fail",
        "shutdown.announce": "fail",
        "framing.limit": "not applicable",  # its limit is 512 bytes
        "framing.bounded": "pass",
        "order.total": "pass",
        "websocket.close": "pass",
    }
    command = f"{build('gorilla', folder)} 127.0.0.1:{{ws_port}}"

    assert verdicts(judge(command, "gorilla", list(expected))) == expected
