"""The metrics: each is one number of a run, with its name and unit. Pure.

Servers are compared by one number per process, so everything that is ranked, plotted or compared
is one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import estimates
from benchmarks.results import Run


__all__ = ["METRICS", "Metric"]


@dataclass(frozen=True)
class Metric:
    """One number of a run; lower is better, except for ``achieved``."""

    name: str
    label: str  # the heading of a column or an axis, with the unit
    of: Callable[[Run], float | None]  # None if the run, or the system, does not tell
    digits: int = 1

    def text(self, value: float | None) -> str:
        """Return a value as a table shows it: with three digits, or in whole units."""
        if value is None:
            return "-"
        rounded = float(f"{value:.3g}")  # first, because it may gain a digit: 9.999 is 10.0
        whole_digits = len(str(int(abs(rounded))))
        return f"{value:,.{max(0, min(self.digits, 3 - whole_digits))}f}"


def _percentile(of: str, percent: float) -> Callable[[Run], float | None]:
    def value(run: Run) -> float | None:
        if run.figures is None:
            return None
        if percent > estimates.deepest_percent(estimates.count(getattr(run.figures, of))):
            return None  # too few samples lie beyond it
        return run.figures.percentile_ms(percent, of)

    return value


def _tail(run: Run) -> float | None:
    middle, tail = _percentile("last", 50)(run), _percentile("last", 95)(run)
    return tail / middle if tail and middle else None


def _figure(name: str, factor: float = 1.0) -> Callable[[Run], float | None]:
    return lambda run: None if run.figures is None else factor * float(getattr(run.figures, name))


def _max_ms(run: Run) -> float | None:
    if run.figures is None:
        return None
    return estimates.bucket_ns(run.figures.response[-1][0]) / 1e6


def _deliveries(run: Run) -> int:
    return run.workload.messages * run.workload.listeners


def _server_us(run: Run) -> float | None:
    if run.account is None or run.account.server_cpu_s is None:
        return None
    return run.account.server_cpu_s * 1e6 / _deliveries(run)


def _cpu_percent(run: Run) -> float | None:
    if run.account is None or run.account.server_cpu_s is None or not run.account.counted_s:
        return None
    return 100 * run.account.server_cpu_s / run.account.counted_s


def _switches(run: Run) -> float | None:
    if run.account is None or run.account.context_switches is None:
        return None
    return 1000 * run.account.context_switches / _deliveries(run)


def _client_kib(run: Run) -> float | None:
    account = run.account
    if account is None or account.rss_idle_bytes is None or account.rss_before_bytes is None:
        return None
    grown_bytes = account.rss_idle_bytes - account.rss_before_bytes
    return grown_bytes / 1024 / run.workload.clients


def _wire_bytes(run: Run) -> float | None:
    if run.account is None or run.account.received_bytes is None:
        return None
    return run.account.received_bytes / _deliveries(run)


def _rss_mib(run: Run) -> float | None:
    account = run.account
    return (
        None if not account or account.rss_after_bytes is None else account.rss_after_bytes / 2**20
    )


def _tasks(run: Run) -> float | None:
    return run.account.tasks if run.account else None


def _generator_percent(run: Run) -> float | None:
    if run.account is None:
        return None
    return 100 * run.account.generator_busy_s / max(run.account.counted_s, 1e-9)


def _wakeups(run: Run) -> float | None:
    if run.account is None or run.account.idle_wakeups is None or not run.workload.idle_s:
        return None
    return run.account.idle_wakeups / run.workload.idle_s


def _idle_percent(run: Run) -> float | None:
    if run.account is None or run.account.idle_cpu_s is None or not run.workload.idle_s:
        return None
    return 100 * run.account.idle_cpu_s / run.workload.idle_s


def _calm_p99_ms(run: Run) -> float | None:
    if run.figures is None or not run.workload.stalled_clients:
        return None
    calm = [one.p99_ns for one in run.figures.slices if one.after_s < run.workload.stall_after_s]
    return estimates.percentile(calm, 50) / 1e6 if calm else None


def _stalled_worst_ms(run: Run) -> float | None:
    if run.figures is None or not run.workload.stalled_clients:
        return None
    after_s = run.workload.stall_after_s
    stalled = [one.p99_ns for one in run.figures.slices if one.after_s >= after_s]
    return max(stalled) / 1e6 if stalled else None


def _cut_off_s(run: Run) -> float | None:
    """Return when the last stalled client was cut off: as the room announced, or by open files."""
    stalled = run.workload.stalled_clients
    if not stalled or not run.account:
        return None
    if run.figures and len(run.figures.cut_off_s) == stalled:
        return run.figures.cut_off_s[-1]
    after_s = run.workload.stall_after_s
    looks = [look for look in run.account.moments if look.open_files is not None]
    before = [look.open_files or 0 for look in looks if look.after_s < after_s]
    if not before:
        return None
    return next(
        (
            look.after_s - after_s
            for look in looks
            if look.after_s >= after_s and (look.open_files or 0) <= min(before) - stalled
        ),
        None,
    )


def _stall_mib(run: Run) -> float | None:
    account = run.account
    if not run.workload.stalled_clients or not account or not account.moments:
        return None
    if account.rss_idle_bytes is None:
        return None
    most_bytes = max(moment.rss_bytes for moment in account.moments)
    return (most_bytes - account.rss_idle_bytes) / 2**20


_ALL = (
    Metric("cost", "µs/delivery", _figure("cost_us"), 2),
    Metric("achieved", "delivered messages/s", _figure("achieved_hz"), 0),
    Metric("p50", "p50 ms", _percentile("response", 50), 2),
    Metric("p90", "p90 ms", _percentile("response", 90), 2),
    Metric("p99", "p99 ms", _percentile("response", 99), 2),
    Metric("p999", "p99.9 ms", _percentile("response", 99.9), 1),
    Metric("max", "max ms", _max_ms, 1),
    Metric("first", "first p50 ms", _percentile("first", 50), 2),
    Metric("median", "median p50 ms", _percentile("median", 50), 2),
    Metric("last", "last p50 ms", _percentile("last", 50), 2),
    Metric("last_p90", "last p90 ms", _percentile("last", 90), 2),
    Metric("last_p95", "last p95 ms", _percentile("last", 95), 1),
    Metric("last_p99", "last p99 ms", _percentile("last", 99), 2),
    Metric("spread", "spread p50 ms", _percentile("spread", 50), 2),
    Metric("own_p95", "own p95 ms", _percentile("own", 95), 1),
    Metric("tail", "last p95/last p50", _tail, 2),
    Metric(
        "worst",
        "worst p99 ms",
        _figure("worst_recipient_p99_ns", 1e-6),
        2,
    ),
    Metric("order", "order kept", _figure("order_correlation"), 2),
    Metric("server", "server CPU µs", _server_us, 2),
    Metric("cpu", "server CPU %", _cpu_percent, 0),
    Metric("switches", "context switches/1,000", _switches, 1),
    Metric("wire", "bytes/delivery", _wire_bytes, 0),
    Metric("client", "KiB/client", _client_kib, 1),
    Metric("rss", "MiB", _rss_mib, 0),
    Metric("tasks", "threads", _tasks, 0),
    Metric("generator", "generator busy %", _generator_percent, 0),
    Metric("wakeups", "wake-ups/s", _wakeups, 1),
    Metric("idle", "idle CPU %", _idle_percent, 2),
    Metric("calm", "p99 before, ms", _calm_p99_ms, 1),
    Metric("stalled", "worst p99 after, ms", _stalled_worst_ms, 1),
    Metric("cut", "cut off after s", _cut_off_s, 1),
    Metric("stall_rss", "memory growth, MiB", _stall_mib, 1),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
