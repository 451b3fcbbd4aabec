"""The scenarios: each is the baseline with one field changed, or one field walked through.

Each says, before anything is run, what it expects; the report puts that beside what came.
A round takes nearly an hour: five processes of each are measured where servers are ranked
(``closed`` and ``open``), elsewhere three at a point, two on a walk, and one on a ladder. A third
of it would go to letting thousands into rooms where each is told of all who come after it, so
there a mutex hub is left to the broadcaster beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.workload import Workload


if TYPE_CHECKING:
    from benchmarks.figures import Figures  # needs numpy, and this module must not

__all__ = ["SCENARIOS", "Scenario"]

_KNEE_P99_MS = 100.0  # of a delivery: past this a chat feels slow
_CAPACITY_P95_MS = 250.0  # of the last recipient, as in the websocket-shootout's first rounds
_PLAIN_PEERS = ("c-floor", "go-gorilla", "websockets-broadcast")  # for the long scenarios
# A mutex hub delivers through the broadcaster's outboxes: where only the delivery is on trial.
_TWO_OF_EACH = tuple(
    f"{runtime}-{hub}"
    for runtime in ("threads", "asyncio", "trio")
    for hub in ("broadcaster", "direct")
)
_OTHER_PEERS = (*_PLAIN_PEERS, "node-ws", "picows-direct")


@dataclass(frozen=True)
class Scenario:
    """What is measured, and what is expected of it."""

    name: str
    title: str
    expects: str
    points: tuple[Workload, ...]  # one, or one for each value of `axis`, ascending
    axis: str = ""  # the field of the workload that the points differ in
    processes: int = 5  # fresh ones of each server at each point
    peers: Sequence[str] | None = None  # which peers take part; None: all
    only_ours: bool = False
    servers: Sequence[str] | None = None  # ours that take part unless others are named; None: all
    ladder: str = ""  # "p99" or "p95 of last": a server that misses the limit climbs no further
    limit_ms: float = 0.0

    def value(self, workload: Workload) -> Any:
        """Where a point stands on the axis; None without one."""
        return getattr(workload, self.axis) if self.axis else None

    def passes(self, figures: Figures | None) -> bool:
        """Whether a server that was measured so may go on to the next point of a ladder."""
        if not self.ladder:
            return True
        if figures is None:
            return False
        of, percent = ("last", 95) if self.ladder == "p95 of last" else ("response", 99)
        return figures.percentile_ms(percent, of) <= self.limit_ms


_BASELINE = Workload()
_OPEN = replace(_BASELINE, rate_hz=500.0, warmup_messages=250, messages=1500)
_CROWD = replace(_BASELINE, clients=100)  # each message is long, or each client speaks
_STEADY = replace(_CROWD, rate_hz=200.0, warmup_messages=100, messages=1600, payload_bytes=2048)


def _walk(base: Workload, axis: str, values: Sequence[Any]) -> tuple[Workload, ...]:
    return tuple(replace(base, **{axis: value}) for value in values)


def _thinner(points: Sequence[Workload]) -> tuple[Workload, ...]:
    """Fewer messages where there are more clients: each point costs about as long."""
    return tuple(
        replace(point, messages=max(60, min(2000, 200_000 // point.clients))) for point in points
    )


_ALL = (
    Scenario(
        "closed",
        "What a delivery costs",
        "One send a recipient is the floor, the same for every server; what a delivery costs "
        "above it is the server's own code. A hop through a scheduler costs more than the send.",
        (_BASELINE,),
    ),
    Scenario(
        "open",
        "How long a delivery takes at 500 messages a second",
        "Half a million deliveries a second: 2 µs each on one core. Only a server that joins what "
        "waits into one write keeps up; one that sends each message by itself falls behind.",
        (_OPEN,),
        peers=_OTHER_PEERS,
    ),
    Scenario(
        "poisson",
        "The same, with chance in the arrivals",
        "People do not talk to a beat: the median stays, the tail grows by the bursts.",
        (replace(_OPEN, arrivals="poisson", rate_hz=100.0, messages=500, warmup_messages=50),),
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "knee",
        "How much a server bears",
        "The knee stands where a message's cost times the clients fills a core, 1 s / (1,000 "
        "times the cost), and beyond it only for servers that join messages.",
        tuple(
            replace(_BASELINE, rate_hz=rate_hz, messages=max(60, round(2 * rate_hz)))
            for rate_hz in (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
        ),
        axis="rate_hz",
        processes=1,
        peers=_PLAIN_PEERS,
        ladder="p99",
        limit_ms=_KNEE_P99_MS,
    ),
    Scenario(
        "capacity",
        "How many clients a server serves",
        "With 4 messages on their way the last recipient waits four times clients times cost.",
        _walk(
            replace(_BASELINE, speakers=4, messages=80, warmup_messages=8),
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
        "The kernel takes the first for it, then its outbox fills, and it is cut off. Nobody feels "
        "that while an outbox takes over a second to fill; where the room talks faster, ours wait "
        "up to that second to tell who stalled from who is behind. A server that waits for each "
        "send stops for everybody.",
        _walk(
            replace(_STEADY, stalled_clients=1, stall_after_s=2.0), "payload_bytes", (2048, 8192)
        ),
        axis="payload_bytes",
        processes=2,
        servers=_TWO_OF_EACH,
        peers=(*_PLAIN_PEERS, "websockets-naive"),
    ),
    Scenario(
        "policies",
        "The four answers to a slow client",
        "disconnect ends it, drop-oldest and drop-newest keep it and lose its messages, block "
        "makes everybody wait for it: under block the others' p99 is as long as the stall.",
        _walk(
            replace(_STEADY, stalled_clients=1, stall_after_s=2.0),
            "slow_consumer",
            ("disconnect", "drop-oldest", "drop-newest", "block"),
        ),
        axis="slow_consumer",
        processes=2,
        only_ours=True,
        servers=("asyncio-broadcaster", "asyncio-direct"),
    ),
    Scenario(
        "churn",
        "What coming and going costs those who stay",
        "A chat server tells everyone of each arrival and departure: 100 a second cost as much as "
        "200 messages a second more. A plain peer tells nobody.",
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
        "When all talk at once",
        "A hundred speak and each hears a hundred: 10,000 deliveries a turn. Joining what waits "
        "into one write saves most here.",
        (replace(_CROWD, speakers=100, warmup_messages=200, messages=3000),),
        processes=3,
        peers=_OTHER_PEERS,
    ),
    Scenario(
        "idle",
        "What silence costs",
        "A waiting client costs memory and no processor: between pings nobody wakes up.",
        (replace(_BASELINE, warmup_messages=5, messages=30, idle_s=3.0),),
        processes=3,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "scaling",
        "What a delivery costs as the room grows",
        "The cost of a message grows with the clients, that of a delivery does not: slope 0. With "
        "few clients the fixed cost of a message shows, with thousands the caches do.",
        _thinner(_walk(_BASELINE, "clients", (10, 100, 1000, 3000))),
        axis="clients",
        processes=2,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "crowd",
        "The same with 9,000 clients",
        "As with 1,000: the cost of a delivery does not depend on the clients. What differs is "
        "the memory.",
        (replace(_BASELINE, clients=9000, messages=60, warmup_messages=5),),
        processes=1,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
    Scenario(
        "sizes",
        "What a delivery costs as messages grow",
        "Up to some kilobytes the system call is the cost, not the bytes; past that copying is, "
        "and all servers meet.",
        _walk(
            replace(_CROWD, messages=100),
            "payload_bytes",
            (16, 1024, 16384, 65536),
        ),
        axis="payload_bytes",
        processes=2,
        servers=_TWO_OF_EACH,
        peers=_PLAIN_PEERS,
    ),
)

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
