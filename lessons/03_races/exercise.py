"""Lesson 03: an explorer of schedules.

A scene is a small program that is made anew for each play (`scenes.py` has three):

    scene.tasks       generators, by name: a task works, and yields where others may run
    scene.broken()    whether something went wrong; asked when all tasks have ended

A turn is one `next` of a task, and the turn in which it ends is one too. Whose turn it is,
`choose` says: it is given the names of those who have not ended, in the order of the
scene, and returns one. A task that raises ends the play, as a crash ends a program.

Judge it with `hubbub check 03`; `hubbub check 03 --hint` helps.
"""

from __future__ import annotations

import random
from typing import NamedTuple


class Played(NamedTuple):
    """What came of one play."""

    schedule: list  # the name of whose turn it was, turn by turn
    error: Exception | None = None  # what a task raised; that ended the play


def play(scene, choose):
    """Have the tasks take turns until all have ended."""
    # TODO: ask whose turn it is, before each
    schedule = []
    for name, task in scene.tasks.items():
        for _ in task:
            schedule.append(name)
    return Played(schedule)


def run(scene, seed):
    """Play the schedule of a seed: each choice is drawn, and nothing else draws with it."""
    # TODO: what has the seed to do with it?
    return play(scene, random.choice)


def replay(scene, schedule):
    """Play the turns of a schedule, then bring who is left to the end, one by one."""
    turns = iter(schedule)
    return play(scene, lambda names: next((name for name in turns if name in names), names[0]))


def is_broken(scene, played):
    """Tell whether a play went wrong."""
    return played.error is not None or scene.broken()


def find(make_scene, seeds):
    """Return the first seed that breaks the scene, and its schedule; None if no seed does."""
    # TODO
    return None


def shrink(make_scene, schedule):
    """Return what is left of a schedule that breaks when no turn more can be left out."""
    # TODO: `replay` plays what you leave of it
    return schedule
