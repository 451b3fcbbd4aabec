"""Starting a server: what can go wrong, and what the user is told."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

import pytest

from conformance.timing import TICK
from implementations.__main__ import main
from implementations.core.settings import Settings
from implementations.servers import SERVERS, Server
from implementations.uring import why_not
from tests.implementations.running import run_python
from tests.processes import started_server


SERVER_ID = SERVERS[0].id
FREE_PORTS = ("--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the ``HUBBUB_*`` variables of the user who runs the tests."""
    for name in [name for name in os.environ if name.startswith("HUBBUB_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Remove the log handler of a server that was started here, for the other tests."""
    log = logging.getLogger("hubbub")
    before = list(log.handlers), log.level, log.propagate
    yield
    log.handlers, log.propagate = before[0], before[2]
    log.setLevel(before[1])


def exit_code(argv: Sequence[str]) -> int:
    """Return the exit code of ``main``, also when argparse exits by itself."""
    try:
        return main(list(argv))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1


def one_line(captured: str) -> str:
    """Return what was printed: it must be one line and no traceback."""
    [line] = captured.splitlines()
    return line


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        pytest.param([], "ID", id="no id"),
        pytest.param(["asyncio-abacus"], "'asyncio-abacus'", id="an unknown id"),
        pytest.param([""], "''", id="an empty id"),
        pytest.param([SERVER_ID.upper()], f"'{SERVER_ID.upper()}'", id="an id in capitals"),
        pytest.param(["two\nlines"], r"'two\nlines'", id="an id of two lines"),
        pytest.param([SERVER_ID, "--colour", "red"], "--colour", id="an unknown flag"),
        pytest.param([SERVER_ID, "--max"], "--max", id="a flag cut short"),
        pytest.param([SERVER_ID, "--outbox"], "--outbox", id="a flag without its value"),
        pytest.param([SERVER_ID, "again"], "again", id="something more"),
        pytest.param([SERVER_ID, "--outbox", "0"], "--outbox", id="a bad count"),
        pytest.param([SERVER_ID, "--tcp", "8000"], "--tcp", id="a bad endpoint"),
        pytest.param([SERVER_ID, "--ws", "localhost:99999"], "--ws", id="a bad port"),
        pytest.param([SERVER_ID, "--idle-timeout=-1"], "--idle-timeout", id="a negative time"),
        pytest.param([SERVER_ID, "--slow-consumer", "hope"], "'hope'", id="an unknown policy"),
        pytest.param([SERVER_ID, "--log-level", "LOUD"], "--log-level", id="an unknown level"),
        pytest.param(["trio-mutex", "--loop", "uvloop"], "--loop", id="a loop of another runtime"),
        pytest.param(["trio-mutex", "--writer", "uring"], "--writer", id="no writer to choose"),
        pytest.param([SERVER_ID, "--loop", "fast"], "'fast'", id="an unknown loop"),
    ],
)
def test_bad_usage_is_one_line(
    argv: list[str], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value that makes no sense ends the start with 2 and a line that names it."""
    assert exit_code(argv) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert one_line(printed.err).startswith("hubbub: ")
    assert names in printed.err


def test_bad_variable_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that makes no sense is named in the error."""
    monkeypatch.setenv("HUBBUB_OUTBOX", "plenty")

    assert exit_code([SERVER_ID]) == 2

    assert one_line(capsys.readouterr().err) == (
        "hubbub: HUBBUB_OUTBOX: expected a whole number, 1 or more, got 'plenty'"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"outbox = ", "is not TOML: ", id="not TOML"),
        pytest.param(b"outbox = 1\noutbox = 2\n", "is not TOML: ", id="one entry twice"),
        pytest.param(b'log_level = "\xff"', "is not TOML: ", id="not UTF-8"),
        pytest.param(b"outbocks = 1", "unknown setting in the file: 'outbocks'", id="unknown"),
        pytest.param(b"[server]\noutbox = 1", "unknown setting in the file: 'server'", id="table"),
        pytest.param(b'outbox = "plenty"', "outbox in the file: expected ", id="a bad value"),
        pytest.param(b"max_line = true", "max_line in the file: expected ", id="a bad type"),
    ],
)
def test_bad_file_is_one_line(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that makes no sense ends the start with 2 and a line that says why."""
    config = tmp_path / "hubbub.toml"
    config.write_bytes(content)

    assert exit_code([SERVER_ID, "--config", str(config)]) == 2

    assert says in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(("name", "why"), [("missing.toml", "No such file"), (".", "directory")])
def test_file_that_cannot_be_read_is_one_line(
    name: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that cannot be read ends the start with 2 and a line with the system's reason."""
    assert exit_code([SERVER_ID, "--config", str(tmp_path / name)]) == 2

    line = one_line(capsys.readouterr().err)
    assert line.startswith(f"hubbub: cannot read {tmp_path / name}: ")
    assert why in line


def test_help_mentions_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """The help has all ids and all flags, and is no error."""
    assert exit_code(["--help"]) == 0

    printed = capsys.readouterr()
    flags = ["--" + setting.name.replace("_", "-") for setting in fields(Settings)]
    missing = [it for it in [*flags, "--config"] if f"  {it} " not in printed.out]
    assert missing == []
    assert [server.id for server in SERVERS if server.id not in printed.out] == []
    assert printed.err == ""


@pytest.mark.parametrize("door", ["--tcp", "--ws"])
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)
def test_taken_port_is_one_line(server: Server, door: str) -> None:
    """A port that is taken ends the start with 1 and one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = "{}:{}".format(*taken.getsockname())

        ended = run_python("-m", "implementations", server.id, *FREE_PORTS, door, endpoint)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert one_line(ended.stderr) == (
        f"hubbub: cannot listen on {endpoint}: address already in use"
    )


def test_one_port_for_both_doors_is_one_line() -> None:
    """The two doors cannot have one port: the second finds it taken."""
    with socket.create_server(("127.0.0.1", 0)) as lent:
        endpoint = "{}:{}".format(*lent.getsockname())

    ended = run_python("-m", "implementations", SERVER_ID, "--tcp", endpoint, "--ws", endpoint)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "address already in use" in one_line(ended.stderr)


def test_bad_usage_of_a_process_is_one_line() -> None:
    """The process exits with the code of ``main``, without a traceback."""
    ended = run_python("-m", "implementations", SERVER_ID, HUBBUB_OUTBOX="plenty")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "HUBBUB_OUTBOX" in one_line(ended.stderr)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)
def test_server_is_started_with_the_settings_of_all_sources(server: Server, tmp_path: Path) -> None:
    """A server uses the file's values when no flag or variable has one, and ends with 0."""
    config = tmp_path / "hubbub.toml"
    config.write_text("max_line = 16\n")

    with started_server(server.id, "--config", str(config)) as running:
        with socket.create_connection(running.tcp) as sock, sock.makefile("rb") as lines:
            sock.sendall(b"x" * 17 + b"\n")
            received = [lines.readline() for _ in range(3)]
        running.signal(signal.SIGTERM)
        code = running.wait_exit(within=100 * TICK)

    assert received[-1] == b"! line too long (max 16 bytes)\n"
    assert code == 0


