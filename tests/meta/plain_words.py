"""Finds turns of phrase that readers who learnt English later stumble over.

    python -m tests.meta.plain_words [PATH ...]      lists them, one line each

It knows only what a pattern can know: a "who" with no noun before it, "a" in the place of
"per", a code that one page explains and no other, and a few words with plainer siblings.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.meta.folders import ROOT


__all__ = ["Stumble", "prose_files", "prose_of", "stumbles"]

Stumble = tuple[int, str, str]  # line, the words, what to write instead

# Where the codes of the source programs are explained, and pages that quote what they forbid.
EXEMPT = {
    "docs/provenance.md",
    "tests/meta/plain_words.py",
    "tests/meta/test_plain_words.py",
}
ENDINGS = {".py", ".md", ".ipynb", ".html", ".j2", ".c", ".go", ".mjs", ".toml", ".cff", ".yml"}
NAMES = {"Makefile"}

_UNITS = "µs|us|ms|s|KiB|MiB|GiB|kB|MB|GB|bytes|characters|messages|deliveries|lines|times|seeds"
_PER = (
    "client|delivery|second|minute|hour|day|message|server|member|door|rule|socket|process|run|"
    "runtime|core|cell|row|rung|connection|peer|lesson|exhibit|scenario|node|recipient|machine"
)
_COUNTS = r"one|two|three|once|twice|\d[\d,.]*|an?"
_NOT_COUNTED = "(?:in|lets|gives|sends|makes|keeps|tells)"  # "02 in a second", "6455 lets a server"
_BEFORE = "for|to|from|of|by|and|or|but|than|as|when|where|with|behind|at|that|because|while"
PATTERNS = [
    (re.compile(rf"\b(?:{_BEFORE}) who(?:ever)?\b(?![^.!?]*\?)", re.I), "name the actor"),
    (re.compile(r"(?:^|[.:;!?]\s+|\"\"\")Who(?:ever)? [^.!?]*[.!]"), "name the actor"),
    (re.compile(r"\bwhoever\b", re.I), "name the actor"),
    (re.compile(rf"\b(?:{_UNITS}) an? (?:{_PER})\b"), "per"),
    (re.compile(rf"\b(?:{_COUNTS}) (?:(?!{_NOT_COUNTED}\b)\w+ )?an? (?:{_PER})\b"), "per"),
    (re.compile(r"\b(?:S\d-\d+|[A-Z]{2}-\d+)\b"), "say it in words"),
    (re.compile(r"\bmend(?:s|ed|ing)?\b", re.I), "fix"),
    (re.compile(r"\bin vain\b", re.I), "say what did not happen"),
    (re.compile(r"\bmakes? (?:an|no) end\b", re.I), "terminates, never terminates"),
    (re.compile(r"\b(?:comes?|came) (?:out as|to the same)\b", re.I), "the result is, agrees"),
    (re.compile(r"\bany more than\b|\bnothing moves any more\b", re.I), "use the field's term"),
]
_WRAP = re.compile(r"\n[ \t]*(?:#|//|\*|>|\|)?[ \t]*")


def stumbles(text: str) -> Iterator[Stumble]:
    """Yield what is found in a text, line by line; a sentence may run over several lines."""
    at_line = 1
    for paragraph in re.split(r"(\n[ \t]*\n)", text):
        flat = _WRAP.sub(" ", paragraph)
        for pattern, instead in PATTERNS:
            for found in pattern.finditer(flat):
                # The line of the match: as many line ends as the same share of words has passed.
                words = len(flat[: found.start()].split())
                yield at_line + _line_of_word(paragraph, words), found[0][:60], instead
        at_line += paragraph.count("\n")


def _line_of_word(paragraph: str, words: int) -> int:
    seen = 0
    for number, line in enumerate(paragraph.split("\n")):
        seen += len(_WRAP.sub(" ", f"\n{line}").split())
        if seen > words:
            return number
    return paragraph.count("\n")


def prose_files() -> list[Path]:
    """Return the tracked files that people read.

    Raises:
        OSError, CalledProcessError: this is no git checkout.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    names = [name for name in listing.decode().split("\0") if name and name not in EXEMPT]
    return [
        ROOT / name
        for name in names
        if (Path(name).suffix in ENDINGS or Path(name).name in NAMES)
        and not name.startswith("benchmarks/rounds/")
        and (ROOT / name).is_file()
    ]


def prose_of(path: Path) -> str:
    """Return what people read of a file: of a notebook its sources, not what it printed."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def main() -> int:
    """List what is found in the files and folders that are named; 1 when there is any."""
    under = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT]
    count = 0
    for path in prose_files():
        if any(path.is_relative_to(one) for one in under):
            for line, words, instead in stumbles(prose_of(path)):
                count += 1
                print(f"{path.relative_to(ROOT)}:{line}: {words!r}: {instead}")
    print(f"{count} found", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
