"""What runs in the lab: a server and a load. What a page asks for is held within bounds."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from implementations.core.backlog import SlowConsumer
from implementations.core.errors import SettingsError
from implementations.registry import find


__all__ = ["COMMAND", "LIMITS", "Scene"]

COMMAND = "command"  # the server that was given with --command
LIMITS = {"clients": 5000, "rate": 5000, "bytes": 65536, "speakers": 5000, "outbox": 4096}
_LEAST = {"clients": 1, "rate": 0, "bytes": 10, "speakers": 1, "outbox": 1}


@dataclass(frozen=True)
class Scene:
    """One scene.

    Attributes:
        server: an id, or ``command``.
        clients: how many are in the room.
        rate: messages per second, of all speakers together.
        bytes: of one message.
        speakers: how many clients talk, in turns.
        outbox: how many messages may wait for one client.
        policy: what happens to a client whose outbox is full.
    """

    server: str = "asyncio-broadcaster"
    clients: int = 200
    rate: float = 50
    bytes: int = 200
    speakers: int = 1
    outbox: int = 256
    policy: str = SlowConsumer.DISCONNECT.value

    def changed(self, asked: Mapping[str, Any], *, command: bool) -> Scene:
        """Return this scene with what a page asks for. What makes no sense is left as it is.

        Only a server of ours, an exhibit or the user's own can be named, and no other program.

        Args:
            command: whether there is a server of the user's own.
        """
        values: dict[str, Any] = {}
        for name, least in _LEAST.items():
            value = asked.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if math.isfinite(value):
                held = min(LIMITS[name], max(least, value))
                values[name] = float(held) if name == "rate" else int(held)
        if asked.get("server") == COMMAND and command:
            values["server"] = COMMAND
        elif isinstance(asked.get("server"), str):
            with contextlib.suppress(SettingsError):  # there is none of that name
                values["server"] = find(asked["server"]).id
        if asked.get("policy") in [policy.value for policy in SlowConsumer]:
            values["policy"] = asked["policy"]
        return replace(self, **values)

    def needs_restart(self, other: Scene) -> bool:
        """Whether only another process of a server can be the other scene."""
        return any(
            getattr(self, name) != getattr(other, name) for name in ("server", "outbox", "policy")
        )

    def settings(self) -> list[str]:
        """Return the flags of a server of ours."""
        flags = ["--outbox", str(self.outbox), "--slow-consumer", self.policy]
        if self.bytes > 3000:  # the default for a line is 4096, with the speaker's name
            flags += ["--max-line", str(LIMITS["bytes"] + 1024)]
        return flags

    def told(self) -> dict[str, Any]:
        """Return it as the page gets it."""
        return asdict(self)


assert {field.name for field in fields(Scene)} == {*_LEAST, "server", "policy"}
