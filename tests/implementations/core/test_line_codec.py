"""The framing of the TCP door: fed whole, byte by byte, several lines at once, cut anywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from implementations.core.causes import Cause
from implementations.core.events import Bad, Closing, Event, Line
from implementations.core.line_codec import NO_HTTP, LineCodec, without_controls
from implementations.core.message import encode
from implementations.core.settings import Settings
from tests.implementations.core.feeding import byte_by_byte, cut_at, cuts, feed


MAX_LINE = 8  # bytes; short, so that the examples are short
TOO_LONG = Bad("line too long (max 8 bytes)")
NOT_UTF8 = Bad("not UTF-8")
REFUSED = [Bad(NO_HTTP), Closing()]


def codec(max_line: int = MAX_LINE) -> LineCodec:
    """Return a fresh codec."""
    return LineCodec(replace(Settings(), max_line=max_line))


# Bytes, and the events that they give. The end of the stream adds none.
STREAMS: list[tuple[bytes, list[Event]]] = [
    (b"", []),
    (b"one\n", [Line("one")]),
    (b"one\r\n", [Line("one")]),
    (b"one\ntwo\r\nthree\n", [Line("one"), Line("two"), Line("three")]),
    (b"\n\r\n\n", []),
    (b" \n", [Line(" ")]),
    (b"o\rne\n", [Line("o ne")]),
    (b"one\r\r\n", [Line("one ")]),
    (b"\r\r\n", [Line(" ")]),
    (b"\x1b[31m\n", [Line(" [31m")]),
    (b"a\x00b\x7fc\td\n", [Line("a b c d")]),
    ("a\u2028b\u2029\n".encode(), [Line("a b ")]),
    ("a\x85b\n".encode(), [Line("a b")]),
    ("é\u200b\n".encode(), [Line("é\u200b")]),  # invisible, but no control character
    ("e\u0301\n".encode(), [Line("e\u0301")]),
    (b"12345678\n", [Line("12345678")]),
    (b"12345678\r\n", [Line("12345678")]),
    (b"123456789\nnext\n", [TOO_LONG, Line("next")]),
    (b"123456789\r\nnext\n", [TOO_LONG, Line("next")]),
    (b"12345678\r\r\nnext\n", [TOO_LONG, Line("next")]),
    (b"12345678\rx\nnext\n", [TOO_LONG, Line("next")]),
    (b"1" * 100 + b"\nnext\n", [TOO_LONG, Line("next")]),
    (b"one\n" + b"1" * 100 + b"\n" + b"2" * 100 + b"\n", [Line("one"), TOO_LONG, TOO_LONG]),
    ("éééé\n".encode(), [Line("éééé")]),
    ("éééée\n".encode(), [TOO_LONG]),
    (b"\xff\nnext\n", [NOT_UTF8, Line("next")]),
    (b"\xc3\n\xa9\n", [NOT_UTF8, NOT_UTF8]),
    (b"\xed\xa0\x80\n", [NOT_UTF8]),  # half of a surrogate pair
    (b"\xc0\x8a\n", [NOT_UTF8]),  # a line break in too many bytes
]


@pytest.mark.parametrize(
    ("stream", "events"), STREAMS, ids=[ascii(stream[:20]) for stream, _ in STREAMS]
)
@pytest.mark.parametrize("trailing", [b"", b"more"], ids=["", "with bytes behind"])
def test_stream_is_cut_into_its_lines(stream: bytes, events: list[Event], trailing: bytes) -> None:
    """The same bytes give the same lines, whole or byte by byte, whatever follows them."""
    whole, drop_by_drop = codec(), codec()

    at_once = whole.feed(stream + trailing)
    one_by_one = feed(drop_by_drop, byte_by_byte(stream + trailing))

    assert at_once == events
    assert one_by_one == events
    last = [Line("more")] if trailing else []
    assert (whole.feed_eof(), drop_by_drop.feed_eof()) == (last, last)


@pytest.mark.parametrize(
    ("stream", "at_the_end"),
    [
        (b"last", [Line("last")]),
        (b"first\nlast", [Line("last")]),
        (b"last\r", [Line("last ")]),  # no '\n' came, so the '\r' is part of the line
        (b"1234567\r", [Line("1234567 ")]),
        (b"12345678\r", [TOO_LONG]),
        (b"1" * 100, []),  # it was refused when it came in
        (b"\xff", [NOT_UTF8]),
        (b"line\n", []),
        (b"", []),
    ],
    ids=ascii,
)
def test_last_line_counts_without_its_end(stream: bytes, at_the_end: list[Event]) -> None:
    """The end of the stream ends the last line, if there is one."""
    fed = codec()
    fed.feed(stream)

    assert fed.feed_eof() == at_the_end
    assert fed.feed_eof() == []


def test_long_line_is_refused_before_it_ends() -> None:
    """A line is refused once, at the first byte over the limit, whatever still comes of it."""
    fed = codec()

    events = [fed.feed(b"1234"), fed.feed(b"5678"), fed.feed(b"9"), fed.feed(b"0" * 1000)]

    assert events == [[], [], [TOO_LONG], []]


def naive(stream: bytes, max_line: int) -> list[Event]:
    """Return the events of a whole stream and its end, by the rules one after the other."""
    *lines, last = stream.split(b"\n")
    events: list[Event] = []
    for line in [*(line.removesuffix(b"\r") for line in lines), last]:
        if len(line) > max_line:
            events.append(Bad(f"line too long (max {max_line} bytes)"))
        elif line:
            try:
                text = line.decode()
            except UnicodeDecodeError:
                events.append(NOT_UTF8)
            else:
                events.append(Line("".join(c if ord(c) not in CONTROLS else " " for c in text)))
    return events


REQUEST = (
    b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 14\r\n"
    b"Content-Type: text/plain;charset=UTF-8\r\nOrigin: https://evil.example\r\n\r\n"
    b"/say hi\nhello\n"
)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (REQUEST, REFUSED),
        (b"GET / HTTP/1.0\n", REFUSED),
        (b"M-SEARCH * HTTP/1.1\r\n", REFUSED),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
        (b"\r\n\nGET / HTTP/1.1\r\nhello\n", REFUSED),  # empty lines do not count
        (
            b"GET /" + b"x" * 100 + b" HTTP/1.1\r\nhi\n",
            [Bad("line too long (max 64 bytes)"), *REFUSED],
        ),
        (b"GET / HTTP/1.1 too\nhi\n", [Line("GET / HTTP/1.1 too"), Line("hi")]),
        (b"what is HTTP/1.1\n", REFUSED),  # it has the form of a request
        (b"so what is HTTP/1.1\n", [Line("so what is HTTP/1.1")]),
        (b"hello\nGET / HTTP/1.1\n", [Line("hello"), Line("GET / HTTP/1.1")]),
        (b"\xff\nGET / HTTP/1.1\n", [NOT_UTF8, Line("GET / HTTP/1.1")]),
        (
            b"x" * 100 + b"\nGET / HTTP/1.1\n",
            [Bad("line too long (max 64 bytes)"), Line("GET / HTTP/1.1")],
        ),
    ],
    ids=ascii,
)
def test_first_line_of_http_ends_everything(stream: bytes, events: list[Event]) -> None:
    """When the first line is an HTTP request line, nothing behind it is a line."""
    whole, drop_by_drop = codec(max_line=64), codec(max_line=64)

    at_once = whole.feed(stream) + whole.feed(b"more\n") + whole.feed_eof()
    one_by_one = feed(drop_by_drop, byte_by_byte(stream + b"more\n")) + drop_by_drop.feed_eof()

    rest = [] if events[-1] == Closing() else [Line("more")]
    assert at_once == one_by_one == [*events, *rest]


@pytest.mark.parametrize("stream", [b"GET / HTTP/1.1", b"GET /" + b"x" * 100 + b" HTTP/1.1"])
def test_request_line_without_its_end_is_refused_too(stream: bytes) -> None:
    """A first line that only the end of the stream ends is looked at like any other."""
    fed = codec(max_line=64)
    fed.feed(stream)

    assert fed.feed_eof() == REFUSED
    assert fed.feed_eof() == []


CONTROLS = {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029}  # Cc, Zl, Zp
NASTY = [b"\n", b"\r", b"\r\n", b"a", b"abc", "é".encode(), "\u2028".encode(), b"\xff", b"\0"]
streams = st.lists(st.sampled_from(NASTY) | st.binary(max_size=6)).map(b"".join)


@given(streams, cuts, st.integers(1, 9))
def test_cuts_make_no_difference(stream: bytes, at: list[float], max_line: int) -> None:
    """However the bytes are cut, the lines are those that the rules demand."""
    fed = codec(max_line)

    events = feed(fed, cut_at(stream, at)) + fed.feed_eof()

    assert events == naive(stream, max_line)


@given(streams, cuts, st.integers(1, 9))
def test_unfinished_line_is_held_up_to_the_limit(
    stream: bytes, at: list[float], max_line: int
) -> None:
    """The codec never keeps more than ``max_line`` bytes and one ``\\r``."""
    fed = codec(max_line)

    for piece in cut_at(stream, at):
        fed.feed(piece)

        # No public attribute says how much it keeps.
        assert len(fed._partial) <= max_line + 1


@given(st.lists(st.text(min_size=1).map(without_controls)), cuts)
def test_lines_survive_the_way(lines: list[str], at: list[float]) -> None:
    """A line that was encoded for the door is decoded to the same line."""
    fed = codec(max_line=1_000_000)

    events = feed(fed, cut_at(encode(*lines).tcp, at))

    assert events == [Line(line) for line in lines]


def test_door_needs_no_handshake() -> None:
    """A client of this door joins without a handshake or an answer, and is never pinged."""
    fed = LineCodec(replace(Settings(), idle_timeout=7.5))

    assert (fed.opening, fed.accept()) == (False, b"")
    assert (fed.silence_s, fed.ping_interval_s, fed.ping()) == (7.5, None, b"")


def test_newcomer_to_a_full_server_is_told() -> None:
    """A client that is not let in gets one line that says why."""
    assert codec().reject("server is full") == b"! server is full\n"


@pytest.mark.parametrize("cause", Cause)
def test_farewell_says_what_the_client_cannot_know(cause: Cause) -> None:
    """The last line says why the stay ended, unless the client knows."""
    farewell = codec().farewell(cause)

    told = cause in (Cause.TIMED_OUT, Cause.TOO_SLOW, Cause.CUT_OFF)
    assert farewell == (f"! {cause.reason}\n".encode() if told else b"")
