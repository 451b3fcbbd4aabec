"""``python -m hubbub`` is the same as ``hubbub``.

With ``-m`` Python puts the caller's folder on the path. It is taken off before anything else is
imported: otherwise a ``random.py`` there would be imported in place of the standard library's.
Python's option ``-P`` and the variable ``PYTHONSAFEPATH`` keep that folder off from the start.
"""

import os
import sys

from hubbub import TREE


def _forget_the_callers_folder() -> None:
    try:
        caller = os.getcwd()
    except OSError:  # the folder was removed, so nothing in it can be imported
        return
    # Importing hubbub has put TREE before it. In a clone the caller's folder may be TREE itself.
    if not sys.flags.safe_path and caller != TREE and sys.path[1:2] == [caller]:
        del sys.path[1]


if __name__ == "__main__":
    _forget_the_callers_folder()

    if sys.argv[1:2] == ["serve"]:  # before the imports of hubbub.cli, which take a while
        from implementations.start import put_in_order

        put_in_order()

    from hubbub.cli import main

    sys.exit(main())
