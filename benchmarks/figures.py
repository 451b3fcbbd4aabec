"""One run in numbers: from its raw samples to what a result file keeps of it. Pure.

Times are from the *intended* send, so that a server that holds a message up, or holds the speaker
back, is charged for all of it. In a closed loop the intended and the real moment are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure
from benchmarks.measure import Histogram
from benchmarks.samples import COUNTED, CUT_OFF, EVICTED, Samples
from benchmarks.workload import Workload


__all__ = ["Figures", "Slice", "figures"]

STRIP_POINTS = 250  # of the delivery strip: more cannot be seen
SLICE_S = 0.25
_NS = 1_000_000_000


@dataclass(frozen=True)
class Slice:
    """What those who go on reading felt of the messages due in `SLICE_S`."""

    after_s: float  # its beginning, since the first counted message
    p50_ns: int
    p99_ns: int


@dataclass(frozen=True)
class Figures:
    """The counted messages of one run, at all clients that read to the end.

    A histogram is of nanoseconds; those of a message's first, median and last recipient and of
    the spread between first and last have a sample for each message.
    """

    cost_us: float  # of a delivery: the time from the first send to the last receipt, over all
    achieved_hz: float  # messages that everyone got, in that time
    response: Histogram  # every delivery, from its intended send
    first: Histogram
    median: Histogram
    last: Histogram
    spread: Histogram
    own: Histogram  # the speaker's own copy: what the websocket-shootout would see
    lateness_p99_ns: float  # of the generator behind its plan
    worst_recipient_p99_ns: float  # the recipient that fared worst
    order_correlation: float  # of serving with connecting: 1 the same, -1 reversed, 0 none
    typical_ns: tuple[int, ...]  # the message of median completion: when recipient 1 to n got it
    slices: tuple[Slice, ...] = ()  # where something happens amid the run: clients stall, or churn
    cut_off_s: tuple[float, ...] = ()  # how long after they stalled those who did were cut off

    def percentile_ms(self, percent: float, of: str = "response") -> float:
        """Return a percentile of one of the histograms, in milliseconds."""
        return measure.histogram_percentile(getattr(self, of), percent) / 1e6


def figures(samples: Samples, workload: Workload) -> Figures:
    """Measure a run in which every listener got every message."""
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
        response=measure.histogram(response_ns),
        first=measure.histogram(ordered_ns[:, 0]),
        median=measure.histogram(ordered_ns[:, (ordered_ns.shape[1] - 1) // 2]),
        last=measure.histogram(last_ns),
        spread=measure.histogram(last_ns - ordered_ns[:, 0]),
        own=measure.histogram(own_ns),
        lateness_p99_ns=measure.percentile(messages["sent_ns"] - messages["intended_ns"], 99),
        worst_recipient_p99_ns=measure.worst_recipient(response_ns, 99),
        order_correlation=measure.order_correlation(response_ns),
        typical_ns=tuple(typical[::stride].tolist()),
        slices=_slices(response_ns, messages["intended_ns"] - began_ns)
        if workload.stalled_clients or workload.churn_hz
        else (),
        cut_off_s=_cut_off_s(samples, began_ns + int(workload.stall_after_s * _NS)),
    )


def _matrix(
    samples: Samples, numbers: NDArray[np.int64], listeners: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """When each listener got each message: a row a message, a column a listener."""
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
        p50_ns, p99_ns = (int(measure.percentile(felt, percent)) for percent in (50, 99))
        found.append(Slice(float(slice_) * SLICE_S, p50_ns, p99_ns))
    return tuple(found)


def _cut_off_s(samples: Samples, stalled_ns: int) -> tuple[float, ...]:
    """When each was cut off: when the room said so, else when its connection ended."""
    heard = samples.deliveries
    cut = heard[(heard["message"] == EVICTED) & (heard["client"] == 0)]
    if not len(cut):
        cut = heard[heard["message"] == CUT_OFF]
    return tuple(round((at_ns - stalled_ns) / _NS, 3) for at_ns in sorted(cut["at_ns"].tolist()))
