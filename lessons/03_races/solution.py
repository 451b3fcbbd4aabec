"""Lesson 03, solved: a schedule is a list of choices, and a seed makes the choices."""

from __future__ import annotations

import random
from typing import NamedTuple


class Played(NamedTuple):
    """The result of one play."""

    schedule: list  # the name of the task that had each turn
    error: Exception | None = None  # the exception that ended the play


def play(scene, choose):
    """Let the tasks take turns until all have ended."""
    tasks, schedule = dict(scene.tasks), []
    while tasks:
        name = choose(list(tasks))
        schedule.append(name)
        try:
            next(tasks[name])
        except StopIteration:
            del tasks[name]
        except Exception as error:
            return Played(schedule, error)
    return Played(schedule)


def run(scene, seed):
    """Play the schedule of a seed: a random generator of its own makes each choice."""
    return play(scene, random.Random(seed).choice)


def replay(scene, schedule):
    """Play the turns of a schedule, then run the remaining tasks to their end, one by one."""
    turns = iter(schedule)
    return play(scene, lambda names: next((name for name in turns if name in names), names[0]))


def is_broken(scene, played):
    """Tell whether a play went wrong."""
    return played.error is not None or scene.broken()


def find(make_scene, seeds):
    """Return the first seed that breaks the scene, and its schedule; None if no seed does."""
    for seed in seeds:
        scene = make_scene()
        played = run(scene, seed)
        if is_broken(scene, played):
            return seed, played.schedule
    return None


def shrink(make_scene, schedule):
    """Remove turns from a schedule while it still breaks the scene; return what is left."""
    place = 0
    while place < len(schedule):
        shorter = schedule[:place] + schedule[place + 1 :]
        scene = make_scene()
        if is_broken(scene, replay(scene, shorter)):
            schedule, place = shorter, 0  # what was needed before may not be needed now
        else:
            place += 1
    return schedule
