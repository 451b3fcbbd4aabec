"""What a test expects of a client's lines, and the errors that say what came instead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


__all__ = [
    "ConnectionEnded",
    "Fence",
    "Mismatch",
    "Until",
    "differing",
    "listed",
    "predicate",
    "quoted",
]

_LINES_SHOWN = 12
_CHARACTERS_SHOWN = 100


class Mismatch(AssertionError):
    """The server did something else than the test expected; the message is for people.

    Attributes:
        blamed: what a drawing points at: lines that came but should not have come, or not at
            this point. Each is a client's label and a line, as in ``checker.Violation``.
        absent: lines that should have come and did not, in the same form.
    """

    def __init__(
        self,
        message: str = "",
        *,
        blamed: Iterable[tuple[str, str]] = (),
        absent: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.blamed, self.absent = frozenset(blamed), tuple(absent)


class ConnectionEnded(Mismatch):
    """The connection ended while the client still needed it.

    Its neighbour is ``Mismatch`` itself: there the connection is still open.
    """


@dataclass(frozen=True)
class Fence:
    """A line that no other client says: when it comes, everything said before it has come too."""

    marker: str

    def __str__(self) -> str:
        return f"the fence {self.marker!r}"


Until = Fence | str | Callable[[str], bool]
"""What a client can wait for: a fence, exactly this line, or the first line that fits."""


def predicate(until: Until) -> tuple[Callable[[str], bool], str]:
    """Return a function that recognises the line, and the words that messages use for it."""
    if isinstance(until, Fence):
        return lambda line: line.endswith(until.marker), str(until)
    if isinstance(until, str):
        return lambda line: line == until, quoted(until)
    return until, "a certain line"


def quoted(text: str | bytes) -> str:
    """Return a text in quotes for an error message; only the beginning of a long one."""
    if len(text) <= _CHARACTERS_SHOWN:
        return repr(text)
    return f"{text[: _CHARACTERS_SHOWN - 20]!r}… ({len(text):,} long)"


def listed(lines: list[str]) -> str:
    """Return lines for an error message; only the last ones of many."""
    if not lines:
        return "nothing"
    shown = ", ".join(map(quoted, lines[-_LINES_SHOWN:]))
    return shown if len(lines) <= _LINES_SHOWN else f"{len(lines)} lines, the last: {shown}"


def differing(expected: str, came: str) -> str:
    """Return two different lines for an error message; of long lines, the part that differs."""
    if len(expected) <= _CHARACTERS_SHOWN and len(came) <= _CHARACTERS_SHOWN:
        return f"{expected!r} and got {came!r}"
    pairs = enumerate(zip(expected, came, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(came)))
    start = max(0, same - 20)
    return (
        f"a line of {len(expected):,} characters and got one of {len(came):,}; "
        f"from character {start} on it expected {quoted(expected[start:])} "
        f"and got {quoted(came[start:])}"
    )
