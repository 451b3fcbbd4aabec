"""The settings: their sources, values that make no sense, and PROTOCOL.md's table of them."""

from __future__ import annotations

import argparse
import re
from dataclasses import FrozenInstanceError, fields, replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from implementations.core.backlog import HIGH_BYTES, SlowConsumer
from implementations.core.errors import SettingsError
from implementations.core.settings import Endpoint, Settings, add_flags, settings_from


NAMES = [setting.name for setting in fields(Settings)]

# name: (as text, the value, as TOML)
SAMPLES: dict[str, tuple[str, object, object]] = {
    "tcp": ("127.0.0.1:1234", Endpoint("127.0.0.1", 1234), "127.0.0.1:1234"),
    "ws": ("[::1]:0", Endpoint("::1", 0), "[::1]:0"),
    "max_line": ("1024", 1024, 1024),
    "outbox": ("16", 16, 16),
    "slow_consumer": ("drop-oldest", SlowConsumer.DROP_OLDEST, "drop-oldest"),
    "idle_timeout": ("1.5", 1.5, 1.5),
    "ping_interval": ("2", 2.0, 2),
    "pong_wait": ("0.25", 0.25, 0.25),
    "handshake_timeout": ("3", 3.0, 3),
    "write_timeout": ("4", 4.0, 4),
    "drain_timeout": ("1e-3", 0.001, 0.001),
    "max_clients": ("5", 5, 5),
    "allow_origin": ("http://a,http://b", ("http://a", "http://b"), ["http://a", "http://b"]),
    "writer": ("uring", "uring", "uring"),
    "log_level": ("debug", "DEBUG", "debug"),
}

NO_SECONDS = ["0", "-1", "nan", "inf", "1e400", "soon", "", "1s"]
NO_COUNT = ["0", "-1", "1.5", "1e3", "many", "", "1 2"]
NO_ENDPOINT = [
    "",
    "8000",
    "localhost",
    "localhost:",
    "localhost:http",
    "localhost:-1",
    "localhost:65536",
    "localhost:99999999",
    "::1:8000",
    "[::1]",
    "[]:8000",
    "[::1:8000",
    "a b:8000",
    "127.0.0.1:80\n",
    "http://localhost:8000",
]
BAD: dict[str, list[str]] = {
    "tcp": NO_ENDPOINT,
    "ws": NO_ENDPOINT,
    "max_line": NO_COUNT,
    "outbox": NO_COUNT,
    "slow_consumer": ["", "drop", "DISCONNECT", "disconnect "],
    "idle_timeout": NO_SECONDS,
    "ping_interval": NO_SECONDS,
    "pong_wait": NO_SECONDS,
    "handshake_timeout": NO_SECONDS,
    "write_timeout": NO_SECONDS,
    "drain_timeout": NO_SECONDS,
    "max_clients": NO_COUNT,
    "writer": ["", "URING", "send ", "io_uring"],
    "log_level": ["", "LOUD", "10", "WARN"],
}


def flag(name: str) -> str:
    """Return the flag of a setting."""
    return "--" + name.replace("_", "-")


def parsed(*argv: str) -> dict[str, Any]:
    """Return the flags of a command line, for ``settings_from``."""
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return vars(parser.parse_args(argv))


def test_nothing_given_means_the_defaults() -> None:
    """Without flags, variables and a file, the settings are the defaults."""
    assert settings_from(parsed(), {}, {}) == Settings()


def test_settings_in_force_do_not_change() -> None:
    """A setting cannot be changed after the start."""
    with pytest.raises(FrozenInstanceError):
        Settings().outbox = 1  # type: ignore[misc]  # on purpose


def test_every_setting_has_a_sample() -> None:
    """The tables of this file have every setting."""
    assert list(SAMPLES) == NAMES
    assert {*BAD, "allow_origin"} == set(NAMES)  # for allow_origin see below


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_be_given_in_three_ways(name: str) -> None:
    """A flag, a variable and a file entry set the same setting to the same value."""
    text, value, in_toml = SAMPLES[name]

    by_flag = settings_from(parsed(flag(name), text), {}, {})
    by_variable = settings_from({}, {f"HUBBUB_{name.upper()}": text}, {})
    by_file = settings_from({}, {}, {name: in_toml})

    assert getattr(by_flag, name) == value != getattr(Settings(), name)
    assert by_flag == by_variable == by_file


