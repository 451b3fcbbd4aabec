"""Judges lesson 06: who is called what."""

from __future__ import annotations

import random
import unicodedata
from itertools import pairwise

from hubbub.learning.promises import Broken, promise


INTERFACE = """
Names()
Names.arrive(client, address)
Names.rename(client, new) -> told
Names.leave(client) -> told
Names.roster() -> text
"""
ANNA, BEN, CARA = 1, 2, 3
BAD = "! bad name"
TAKEN = "! name taken: "


def _room(exercise):
    names = exercise.Names()
    for client in (ANNA, BEN, CARA):
        names.arrive(client, f"10.0.0.{client}:5000")
    return names


def _asked(names, client, new):
    """Ask for a name; return which client was told what."""
    return [tuple(told) for told in names.rename(client, new)]


def _took(told):
    """Tell whether all were told of a new name."""
    return bool(told) and told[0][1].startswith("* ")


def _told_all(told):
    """Raise Broken where all are told what only the asker should hear."""
    if told and told[0][0] == "all" and not _took(told):
        raise Broken(
            f"A name was refused, and all were told: {told}. Tell the asker alone: "
            "[(client, line)], and not [('all', line)]."
        )


def _have(names, client, new):
    told = _asked(names, client, new)
    if len(told) != 1 or told[0][0] != "all":
        raise Broken(f"{new!r} is a good name and free, and asking for it brought {told}.")
    return told[0][1]


@promise("names.rename", "A new name is told to all, with the old one.")
def renames(exercise, seed):
    names = _room(exercise)
    chosen = ("10.0.0.1:5000", "anna", "Zoë-42", "你好")
    for old, new in pairwise(chosen):
        told = _have(names, ANNA, new)
        if told != f"* {old} is now {new}":
            raise Broken(
                f"{old!r} asked for {new!r}, and what all were told is {told!r}: both names stand "
                "there as they were asked for."
            )
    if names.roster() != "* online (3): 你好, 10.0.0.2:5000, 10.0.0.3:5000":
        raise Broken(
            f"The roster is in order of arrival, whatever people are called; it says "
            f"{names.roster()!r}."
        )


@promise("names.bad", "A name that could deceive or cannot be read is refused.")
def bad_names(exercise, seed):
    reasons = {
        "": "it is empty",
        "x" * 33: "it has more than 32 characters",
        "e\u0301" * 17: "it has 34 characters: count them before it is normalised",
        "* anna": "it begins like a line of the room",
        "*anna": "it begins like a line of the room",
        "!anna": "it begins like an error",
        "/who": "it begins like a command",
        "anna ben": "it has white space in it",
        "anna\u3000ben": "it has white space in it, a wide one",
        "anna:": "it has a colon: a line of 'anna:' would look like a line of anna's",
        "10.0.0.2:5000": "it has a colon, and so do addresses, which nobody may take",
        "an\u200bna": "it has a character in it that nobody sees",
        "an\x1bna": "it has a control character in it",
        " anna": "it begins with a space",
        "anna ": "it ends with a space",
        "an\u00adna": "it has a hyphen in it that nobody sees",
        "an\u2060na": "it has a character in it that nobody sees",
        "an\u202ena": "it has a character in it that turns the direction",
        "an\u2028na": "it has a line break in it",
        "an\ue000na": "it has a character in it that has no shape",
    }
    for new, reason in reasons.items():
        names = _room(exercise)
        told = _asked(names, ANNA, new)
        if _took(told):
            raise Broken(f"{new!r} was accepted as a name, and {reason}.")
        _told_all(told)
        if told != [(ANNA, BAD)]:
            raise Broken(
                f"{new!r} is a bad name; only the asker is told, with {BAD!r}. It brought {told}."
            )
        if "10.0.0.1:5000" not in names.roster():
            raise Broken(f"{new!r} was refused, and the asker has lost its old name all the same.")
    for new in (
        "x",
        "x" * 32,
        "anna!",
        "a*b",
        "🙂",
        "é" * 32,
        "你" * 32,
        "ﬃ" * 32,
        "Zoe\u0301",
        "a/b",
        "1",
    ):
        told = _asked(_room(exercise), ANNA, new)
        if told == [(ANNA, BAD)]:
            why = f": it has {len(new)} characters" if len(new) > 1 else ""
            if len(new.encode()) > 32 >= len(new):
                why += f" ({len(new.encode())} bytes, which do not count)"
            raise Broken(f"{new!r} was refused, and nothing is wrong with it{why}.")
        if told != [("all", f"* 10.0.0.1:5000 is now {new}")]:
            raise Broken(
                f"anna asked for {new!a}, and rename returned {told!a}: a name is told "
                "as it was asked for. Normalise for comparing only."
            )


