"""One order of all events that agrees with every log, as far as the logs agree.

Each log claims that each of its events came before the next one. If these claims together form a
circle, no order of the room explains them; the events on such circles are ``tangled``.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from conformance.checker.events import Log


__all__ = ["Order"]


class Order:
    """All events in order.

    Attributes:
        events: in an order that agrees with all logs, except among the tangled events.
        tangled: the events on a circle, or between two circles.
        place: the position of each event in ``events``.
        after: of each event, the events that some log has right after it.
    """

    def __init__(self, logs: Sequence[Log]) -> None:

        self.after: dict[int, list[int]] = {event: [] for log in logs for event in log.chain[:1]}
        before: dict[int, list[int]] = {}
        for first, second in dict.fromkeys(_steps(logs)):
            self.after.setdefault(first, []).append(second)
            self.after.setdefault(second, [])
            before.setdefault(second, []).append(first)
        start = _peel(self.after, before, self.after)
        rest = sorted(self.after.keys() - set(start))
        end = _peel(before, self.after, rest)
        self.tangled = frozenset(rest).difference(end)
        self.events = [*start, *(event for event in rest if event in self.tangled), *end[::-1]]
        self.place = {event: place for place, event in enumerate(self.events)}

    def circle(self) -> list[int]:
        """Return a shortest circle through the first tangled event that is on one."""
        for start in sorted(self.tangled):
            came_from = {start: start}
            waiting = deque([start])
            while waiting:
                event = waiting.popleft()
                for following in self.after[event]:
                    if following == start:
                        path = [event]
                        while path[-1] != start:
                            path.append(came_from[path[-1]])
                        return path[::-1]
                    if following in self.tangled and following not in came_from:
                        came_from[following] = event
                        waiting.append(following)
        return []


def _steps(logs: Sequence[Log]) -> Iterator[tuple[int, int]]:
    """Yield each pair of events that follow one another in some log.

    Where nothing is wrong, most logs are a part of the longest log and add nothing to it.
    """
    longest = max((log.slice for log in logs), key=len, default=[])
    yield from pairwise(longest)
    place = {event: place for place, event in enumerate(longest)}
    for log in logs:
        part = log.slice
        start = place.get(part[0], 0) if part else 0
        if longest[start : start + len(part)] != part:
            yield from pairwise(part)
        yield from pairwise(log.chain[-2:])


def _peel(
    after: dict[int, list[int]], before: dict[int, list[int]], events: Iterable[int]
) -> list[int]:
    """Return, in order, the events that depend on no other events than these.

    Of several that could come next, the one that became free last does: so a log's events stay
    together.
    """
    among = dict.fromkeys(events)
    open_before = {
        event: sum(earlier in among for earlier in before.get(event, ())) for event in among
    }
    free = [event for event in among if not open_before[event]]
    order = []
    while free:
        event = free.pop()
        order.append(event)
        for following in after.get(event, ()):
            if following in among:
                open_before[following] -= 1
                if not open_before[following]:
                    free.append(following)
    return order
