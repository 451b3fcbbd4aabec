"""Judges lesson 05: a fair pump."""

from __future__ import annotations

import random

from hubbub.learning.promises import Broken, promise


INTERFACE = """
Pump(most)
Pump.add(talker, lines)
Pump.wants(talker) -> bool
Pump.take(credit) -> pairs
"""
MOST = 8
FLOOD = 300


class Watched:
    """A pump, and what it owes to whom."""

    def __init__(self, exercise):
        self._pump = exercise.Pump(MOST)
        self.owed = {}  # lines by talker that have not come out
        self.waits_for = {}  # by talker that waits: by other talker, its lines that came out since
        self._said = {}
        self.calls = []

    def add(self, talker, count=1):
        """Have a talker say so many lines."""
        first = self._said.get(talker, 0) + 1
        lines = [f"{talker}-{number}" for number in range(first, first + count)]
        self._said[talker] = first + count - 1
        self.calls.append(f"add({talker!r}, {_brief(lines)})")
        self._pump.add(talker, list(lines))
        if lines:
            self.owed.setdefault(talker, []).extend(lines)
            self.waits_for.setdefault(talker, {})

    def take(self, credit):
        """Give it credit; return the talkers that were served; raise Broken where one is wrong."""
        waiting = sum(map(len, self.owed.values()))
        taken = self._pump.take(credit)
        self.calls.append(f"take({credit}) -> {_brief([line for _, line in taken])}")
        for talker, line in taken:
            self._came(talker, line)
        if len(taken) > credit:
            raise self.broken(
                f"take had credit for {credit} and gave out {len(taken)} lines: the outboxes have "
                "no place for those, and a client that reads is cut off."
            )
        if len(taken) < min(credit, waiting):
            if not self._pump.take(10 * waiting):
                raise self.broken(
                    f"{waiting} lines waited, {len(taken)} came out, and then no more: "
                    f"{waiting - len(taken)} are lost. What was read was accepted; wants only "
                    "keeps the next read away."
                )
            raise self.broken(
                f"There was credit for {credit} and {waiting} lines waited, and {len(taken)} came "
                "out: credit was left over while somebody waited. Give what one talker does not "
                "need to the others, and go on until one of the two is used up."
            )
        return [talker for talker, _ in taken]

    def wants(self, talker):
        """Ask whether a talker is to be read."""
        return bool(self._pump.wants(talker))

    def broken(self, sentence):
        """Return a Broken with the last calls, as they were."""
        return Broken(sentence, detail="\n".join(self.calls[-12:]))

    def _came(self, talker, line):
        owed = self.owed.get(talker, [])
        if line not in owed:
            raise self.broken(f"{line!r} became {talker}'s, and had come out before.")
        if line != owed[0]:
            raise self.broken(
                f"{talker} said {owed[0]!r} before {line!r}, and {line!r} came out first: a "
                "talker's lines stay in the order said."
            )
        owed.pop(0)
        self.waits_for.pop(talker)
        for meanwhile in self.waits_for.values():
            meanwhile[talker] = meanwhile.get(talker, 0) + 1
        if owed:
            self.waits_for[talker] = {}
        else:
            del self.owed[talker]

    def unfair(self):
        """Return a talker that waited, one served meanwhile, and how often; None if all is fair."""
        for talker, meanwhile in self.waits_for.items():
            for other, count in meanwhile.items():
                if count > 2:  # once in a round, and one round may have begun before
                    return talker, other, count
        return None


def _brief(lines):
    if len(lines) > 4:
        return f"{lines[0]} to {lines[-1]}"
    return f"[{', '.join(lines)}]"


@promise("order.speaker", "Everything comes out once, and each talker's lines in order.")
def nothing_lost(exercise, seed):
    for uses_its_list_again in (False, True):
        _nothing_lost(exercise, uses_its_list_again)


