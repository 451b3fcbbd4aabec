"""What a request asks for, in all the forms that it may have."""

from __future__ import annotations

import pytest

from implementations.core.request_head import RequestHead, is_loopback, same_host


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("/", None, "/"),
        ("/?x=/ws", None, "/"),
        ("/ws?x", None, "/ws"),
        ("/chat/healthz", None, "/healthz"),
        ("/a/b-c/~d/", None, "/"),
        ("http://h:1/ws", "h:1", "/ws"),
        ("HTTPS://h", "h", "/"),
        ("wss://h?x", "h", "/"),
        ("/ws/", None, None),
        ("/ws/ws", None, None),
        ("/wsx/ws", None, "/ws"),
        ("/../ws", None, None),
        ("//", None, None),
        ("/a%2fws", None, None),
        ("*", None, None),
        ("ftp://h/ws", None, None),
    ],
)
def test_target_comes_down_to_a_path(target: str, host: str | None, path: str | None) -> None:
    """Prefix, query, scheme and host make no difference to the path."""
    asked = RequestHead.parse(f"GET {target} HTTP/1.1\r\n\r\n".encode())

    assert (asked.host, asked.path, asked.is_old) == (host, path, False)


def test_handshake_keeps_what_the_library_needs() -> None:
    """Of the headers only those of a handshake are kept, in any letter case."""
    head = (
        b"GET /ws HTTP/1.0\r\nHOST: a\r\nCookie: b\r\nX-Origin: c\r\nsec-websocket-key: d\r\n\r\n"
    )

    asked = RequestHead.parse(head)

    assert asked.handshake == b"HOST: a\r\nsec-websocket-key: d\r\n"
    assert (asked.method, asked.is_old) == (b"GET", True)


@pytest.mark.parametrize("header", [b"no colon", b": x", b"a b: x", b" a: x", b"a: \x00", b"a: \r"])
def test_malformed_header_is_noticed(header: bytes) -> None:
    """A header without a name or with a control character makes the head malformed."""
    assert RequestHead.parse(b"GET /ws HTTP/1.1\r\n" + header + b"\r\n\r\n").handshake is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", True),
        ("127.0.0.1", True),
        ("LOCALHOST", True),
        ("[::1]:1", True),
        ("a.localhost.", True),
        ("", False),
        (":8080", False),
        ("0.0.0.0:8080", False),
        ("127.0.0.1.example", False),
        ("localhost.example:1", False),
    ],
)
def test_loopback_has_few_names(host: str, expected: bool) -> None:
    """Only ``localhost``, its subdomains and the addresses of the loopback are its names."""
    assert is_loopback(host) == expected


def test_same_host_knows_default_ports() -> None:
    """A port that is not written is that of the origin's scheme."""
    assert same_host("https://h", "h:443")
    assert not same_host("https://h", "h:80")
    assert not same_host("null", "h")
