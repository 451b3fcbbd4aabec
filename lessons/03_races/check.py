"""Judges lesson 03: an explorer of schedules."""

from __future__ import annotations

import random
import sys
from itertools import chain, pairwise
from math import factorial
from pathlib import Path

from hubbub.learning.promises import Broken, promise


sys.path.insert(0, str(Path(__file__).parent))
from scenes import SCENES, StartUp


INTERFACE = """
play(scene, choose) -> played
run(scene, seed) -> played
find(make_scene, seeds) -> found
shrink(make_scene, schedule) -> schedule
"""
LENGTHS = {"cara": 2, "anna": 3, "ben": 1}  # turns until each has ended; not by the alphabet
SEEDS = 60
ONE_SCENE = (
    "after the first play its tasks have ended, and what it remembers is of that play. Make a new "
    "scene for each."
)


class Steps:
    """A scene that goes wrong for no seed, and notes the turns as they were taken."""

    def __init__(self, lengths=LENGTHS, aside=lambda: None):
        self.turns, self.ended, self._aside = [], [], aside
        self.tasks = {name: self._work(name, count) for name, count in lengths.items()}

    def _work(self, name, count):
        for turn in range(count):
            self.turns.append(name)
            self._aside()
            if turn < count - 1:
                yield
        self.ended.append(name)

    def broken(self):
        return False


class AlwaysWrong(Steps):
    """A scene that goes wrong in each order of turns: nothing of a schedule is needed."""

    def broken(self):
        return True


def _ben_raises():
    """Return a scene in which Ben raises in his second turn."""

    def aside():
        if scene.turns.count("ben") == 2:
            raise KeyError("ben")

    scene = Steps({"anna": 3, "ben": 3}, aside)
    return scene


def _are_names(names):
    """Raise Broken where choose was given something else than a list of names."""
    if not isinstance(names, list | tuple):
        raise Broken(
            f"choose was given {names!r}; it takes a list of names, and picks one by its place in "
            "it. Write choose(list(tasks))."
        )


def _first(names):
    _are_names(names)
    return names[0]


def _last(names):
    _are_names(names)
    return names[-1]


def _told(turns):
    return " ".join(map(str, turns)) or "nobody"


@promise("lesson.turns", "Before each turn it is asked whose it is.")
def asks(exercise, seed):
    for wanted in (["ben", "anna", "cara", "anna", "cara", "anna"], [*"cba" * 3]):
        lengths = LENGTHS if "anna" in wanted else dict.fromkeys("cab", 3)
        scene, asked, left = Steps(lengths), [], iter(wanted)

        def choose(names, asked=asked, left=left):
            _are_names(names)
            asked.append(list(names))
            return next((name for name in left if name in names), names[0])

        schedule, error = exercise.play(scene, choose)
        turns = scene.turns
        if not asked:
            raise Broken(
                f"The turns went {_told(turns)}: each task ran from its beginning to its end, and "
                "nobody was interrupted. Before each turn ask choose whose it is."
            )
        if turns[: len(wanted)] != wanted[: len(turns)]:
            raise Broken(f"choose said {_told(wanted)}, and the turns went {_told(turns)}.")
        if isinstance(error, StopIteration):
            raise Broken(
                "A task came to its end, and play took it for a crash: StopIteration is how a "
                "generator says that it has ended, and it is an Exception as well."
            )
        _no_error(error)
        _ends(scene, schedule, lengths)
        for place, names in enumerate(asked):
            done = turns[:place]
            alive = [name for name, count in lengths.items() if done.count(name) < count]
            if sorted(names) == sorted(alive) and names != alive:
                raise Broken(
                    f"choose was given {names}, and the scene has {alive}: in an order that is "
                    "not the scene's, as a set has it, the same draw means somebody else."
                )
            if names != alive:
                raise Broken(
                    f"After the turns {_told(done)} choose was given {names}; the tasks that have "
                    f"not ended are {alive}."
                )


def _no_error(error):
    """Raise Broken where a play ended in an error that no task raised."""
    if error is not None:
        raise Broken(
            f"No task raised anything, and the error that came back is {error!r}: your own code "
            "raised it, and your `except` took it for a task's. Only `next` stands in the `try`."
        )


