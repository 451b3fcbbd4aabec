"""Every command can be shown anywhere: any encoding, closed streams, a reader that has ended."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.results import write
from conformance.python import ROOT, module_command
from conformance.timing import TICK
from tests.benchmarks.made import PEER, make_results
from tests.processes import spelled, started_server


WITHIN_S = 600 * TICK
ENCODINGS: list[dict[str, str]] = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "cp1252", "COLUMNS": "40"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"},
]
CLOSED = [">&-", "2>&-", "<&-", "<&- >&- 2>&-"]
SLOW = ("conform", "gallery", "record")  # they start servers, so they are tried in fewer ways
# Commands that end by themselves, each with the exit codes that it may have.
COMMANDS = {
    "list": {0},
    "list --exhibits": {0},
    "learn": {0},
    "check 00 --hint": {0},
    "conform asyncio-mutex --rules commands.text --quick": {0},
    "gallery off-by-one": {0},
    "record asyncio-mutex --lines 3": {0},
    "draw talk.jsonl": {1},
    "replay exhibit-await-in-fanout-trio --seed 0": {0, 1},
    "report bench.json": {0},
    "compare bench.json bench.json": {0},
    "completion bash": {0},
    "top WS --once": {0},
    "chat TCP": {0, 1, 141},  # with closed streams it may have nothing to read or to write
    "serve nosuch": {2},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with files to draw and to report, and a server to talk to."""
    folder = tmp_path_factory.mktemp("terminals")
    write(make_results({"asyncio-direct": [3.0, 3.1], PEER: [5.0, 5.1]}), folder / "bench.json")
    words = ["record", "exhibit-await-in-fanout-asyncio", "--output", "talk.jsonl"]
    subprocess.run(module_command("hubbub", *words), cwd=folder, check=True, capture_output=True)
    with started_server("asyncio-mutex") as server:
        yield folder, {"TCP": spelled(server.tcp), "WS": spelled(server.ws)}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_encoding_will_do(
    command: str, place: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """A stream that cannot encode a character gets another one in its place."""
    for environment in ENCODINGS[:1] if command.split()[0] in SLOW else ENCODINGS:
        ran = _shell(f"{_line(command, place)} </dev/null", place[0], tmp_path, environment)
        _assert_calm(ran, COMMANDS[command])
        if environment.get("PYTHONIOENCODING") == "ascii":
            assert ran.stdout.isascii()


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_stream_will_do(
    command: str, place: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """A command whose standard streams are closed does its work, and shows no traceback."""
    for closed in CLOSED[-1:] if command.split()[0] in SLOW else CLOSED:
        ran = _shell(f"{_line(command, place)} {closed}", place[0], tmp_path)
        _assert_calm(ran, COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_reader_may_end(command: str, place: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """A command whose output is read in part only, as by head, shows no traceback."""
    _assert_calm(_shell(f"{_line(command, place)} </dev/null | head -1", place[0], tmp_path), {0})


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("conform asyncio-mutex --rules commands.text --quick --json out.json", "out.json"),
        ("gallery off-by-one --html out.html", "out.html"),
        ("draw talk.jsonl --svg out.svg", "out.svg"),
        ("replay exhibit-await-in-fanout-trio --svg seed.svg", "seed.svg"),
        (
            "bench closed --quick --server asyncio-direct --peer none --clients 10 "
            "--output out.json.gz",
            "out.json.gz",
        ),
    ],
)
def test_file_is_written_though_nobody_reads(
    command: str, file: str, place: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """What was asked for as a file is there, though the reader of the output has ended."""
    folder, _ = place
    line = shlex.join(module_command("hubbub", *command.split()))

    ran = _shell(f"{line} 2>&1 </dev/null | true", folder, tmp_path)

    assert "Traceback" not in ran.stderr
    assert (folder / file).stat().st_size > 0


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("conform asyncio-mutex --rules commands.text --quick --json slow.json", "slow.json"),
        ("gallery off-by-one --html slow.html", "slow.html"),
    ],
)
def test_progress_that_nobody_reads_ends_no_work(
    command: str, file: str, place: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """On a slow machine a line of progress meets a reader that has ended; the work goes on."""
    folder, _ = place
    slow = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import hubbub.cli, hubbub.conform; "
        "hubbub.conform._REPORT_EVERY_S = 0.0; sys.exit(hubbub.cli.main())"
    )
    line = shlex.join([sys.executable, "-P", "-c", slow, *command.split()])

    _shell(f"{line} 2>&1 </dev/null | true", folder, tmp_path)

    assert (folder / file).stat().st_size > 0


def test_log_does_not_reach_another_file(tmp_path: Path) -> None:
    """With a closed standard error the log of a server goes nowhere, not to the next file."""
    serve = module_command("hubbub", "serve", "asyncio-mutex", "--tcp", "127.0.0.1:0")
    line = shlex.join([*serve, "--ws", "127.0.0.1:0"])

    ran = _shell(f"timeout 3 {line} 2>&-", tmp_path, tmp_path)

    assert [row.split()[:3] for row in ran.stdout.splitlines()] in (
        [["hubbub", "asyncio-mutex", "ready"]],
        [],  # the machine was too busy to start it in time
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads a terminal as Linux ends it")
def test_no_colour_on_request(tmp_path: Path) -> None:
    """With NO_COLOR a terminal gets no colours."""
    ours, theirs = pty.openpty()
    words = ["conform", "asyncio-mutex", "--rules", "commands.text", "--quick", "-n1"]
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color"}
    with subprocess.Popen(
        module_command("hubbub", *words), stdin=theirs, stdout=theirs, stderr=theirs,
        cwd=tmp_path, env=environment,
    ):  # fmt: skip
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 4096):
                said += chunk
        except OSError:  # the other side has ended
            pass
    os.close(ours)

    assert b"commands.text" in said
    assert b"\x1b[3" not in said  # a colour; bold and dim are none


def _line(command: str, place: tuple[Path, dict[str, str]]) -> str:
    """Return a command as a line for a shell, with the doors of the server to talk to."""
    words = [place[1].get(word, word) for word in command.split()]
    return shlex.join(module_command("hubbub", *words))


def _shell(
    line: str, folder: Path, state: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env={
            **os.environ,
            "HUBBUB_PROGRESS": str(state / "progress.json"),
            **(environment or {}),
        },
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=WITHIN_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _assert_calm(ran: subprocess.CompletedProcess[str], codes: set[int]) -> None:
    assert "Traceback" not in ran.stderr + ran.stdout
    assert "Error" not in ran.stderr
    assert ran.returncode in codes, ran.stderr
