"""Makes the options of the conformance suite known, whichever folder pytest is given.

And one Hypothesis profile for all: no deadline, for the machine may be busy; the
same examples every time under ``CI``, new ones every time at a desk.
"""

import os
from contextlib import suppress


pytest_plugins = ["tests.conformance.plugin"]

with suppress(ModuleNotFoundError):  # who only judges servers does not need it
    import hypothesis

    hypothesis.settings.register_profile(
        "hubbub", deadline=None, derandomize="CI" in os.environ, print_blob=True
    )
    hypothesis.settings.load_profile("hubbub")