@promise("names.taken", "A name that somebody has is refused, in whatever spelling.")
def taken_names(exercise, seed):
    spellings = {
        "anna": "it is the very name that anna has",
        "ANNA": "it differs from 'anna' in its case alone",
        "\uff41\uff4e\uff4e\uff41": "it is 'anna' in wide letters: alike once NFKC-normalised",
    }
    for new, reason in spellings.items():
        names = _room(exercise)
        _have(names, ANNA, "anna")
        told = _asked(names, BEN, new)
        _told_all(told)
        if _took(told):
            raise Broken(
                f"ben may be called {new!r} now, and {reason}: nobody can tell the two apart."
            )
        if told != [(BEN, TAKEN + new)]:
            raise Broken(
                f"ben asked for {new!r}, which anna has; only he is told, with "
                f"{TAKEN + new!r}. It brought {told}."
            )
    names = _room(exercise)
    _have(names, ANNA, "strasse")
    if _took(_asked(names, BEN, "straße")):
        raise Broken(
            "anna is 'strasse', and ben may be 'straße': lower() leaves the ß alone, "
            "casefold() is what makes the two alike."
        )
    names = _room(exercise)
    _have(names, ANNA, "anna")
    told = _asked(names, ANNA, "Anna")
    if not told:
        raise Broken("anna wanted to write herself 'Anna', and nobody was told: it is a new name.")
    if not _took(told):
        raise Broken(
            "anna wanted to write herself 'Anna', and was told that the name is taken: by "
            "herself. Only the names of others count."
        )
    for one, other in (
        ("anna", "anna1"),
        ("anna", "an"),
        ("a-b", "ab"),
        ("zoe", "zoë"),
        ("i", "\u0131"),
    ):
        names = _room(exercise)
        _have(names, ANNA, one)
        if not _took(_asked(names, BEN, other)):
            raise Broken(f"anna is {one!r}, and ben may not be {other!r}: those are two names.")


@promise("names.freed", "A name is free again once its holder has another or has left.")
def freed_names(exercise, seed):
    names = _room(exercise)
    _have(names, ANNA, "anna")
    _have(names, ANNA, "annabel")
    if not _took(_asked(names, BEN, "anna")):
        raise Broken(
            "anna is called annabel now, and ben may not be 'anna': the old name was "
            "never given back."
        )
    names = _room(exercise)
    _have(names, ANNA, "anna")
    told = [tuple(one) for one in names.leave(ANNA)]
    if told != [("all", "* anna left")]:
        raise Broken(
            f"anna has left, and leave returned {told}; it should be [('all', '* anna left')], "
            "with the name that she had last."
        )
    if not _took(_asked(names, BEN, "anna")):
        raise Broken("anna has left, and ben may not be 'anna': her name was never given back.")


@promise("membership.no-ghost", "A client that has left gets no new name, and leaves once.")
def ghosts(exercise, seed):
    names = _room(exercise)
    _have(names, ANNA, "anna")
    names.leave(ANNA)
    told = _asked(names, ANNA, "ghost")
    if "ghost" in names.roster():
        raise Broken(
            "anna had left, a rename of hers came late, and now a ghost is in the roster "
            "that no connection belongs to: change only what is still there."
        )
    if told:
        raise Broken(f"anna had left, and a late rename of hers was answered with {told}.")
    try:
        again = list(names.leave(ANNA))
    except KeyError:
        raise Broken(
            "anna left twice, and the second time ended in a KeyError. Both her pumps may "
            "report it; the second time nothing happens."
        ) from None
    if again:
        raise Broken(f"anna left twice, and was announced twice: {again}.")
    if names.roster() != "* online (2): 10.0.0.2:5000, 10.0.0.3:5000":
        raise Broken(f"anna has left; the roster says {names.roster()!r}.")


