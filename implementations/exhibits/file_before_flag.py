"""Let the settings file win over the flags.

The server reads settings from the flags, then from the environment, then from the file, and each
source replaces what the one before it set. So the file wins, which is the source that is hardest
to see.

Imitates: a dictionary that is updated three times, in the order in which the author thought of the
sources.

Looks right: each source works when it is tried alone.

Breaks: start.settings

Shown by: a flag that says something else than the file.

Instead: implementations/core/settings.py: a flag wins over a variable, and a variable wins over
the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from implementations.core.settings import Settings, settings_from


BASE = "asyncio-mutex"


def file_first(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, Any]
) -> Settings:
    """Merge the sources in the wrong order."""
    left = {name: value for name, value in flags.items() if name not in file}
    variables = {f"HUBBUB_{name.upper()}" for name in file}
    rest = {name: value for name, value in environ.items() if name not in variables}
    return settings_from(left, rest, file)


REPLACES = {"implementations.__main__.settings_from": file_first}
