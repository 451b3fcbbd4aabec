"""Servers by others, measured beside ours: each has no part of the protocol but fan-out.

A peer is a module that is started with ``--ws HOST:PORT`` and prints
``peer ID ready ws=HOST:PORT`` when its door is open.
"""

from __future__ import annotations


__all__ = ["PEERS"]

PEERS = {"websockets-broadcast": "benchmarks.peers.websockets_broadcast"}  # id: module