DIRECT = [server.id for server in SERVERS if server.hub == "direct"]


@pytest.mark.skipif(why_not() is not None, reason=f"no io_uring: {why_not()}")
@pytest.mark.parametrize("writer", ["send", "uring", "auto"])
@pytest.mark.parametrize("server_id", DIRECT)
def test_direct_server_writes_as_it_is_told(server_id: str, writer: str) -> None:
    """With ``--writer uring`` the hub has a ring, with ``send`` none, and the room is the same."""
    with started_server(server_id, "--writer", writer) as running:
        with ExitStack() as stack:
            socks = [stack.enter_context(socket.create_connection(running.tcp)) for _ in range(3)]
            heard = [stack.enter_context(sock.makefile("rb")) for sock in socks]
            for lines in heard:
                lines.readline()
            socks[0].sendall(b"hello\n")
            for lines in heard:
                while not (line := lines.readline()).endswith(b": hello\n"):
                    assert line.startswith(b"* ")
        has_ring = "[io_uring]" in Path(f"/proc/{running.pid}/maps").read_text()
        running.signal(signal.SIGTERM)
        code = running.wait_exit(within=100 * TICK)

    assert has_ring == (writer != "send")
    assert code == 0
    assert ("writer: uring\n" in running.stderr_text()) == (writer == "auto")


@pytest.mark.parametrize("server_id", DIRECT)
def test_writer_that_cannot_be_had_is_one_line(server_id: str) -> None:
    """Where there is no io_uring, ``--writer uring`` ends the start with 2 and says why."""
    without = "import sys; from implementations import uring; uring.why_not = lambda: 'no luck'"
    code = f"{without}; from implementations.__main__ import main; sys.exit(main())"

    ended = run_python("-c", code, server_id, "--writer", "uring")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert one_line(ended.stderr) == "hubbub: --writer uring: no luck"


def test_asyncio_server_runs_on_uvloop() -> None:
    """With ``--loop uvloop``, uvloop runs the tasks, and the room works as before."""
    pytest.importorskip("uvloop", reason="needs uvloop (pip install uvloop)")

    with started_server("asyncio-direct", "--loop", "uvloop") as running:
        with socket.create_connection(running.tcp) as sock, sock.makefile("rb") as lines:
            sock.sendall(b"hello\n")
            received = [lines.readline() for _ in range(3)]
        loaded = Path(f"/proc/{running.pid}/maps")
        assert not loaded.exists() or "uvloop" in loaded.read_text()
        running.signal(signal.SIGTERM)
        code = running.wait_exit(within=100 * TICK)

    assert received[-1].endswith(b": hello\n")
    assert code == 0


def test_uvloop_that_is_not_installed_is_one_line() -> None:
    """Without uvloop installed, the error says what to install."""
    without = "import sys; sys.modules['uvloop'] = None; from implementations.__main__ import main"
    ended = run_python("-c", f"{without}; sys.exit(main())", "asyncio-mutex", "--loop", "uvloop")

    assert ended.returncode == 2
    expected = "hubbub: --loop uvloop needs uvloop: pip install 'hubbub[uvloop]'"
    assert one_line(ended.stderr) == expected


@pytest.mark.parametrize("runtime", sorted({server.runtime for server in SERVERS}))
def test_bug_in_the_hub_ends_the_process(runtime: str) -> None:
    """When a bug ends the hub, the whole server ends and says why."""
    code = f"""
import sys
from implementations.__main__ import main
from implementations.on_{runtime} import MutexHub
MutexHub.run = lambda self: 1 / 0
sys.exit(main())
"""
    ended = run_python("-c", code, f"{runtime}-mutex", *FREE_PORTS)

    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
