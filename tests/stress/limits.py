"""What a process may open: asked before a crowd comes, not found out in the middle of it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


__all__ = ["allow_descriptors", "low_soft_limit"]

_SPARE = 200  # for what server, crowd and test open besides the sockets of the crowd


def allow_descriptors(clients: int) -> None:
    """Let this process open a socket for each of so many clients; skip if it may not.

    The server needs as many, and has the same hard limit.
    """
    wanted = clients + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(
            f"{clients:,} clients need {wanted:,} open files per process, but the hard limit is "
            f"{hard:,}. As root, run `ulimit -Hn {wanted} && make stress`; or start the container "
            f"with --ulimit nofile={wanted}"
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def low_soft_limit(descriptors: int) -> Iterator[None]:
    """Start processes with the soft limit on open files that most shells have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = descriptors if soft == resource.RLIM_INFINITY else min(soft, descriptors)
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
