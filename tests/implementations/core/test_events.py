"""The events that both codecs return."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from implementations.core import events


KINDS = get_args(events.Event)


def test_docstring_lists_every_event() -> None:
    """The module's docstring has a line for each event."""
    listed = [
        line.split()[0] for line in (events.__doc__ or "").splitlines() if line.startswith("    ")
    ]

    assert listed == [kind.__name__ for kind in KINDS]
    assert sorted([*listed, "Event"]) == sorted(events.__all__)


@pytest.mark.parametrize("kind", KINDS)
def test_events_are_values(kind: type) -> None:
    """Two events of one kind with equal contents are equal, and an event cannot be changed."""
    arguments = ["anything"] * len(dataclasses.fields(kind))

    assert kind(*arguments) == kind(*arguments)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # of every dataclass