@pytest.mark.parametrize(
    ("flags", "environ", "file", "in_force"),
    [
        (["--outbox", "1"], {"HUBBUB_OUTBOX": "2"}, {"outbox": 3}, 1),
        (["--outbox", "1"], {}, {"outbox": 3}, 1),
        (["--outbox", "1"], {"HUBBUB_OUTBOX": "2"}, {}, 1),
        ([], {"HUBBUB_OUTBOX": "2"}, {"outbox": 3}, 2),
        ([], {"HUBBUB_OUTBOX": "2"}, {}, 2),
        ([], {}, {"outbox": 3}, 3),
        ([], {}, {}, 256),
    ],
)
def test_nearer_source_wins(
    flags: list[str], environ: dict[str, str], file: dict[str, Any], in_force: int
) -> None:
    """A flag wins over a variable, a variable over the file, and the file over the default."""
    assert settings_from(parsed(*flags), environ, file).outbox == in_force


def test_sources_complete_one_another() -> None:
    """Each setting comes from the first source that has it."""
    settings = settings_from(
        parsed("--outbox", "1"), {"HUBBUB_MAX_LINE": "2"}, {"max_clients": 3, "outbox": 4}
    )

    assert (settings.outbox, settings.max_line, settings.max_clients) == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "bad"), [(name, bad) for name in BAD for bad in BAD[name]], ids=repr
)
def test_value_that_makes_no_sense_names_its_place(name: str, bad: str) -> None:
    """A bad value is refused with one line that says where it is and what is expected."""
    variable = f"HUBBUB_{name.upper()}"
    sources: list[tuple[str, dict[str, Any], dict[str, str], dict[str, Any]]] = [
        (flag(name), {name: bad}, {}, {}),
        (variable, {}, {variable: bad}, {}),
        (f"{name} in the file", {}, {}, {name: bad}),
    ]

    for where, flags, environ, file in sources:
        with pytest.raises(SettingsError) as caught:
            settings_from(flags, environ, file)
        assert str(caught.value).startswith(f"{where}: expected ")
        assert str(caught.value).endswith(f", got {bad!r}")
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("max_line", True),
        ("max_line", 1.5),
        ("max_line", [4096]),
        ("max_line", {"bytes": 4096}),
        ("idle_timeout", False),
        ("tcp", 8000),
        ("tcp", ["127.0.0.1:8000"]),
        ("log_level", 10),
    ],
    ids=repr,
)
def test_file_entry_of_another_type_makes_no_sense(name: str, bad: object) -> None:
    """A TOML value of the wrong type is refused like any other bad value."""
    with pytest.raises(SettingsError, match=f"^{name} in the file: expected "):
        settings_from({}, {}, {name: bad})


def test_bad_value_that_is_not_in_force_goes_unread() -> None:
    """A bad value in a source that does not win does no harm."""
    assert settings_from(parsed("--outbox", "1"), {"HUBBUB_OUTBOX": "x"}, {}).outbox == 1


@pytest.mark.parametrize("entry", ["max-line", "outbocks", "server", "", "two\nlines"])
def test_unknown_file_entry_is_refused(entry: str) -> None:
    """An entry of the file that is no setting is named in one line."""
    with pytest.raises(SettingsError) as caught:
        settings_from({}, {}, {"outbox": 1, entry: 1})

    assert str(caught.value) == f"unknown setting in the file: {entry!r}"


def test_other_variables_are_nobody_s_business() -> None:
    """Variables other than ``HUBBUB_`` and a setting's name have no effect."""
    environ = {"OUTBOX": "1", "hubbub_outbox": "2", "HUBBUB_": "3", "HUBBUB_COLOUR": "4"}

    assert settings_from({}, environ, {}) == Settings()


@pytest.mark.parametrize(
    ("flags", "environ", "file", "origins"),
    [
        (["--allow-origin", "http://a"], {}, {}, ("http://a",)),
        (
            ["--allow-origin", "http://a", "--allow-origin", "*"],
            {"HUBBUB_ALLOW_ORIGIN": "http://b"},
            {},
            ("http://a", "*"),
        ),
        ([], {"HUBBUB_ALLOW_ORIGIN": " http://a , http://b,"}, {}, ("http://a", "http://b")),
        ([], {"HUBBUB_ALLOW_ORIGIN": ""}, {"allow_origin": ["http://c"]}, ()),
        ([], {}, {"allow_origin": ["http://a", "http://b"]}, ("http://a", "http://b")),
        ([], {}, {"allow_origin": "http://a"}, ("http://a",)),
        ([], {}, {"allow_origin": []}, ()),
    ],
)
def test_origins_can_be_several(
    flags: list[str], environ: dict[str, str], file: dict[str, Any], origins: tuple[str, ...]
) -> None:
    """The flag may be repeated, the variable has commas, the file a list; one source wins."""
    assert settings_from(parsed(*flags), environ, file).allow_origin == origins


