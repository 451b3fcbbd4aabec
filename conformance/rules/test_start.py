"""Rules of the area ``start``: what a server prints when it starts, and when it cannot."""

import re
from pathlib import Path
from typing import Any

import pytest

from conformance import (
    TICK,
    Client,
    Connect,
    Door,
    Launch,
    NotReady,
    Server,
    ServerFactory,
    Unknown,
    rule,
)
from conformance.server import spell


EXIT_CANNOT_START = 1
EXIT_USAGE = 2
EXIT_WITHIN = 100 * TICK

READY = re.compile(r"hubbub \S+ ready tcp=(?P<tcp>\S+:[0-9]+) ws=(?P<ws>\S+:[0-9]+)")


@rule("start.ready")
def test_ready_line_is_all_there_is_on_standard_output(server: Server, connect: Connect) -> None:
    """Whatever happens later, standard output has the ready line and nothing else."""
    client: Client = connect()
    client.say("hello", "/nonsense")
    client.close()

    server.stop()

    lines = server.stdout_text().splitlines()
    assert len(lines) == 1
    assert READY.fullmatch(lines[0])


@rule("start.ready")
def test_ready_line_names_the_server_by_its_id(launch: Launch) -> None:
    """The id in the ready line is the id that the server was started with."""
    server_id = launch.contender.id
    server = _named(launch, server_id)

    server.wait_ready()

    server.stop()  # so that its output is complete

    assert server.stdout_text().startswith(f"hubbub {server_id} ready ")


@rule("start.ready")
def test_ready_line_tells_the_ports_that_were_taken(launch: Launch, connect: Connect) -> None:
    """With port 0, the ready line has the real ports, and each leads to its door."""
    unbuffered = {"PYTHONUNBUFFERED": ""}  # in Python, this means no: a server flushes by itself
    server = launch(tcp="127.0.0.1:0", ws="127.0.0.1:0", env=unbuffered)

    server.wait_ready()

    line = READY.search(server.stdout_text())
    assert line, "it is ready, and printed no ready line"
    assert not line["tcp"].endswith(":0")
    assert not line["ws"].endswith(":0")
    for door in launch.contender.doors:
        client: Client = connect(door=door, server=server)
        client.say("here")
        client.expect(f"{client.name}: here")


@rule("start.ready")
@pytest.mark.parametrize("taken", ["tcp", "ws"])
def test_server_with_one_door_shut_is_not_ready(
    launch: Launch, server: Server, taken: Door
) -> None:
    """A server that cannot open one of its doors never says that it is ready."""
    second = _started_where(server, taken, launch)

    second.wait_exit(EXIT_WITHIN)

    assert second.stdout_text() == ""


@rule("start.port-taken")
@pytest.mark.parametrize("taken", ["tcp", "ws"])
def test_taken_port_ends_the_start(
    launch: Launch, server: Server, connect: Connect, taken: Door
) -> None:
    """A server whose port is taken ends with 1 and one line that names the port."""
    second = _started_where(server, taken, launch)

    _expect_refusal(second, EXIT_CANNOT_START, str(server.address(taken)[1]))
    client: Client = connect(door=taken)
    client.say("the first one goes on")
    client.expect(f"{client.name}: the first one goes on")


@rule("start.bad-usage")
def test_unknown_id_is_refused(launch: Launch) -> None:
    """An unknown id ends the start with 2 and one line that names it."""
    server = _named(launch, "no-such-server")

    _expect_refusal(server, EXIT_USAGE, "no-such-server")


@rule("start.bad-usage")
def test_unknown_flag_is_refused(launch: Launch) -> None:
    """An unknown flag ends the start with 2 and one line that names it."""
    server = launch(flags=["--no-such-flag", "1"])

    _expect_refusal(server, EXIT_USAGE, "--no-such-flag")


@rule("start.bad-usage")
def test_flag_without_its_value_is_refused(launch: Launch) -> None:
    """A flag without a value, at the end of the command, ends the start with 2."""
    server = launch(flags=["--max-line"])

    _expect_refusal(server, EXIT_USAGE, "max-line")


TIMES = (
    "idle-timeout",
    "ping-interval",
    "pong-wait",
    "handshake-timeout",
    "write-timeout",
    "drain-timeout",
)
SENSELESS = [
    ("--max-line", "many"),
    ("--max-line", "0"),
    ("--max-line", "1.5"),
    ("--outbox", "-1"),
    ("--max-clients", "0"),
    ("--slow-consumer", "maybe"),
    *((f"--{name}", "0") for name in TIMES),
    *((f"--{name}", "inf") for name in TIMES),
    ("--idle-timeout", "soon"),
    ("--ping-interval", "-1"),
    ("--pong-wait", "nan"),
    ("--write-timeout", ""),
    ("--log-level", "LOUD"),
    ("--ws", "127.0.0.1:70000"),
    ("--tcp", "127.0.0.1:port"),
]


@rule("start.bad-usage")
def test_senseless_value_is_refused(launch: Launch) -> None:
    """A value that makes no sense ends the start with 2 and one line that names it or its flag."""
    servers = [launch(flags=words) for words in SENSELESS]

    for (flag, value), server in zip(SENSELESS, servers, strict=True):
        _expect_refusal(server, EXIT_USAGE, flag, value or flag)


@rule("start.bad-usage")
def test_senseless_variable_is_refused(launch: Launch) -> None:
    """A ``HUBBUB_*`` variable that makes no sense ends the start with 2, as a flag does."""
    servers = [launch(env={"HUBBUB_MAX_LINE": value}) for value in ("many", "")]

    for server in servers:
        _expect_refusal(server, EXIT_USAGE, "HUBBUB_MAX_LINE")


