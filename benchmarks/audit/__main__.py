"""Cross-check the load generator with an independent one.

    python -m benchmarks.audit                        five servers, about 15 minutes
    python -m benchmarks.audit trio-mutex --processes 9
    python -m benchmarks.audit --live                 with the lab's generator, in an open loop

Both generators measure the same servers, in turns. For each number the table shows the median of
either generator, their ratio, and the verdict:
  agree         the ratio is within 10 % of 1
  apart         it is not, and 95 % of its bootstrap resamples leave out 1
  cannot tell   it is not, but chance explains it: measure with more --processes

Exit code: 0, no number is apart; 1, a number is apart or was not measured; 2, misuse, or something
is missing; 130, Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.audit.agreement import Row, audit, compared, second, verdict
from benchmarks.audit.live import live
from benchmarks.cores import two_cores
from benchmarks.environment import Environment
from benchmarks.files import replace_file
from benchmarks.generator.process import raise_file_limit
from benchmarks.load import LoadError
from benchmarks.peers import PEERS
from benchmarks.table import ratio_text
from benchmarks.toolchains import Unavailable
from benchmarks.workload import Workload
from implementations.servers import SERVERS


__all__ = ["main"]

FIVE = ("asyncio-direct", "trio-direct", "threads-direct", "asyncio-broadcaster", "go-gorilla")

_MESSAGES = 600  # with fewer, one or two messages decide the p99


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit from the command line, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("servers", nargs="*", metavar="ID", help=f"default: {' '.join(FIVE)}")
    for flag, default, what in (
        ("--processes", 5, "fresh server processes per generator (default: 5)"),
        ("--clients", 1000, "clients in the room (default: 1000)"),
        ("--rate", 100, "messages per second of the open loop; 0 for no open loop (default: 100)"),
    ):
        parser.add_argument(flag, type=int, default=default, metavar="N", help=what)
    parser.add_argument(
        "--live", action="store_true", help="the second generator is the lab's; no closed loop"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the table to FILE")
    chosen = parser.parse_args(arguments)
    known = [*(server.id for server in SERVERS), *PEERS]
    try:
        if unknown := [server for server in chosen.servers if server not in known]:
            raise ValueError(f"there is no server {', '.join(unknown)} (known: {' '.join(known)})")
        if min(chosen.processes, chosen.clients, chosen.rate + 1) < 1:
            raise ValueError("--processes and --clients must be at least 1, --rate at least 0")
        if chosen.live and not chosen.rate:
            raise ValueError("--live needs a --rate of at least 1")
        raise_file_limit(chosen.clients)
        closed = Workload(clients=chosen.clients, messages=_MESSAGES)
        workloads = {"closed": closed}
        if chosen.rate:
            workloads["open"] = replace(closed, rate_hz=float(chosen.rate))
        servers = chosen.servers or FIVE
        if chosen.live:
            del workloads["closed"]
        seen = audit(
            servers,
            workloads,
            chosen.processes,
            lambda line: print(line, flush=True),
            live if chosen.live else second,
        )
        rows = list(compared(seen))
        missing = [f"{server} ({loop})" for (server, loop), both in seen.items() if not all(both)]
        loops = ["closed loop"] * ("closed" in workloads)
        loops += [f"{chosen.rate} messages/s"] * ("open" in workloads)
        what = f"{chosen.clients:,} clients; {', and '.join(loops)}"
        table = _table(rows, missing, chosen.processes, what)
        print(f"\n{table}")
        if chosen.output:
            replace_file(chosen.output, f"{table}\n".encode())
    except (ValueError, LoadError, Unavailable) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"audit: cannot write {chosen.output}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if missing or any(verdict(row.ratio) == "apart" for row in rows) else 0


def _table(rows: Sequence[Row], missing: Sequence[str], processes: int, what: str) -> str:
    here = Environment.here(two_cores(), "c")
    lines = [
        f"{what}; medians of {processes} fresh processes, ratios of their pairs",
        f"{here.date[:10]}, {here.cpu}, {here.cores} cores, {here.kernel}, {here.python}",
        "",
        f"{'server':22}{'loop':8}{'':12}{'first':>8}{'second':>8}  {'ratio':17}",
    ]
    lines += [
        f"{row.server:22}{row.loop:8}{row.name:12}{row.first:8.2f}{row.second:8.2f}  "
        f"{ratio_text(row.ratio):17}{verdict(row.ratio)}"
        for row in rows
    ]
    lines += ["", *(f"not measured: {one}" for one in missing)]
    verdicts = [verdict(row.ratio) for row in rows]
    counts = [f"{verdicts.count(one)} {one}" for one in ("agree", "cannot tell", "apart")]
    return "\n".join([*lines, f"Of {len(rows)} numbers: {', '.join(counts)}."])


if __name__ == "__main__":
    sys.exit(main())
