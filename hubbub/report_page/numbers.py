"""Every median of a round as CSV, one line per server and point. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.summary import summarise


__all__ = ["as_csv"]

_POINT = (
    "clients",
    "speakers",
    "rate_hz",
    "arrivals",
    "payload_bytes",
    "stalled_clients",
    "churn_hz",
    "slow_consumer",
)


def as_csv(rounds: Mapping[str, Results]) -> str:
    """Return a heading and one line per round, scenario, point and server.

    A cell is empty if the runs do not tell the number. Numbers have four digits.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    labels = [metric.label for metric in METRICS.values()]
    writer.writerow(["round", "scenario", "server", *_POINT, "valid runs", "outcome", *labels])
    for name, results in rounds.items():
        for summary in summarise(results):
            for cell in summary.cells:
                point = [getattr(cell.workload, field) for field in _POINT]
                values = [cell.value(metric) for metric in METRICS]
                writer.writerow(
                    [
                        name or results.environment.date[:10],
                        summary.scenario.name,
                        cell.server,
                        *("" if field is None else field for field in point),
                        len(cell.valid),
                        cell.outcome,
                        *("" if value is None else f"{value:.4g}" for value in values),
                    ]
                )
    return text.getvalue()
