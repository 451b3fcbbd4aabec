"""The scenarios: each changes one field of the baseline, to one value or to several in turn.

Each states what it expects before it is run, and the report shows that beside the result.

All scenarios together are a round, which takes less than an hour on a quiet machine: `duration`
estimates it, and a test holds the sum below 60 minutes. So

* five processes of each server are measured where all are ranked by cost (``closed``). Elsewhere it
  is three, the fewest with which servers can be told apart, and one at the steps of ``capacity``;
* all peers take part in ``closed`` and ``open``. The other scenarios measure the servers that
  differ most in design, and the peers that such a question is asked about;
* ``knee`` and the scenarios ``load-N`` are the grid of `capacity`: clients times rates. Their rates
  are far apart. Between the highest rate that a server kept and the rate that broke it, one more
  rate is offered (``between``), so the limit is known as well as with twice the rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.peers import POPULAR
from benchmarks.workload import Workload


if TYPE_CHECKING:
    from benchmarks.run_figures import Figures  # needs numpy, and this module must not

__all__ = ["KEPT_UP", "PYTHONS", "SCENARIOS", "Scenario"]

KEPT_UP = 0.9  # of the rate; below that, the latency measures a queue that grows to the end

# The Pythons that a server can be measured on; a "t" means a build without the interpreter lock.
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.13t", "3.14t")

_UNTIL_IT_BREAKS = "p99 until it breaks"
_KNEE_P99_MS = 100.0  # of a delivery: above this a chat feels slow
_CAPACITY_P95_MS = 250.0  # of the last recipient, as in the websocket-shootout's first rounds
_PLAIN_PEERS = ("c-floor", "go-gorilla", "websockets-broadcast")  # for the long scenarios
# One of each way to deliver: by the room's own task in three runtimes, and through outboxes.
_DESIGNS = ("threads-direct", "asyncio-broadcaster", "asyncio-direct", "trio-direct")
_DIRECT = ("threads-direct", "asyncio-direct", "trio-direct")
_ASKED_ABOUT = ("fastapi-manager", "aiohttp-loop")  # the peers of most readers
# A mutex hub delivers through the same outboxes as a broadcaster hub does.
_TWO_OF_EACH = tuple(
    f"{runtime}-{hub}"
    for runtime in ("threads", "asyncio", "trio")
    for hub in ("broadcaster", "direct")
)
_OTHER_PEERS = (*_PLAIN_PEERS, "node-ws", "picows-direct")
# The heading of a column for an axis, and the unit of its values.
_AXES = {
    "clients": ("clients", "clients"),
    "rate_hz": ("messages/s", "messages/s"),
    "payload_bytes": ("bytes", "bytes"),
    "slow_consumer": ("policy", ""),
    "python": ("Python", ""),
}


@dataclass(frozen=True)
class Scenario:
    """What is measured, and what is expected."""

    name: str
    title: str
    expects: str
    points: tuple[Workload, ...]  # one, or one for each value of `axis`, ascending
    axis: str = ""  # the field in which the points differ
    processes: int = 5  # fresh processes of each server at each point
    peers: Sequence[str] | None = None  # the peers that take part; None: all
    only_ours: bool = False
    servers: Sequence[str] | None = None  # our servers that take part by default; None: all
    # "p95 of last": a server that misses the limit goes no further. "p99 until it breaks": a server
    # goes on until it does not keep up, and the others until only one is left.
    ladder: str = ""
    limit_ms: float = 0.0
    # Further steps of a ladder on which servers climb until they break. Each stands between two of
    # `points`, and a server is measured there if it kept the lower one and broke at the higher one.
    between: tuple[Workload, ...] = ()

    def value(self, workload: Workload) -> Any:
        """Return a point's value on the axis; None if there is no axis."""
        return getattr(workload, self.axis) if self.axis else None

    @property
    def unit(self) -> str:
        """The unit of the axis; empty if its values are words."""
        return _AXES[self.axis][1]

    @property
    def heading(self) -> str:
        """The heading of a column that holds values of the axis."""
        return _AXES[self.axis][0]

    def value_text(self, workload: Workload) -> str:
        """Return a point's value on the axis as text: a number with commas, or a word."""
        value = self.value(workload)
        return f"{value:,g}" if isinstance(value, int | float) else str(value)

    def point_text(self, workload: Workload) -> str:
        """Return the same with its unit: ``2,048 bytes``."""
        return f"{self.value_text(workload)} {self.unit}".rstrip()

    def passes(self, figures: Figures | None) -> bool:
        """Return whether a server with these figures meets the limit of the ladder."""
        if not self.ladder:
            return True
        if figures is None:
            return False
        of, percent = ("last", 95) if self.ladder == "p95 of last" else ("response", 99)
        return figures.percentile_ms(percent, of) <= self.limit_ms

    @property
    def steps(self) -> tuple[Workload, ...]:
        """All points, in the order in which they are measured."""
        return self.points + self.between

    def around(self, workload: Workload) -> tuple[Workload, Workload]:
        """Return the points below and above a step of `between`."""
        value = self.value(workload)
        return (
            max((one for one in self.points if self.value(one) < value), key=self.value),
            min((one for one in self.points if self.value(one) > value), key=self.value),
        )

    @property
    def until_it_breaks(self) -> bool:
        """Whether servers climb the ladder until they do not keep up, and not to a limit."""
        return self.ladder == _UNTIL_IT_BREAKS

    def goes_on(self, workload: Workload, figures: Figures | None) -> bool:
        """Return whether a server with these figures goes on to the next step of the ladder."""
        if not self.until_it_breaks:
            return self.passes(figures)
        return figures is not None and figures.achieved_hz >= KEPT_UP * (workload.rate_hz or 0.0)


