"""The policy file of a server: what it decides differently, and why.

    settings = "none"          # it takes no settings at all

    [declared]
    "slow.cut-off" = "drops the oldest message instead, as a ticker should"

If a declared rule fails, it is shown as declared. A MUST cannot be declared, except some choices of
a server that has a dialect. Without settings, a test that needs a setting is not applicable, so a
server that takes none can be green.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.protocol import find_rule


__all__ = ["CHOICES", "Policy", "read_policy"]

CHOICES = ("framing.binary-close", "websocket.origin", "websocket.host")
"""Rules that are a MUST here and a choice elsewhere: a server with a dialect may declare them."""


@dataclass(frozen=True)
class Policy:
    """What a server declares about itself; the default declares nothing."""

    declared: Mapping[str, str] = field(default_factory=dict)  # rule id → the reason
    takes_settings: bool = True


def read_policy(path: Path, *, foreign: bool = False) -> Policy:
    """Return what a policy file declares.

    Args:
        foreign: the server has a dialect, so it may declare the rules of ``CHOICES`` too.

    Raises:
        ValueError: it is not TOML, or it declares a MUST, an unknown rule, or a rule without a
            reason.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        table = tomllib.load(file)
    for key in table:
        if key not in ("settings", "declared"):
            raise ValueError(f"a policy file has settings and [declared], and no {key!r}")
    if table.get("settings", "none") != "none":
        raise ValueError('the only value for settings is "none"; else leave it out')
    declared = table.get("declared", {})
    for rule_id, reason in declared.items():
        is_choice = foreign and rule_id in CHOICES
        if find_rule(rule_id).level == "MUST" and not is_choice:
            raise ValueError(f"{rule_id} is a MUST, which cannot be declared away")
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"{rule_id} is declared without a reason; write why, as its value")
    return Policy(declared, takes_settings="settings" not in table)
