"""Running Python in a process of its own, until it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conformance.timing import TICK


__all__ = ["run_python"]

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN = 300 * TICK  # only reached when something hangs


def run_python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``python *arguments`` in the project's folder and return how it ended.

    None of the caller's ``HUBBUB_*`` variables reach it, only those in ``environ``.
    """
    inherited = {name: it for name, it in os.environ.items() if not name.startswith("HUBBUB_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited | environ,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
