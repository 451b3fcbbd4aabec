"""Three small programs with a race.

Each run creates a new scene. Its tasks are generators: each does a part of its work and yields
where another task may run. When all tasks have ended, `broken` says whether something went wrong.
"""

from __future__ import annotations


class StartUp:
    """The owner creates the map of members, but the server already accepts clients."""

    def __init__(self):
        self.online = None
        self.tasks = {"owner": self.own(), "anna": self.arrive("anna")}

    def own(self):
        yield  # the task has been started, but does not run yet
        self.online = {}

    def arrive(self, name):
        yield  # the client connects
        yield  # the server accepts it
        self.online[name] = "10.0.0.1"

    def broken(self):
        return self.online is not None and "anna" not in self.online


class Roster:
    """Anna takes another name while Ben asks for the list of members."""

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
    """Anna and Ben talk at once; each line goes to one listener after the other."""

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
