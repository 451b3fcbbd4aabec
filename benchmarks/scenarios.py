"""The scenarios: each changes one field of the baseline, to one value or to several in turn.

Each states what it expects before it is run, and the report shows that beside the result.

Where servers are ranked (``closed`` and ``open``), five processes of each are measured. Elsewhere
it is three, the fewest with which servers can be told apart, and one at each step of the ladders
``capacity`` and ``load-N``. Filling a room with thousands of clients is slow, because every
client is told of each later arrival. So the long scenarios leave out the mutex hubs: they deliver
as the broadcaster hubs do. The popular peers take part where costs, latency, memory, bursts and
slow clients are measured.

``knee`` and the scenarios ``load-N`` are the grid of `capacity`: clients times rates. A server
leaves a row of the grid at the rate that breaks it, so no time is spent on hopeless cells. No round
was measured with the grid yet. By estimate it takes two hours and a half with twenty servers, of
which the grid takes 95 minutes; each further peer adds five minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.peers import POPULAR
from benchmarks.workload import Workload


if TYPE_CHECKING:
    from benchmarks.run_figures import Figures  # needs numpy, and this module must not

__all__ = ["KEPT_UP", "SCENARIOS", "Scenario"]

KEPT_UP = 0.9  # of the rate; below that, the latency measures a queue that grows to the end

_UNTIL_IT_BREAKS = "p99 until it breaks"
_KNEE_P99_MS = 100.0  # of a delivery: above this a chat feels slow
_CAPACITY_P95_MS = 250.0  # of the last recipient, as in the websocket-shootout's first rounds
_PLAIN_PEERS = ("c-floor", "go-gorilla", "websockets-broadcast")  # for the long scenarios
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
    minutes: float = 0.0  # that one server takes, about; 0 if it is less than a minute

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
    def described(self) -> str:
        """The title, and how long one server takes if that is long."""
        return f"{self.title} ({self.minutes:g} min/server)" if self.minutes else self.title

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
_OPEN = replace(_BASELINE, rate_hz=500.0, warmup_messages=250, messages=1500)
_CROWD = replace(_BASELINE, clients=100)  # for long messages, and for rooms where all speak
_STEADY = replace(_CROWD, rate_hz=200.0, warmup_messages=100, messages=1600, payload_bytes=2048)


def _walk(base: Workload, axis: str, values: Sequence[Any]) -> tuple[Workload, ...]:
    return tuple(replace(base, **{axis: value}) for value in values)


def _thinner(points: Sequence[Workload]) -> tuple[Workload, ...]:
    """Give points with more clients fewer messages, so that each takes about as long."""
    return tuple(
        replace(point, messages=max(60, min(2000, 200_000 // point.clients))) for point in points
    )


def _load(clients: int, rate_hz: float) -> Workload:
    """Return a steady load of about two seconds, with 50 messages at least.

    With fewer, 10 clients have too few deliveries for a p99.
    """
    return replace(
        _BASELINE,
        clients=clients,
        rate_hz=rate_hz,
        messages=max(50 if clients < 100 else 60, round(2 * rate_hz)),
        warmup_messages=20 if rate_hz >= 25 else 2,
    )


# Offered to 1,000 clients, messages per second. The last ones break all but the best server.
_RATES = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)
# The other rows of the grid: clients, rates, and the minutes that one server takes.
_GRID = (
    (10, (1.0, 10.0, 100.0, 400.0, 1600.0), 1.2),
    (100, (1.0, 10.0, 100.0, 400.0, 1600.0), 1.4),
    (5000, (1.0, 10.0, 50.0, 100.0, 400.0, 1600.0), 2.0),
)


def _row(clients: int, rates: Sequence[float], minutes: float) -> Scenario:
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
        processes=1,
        servers=_TWO_OF_EACH,
        ladder=_UNTIL_IT_BREAKS,
        limit_ms=_KNEE_P99_MS,
        minutes=minutes,
    )


_ALL = (
    Scenario(
        "closed",
        "What a delivery costs",
        "Every server sends at least once per recipient: that is the floor, the same for all. "
        "The cost above the floor is the server's own code. One switch of threads or tasks costs "
        "more than the send.",
        (_BASELINE,),
    ),
    Scenario(
        "open",
        "How long a delivery takes at 500 messages per second",
        "Half a million deliveries per second leave 2 µs for each on one core. Only a server that "
        "joins waiting messages into one write keeps up; a server that sends each message on its "
        "own falls behind.",
        (_OPEN,),
        peers=(*_OTHER_PEERS, *POPULAR),
    ),
    Scenario(
        "poisson",
        "How long a delivery takes if messages arrive at random",
        "People do not talk at a fixed rate. The median stays the same, and bursts make the tail "
        "longer.",
        (replace(_OPEN, arrivals="poisson", rate_hz=100.0, messages=500, warmup_messages=50),),
        processes=3,
        servers=_TWO_OF_EACH,
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
        ladder=_UNTIL_IT_BREAKS,
        limit_ms=_KNEE_P99_MS,
        minutes=2.0,
    ),
    *(_row(clients, rates, minutes) for clients, rates, minutes in _GRID),
    Scenario(
        "capacity",
        "How many clients a server can serve",
        "With 4 messages in flight, the last recipient waits for 4 deliveries to each client: 4 "
        "times the number of clients times the cost of a delivery.",
        _walk(
            replace(_BASELINE, speakers=4, messages=100, warmup_messages=8),
            "clients",
            (500, 1000, 2000, 5000),
        ),
        axis="clients",
        processes=1,
        servers=_TWO_OF_EACH,
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
        _walk(
            replace(_STEADY, stalled_clients=1, stall_after_s=2.0), "payload_bytes", (2048, 8192)
        ),
        axis="payload_bytes",
        processes=3,
        servers=_TWO_OF_EACH,
        peers=(*_PLAIN_PEERS, "node-ws", "websockets-naive", *POPULAR),
    ),
    Scenario(
        "policies",
        "The four policies for a slow client",
        "disconnect ends its connection. drop-oldest and drop-newest keep the client, which loses "
        "messages. block makes everybody wait for it, so the others' p99 is as long as the stall.",
        _walk(
            replace(_STEADY, stalled_clients=1, stall_after_s=2.0),
            "slow_consumer",
            ("disconnect", "drop-oldest", "drop-newest", "block"),
        ),
        axis="slow_consumer",
        processes=3,
        only_ours=True,
        servers=("asyncio-broadcaster", "asyncio-direct"),
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
                messages=500,
                warmup_messages=50,
                churn_hz=100.0,
            ),
        ),
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "everyone",
        "What a delivery costs if every client talks at once",
        "A hundred clients speak and each hears all hundred: 10,000 deliveries per round. Joining "
        "waiting messages into one write saves most here.",
        (replace(_CROWD, speakers=100, warmup_messages=200, messages=3000),),
        processes=3,
        peers=(*_OTHER_PEERS, *POPULAR),
    ),
    Scenario(
        "idle",
        "What a silent room costs",
        "A waiting client costs memory and no processor time: between pings nothing wakes up.",
        (replace(_BASELINE, warmup_messages=5, messages=30, idle_s=3.0),),
        processes=3,
        servers=_TWO_OF_EACH,
        peers=(*_PLAIN_PEERS, "node-ws", *POPULAR),
    ),
    Scenario(
        "scaling",
        "What a delivery costs as the room grows",
        "The cost of a message grows with the number of clients, the cost of a delivery does not: "
        "slope 0. With few clients the fixed cost of a message shows, with thousands the caches of "
        "the processor do.",
        _thinner(_walk(_BASELINE, "clients", (10, 100, 1000, 3000))),
        axis="clients",
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "crowd",
        "What a delivery costs with 9,000 clients",
        "The same as with 1,000 clients: the cost of a delivery does not depend on their number. "
        "Only the memory differs.",
        (replace(_BASELINE, clients=9000, messages=60, warmup_messages=5),),
        processes=1,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "sizes",
        "What a delivery costs as messages grow",
        "Up to a few kilobytes the system call takes the time, not the bytes. Above that, copying "
        "does, and all servers cost about the same.",
        _walk(
            replace(_CROWD, messages=100),
            "payload_bytes",
            (16, 1024, 16384, 65536),
        ),
        axis="payload_bytes",
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
)

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
