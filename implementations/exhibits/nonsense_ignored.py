"""Ignore settings that make no sense.

When the server cannot read a value, it uses the defaults instead. It runs with a limit that nobody
asked for, and nobody is told.

Imitates: ``except ValueError: pass`` around the code that reads a configuration.

Looks right: a typing error should not keep the service down.

Breaks: start.bad-usage

Shown by: a number with a letter in it.

Instead: implementations/core/settings.py says which value is wrong and what it should be.
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
    """Merge the sources; use the defaults when a value cannot be read."""
    try:
        return settings_from(flags, environ, file)
    except SettingsError:
        ports = {name: flags.get(name) for name in ("tcp", "ws")}
        return settings_from(ports, {}, {})


REPLACES = {"implementations.__main__.settings_from": forgiving}
