"""Judges lesson 06: who is called what."""

from __future__ import annotations

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


def _have(names, client, new):
    told = _asked(names, client, new)
    if len(told) != 1 or told[0][0] != "all":
        raise Broken(f"{new!r} is a good name and free, and asking for it brought {told}.")
    return told[0][1]


@promise("names.rename", "A new name is told to all, with the old one.")
def renames(exercise, seed):
    names = _room(exercise)
    for old, new in (("10.0.0.1:5000", "anna"), ("anna", "Zoë-42"), ("Zoë-42", "你好")):
        told = _have(names, ANNA, new)
        if told != f"* {old} is now {new}":
            raise Broken(f"{old} is {new} now, and what all were told is {told!r}.")
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
    }
    for new, reason in reasons.items():
        names = _room(exercise)
        told = _asked(names, ANNA, new)
        if told and told[0][0] == "all":
            raise Broken(f"{new!r} was accepted as a name, and {reason}.")
        if told != [(ANNA, BAD)]:
            raise Broken(
                f"{new!r} is a bad name; only the asker is told, with {BAD!r}. It brought {told}."
            )
        if "10.0.0.1:5000" not in names.roster():
            raise Broken(f"{new!r} was refused, and the asker has lost its old name all the same.")
    for new in ("x", "x" * 32, "anna!", "a*b", "🙂", "é" * 32, "你" * 32, "ﬃ" * 32, "a/b", "1"):
        if _asked(_room(exercise), ANNA, new) == [(ANNA, BAD)]:
            why = f": it has {len(new)} characters" if len(new) > 1 else ""
            if len(new.encode()) > 32 >= len(new):
                why += f" ({len(new.encode())} bytes, which do not count)"
            raise Broken(f"{new!r} was refused, and nothing is wrong with it{why}.")


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
        if told and told[0][0] == "all":
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
    if _asked(names, BEN, "straße")[0][0] == "all":
        raise Broken(
            "anna is 'strasse', and ben may be 'straße': lower() leaves the ß alone, "
            "casefold() is what makes the two alike."
        )
    names = _room(exercise)
    _have(names, ANNA, "anna")
    if _asked(names, ANNA, "Anna")[0][0] != "all":
        raise Broken(
            "anna wanted to write herself 'Anna', and was told that the name is taken: by "
            "herself. Only the names of others count."
        )


@promise("names.freed", "A name is free again once its holder has another or has left.")
def freed_names(exercise, seed):
    names = _room(exercise)
    _have(names, ANNA, "anna")
    _have(names, ANNA, "annabel")
    if _asked(names, BEN, "anna")[0][0] != "all":
        raise Broken(
            "anna is called annabel now, and ben may not be 'anna': the old name was "
            "never given back."
        )
    names = _room(exercise)
    _have(names, ANNA, "anna")
    names.leave(ANNA)
    if _asked(names, BEN, "anna")[0][0] != "all":
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
