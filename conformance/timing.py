"""The one unit of time for deadlines in tests.

A deadline is a multiple of ``TICK`` and is only ever reached when something is
wrong, so it is generous. On a machine that is much slower or much busier than a
laptop, stretch every deadline at once: ``TEST_TICK_S=0.5 make test``.
"""

import os


__all__ = ["TICK"]

TICK = float(os.environ.get("TEST_TICK_S", "0.1"))  # seconds
