"""Lesson 03, solved: a schedule is a list of choices, and a seed makes them."""

from __future__ import annotations

import random
from typing import NamedTuple


class Played(NamedTuple):
    """What came of one play."""

    schedule: list  # the name of whose turn it was, turn by turn
    error: Exception | None = None  # what a task raised; that ended the play


def play(scene, choose):
    """Have the tasks take turns until all have ended."""
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
    """Play the schedule of a seed: each choice is drawn, and nothing else draws with it."""
    return play(scene, random.Random(seed).choice)


def replay(scene, schedule):
    """Play the turns of a schedule, then bring who is left to the end, one by one."""
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
    """Return what is left of a schedule that breaks when no turn more can be left out."""
    place = 0
    while place < len(schedule):
        shorter = schedule[:place] + schedule[place + 1 :]
        scene = make_scene()
        if is_broken(scene, replay(scene, shorter)):
            schedule, place = shorter, 0  # what was needed before may not be needed now
        else:
            place += 1
    return schedule
