"""The command with which a user starts a server: split into words, checked, filled in.

A command is started without a shell. What only a shell understands is refused, with the words that
make it work.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path


__all__ = ["command_words", "depends_on_folder", "fill", "name_of", "resolved"]

_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash", "fish")
_SCRIPTS = {".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".pl", ".lua", ".jar", ".exs"}
# What is quoted in a command. A variable between double quotes is one for a shell too.
_QUOTED = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\$`])*\"")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CONSTRUCT = re.compile(r"&&|\|\||\$\w+|\$[({]|[|;&<>`]")
_BUILTINS = ("cd", "export", "source", ".", "ulimit", "eval", "alias", "set", "umask", "exec")


def command_words(template: str, *, look: bool = True) -> list[str]:
    """Return the words of a command; the places in it, such as ``{ws}``, are not filled in.

    Args:
        look: whether to look for the program.

    Raises:
        ValueError: it is empty, has a quote without its partner, needs a shell, or names a program
            that is not there. The text is one line that says how to put it right.
    """
    said = f"--command {' '.join(template.split())!r}"
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise ValueError(f"{said}: {error}") from None
    if not words:
        raise ValueError("--command is empty")
    in_a_shell = f"write  sh -c {shlex.quote(template.strip())}"
    bare = _QUOTED.sub("_", template)
    if _ASSIGNMENT.match(words[0]):
        if not _CONSTRUCT.search(bare):
            in_a_shell = f"write  env {template.strip()}"
        variable = words[0].partition("=")[0]
        raise ValueError(f"{said}: only a shell sets the variable {variable}; {in_a_shell}")
    if construct := _CONSTRUCT.search(bare):
        raise ValueError(f"{said}: only a shell understands {construct[0]!r}; {in_a_shell}")
    if words[0] in _BUILTINS and shutil.which(words[0]) is None:
        raise ValueError(f"{said}: {words[0]!r} is a word of the shell; {in_a_shell}")
    words[0] = os.path.expanduser(words[0])
    if look:
        _check_program(said, words[0])
    return words


def fill(words: Sequence[str], places: Mapping[str, Sequence[str]]) -> list[str]:
    """Put values into places such as ``{ws}`` or ``{flags}``.

    A word that is a place becomes one word per value. Inside a longer word, as in
    ``sh -c 'exec ./mine {flags}'``, the values are quoted as a shell needs it.
    """
    filled: list[str] = []
    for word in words:
        if word in places:
            filled += places[word]
            continue
        for place, values in places.items():
            word = word.replace(place, shlex.join(values))
        filled.append(word)
    return filled


def resolved(words: Sequence[str]) -> list[str]:
    """Return the words with absolute paths in place of the program and the files named there."""
    return [
        str(Path(word).absolute())
        if (os.sep in word and Path(word).exists()) or (number and Path(word).is_file())
        else word
        for number, word in enumerate(words)
    ]


def depends_on_folder(words: Sequence[str]) -> bool:
    """Return whether a command may mean something else in another folder, even if resolved."""
    if "-c" in words and any(Path(word).name in _SHELLS for word in words):
        return True
    plain = {Path(words[0]).name, *words}
    return bool(plain & {"-m", "-C", ".", "..", "npm", "npx", "yarn", "make", "cargo"})


def name_of(words: Sequence[str]) -> str:
    """Return a name for a command: its script, or else its last plain word before a place."""
    for word in words[1:]:
        if Path(word).suffix in _SCRIPTS:
            return Path(word).name
    if "-c" in words or "-e" in words:  # its program is in the command itself
        return "command"
    plain = []
    for word in words:
        if "{" in word:
            break
        if not word.startswith("-"):
            plain.append(word)
    return Path(plain[-1]).name if plain else "command"


def _check_program(said: str, program: str) -> None:
    if "{" in program or shutil.which(program) is not None:
        return
    if os.sep in program and Path(program).is_dir():
        raise ValueError(f"{said}: {program} is a folder")
    if os.sep in program and Path(program).exists():
        raise ValueError(f"{said}: {program} may not be executed; write  chmod +x {program}")
    if Path(program).is_file():
        raise ValueError(f"{said}: there is no program {program}; write  ./{program}")
    raise ValueError(f"{said}: there is no program {program}")