@pytest.mark.parametrize(
    ("text", "endpoint", "spelled"),
    [
        ("127.0.0.1:8000", Endpoint("127.0.0.1", 8000), "127.0.0.1:8000"),
        ("localhost:0", Endpoint("localhost", 0), "localhost:0"),
        ("host.example:65535", Endpoint("host.example", 65535), "host.example:65535"),
        (":8000", Endpoint("", 8000), ":8000"),
        ("[::]:8000", Endpoint("::", 8000), "[::]:8000"),
        ("[::1]:00080", Endpoint("::1", 80), "[::1]:80"),
        ("[fe80::1%lo]:80", Endpoint("fe80::1%lo", 80), "[fe80::1%lo]:80"),
        ("[::ffff:127.0.0.1]:80", Endpoint("::ffff:127.0.0.1", 80), "[::ffff:127.0.0.1]:80"),
    ],
)
def test_endpoint_is_read_and_spelled(text: str, endpoint: Endpoint, spelled: str) -> None:
    """A door is HOST:PORT, with IPv6 in brackets; no host means all addresses."""
    assert Endpoint.parse(text) == endpoint
    assert str(endpoint) == spelled


@given(st.ip_addresses(), st.integers(0, 65535))
def test_endpoint_of_any_address_survives_spelling(address: object, port: int) -> None:
    """An endpoint that was written out can be read back, for both versions of IP."""
    endpoint = Endpoint(str(address), port)

    assert Endpoint.parse(str(endpoint)) == endpoint


def test_help_has_every_setting_and_its_default() -> None:
    """Every flag is in the help, with its default as a user would write it."""
    parser = argparse.ArgumentParser()
    add_flags(parser)

    shown = dict(re.findall(r"^  (--[a-z-]+) .*?\(default ([^)]*)\)", unwrapped(parser), re.M))

    assert shown == {flag: default for flag, _, default in protocol_table()}


def unwrapped(parser: argparse.ArgumentParser) -> str:
    """Return the help with each flag's text on the flag's own line."""
    return re.sub(r"\s*\n {10,}", " ", parser.format_help())


def protocol_table() -> list[tuple[str, str, str]]:
    """Return PROTOCOL.md's settings: flag, placeholder, default."""
    text = files("implementations").joinpath("PROTOCOL.md").read_text("utf-8")
    _, section = text.split("\n## Settings\n", 1)
    section, _ = section.split("\n## ", 1)
    return re.findall(r"^\| `(--[a-z-]+) ([A-Z:]+)` \| `?([^ `|]+)`? \|", section, re.M)


def test_protocol_has_the_settings_right() -> None:
    """PROTOCOL.md's table has every setting, in order, with its default."""
    table = protocol_table()

    assert [name for name, _, _ in table] == [flag(name) for name in NAMES]
    for setting, (_, _, default) in zip(fields(Settings), table, strict=True):
        if default != "none":
            assert getattr(settings_from({}, {}, {setting.name: default}), setting.name) == (
                setting.default
            )
        else:
            assert setting.default == ()


def test_origin_that_no_browser_sends_is_refused() -> None:
    """An origin without a scheme, or with a path, could never match."""
    for origin in ("example.org", "https://example.org/"):
        with pytest.raises(SettingsError, match="allow-origin"):
            settings_from({"allow_origin": [origin]}, {}, {})


@pytest.mark.parametrize(
    ("changes", "places"),
    [({}, 64), ({"outbox": 16}, 4), ({"outbox": 1}, 1), ({"max_line": 65536}, 4)],
)
def test_inbox_fits_into_an_outbox_that_is_half_full(changes: dict[str, int], places: int) -> None:
    """An outbox at its high-water mark has room for a full inbox."""
    settings = replace(Settings(), **changes)  # type: ignore[arg-type]  # all are numbers

    assert settings.inbox == places
    assert settings.inbox * settings.max_line <= HIGH_BYTES