def _nothing_lost(exercise, uses_its_list_again):
    said = {"anna": ["anna-1", "anna-2"], "ben": [f"ben-{n}" for n in range(1, 2 * MOST + 1)]}
    pump = exercise.Pump(MOST)
    for talker, lines in said.items():
        read = list(lines)
        pump.add(talker, read)
        if uses_its_list_again:
            read.clear()
    pump.add("anna", ["anna-3"])
    said["anna"].append("anna-3")
    came = [pair for _ in range(20) for pair in pump.take(5)]
    for pair in came:
        if pair[0] not in said and pair[1] in said:
            raise Broken(f"take gave out {tuple(pair)}: the talker comes first, as (talker, line).")
    for talker, lines in said.items():
        got = [line for speaker, line in came if speaker == talker]
        if len(got) > len(set(got)):
            raise Broken(f"{talker} said {len(lines)} lines, and some came out twice: {got}.")
        if len(got) == MOST < len(lines):
            raise Broken(
                f"{talker} said {len(lines)} lines in one write, and only {MOST} of them came out: "
                "what was read was accepted. wants keeps the next read away; it does not throw "
                "away what this one brought."
            )
        if uses_its_list_again and (not got or got == lines[-1:]):
            raise Broken(
                "A reader gave its list to add, and then cleared the list for its next read: "
                f"{talker}'s lines were lost. Copy the lines, do not keep the caller's list."
            )
        if len(got) < len(lines):
            raise Broken(f"{talker} said {len(lines)} lines, and {len(got)} came out: {got}.")
        if got != lines:
            raise Broken(
                f"{talker} said {_brief(lines)}, and they became {', '.join(got)}: a talker's "
                "lines stay in the order said."
            )
    if again := pump.take(5):
        raise Broken(f"Nothing waits, and {again} came out.")


@promise("lesson.work", "No credit is left over while a line waits.")
def works(exercise, seed):
    for credit in (2, 7):
        pump = Watched(exercise)
        pump.add("anna")
        pump.add("ben", 20)
        pump.add("cara")
        for _ in range(4):
            pump.take(credit)


@promise("flood.paced", "A talker with one line does not wait behind another's flood.")
def quiet(exercise, seed):
    pump = Watched(exercise)
    pump.add("anna", FLOOD)
    pump.take(2)
    pump.add("ben")
    served = pump.take(FLOOD)
    before = served.index("ben")
    if before > 2:
        raise pump.broken(
            f"anna had {FLOOD - 2} lines waiting when ben said one, and {before} of hers came out "
            "before it. Turns go by talker, not by line: one of hers, then his."
        )


@promise("lesson.turns", "Turns go on where they were, however little credit there is.")
def goes_on(exercise, seed):
    for credit in (12, 1, 2):
        pump = Watched(exercise)
        for talker in ("anna", "ben", "cara"):
            pump.add(talker, 30)
        came = [talker for _ in range(12 if credit < 12 else 1) for talker in pump.take(credit)]
        if (found := pump.unfair()) is not None:
            talker, other, count = found
            if credit == 12:
                raise pump.broken(
                    f"With credit for 12 {other} had {count} turns while {talker} waited for one: "
                    "a talker that has had a turn goes behind the others that wait."
                )
            raise pump.broken(
                f"With credit for {credit} at a time {other} had {count} turns while {talker} "
                "waited for one: each take must go on with the next talker, and not begin with the "
                "same one again."
            )
        if credit == 12:
            _one_each(pump, came)


def _one_each(pump, came):
    """Raise Broken where one of three talkers had two turns in a round."""
    for start in range(0, len(came), 3):
        if len(set(came[start : start + 3])) < 3:
            raise pump.broken(
                f"anna, ben and cara have thirty lines each, and the turns went {' '.join(came)}: "
                "one line per turn, and every talker has a turn before any has a second one."
            )


@promise("lesson.pieces", "Saying it in many pieces brings no more turns.")
def pieces(exercise, seed):
    pump = Watched(exercise)
    pump.add("anna", 20)
    for _ in range(20):
        pump.add("ben")
    served = pump.take(20)
    if served.count("ben") > 12:
        raise pump.broken(
            f"anna said 20 lines in one write and ben 20 in twenty, and of the first 20 turns ben "
            f"had {served.count('ben')}: a talker in the rotation is not put there once more."
        )


