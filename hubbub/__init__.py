"""The command line, the lessons' judge and the notebooks' helpers.

An installed hubbub is one package: the other folders of the project stand inside it, under
``_tree``. Importing this package puts that folder first on the path, so that ``conformance``,
``benchmarks`` and the others are ours, whatever else is installed or lies where the caller stands.
In a clone there is no ``_tree``, and the folder is the clone itself.
"""

import sys
from pathlib import Path


_HERE = Path(__file__).resolve().parent
_TREE = _HERE / "_tree"
_ROOT = str(_TREE if _TREE.is_dir() else _HERE.parent)

if _ROOT not in sys.path[:1]:
    sys.path.insert(0, _ROOT)