@rule("start.bad-usage")
def test_level_in_small_letters_is_known_or_refused(launch: Launch, connect: Connect) -> None:
    """A level of the log in small letters is taken for the level, or refused in one line."""
    server = launch(flags=["--log-level", "debug"])

    try:
        server.wait_ready()
    except NotReady:
        _expect_refusal(server, EXIT_USAGE, "--log-level", "debug")
    else:
        client: Client = connect(server=server)
        client.wait_for(client.send_fence())


@rule("start.bad-usage")
def test_senseless_entry_of_the_file_is_refused(launch: Launch, tmp_path: Path) -> None:
    """An entry of the file that makes no sense ends the start with 2, as a flag does."""
    server = launch(flags=_config(tmp_path, 'max_line = "many"'))

    _expect_refusal(server, EXIT_USAGE, "max_line", "many")


@rule("start.settings")
def test_flag_wins_over_the_variable(
    server_with: ServerFactory, connect: Connect, tmp_path: Path
) -> None:
    """A flag wins over the variable and over the file."""
    flags = ["--max-line", "100", *_config(tmp_path, "max_line = 300")]

    server = server_with(flags=flags, env={"HUBBUB_MAX_LINE": "200"})

    _expect_longest_line(connect(server=server), 100)


@rule("start.settings")
def test_variable_wins_over_the_file(
    server_with: ServerFactory, connect: Connect, tmp_path: Path
) -> None:
    """Without a flag, the variable wins over the file."""
    flags = _config(tmp_path, "max_line = 300")

    server = server_with(flags=flags, env={"HUBBUB_MAX_LINE": "200"})

    _expect_longest_line(connect(server=server), 200)


@rule("start.settings")
def test_file_wins_over_the_default(
    server_with: ServerFactory, connect: Connect, tmp_path: Path
) -> None:
    """Without a flag and a variable, the file wins over the default."""
    flags = _config(tmp_path, "max_line = 300")

    server = server_with(flags=flags)

    _expect_longest_line(connect(server=server), 300)


@rule("start.settings")
def test_default_holds_where_nothing_speaks(server: Server, connect: Connect) -> None:
    """Without a flag, a variable and a file, the default holds."""
    _expect_longest_line(connect(server=server), 4096)


EVERY_SETTING: dict[str, Any] = {
    "max_line": 1000,
    "outbox": 100,
    "slow_consumer": "drop-oldest",
    "idle_timeout": 99.5,
    "ping_interval": 20,
    "pong_wait": 30.5,
    "handshake_timeout": 7.5,
    "write_timeout": 8,
    "drain_timeout": 2.5,
    "max_clients": 50,
    "allow_origin": ["http://one.example", "http://two.example"],
    "log_level": "WARNING",
}


@rule("start.settings")
def test_every_setting_has_a_flag(server_with: ServerFactory, connect: Connect) -> None:
    """Each setting can be given as a flag."""
    server = server_with(**EVERY_SETTING)

    _expect_longest_line(connect(server=server), 1000)


@rule("start.settings")
def test_every_setting_has_a_variable(server_with: ServerFactory, connect: Connect) -> None:
    """Each setting can be given as an environment variable."""
    values = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in EVERY_SETTING.items()
    }

    server = server_with(env={f"HUBBUB_{name.upper()}": value for name, value in values.items()})

    _expect_longest_line(connect(server=server), 1000)


@rule("start.settings")
def test_every_setting_has_an_entry(
    server_with: ServerFactory, connect: Connect, tmp_path: Path
) -> None:
    """Each setting can be given in the file, with the type that it has."""
    entries = [f"{name} = {value!r}" for name, value in EVERY_SETTING.items()]

    server = server_with(flags=_config(tmp_path, *entries))

    _expect_longest_line(connect(server=server), 1000)


def _expect_refusal(server: Server, exit_code: int, *names: str) -> None:
    """Check that a start ended with that code, and with one line that contains one of the names."""
    __tracebackhide__ = True
    left_with = server.wait_exit(EXIT_WITHIN)
    said = server.stderr_text()
    assert left_with == exit_code, f"it ended with exit code {left_with} and said {said!r}"
    assert len(said.splitlines()) == 1, f"expected one line on standard error, got {said!r}"
    assert any(name in said for name in names), f"expected {names[0]} in {said!r}"


def _expect_longest_line(client: Client, max_line: int) -> None:
    """Check that a client may say ``max_line`` bytes in one line, and not one more."""
    __tracebackhide__ = True
    client.say("x" * max_line)
    client.expect(f"{client.name}: {'x' * max_line}")
    client.say("x" * (max_line + 1))
    if client.door == "tcp":
        client.expect(f"! line too long (max {max_line} bytes)")
    else:
        assert client.expect_end().code == 1009


def _started_where(first: Server, taken: Door, launch: Launch) -> Server:
    """Start a second server at one of the doors of the first one."""
    if taken not in launch.contender.doors:
        pytest.skip(f"it has no {taken} door")
    address = spell(first.address(taken))
    return launch(tcp=address) if taken == "tcp" else launch(ws=address)


def _named(launch: Launch, server_id: str) -> Server:
    try:
        return launch(server_id=server_id)
    except Unknown as reason:
        pytest.skip(str(reason))


def _config(folder: Path, *entries: str) -> list[str]:
    """Write a TOML file and return the flags that name it."""
    path = folder / "hubbub.toml"
    path.write_text("\n".join(entries))
    return ["--config", str(path)]
