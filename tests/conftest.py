"""One Hypothesis profile for all tests.

No deadline, because the machine may be busy. The same examples every time under
``CI``, new ones every time at a desk.
"""

import os
from contextlib import suppress


with suppress(ModuleNotFoundError):  # who only judges servers does not need it
    import hypothesis

    hypothesis.settings.register_profile(
        "hubbub", deadline=None, derandomize="CI" in os.environ, print_blob=True
    )
    hypothesis.settings.load_profile("hubbub")