_BASELINE = Workload()
_OPEN = replace(_BASELINE, rate_hz=500.0, warmup_messages=100, messages=750)
_SMALL = replace(
    _BASELINE, clients=300, messages=100
)  # where every server is measured on every Python
_CROWD = replace(_BASELINE, clients=100)  # for long messages, and for rooms where all speak
_STEADY = replace(_CROWD, rate_hz=200.0, warmup_messages=50, messages=1400, payload_bytes=2048)
_STALLING = replace(_STEADY, stalled_clients=1, stall_after_s=1.0)


def _walk(base: Workload, axis: str, values: Sequence[Any]) -> tuple[Workload, ...]:
    return tuple(replace(base, **{axis: value}) for value in values)


def _thinner(points: Sequence[Workload]) -> tuple[Workload, ...]:
    """Give points with more clients fewer messages, so that each takes about as long."""
    return tuple(
        replace(point, messages=max(30, min(1000, 100_000 // point.clients))) for point in points
    )


def _load(clients: int, rate_hz: float) -> Workload:
    """Return a steady load of about a second, with 30 messages at least.

    10 clients need 50: with fewer they have too few deliveries for a p99.
    """
    return replace(
        _BASELINE,
        clients=clients,
        rate_hz=rate_hz,
        messages=max(50 if clients < 100 else 30, round(rate_hz)),
        warmup_messages=20 if rate_hz >= 25 else 2,
    )


# Offered to 1,000 clients, messages per second. The last ones break all but the best server.
_RATES = (25.0, 100.0, 400.0, 1600.0, 6400.0)
_BETWEEN = (50.0, 200.0, 800.0, 3200.0)
# The other rows of the grid: clients, rates, and rates between them.
_GRID = (
    (10, (10.0, 100.0, 1600.0), (400.0,)),
    (100, (10.0, 100.0, 1600.0), (400.0,)),
    (5000, (10.0, 100.0, 400.0), (50.0,)),
)


def _row(clients: int, rates: Sequence[float], between: Sequence[float]) -> Scenario:
    return Scenario(
        f"load-{clients}",
        f"How the latency grows with the load, {clients:,} clients",
        f"The same as with 1,000 clients, at rates {1000 / clients:g} times as high: what counts "
        "is deliveries per second."
        if clients < 1000
        else f"The same as with 1,000 clients, at rates {clients / 1000:g} times as low: what "
        "counts is deliveries per second.",
        tuple(_load(clients, rate_hz) for rate_hz in rates),
        axis="rate_hz",
        processes=3,
        servers=_DIRECT,
        peers=("go-gorilla",),
        ladder=_UNTIL_IT_BREAKS,
        limit_ms=_KNEE_P99_MS,
        between=tuple(_load(clients, rate_hz) for rate_hz in between),
    )


_ALL = (
    Scenario(
        "closed",
        "What a delivery costs",
        "Every server sends at least once per recipient: that is the floor, the same for all. "
        "The cost above the floor is the server's own code. One switch of threads or tasks costs "
        "more than the send.",
        (replace(_BASELINE, messages=100),),
    ),
    Scenario(
        "open",
        "How long a delivery takes at 500 messages per second",
        "Half a million deliveries per second leave 2 µs for each on one core. Only a server that "
        "joins waiting messages into one write keeps up; a server that sends each message on its "
        "own falls behind.",
        (_OPEN,),
        processes=3,
        peers=(*_OTHER_PEERS, *POPULAR),
    ),
    Scenario(
        "poisson",
        "How long a delivery takes if messages arrive at random",
        "People do not talk at a fixed rate. The median stays the same, and bursts make the tail "
        "longer.",
        (replace(_OPEN, arrivals="poisson", rate_hz=100.0, messages=200, warmup_messages=20),),
        processes=3,
        servers=_DESIGNS,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "knee",
        "How the latency grows with the load",
        "The latency stays flat until the deliveries fill one core: at 1 s / (1,000 clients times "
        "the cost per delivery). A server that sends each message on its own breaks there. A "
        "server that joins waiting messages into one write goes on.",
        tuple(_load(1000, rate_hz) for rate_hz in _RATES),
        axis="rate_hz",
        processes=3,
        servers=_DESIGNS,
        peers=(*_PLAIN_PEERS, "node-ws", *_ASKED_ABOUT),
        ladder=_UNTIL_IT_BREAKS,
        limit_ms=_KNEE_P99_MS,
        between=tuple(_load(1000, rate_hz) for rate_hz in _BETWEEN),
    ),
    *(_row(clients, rates, between) for clients, rates, between in _GRID),
    Scenario(
        "capacity",
        "How many clients a server can serve",
        "With 4 messages in flight, the last recipient waits for 4 deliveries to each client: 4 "
        "times the number of clients times the cost of a delivery.",
        _walk(
            replace(_BASELINE, speakers=4, messages=100, warmup_messages=8),
            "clients",
            (1000, 2000, 5000),
        ),
        axis="clients",
        processes=1,
        servers=_DIRECT,
        peers=_PLAIN_PEERS,
        ladder="p95 of last",
        limit_ms=_CAPACITY_P95_MS,
    ),
    Scenario(
        "slow",
        "What a client that stops reading does to the others",
        "The kernel buffers the first messages for the stalled client, then its outbox fills, then "
        "the server cuts it off. If an outbox takes more than a second to fill, the others notice "
        "nothing. If the room talks faster, our servers let the others wait for up to a second, to "
        "tell a stalled client from one that is only behind. A server that waits for each send "
        "stops for everybody.",
        _walk(_STALLING, "payload_bytes", (2048, 8192)),
        axis="payload_bytes",
        processes=3,
        servers=("asyncio-broadcaster", "asyncio-direct", "trio-direct"),
        peers=("go-gorilla", "node-ws", "fastapi-manager"),
    ),
    Scenario(
        "policies",
        "The four policies for a slow client",
        "disconnect ends its connection. drop-oldest and drop-newest keep the client, which loses "
        "messages. block makes everybody wait for it, so the others' p99 is as long as the stall.",
        _walk(
            _STALLING,
            "slow_consumer",
            ("disconnect", "drop-oldest", "drop-newest", "block"),
        ),
        axis="slow_consumer",
        processes=3,
        only_ours=True,
        servers=("asyncio-direct",),
    ),
    Scenario(
        "churn",
        "What arrivals and departures cost the clients that stay",
        "A chat server announces each arrival and each departure to every client, so 100 visitors "
        "per second cost as much as 200 more messages per second. A plain peer announces nothing.",
        (
            replace(
                _BASELINE,
                clients=200,
                rate_hz=100.0,
                messages=200,
                warmup_messages=20,
                churn_hz=100.0,
            ),
        ),
        processes=3,
        servers=_DESIGNS,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "everyone",
        "What a delivery costs if every client talks at once",
        "A hundred clients speak and each hears all hundred: 10,000 deliveries per round. Joining "
        "waiting messages into one write saves most here.",
        (replace(_CROWD, speakers=100, warmup_messages=200, messages=3000),),
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_OTHER_PEERS,
    ),
    Scenario(
        "idle",
        "What a silent room costs",
        "A waiting client costs memory and no processor time: between pings nothing wakes up.",
        (replace(_BASELINE, warmup_messages=5, messages=30, idle_s=2.0),),
        processes=3,
        servers=_DESIGNS,
        peers=(*_PLAIN_PEERS, "node-ws"),
    ),
    Scenario(
        "scaling",
        "Cost of growth: larger rooms",
        "The cost of a message grows with the number of clients, the cost of a delivery does not: "
        "slope 0. With few clients the fixed cost of a message shows, with thousands the caches of "
        "the processor do.",
        _thinner(_walk(_BASELINE, "clients", (10, 100, 1000, 5000))),
        axis="clients",
        processes=3,
        servers=_DESIGNS,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "crowd",
        "What a delivery costs with 9,000 clients",
        "The same as with 1,000 clients: the cost of a delivery does not depend on their number. "
        "Only the memory differs.",
        (replace(_BASELINE, clients=9000, messages=30, warmup_messages=5),),
        processes=3,
        servers=_DIRECT,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "sizes",
        "Cost of growth: longer messages",
        "Up to a few kilobytes the system call takes the time, not the bytes. Above that, copying "
        "does, and all servers cost about the same.",
        _walk(
            replace(_CROWD, messages=100),
            "payload_bytes",
            (16, 1024, 16384, 65536),
        ),
        axis="payload_bytes",
        processes=3,
        servers=_DESIGNS,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "pythons",
        "What a delivery costs on each Python",
        "A newer Python runs the same code faster, and each delivery is mostly a system call, so "
        "the cost falls by a few percent. A build without the interpreter lock counts references "
        "with atomic operations: it costs more as long as one core is all that the server has.",
        _walk(_SMALL, "python", PYTHONS),
        axis="python",
        processes=3,
        only_ours=True,
    ),
    Scenario(
        "pythons-open",
        "How long a delivery takes on each Python",
        "The median stays the same: at 500 messages per second to 300 clients no server is at its "
        "limit. The tail depends on the pauses of the garbage collector, which differ by version.",
        _walk(replace(_OPEN, clients=300, messages=300, warmup_messages=50), "python", PYTHONS),
        axis="python",
        processes=3,
        only_ours=True,
    ),
    Scenario(
        "unpinned",
        "What all cores give a server, on each Python",
        "With the interpreter lock one thread runs at a time, so a second core gives nothing. "
        "Without the lock the threads of threads-mutex and threads-broadcaster send at the same "
        "time. Here the server is not pinned, and the load generator shares the cores with it.",
        _walk(replace(_SMALL, pinned=False), "python", PYTHONS),
        axis="python",
        processes=3,
        only_ours=True,
        servers=("threads-mutex", "threads-broadcaster", "threads-direct", "asyncio-direct"),
    ),
)

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
