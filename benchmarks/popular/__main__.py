"""Start each popular peer, watch what it does, and write the page.

    python -m benchmarks.popular                       all; writes docs/popular.md and .json
    python -m benchmarks.popular aiohttp-loop node-ws  only these; the others keep their results
    python -m benchmarks.popular --page                only the page, from the saved results

It takes about a minute per server. Times do not matter here, so the machine may be busy; a server
that cannot be had is named, with the reason. Exit code: 0, or 2 for an unknown server.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.campaign import version_of
from benchmarks.files import replace_file
from benchmarks.load import LoadError
from benchmarks.peers import PEERS, POPULAR, Unavailable
from benchmarks.popular.page import page
from benchmarks.popular.probes import PROBES
from conformance.expectations import Mismatch


__all__ = ["OURS", "STUDIED", "main", "study"]

OURS = ("asyncio-direct", "trio-direct")
STUDIED = (*POPULAR, "node-ws", "go-gorilla", "websockets-broadcast", *OURS)
_DOCS = Path(__file__).resolve().parents[2] / "docs"  # of a clone; a wheel has none


def main(arguments: Sequence[str] | None = None) -> int:
    """Study from the command line, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.popular",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("servers", nargs="*", metavar="ID", help=f"default: {' '.join(STUDIED)}")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    parser.add_argument(
        "--probe", action="append", choices=list(PROBES), help="only this probe; may be repeated"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=_DOCS if _DOCS.is_dir() else Path(),
        help="where to write (default: docs, or the current folder if there is no clone)",
    )
    chosen = parser.parse_args(arguments)
    unknown = [server for server in chosen.servers if server not in STUDIED]
    if unknown:
        print(f"no server {unknown[0]} here; there are: {', '.join(STUDIED)}", file=sys.stderr)
        return 2
    data = chosen.folder / "popular.json"
    results = json.loads(data.read_text("utf-8")) if data.exists() else {}
    for server in [] if chosen.page else chosen.servers or STUDIED:
        kept = results.get(server, {}) if chosen.probe else {}
        results[server] = kept | study(server, chosen.probe or list(PROBES))
        results = {one: results[one] for one in STUDIED if one in results}
        replace_file(data, (json.dumps(results, ensure_ascii=False, indent=1) + "\n").encode())
    replace_file(chosen.folder / "popular.md", page(results).encode())
    return 0


def study(server: str, probes: Sequence[str]) -> dict[str, Any]:
    """Run the probes on one server; say on standard error how far it is."""
    found: dict[str, Any] = {"version": version_of(server), "date": date.today().isoformat()}
    if server in PEERS:
        try:
            PEERS[server].command()
        except Unavailable as reason:
            print(f"{server}: skipped, {reason}", file=sys.stderr)
            return found | {"skipped": str(reason)}
    for probe in probes:
        began = time.monotonic()
        try:
            found[probe] = PROBES[probe](server)
        except (LoadError, Mismatch, OSError) as error:
            found[probe] = {"failed": str(error).partition("\n")[0][:300]}
        took = time.monotonic() - began
        print(f"{server}: {probe}, {took:.0f} s", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main())
