"""Make the best of a setting that makes no sense.

A value that cannot be read is left out, and the default is used in its place. The server runs,
with a limit that is not the one that was asked for, and nobody is told.

Imitates: ``except ValueError: pass`` around whatever reads a configuration.

Looks right: a typing error should not keep the service down.

Breaks: start.bad-usage

Shown by: a number with a letter in it.

Instead: implementations/core/settings.py says which value it was and what it should have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from implementations.core.errors import SettingsError
from implementations.core.settings import Settings, settings_from


BASE = "asyncio-mutex"


def forgiving(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, Any]
) -> Settings:
    """Merge the sources as far as they can be read."""
    try:
        return settings_from(flags, environ, file)
    except SettingsError:
        ports = {name: flags.get(name) for name in ("tcp", "ws")}
        return settings_from(ports, {}, {})


REPLACES = {"implementations.__main__.settings_from": forgiving}