def _ends(scene, schedule, lengths):
    """Raise Broken where a task was not run to its end, or the schedule tells otherwise."""
    for name, count in lengths.items():
        if name not in scene.ended:
            raise Broken(
                f"The play was over after {_told(scene.turns)}, and {name} had had "
                f"{scene.turns.count(name)} of {count} turns: it is over when the last task has "
                "ended, not before."
            )
    if len(schedule) < len(scene.turns):
        raise Broken(
            f"The turns went {_told(scene.turns)}, and the schedule says {_told(schedule)}: the "
            "turn in which a task ends is one too, and a replay needs it."
        )
    if schedule != scene.turns:
        raise Broken(
            f"The turns went {_told(scene.turns)}, and the schedule says {_told(schedule)}: write "
            "down a turn when it is taken, and none for a task that has ended."
        )


@promise("lesson.crash", "A task that raises ends the play; what it raised is handed back.")
def crashes(exercise, seed):
    scene = _ben_raises()
    try:
        played = exercise.play(scene, _last)
    except KeyError:
        raise Broken(
            "Ben raised a KeyError, and it came out of play: the schedule that led there is lost, "
            "and you were looking for it. Return both."
        ) from None
    schedule, error = played
    if len(scene.turns) > 2:
        raise Broken(
            f"Ben raised in his second turn, and the turns went on: {_told(scene.turns)}. A crash "
            "ends the play."
        )
    if error is None:
        raise Broken(
            "Ben raised a KeyError, and the error that came back is None: the race that ends in a "
            "crash would be taken for a good run."
        )
    if not isinstance(error, KeyError):
        raise Broken(f"Ben raised a KeyError, and the error that came back is {error!r}.")
    if schedule != ["ben", "ben"]:
        raise Broken(
            f"Ben raised in his second turn, and the schedule says {_told(schedule)}: the turn in "
            "which a task raises matters most."
        )
    _, error = exercise.play(Steps(), _first)
    if error is not None:
        raise Broken(f"Nobody raised anything, and the error that came back is {error!r}.")


@promise("lesson.seed", "The same seed is the same schedule, whatever else goes on.")
def repeats(exercise, seed):
    def schedule(number):
        scene = Steps(dict.fromkeys(LENGTHS, 6))
        _no_error(exercise.run(scene, number)[1])
        return scene.turns

    state = random.getstate()
    once = {number: schedule(number) for number in range(8)}
    if len(set(map(tuple, once.values()))) == 1:
        raise Broken(f"Seeds 0 to 7 all gave {_told(once[0])}: what is the seed for?")
    again = {number: schedule(number) for number in reversed(range(8))}
    for number, turns in once.items():
        if again[number] != turns:
            raise Broken(
                f"Seed {number} gave {_told(turns)}, and the second time {_told(again[number])}: "
                "all that is drawn must come from a random.Random(seed) that this run has to "
                "itself, and is made anew in each run."
            )
    if random.getstate() != state:
        raise Broken(
            "random.seed and random.choice use one generator for the whole program: a scene that "
            "draws from it too would change the schedule, and be changed by it. Draw from a "
            "random.Random(seed) of your own."
        )


@promise("lesson.every", "Every order that there is comes with some seed.")
def reaches_all(exercise, seed):
    for names, seeds in (("anna ben", 300), ("anna ben cara", 4000)):
        lengths = dict.fromkeys(names.split(), 2)
        total = factorial(2 * len(lengths)) // 2 ** len(lengths)
        came = set()
        for number in range(seeds):
            scene = Steps(lengths)
            exercise.run(scene, number)
            came.add(tuple(scene.turns))
            if len(came) == total:
                break
        if len(came) == 1:
            raise Broken(
                f"In {seeds} seeds the turns always went {_told(*came)}: another name never came "
                "first. Can your draw reach each of the names, the last one too?"
            )
        if all(_changes(turns) < len(lengths) for turns in came):
            raise Broken(
                f"In {seeds} seeds no task ever lost its turn before its end. Draw anew for each "
                "turn, and go on with one Random: a new one with the same seed draws the same "
                "again."
            )
        if len(came) < total:
            raise Broken(
                f"{len(lengths)} tasks of 2 turns each can take them in {total} orders; in {seeds} "
                f"seeds {len(came)} of those came. Each task that has not ended may be next, the "
                "one whose turn it just was as well."
            )


def _changes(turns):
    return sum(one != other for one, other in pairwise(turns))


