"""The one unit of time for deadlines in tests.

A deadline is a multiple of ``TICK``. It is reached only when something is wrong, so it is
generous. On a machine that is much slower or much busier than a laptop, stretch every deadline
at once: ``TEST_TICK_S=0.5 make test``.
"""

import os


__all__ = ["TICK", "WITHIN"]

TICK = float(os.environ.get("TEST_TICK_S", "0.1"))
"""The unit of all deadlines, in seconds: 0.1, or the variable ``TEST_TICK_S``."""

WITHIN = 50 * TICK
"""How long a line that must come may take, in seconds: 50 ``TICK``."""