SPELLINGS = ("anna", "ANNA", "\uff41nna", "ben", "Ben", "strasse", "straße", "a b", "")


class _Model:
    """The names of a room as the exercise's text has them."""

    def __init__(self):
        self.names = {}

    def arrive(self, client, address):
        self.names[client] = address
        return None

    def rename(self, client, new):
        if client not in self.names:
            return []
        if new in ("", "a b"):
            return [(client, BAD)]
        if any(other != client and _key(name) == _key(new) for other, name in self.names.items()):
            return [(client, TAKEN + new)]
        old, self.names[client] = self.names[client], new
        return [("all", f"* {old} is now {new}")]

    def leave(self, client):
        name = self.names.pop(client, None)
        return [("all", f"* {name} left")] if name else []

    def roster(self):
        return f"* online ({len(self.names)}): {', '.join(self.names.values())}".strip()


def _key(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


@promise("lesson.anything", "Whatever they ask and in whatever order, it does as its text says.",
         seeds=120)  # fmt: skip
def anything(exercise, seed):
    draw = random.Random(seed)
    names, model, calls, addresses = exercise.Names(), _Model(), [], 0
    for _ in range(14):
        client = draw.randrange(4)  # a client may be number 0, too
        if client not in model.names and draw.random() < 0.8:
            addresses += 1
            what, given = "arrive", (client, f"10.0.0.{addresses}:5000")
        else:
            what = draw.choice(("rename", "rename", "rename", "leave"))
            given = (client, draw.choice(SPELLINGS)) if what == "rename" else (client,)
        had = model.names.get(client)
        roster = ", ".join(model.names.values())
        wanted = getattr(model, what)(*given)
        got = getattr(names, what)(*given)
        got = wanted if what == "arrive" else [tuple(one) for one in got]
        calls.append(f"{what}{given} -> {got}")
        if not got and what == "rename" and had == given[1]:
            continue  # it has that name already: nothing is new
        if client == 0 and not got and wanted:
            raise Broken(
                f"{what}{given} did nothing: 0 is the number of a client, too, and `if client` "
                "takes it for nobody. Ask `client in self._names`, or `is None`."
            )
        _same(f"{what}{given}", got, wanted, calls, _why(got, wanted, roster))
        _same("roster()", names.roster().strip(), model.roster(), calls)


def _why(got, wanted, roster):
    """Say why an answer to a rename is wrong, by the names that all had before it."""
    if _took(wanted) and got and TAKEN in got[0][1]:
        return f" No other client has that name now: {roster}."
    if _took(got) and wanted and TAKEN in wanted[0][1]:
        return f" Another client has that name, in this spelling or in another one: {roster}."
    return ""


def _same(what, got, wanted, calls, why=""):
    if got != wanted:
        raise Broken(
            f"{what} gave {got!r}; it should be {wanted!r}.{why} The last calls stand below.",
            detail="\n".join(calls[-12:]),
        )


@promise("lesson.two-rooms", "Two rooms know nothing of each other.")
def two_rooms(exercise, seed):
    one, other = exercise.Names(), exercise.Names()
    one.arrive(ANNA, "10.0.0.1:5000")
    other.arrive(BEN, "10.0.0.2:5000")
    _have(one, ANNA, "anna")
    if _asked(other, BEN, "anna") != [("all", "* 10.0.0.2:5000 is now anna")]:
        raise Broken("anna is a name in one room, and it was refused in another: they share it.")
    if "(1)" not in one.roster() or "(1)" not in other.roster():
        raise Broken(
            f"There are two rooms with one client each, and the rosters say {one.roster()!r} and "
            f"{other.roster()!r}: they share their map. Make it in __init__, not in the class."
        )
