"""The close codes that malformed frames get."""

from collections.abc import Mapping

from conformance import Connect, WebSocketClient


__all__ = ["close_codes"]


def close_codes(connect: Connect, cases: Mapping[str, bytes]) -> dict[str, int | None]:
    """Let a new client send each of some bytes; return the close code that each gets."""
    __tracebackhide__ = True
    codes = {}
    for name, data in cases.items():
        client: WebSocketClient = connect(name)
        client.send_raw(data)
        _lines, end = client.lines_until_end()
        codes[name] = end.code
    return codes
