"""Runs a module of ours in a Python process of its own, from any folder.

The caller's folder is never on the path of that process: a ``random.py`` or a package called
``conformance`` there stays the caller's. The path and the environment of this process do not change
either, so a Python server that a test starts sees nothing of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path


__all__ = ["ROOT", "module_command"]

ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds this package and its siblings: of a clone, or inside a wheel."""

# Runs a module as __main__, with `root` first on the path. The option -m would need PYTHONPATH,
# which every process that is started from there would inherit.
_RUN = (
    "import runpy, sys; root, module = sys.argv[1:3]; sys.path.insert(0, root); "
    "sys.argv[:3] = [module]; runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``python -m module arguments`` from any folder."""
    return [sys.executable, "-P", "-c", _RUN, str(ROOT), module, *arguments]