@promise("lesson.newcomer", "A newcomer waits its turn, and no quiet talker starves another.")
def newcomers(exercise, seed):
    pump = Watched(exercise)
    pump.add("anna", 10)
    pump.take(10)
    pump.add("anna", 10)
    pump.add("ben", 10)
    served = pump.take(6)
    if served.count("anna") < 2:
        raise pump.broken(
            "anna was served ten times while nobody else wanted anything. Now she and ben both "
            f"wait, and the next turns went to {' '.join(served)}: to be fair is to take turns "
            "from now on, not to make up for the past."
        )
    pump = Watched(exercise)
    pump.add("anna", 10)
    pump.add("ben")
    pump.add("cara")
    served = []
    for _ in range(12):
        served += (now := pump.take(1))
        pump.add(now[0], 0 if now[0] == "anna" else 1)  # the others always have one thing more
    if "anna" not in served:
        raise pump.broken(
            "anna has ten lines waiting, ben and cara say one after the other, and in twelve "
            "turns anna had none: a talker that comes back with a new line goes behind the others "
            "that wait."
        )


@promise("lesson.wants", "A talker with too much waiting is read later, all others now.")
def wants(exercise, seed):
    pump = Watched(exercise)
    if not pump.wants("anna"):
        raise Broken("anna has said nothing yet, and wants says that she is not to be read.")
    pump.add("anna", MOST - 1)
    if not pump.wants("anna"):
        raise Broken(f"{MOST - 1} lines of anna's wait, {MOST} is the limit, and she is not read.")
    pump.add("anna")
    if pump.wants("anna"):
        raise Broken(
            f"{MOST} lines of anna's wait, {MOST} is the limit, and wants says that she is to be "
            "read: the kernel would hold her back, if only nobody took what she sends."
        )
    if not pump.wants("ben"):
        raise Broken(
            "anna floods, ben has nothing waiting, and wants says that ben is not to be read: then "
            "he pays for her. Count each talker's own lines."
        )
    pump.take(1)
    if not pump.wants("anna"):
        raise Broken(
            f"{MOST - 1} lines of anna's wait again, and wants says that she is not to be read: "
            "once held back, she would never be heard again."
        )


@promise("lesson.anything", "Whatever they say and whenever, turns are fair.", seeds=150)
def anything(exercise, seed):
    draw = random.Random(seed)
    pump = Watched(exercise)
    for _ in range(3 + seed // 5):
        if draw.random() < 0.5:
            pump.add(draw.choice(("anna", "ben", "cara", "dan")), draw.choice((0, 1, 1, 2, 5)))
        else:
            pump.take(draw.choice((0, 1, 1, 2, 3, 7)))
        if (found := pump.unfair()) is not None:
            talker, other, count = found
            raise pump.broken(f"{other} had {count} turns while {talker} waited for one.")
    pump.take(1000)


@promise("lesson.two-pumps", "Two pumps know nothing of each other.")
def two_pumps(exercise, seed):
    one, other = exercise.Pump(MOST), exercise.Pump(MOST)
    one.add("anna", _numbered("anna", MOST))
    if not other.wants("anna") or other.take(1):
        raise Broken(
            "anna's lines wait in one pump, and another pump gives them out or counts them: the "
            "two share what waits. Make it in __init__, not in the class."
        )
    if [tuple(pair) for pair in one.take(1)] != [("anna", "anna-1")]:
        raise Broken("A second pump was asked, and the first one lost a line by it.")
    small = exercise.Pump(1)
    if not one.wants("anna"):
        raise Broken(
            "A second pump was made with another `most`, and the first one goes by that now: keep "
            "`most` in the object, as self.most."
        )
    small.add("anna", ["anna-1"])
    if small.wants("anna"):
        raise Broken("One line waits, `most` is 1, and wants says that anna is to be read.")


def _numbered(talker, count):
    return [f"{talker}-{number}" for number in range(1, count + 1)]
