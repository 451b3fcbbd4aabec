"""The answer to "n clients, r messages per second: which server, and what p99?". Pure.

The page has two sliders. For each pair of their positions this module asks `benchmarks.capacity`
once; the page's script only looks the answer up, so nothing is interpolated twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.capacity import Answer, grid, rank
from benchmarks.estimates import MIN_PROCESSES
from benchmarks.results import Results


__all__ = ["answers", "positions", "rows"]

_PREFERRED = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)  # ten steps per decade
_CLIENTS, _RATE_HZ = 1000, 500.0  # where the sliders stand first, if the round reaches so far


def answers(results: Results) -> dict[str, Any] | None:
    """Return the answers as plain data; None if the results hold no steady load.

    ``cells`` has a row for each number of clients and a column for each rate. A server is named by
    its place in ``servers``. In a cell, ``kept`` lists ``[server, p99 ms, p50 ms, CPU %, measured,
    word]``, the lowest p99 first. The word compares its p99 with the first server's:
    "differ", "tied", or "?" if too few processes were measured for a test.
    """
    loads = grid(results)
    if not loads["servers"]:
        return None
    clients, rates = positions(loads["clients"], whole=True), positions(loads["rates"])
    place = {server: number for number, server in enumerate(loads["servers"])}
    cells = [[_cell(loads, count, rate, place) for rate in rates] for count in clients]
    return {
        "servers": loads["servers"],
        "measured": {"clients": loads["clients"], "rates": loads["rates"]},
        "clients": clients,
        "rates": rates,
        "start": {"clients": _nearest(clients, _CLIENTS), "rate": _nearest(rates, _RATE_HZ)},
        "cells": cells,
    }


def rows(found: Mapping[str, Any]) -> tuple[list[dict[str, str]], dict[str, list[str]]]:
    """Return the answer at the start as texts: the rows of its table, and the servers left out.

    The script of the page writes the same rows for the other positions.
    """
    names = found["servers"]
    start = found["start"]
    row = found["cells"][found["clients"].index(start["clients"])]
    cell = row[found["rates"].index(start["rate"])]
    kept = cell["kept"]
    most, least = max((one[1] for one in kept), default=1.0), kept[0][1] if kept else 1.0
    table = [
        {
            "server": names[server],
            "p99": _text(p99),
            "p50": _text(p50),
            "core": "-" if core is None else f"{core:.0f}",
            "part": f"{100 * p99 / most:.1f}",
            "against": _against(p99 / least, word) if number else "first",
            "how": "measured" if measured else "interpolated",
        }
        for number, (server, p99, p50, core, measured, word) in enumerate(kept)
    ]
    left = {name: [names[one] for one in cell[name]] for name in ("broke", "limit", "unknown")}
    return table, left


def _against(ratio: float, word: str) -> str:
    return word if word == "tied" else f"{ratio:.1f}{' ?' if word == '?' else ''}"


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def positions(measured: Sequence[float], whole: bool = False) -> list[float]:
    """Return a slider's positions: every measured value, and ten per decade between them."""
    if not measured:
        return []
    low, high = min(measured), max(measured)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    between = {round(step * 10**power, 6) for power in powers for step in _PREFERRED}
    if whole:
        between = {float(round(value)) for value in between}
    found = {value for value in between if low < value < high} | {float(one) for one in measured}
    return sorted(found)


def _cell(
    loads: dict[str, Any], clients: float, rate_hz: float, place: dict[str, int]
) -> dict[str, Any]:
    ranked = rank(loads, clients, rate_hz)
    kept = [one for one in ranked if one.p99_ms is not None]
    fewest = {one.server: _processes(loads, one.server, clients, rate_hz) for one in kept}
    return {
        "kept": [
            [
                place[one.server],
                _short(one.p99_ms),
                _short(one.p50_ms),
                _short(one.cpu_percent),
                int(one.state == "measured"),
                _word(one, kept[0], fewest),
            ]
            for one in kept
        ],
        "broke": [place[one.server] for one in ranked if one.state == "broken"],
        "limit": [place[one.server] for one in ranked if one.state == "at its limit"],
        "unknown": [place[one.server] for one in ranked if one.state == "not measured"],
    }


def _word(one: Answer, first: Answer, fewest: dict[str, int]) -> str:
    if min(fewest[one.server], fewest[first.server]) < MIN_PROCESSES:
        return "?"
    return "tied" if first.server in one.tied else "differ"


def _processes(loads: dict[str, Any], server: str, clients: float, rate_hz: float) -> int:
    """Return the fewest processes of a server at the measured loads around this one."""
    found = [
        loads["processes"][server][row][column]
        for row in _around(loads["clients"], clients)
        for column in _around(loads["rates"], rate_hz)
    ]
    return min((count for count in found if count), default=0)


def _around(values: Sequence[float], wanted: float) -> set[int]:
    """Return the place of a value, or the places of its two neighbours."""
    low = max((place for place, value in enumerate(values) if value <= wanted), default=0)
    high = next((place for place, value in enumerate(values) if value >= wanted), low)
    return {low, high}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _nearest(values: Sequence[float], wanted: float) -> float:
    return min(values, key=lambda value: abs(math.log(value / wanted)))
