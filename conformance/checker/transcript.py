"""A history's lines as numbers, so that each different line is parsed only once.

A message to 200 clients is one line, 200 times. All later work uses small numbers, so a million
deliveries are judged in about a second.
"""

from collections import defaultdict
from itertools import count

from conformance.checker.lines import Kind, parse
from conformance.checker.record import History


__all__ = ["Transcript"]

_SILENT = ""  # stands for the author of a line that is no message


class Transcript:
    """What each session received, as numbers of lines.

    Attributes:
        numbers: by session, the numbers of its ``received``.
        lines: the line of each number.
        meanings: what each different line means.
        room_lines: by session, the positions of the lines in which the room speaks.
    """

    def __init__(self, history: History) -> None:
        number: defaultdict[str, int] = defaultdict(count().__next__)
        self.numbers = [
            list(map(number.__getitem__, session.received)) for session in history.sessions
        ]
        self.lines = list(number)
        self.meanings = {line: parse(line) for line in self.lines}
        of_room = {number[line] for line in self.lines if line.startswith("* ")}
        self.room_lines = [
            [place for place, number in enumerate(numbers) if number in of_room]
            for numbers in self.numbers
        ]
        self._authors = [
            meaning.name if meaning.kind is Kind.CHAT else _SILENT
            for meaning in self.meanings.values()
        ]

    def authors(self, stay: int, start: int, stop: int) -> set[str]:
        """Return the names that speak in some lines of a session."""
        names = set(map(self._authors.__getitem__, self.numbers[stay][start:stop]))
        names.discard(_SILENT)
        return names
