"""Let the file win.

Settings are read from the flags, then from the environment, then from the file, and each one
found replaces the one before. The last one read wins: the one that is hardest to see.

Imitates: a dictionary that is updated three times, in the order in which the sources came to mind.

Looks right: every source works, when it is tried alone.

Breaks: start.settings

Shown by: a flag given in order to try something, beside a file that says otherwise.

Instead: implementations/core/settings.py: what is nearest to the command wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from implementations.core.settings import Settings, settings_from


BASE = "asyncio-mutex"


def file_first(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, Any]
) -> Settings:
    """Merge the sources, the wrong way round."""
    left = {name: value for name, value in flags.items() if name not in file}
    variables = {f"HUBBUB_{name.upper()}" for name in file}
    rest = {name: value for name, value in environ.items() if name not in variables}
    return settings_from(left, rest, file)


REPLACES = {"implementations.__main__.settings_from": file_first}
