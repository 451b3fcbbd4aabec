"""Three small programs that race.

A scene is made anew for each run. Its tasks are generators: each does a part of its work and
yields where somebody else may run. `broken` is asked when all have come to their end.
"""

from __future__ import annotations


class StartUp:
    """The owner makes the map of who is online. The door is open already."""

    def __init__(self):
        self.online = None
        self.tasks = {"owner": self.own(), "anna": self.arrive("anna")}

    def own(self):
        yield  # it has been started, and does not run yet
        self.online = {}

    def arrive(self, name):
        yield  # it connects
        yield  # it is accepted
        self.online[name] = "10.0.0.1"

    def broken(self):
        return self.online is not None and "anna" not in self.online


class Roster:
    """Anna takes another name while Ben asks who is online."""

    def __init__(self):
        self.online = {"anna": 1, "ben": 2}
        self.roster = []
        self.tasks = {"anna": self.rename("anna", "max"), "ben": self.who()}

    def rename(self, old, new):
        number = self.online.pop(old)
        yield
        self.online[new] = number

    def who(self):
        for name in self.online:
            self.roster.append(name)
            yield

    def broken(self):
        return sorted(self.roster) not in (["anna", "ben"], ["ben", "max"])


class TwoWalks:
    """Anna and Ben talk at once; a line goes to one listener after the other."""

    def __init__(self):
        self.heard = [], [], []
        self.tasks = {name: self.say(name) for name in ("anna", "ben")}

    def say(self, line):
        for listener in self.heard:
            listener.append(line)
            yield

    def broken(self):
        return any(listener != self.heard[0] for listener in self.heard)


SCENES = (StartUp, Roster, TwoWalks)
