"""One run in figures: its raw samples, reduced to what a result file keeps. Pure.

Times count from the *intended* send. So a server that delays a message, or holds its speaker back,
is charged for the whole delay. In a closed loop the intended and the actual send are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import estimates
from benchmarks.estimates import Histogram
from benchmarks.samples import COUNTED, CUT_OFF, EVICTED, Samples
from benchmarks.workload import Workload


__all__ = ["Figures", "Slice", "figures"]

STRIP_POINTS = 250  # recipients kept of one message: a chart cannot show more
SLICE_S = 0.25
_NS = 1_000_000_000


@dataclass(frozen=True)
class Slice:
    """The latency of the messages due within one `SLICE_S`, for the clients that still read."""

    after_s: float  # when the slice begins, since the first counted message
    p50_ns: int
    p99_ns: int


@dataclass(frozen=True)
class Figures:
    """The counted messages of one run, for all clients that read to the end.

    The histograms are in nanoseconds. `response` has a sample for each delivery; the others have
    a sample for each message.
    """

    cost_us: float  # per delivery: the time from first send to last receipt, over all deliveries
    achieved_hz: float  # messages per second that reached every client
    response: Histogram  # every delivery, from its intended send
    first: Histogram  # the message's first recipient
    median: Histogram  # its median recipient
    last: Histogram  # its last recipient
    spread: Histogram  # from the first to the last recipient
    own: Histogram  # the speaker's own copy, as the websocket-shootout measures
    lateness_p99_ns: float  # how late the generator sent
    worst_recipient_p99_ns: float  # the p99 of the recipient with the highest p99
    order_correlation: float  # order of serving with order of connecting: 1 same, -1 reversed
    typical_ns: tuple[int, ...]  # the message of median completion: when recipients 1 to n got it
    slices: tuple[Slice, ...] = ()  # only if clients stall or churn during the run
    cut_off_s: tuple[float, ...] = ()  # for each stalled client: from its stall to its cut-off

    def percentile_ms(self, percent: float, of: str = "response") -> float:
        """Return a percentile of one of the histograms, in milliseconds."""
        return estimates.histogram_percentile(getattr(self, of), percent) / 1e6


def figures(samples: Samples, workload: Workload) -> Figures:
    """Return the figures of a run in which every listener got every message."""
    numbers = samples.of_phase(COUNTED)
    listeners = np.array([not workload.stalls(client) for client in range(workload.clients)])
    at_ns = _matrix(samples, numbers, listeners)
    messages = samples.messages[numbers]
    response_ns = at_ns - messages["intended_ns"][:, None]
    ordered_ns = np.sort(response_ns, axis=1)
    last_ns = ordered_ns[:, -1]
    span_ns = int(at_ns.max() - messages["sent_ns"].min())
    columns = np.cumsum(listeners) - 1
    own_ns = response_ns[np.arange(len(numbers)), columns[messages["speaker"]]]
    typical = response_ns[np.argsort(last_ns, kind="stable")[len(last_ns) // 2]]
    stride = -(-len(typical) // STRIP_POINTS)
    began_ns = int(messages["intended_ns"].min())
    return Figures(
        cost_us=span_ns / response_ns.size / 1000,
        achieved_hz=len(numbers) * _NS / span_ns,
        response=estimates.histogram(response_ns),
        first=estimates.histogram(ordered_ns[:, 0]),
        median=estimates.histogram(ordered_ns[:, (ordered_ns.shape[1] - 1) // 2]),
        last=estimates.histogram(last_ns),
        spread=estimates.histogram(last_ns - ordered_ns[:, 0]),
        own=estimates.histogram(own_ns),
        lateness_p99_ns=estimates.percentile(messages["sent_ns"] - messages["intended_ns"], 99),
        worst_recipient_p99_ns=estimates.worst_recipient(response_ns, 99),
        order_correlation=estimates.order_correlation(response_ns),
        typical_ns=tuple(typical[::stride].tolist()),
        slices=_slices(response_ns, messages["intended_ns"] - began_ns)
        if workload.stalled_clients or workload.churn_hz
        else (),
        cut_off_s=_cut_off_s(samples, began_ns + int(workload.stall_after_s * _NS)),
    )


def _matrix(
    samples: Samples, numbers: NDArray[np.int64], listeners: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return when each listener got each message: one row per message, one column per listener."""
    rows = np.full(len(samples.messages), -1)
    rows[numbers] = np.arange(len(numbers))
    columns = np.where(listeners, np.cumsum(listeners) - 1, -1)
    heard = samples.deliveries[samples.deliveries["message"] >= 0]
    row, column = rows[heard["message"]], columns[heard["client"]]
    counts = (row >= 0) & (column >= 0)
    at_ns = np.zeros((len(numbers), int(listeners.sum())), dtype=np.int64)
    at_ns[row[counts], column[counts]] = heard["at_ns"][counts]
    return at_ns


def _slices(response_ns: NDArray[np.int64], due_ns: NDArray[np.int64]) -> tuple[Slice, ...]:
    of = (due_ns / (SLICE_S * _NS)).astype(int)
    found = []
    for slice_ in np.unique(of):
        felt = response_ns[of == slice_]
        p50_ns, p99_ns = (int(estimates.percentile(felt, percent)) for percent in (50, 99))
        found.append(Slice(float(slice_) * SLICE_S, p50_ns, p99_ns))
    return tuple(found)


def _cut_off_s(samples: Samples, stalled_ns: int) -> tuple[float, ...]:
    """Return when each stalled client was cut off.

    That is when the room announced it, or else when the client's connection ended.
    """
    heard = samples.deliveries
    cut = heard[(heard["message"] == EVICTED) & (heard["client"] == 0)]
    if not len(cut):
        cut = heard[heard["message"] == CUT_OFF]
    return tuple(round((at_ns - stalled_ns) / _NS, 3) for at_ns in sorted(cut["at_ns"].tolist()))
