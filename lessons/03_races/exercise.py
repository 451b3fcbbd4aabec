"""Lesson 03: an explorer of schedules.

A scene is a small program. Each play needs a new one (`scenes.py` has three):

    scene.tasks       name -> generator: a task works, and yields where others may run
    scene.broken()    whether something went wrong; called when all tasks have ended

A turn is one `next` of a task. The turn in which the task ends counts too. Before each
turn, `choose` gets the names of all tasks that have not ended, in the order of the
scene, and returns one of them. A task that raises ends the play, as a crash would.

Judge it with `hubbub check 03`; `hubbub check 03 --hint` helps.
"""

from __future__ import annotations

import random
from typing import NamedTuple


class Played(NamedTuple):
    """The result of one play."""

    schedule: list  # the name of the task that had each turn
    error: Exception | None = None  # the exception that ended the play


def play(scene, choose):
    """Let the tasks take turns until all have ended."""
    # TODO: ask `choose` before each turn
    schedule = []
    for name, task in scene.tasks.items():
        for _ in task:
            schedule.append(name)
    return Played(schedule)


def run(scene, seed):
    """Play the schedule of a seed: a random generator of its own makes each choice."""
    # TODO: use the seed
    return play(scene, random.choice)


def replay(scene, schedule):
    """Play the turns of a schedule, then run the remaining tasks to their end, one by one."""
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
    """Remove turns from a schedule while it still breaks the scene; return what is left."""
    # TODO: `replay` plays a shortened schedule
    return schedule
