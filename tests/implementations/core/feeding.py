"""Feeding a codec: whole, byte by byte, or cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import strategies as st

from implementations.core.events import Event
from implementations.core.line_codec import LineCodec
from implementations.core.websocket_codec import WebSocketCodec


__all__ = ["byte_by_byte", "cut_at", "cuts", "feed"]

# Where to cut: fractions of the length.
cuts = st.lists(st.floats(0, 1), max_size=12)


def cut_at(data: bytes, fractions: Iterable[float]) -> list[bytes]:
    """Return ``data`` cut at ``fractions`` of its length; some pieces may be empty."""
    places = [0, *sorted(round(fraction * len(data)) for fraction in fractions), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def byte_by_byte(data: bytes) -> list[bytes]:
    """Return ``data`` as single bytes."""
    return [data[place : place + 1] for place in range(len(data))]


def feed(codec: LineCodec | WebSocketCodec, pieces: Iterable[bytes]) -> list[Event]:
    """Return the events of all ``pieces``, in order. The stream does not end."""
    return [event for piece in pieces for event in codec.feed(piece)]
