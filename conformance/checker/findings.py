"""What a check has found, before it becomes a violation with a witness.

Invariant: ``sessions`` and ``lines`` are enough to show it. A history that is cut down to them
breaks the same rule.
"""

from collections.abc import Collection
from dataclasses import dataclass

from conformance.checker.lines import Kind, parse, tag_of
from conformance.checker.names import Names


__all__ = ["Finding", "in_words", "said", "shortened", "tag_or_text", "told"]

_LONGEST_QUOTE = 32


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, with the lines and the sessions that show it, by position in the history.

    One finding per rule and ``session`` is enough: more of them mostly come from the same fault.

    Attributes:
        unheard: messages to show although nobody got them.
        blamed: as in ``Violation``, with positions instead of labels.
        absent: as in ``Violation``, with positions instead of labels.
    """

    rule_id: str
    session: int
    sentence: str
    sessions: Collection[int]
    lines: Collection[str]
    unheard: Collection[tuple[int, int]] = ()
    blamed: Collection[tuple[int, str]] = ()
    absent: Collection[tuple[int, str]] = ()


def in_words(line: str, names: Names) -> str:
    """Return what a line says, in full: a message's tag or text, or which client came or left."""
    meaning = parse(line)
    match meaning.kind:
        case Kind.JOINED:
            return f"{names.label(meaning.name)} joined"
        case Kind.ENDED:
            return f"{names.label(meaning.name)} {meaning.rest}"
        case Kind.CHAT:
            return tag_or_text(meaning.rest)
    return line.removeprefix("* ")


def told(line: str, names: Names) -> str:
    """Return how a sentence speaks of a line: by its tag, or in quotes and perhaps shortened."""
    meaning = parse(line)
    return said(meaning.rest) if meaning.kind is Kind.CHAT else _quoted(in_words(line, names))


def said(text: str) -> str:
    """Return how a sentence speaks of a text, as ``told`` does of a line."""
    return _bare_tag(text) or _quoted(text)


def tag_or_text(text: str) -> str:
    """Return a message's tag if the text is only that and padding, else the text."""
    return _bare_tag(text) or text


def _bare_tag(text: str) -> str:
    tag = tag_of(text)
    if tag is None:
        return ""
    words, _, padding = text.partition(" ")
    return words if words == f"{tag[0]}-{tag[1]}" and len(set(padding)) <= 1 else ""


def _quoted(words: str) -> str:
    """Return words in quotation marks, without their middle where they are long."""
    return f'"{shortened(words, _LONGEST_QUOTE)}"'


def shortened(words: str, longest: int) -> str:
    """Return at most that many characters of some words: both ends, because these often differ."""
    if len(words) <= longest:
        return words
    head = longest * 2 // 3
    return f"{words[:head]}…{words[len(words) - (longest - head - 1) :]}"
