"""The command line, the lessons' judge and the notebooks' helpers.

A wheel puts one name into site-packages, this package; the project's other packages and the
lessons are inside it, under ``_tree``. Importing this package puts that folder first on the path.
So ``conformance``, ``benchmarks`` and the others are always the project's own, even in a folder
that has packages with these names. A clone has no ``_tree``: there the folder is the clone's root.

`TREE` is that folder. This file imports nothing that a file of the caller could hide: with
``python -m hubbub`` the caller's folder is still on the path here (__main__.py takes it off).
"""

import os.path
import sys


__all__ = ["TREE"]

_HERE = os.path.dirname(os.path.abspath(__file__))
_INSTALLED = os.path.join(_HERE, "_tree")

TREE = _INSTALLED if os.path.isdir(_INSTALLED) else os.path.dirname(_HERE)

if TREE not in sys.path[:1]:
    sys.path.insert(0, TREE)
