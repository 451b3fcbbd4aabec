"""The plain HTTP answers."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

import pytest

from implementations.core.backlog import SlowConsumer
from implementations.core.counted_room import Stats
from implementations.core.settings import Settings
from implementations.core.site import Site, answer
from tests.implementations.core.http_answer import read_answer


SITE = Site("threads-direct", Settings(), "<h1>Gezwätz</h1>".encode())


@pytest.mark.parametrize("body", [b"", b"two\nlines\n", "ä".encode(), b"\r\n\r\n"])
def test_answer_is_whole(body: bytes) -> None:
    """An answer says how long its body is, in bytes, and that the connection ends with it."""
    read = read_answer(answer(HTTPStatus.OK, body))

    assert (read.status, read.reason, read.body) == (200, "OK", body)
    assert read.headers["Connection"] == "close"


def test_answer_has_the_headers_it_is_given() -> None:
    """What is given by keyword becomes a header, an underscore in its name a hyphen."""
    read = read_answer(answer(HTTPStatus.IM_A_TEAPOT, b"", Retry_After="5"))

    assert (read.status, read.headers["Retry-After"]) == (418, "5")


def test_chat_page_is_html_and_may_load_nothing() -> None:
    """The page is sent as it is, under a policy that lets it ask nobody for anything."""
    read = read_answer(SITE.chat_page())

    assert (read.status, read.body) == (200, SITE.page)
    assert read.headers["Content-Type"] == "text/html; charset=utf-8"
    assert read.headers["Content-Security-Policy"].startswith("default-src 'none'; ")


@pytest.mark.parametrize("policy", SlowConsumer)
def test_health_tells_the_numbers(policy: SlowConsumer) -> None:
    """The health page is JSON: the server's id, policy and limits, and the hub's counts."""
    settings = replace(Settings(), slow_consumer=policy, max_line=64, max_clients=7)
    site = replace(SITE, settings=settings)

    read = read_answer(site.health(Stats(clients=1, messages=2, deliveries=3, evictions=4)))

    assert (read.status, read.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(read.body) == {
        "id": "threads-direct",
        "policy": policy.value,
        "max_line": 64,
        "max_clients": 7,
        "clients": 1,
        "messages": 2,
        "deliveries": 3,
        "evictions": 4,
    }


def test_figures_of_the_lab_are_the_server_s_own() -> None:
    """``GET /lab`` is answered by what the server has set, with the hub's counts."""
    site = replace(SITE, lab=True, figures=lambda stats: answer(HTTPStatus.OK, str(stats).encode()))
    stats = Stats(clients=1, messages=2, deliveries=3, evictions=4)

    assert read_answer(site.health(stats, lab=True)).body == str(stats).encode()
    assert json.loads(read_answer(site.health(stats)).body)["deliveries"] == 3