@promise("lesson.found", "The first seed that breaks a scene is found, and no other.")
def finds(exercise, seed):
    if (found := exercise.find(Steps, range(20))) is not None:
        raise Broken(f"A scene that nothing breaks was searched, and find said {found!r}.")
    for make_scene in SCENES:
        made = []
        broken = [number for number in range(SEEDS) if _breaks_with(exercise, make_scene, number)]
        first = broken[0]
        tried = []
        found = exercise.find(_counting(make_scene, made), _noting(range(SEEDS), tried))
        if found is None and make_scene is StartUp:
            raise Broken(
                f"With seed {first} the owner of StartUp makes its map too late and a task dies of "
                "a TypeError, and find said None: a play that ends in an error went wrong too."
            )
        if found is None and len(tried) <= first:
            raise Broken(
                f"With seed {first} {make_scene.__name__} goes wrong, and find said None after it "
                f"had tried {len(tried)} of {SEEDS} seeds. Does a `return` stand inside the loop?"
            )
        if found is None:
            raise Broken(
                f"With seed {first} {make_scene.__name__} goes wrong, and find said None"
                + _why_none(made)
            )
        number, schedule = found
        if len(made) == 1 and first > 0:
            raise Broken(f"find said {number}, and had made one scene for all seeds: {ONE_SCENE}")
        if number != first:
            raise Broken(
                f"The first seed that breaks {make_scene.__name__} is {first}; find said {number}."
            )
        if schedule != exercise.run(make_scene(), first)[0]:
            raise Broken(
                f"find said seed {number} and the schedule {schedule!r}, which is not that seed's: "
                f"its schedule is {_told(exercise.run(make_scene(), first)[0])}."
            )
        if (later := exercise.find(make_scene, chain(broken[1:2], broken))) is None or (
            later[0] != broken[1]
        ):
            raise Broken(
                f"Given the seeds {broken[1]}, {broken[0]} and more, find said {later!r}: take "
                "them in the order in which they come."
            )


def _noting(seeds, tried):
    """Yield the seeds, and add each to ``tried``."""
    for number in seeds:
        tried.append(number)
        yield number


def _counting(make_scene, made):
    """Return what makes scenes, and adds each to ``made``."""

    def make():
        made.append(make_scene())
        return made[-1]

    return make


def _why_none(made):
    if not made:
        return "."
    if len(made) == 1:
        return f": it had made one scene for all seeds, and {ONE_SCENE}"
    return ": ask scene.broken(), of the very scene that was played."


def _breaks_with(exercise, make_scene, number):
    scene = make_scene()
    return exercise.run(scene, number)[1] is not None or bool(scene.broken())


def _breaks(make_scene, schedule):
    """Play a schedule as `replay` does; tell whether that goes wrong."""
    scene, turns = make_scene(), iter(schedule)
    tasks = dict(scene.tasks)
    while tasks:
        name = next((name for name in turns if name in tasks), next(iter(tasks)))
        try:
            next(tasks[name])
        except StopIteration:
            del tasks[name]
        except Exception:
            return True
    return bool(scene.broken())


@promise("lesson.smallest", "Of a schedule that breaks, nothing is kept that is not needed.")
def shrinks(exercise, seed):
    for make_scene in (*SCENES, AlwaysWrong):
        name = make_scene.__name__
        for number in range(SEEDS if make_scene in SCENES else 3):
            scene = make_scene()
            schedule, error = exercise.run(scene, number)
            if error is None and not scene.broken():
                continue
            given, made = list(schedule), []
            short = exercise.shrink(_counting(make_scene, made), schedule)
            if schedule != given:
                raise Broken(
                    "shrink changed the list that it was given, so the caller has lost the whole "
                    "schedule. Make a new list, such as schedule[:3] + schedule[4:]."
                )
            if len(made) == 1 and len(given) > 1 and short:
                raise Broken(
                    f"shrink made one scene, and there are {len(given)} turns to try to leave out: "
                    f"{ONE_SCENE}"
                )
            if not _breaks(make_scene, short):
                raise Broken(
                    f"{name} goes wrong with {_told(given)}. Of that shrink left {_told(short)}, "
                    "and with it nothing goes wrong: keep a turn that is needed."
                )
            for place in range(len(short)):
                less = short[:place] + short[place + 1 :]
                if _breaks(make_scene, less):
                    raise Broken(_left_over(name, given, short, place))


def _left_over(name, given, short, place):
    if short == given:
        return (
            f"{name} goes wrong with {_told(given)}, and shrink left all of that; it does so "
            f"without turn {place + 1} as well."
        )
    return (
        f"{name} goes wrong with {_told(given)}. Of that shrink left {_told(short)}; without turn "
        f"{place + 1} of those it still goes wrong. A turn that was needed may no longer be, once "
        "another is gone: try again until nothing can be left out."
    )
