"""The scripts of the scenes, and the clients that play them."""

from __future__ import annotations

from schedules.script import (
    OBSERVER,
    AllGone,
    Hear,
    Leaving,
    Part,
    Peer,
    Say,
    make_scene,
)


SEEDS = range(300)


def test_seed_decides_the_scene() -> None:
    """The same seed gives the same scene, and different seeds give different scenes."""
    scenes = [make_scene(seed) for seed in SEEDS]

    assert scenes == [make_scene(seed) for seed in SEEDS]
    assert len(set(scenes)) > len(SEEDS) / 2


def test_no_line_is_said_twice() -> None:
    """No two lines of a scene are the same."""
    for seed in SEEDS:
        said = [
            move.line
            for part in make_scene(seed).parts
            for move in part.moves
            if isinstance(move, Say) and not move.line.startswith("/")
        ]
        assert len(said) == len(set(said))


def test_observer_has_the_last_word() -> None:
    """The observer waits until all others have left, asks for the roster, and hears itself."""
    for seed in SEEDS:
        observer = make_scene(seed).parts[0]
        assert observer.name == OBSERVER
        *_, asks, says, hears = observer.moves[observer.moves.index(AllGone()) :]
        assert (asks, says, hears) == (Say("/who"), Say("olga-2"), Hear("olga-2"))


def test_seeds_have_everything_that_clients_do() -> None:
    """Some hundred scenes have every way to leave, a rename race and a stalled reader."""
    parts = [part for seed in SEEDS for part in make_scene(seed).parts]
    renamers = [
        sum(Say("/rename max") in part.moves for part in make_scene(seed).parts) for seed in SEEDS
    ]

    assert {part.leaving for part in parts} == set(Leaving)
    assert {part.reads for part in parts} == {part.short_writes for part in parts} == {True, False}
    assert max(renamers) > 1


def test_client_waits_for_what_it_has_to_hear() -> None:
    """A client says nothing until its text has come back, under whatever name."""
    peer = Peer(Part("anna", (Say("anna-1"), Hear("anna-1"), Say("anna-2"))))

    assert peer.say() == "anna-1"
    peer.hear("max: something else")
    waiting = peer.has_words, peer.waits_for
    peer.hear("max: anna-1")

    assert waiting == (False, Hear("anna-1"))
    assert (peer.has_words, peer.waits_for) == (True, None)
    assert peer.say() == "anna-2"
    assert peer.has_ended
    assert peer.log == [
        ("said", "anna-1"),
        ("got", "max: something else"),
        ("got", "max: anna-1"),
        ("said", "anna-2"),
    ]


def test_client_waits_until_all_have_gone() -> None:
    """A client that waits for the others to leave goes on then; other clients are not affected."""
    patient, busy = Peer(Part("olga", (AllGone(), Say("olga-2")))), Peer(Part("ben", (Say("b"),)))
    waited = patient.waits_for

    patient.all_gone()
    busy.all_gone()

    assert waited == AllGone()
    assert patient.say() == "olga-2"
    assert busy.say() == "b"
