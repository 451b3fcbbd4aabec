"""Which optional packages each sub-command needs, and the line that says what is missing.

A sub-command that is not in the table works without any of them. ``chat`` and ``top`` use such a
package if it is installed. What only some servers need, for ``serve --loop uvloop`` or for
``replay``, is checked where such a server is started.
"""

from __future__ import annotations

from importlib.util import find_spec


__all__ = ["NEEDS", "complaint"]

# Command: the extra in pyproject.toml that it needs, and the modules that it imports from there.
# An entry with an argument is for that use only: `hubbub learn` lists the lessons without them.
NEEDS = {
    "learn NN": ("lessons", ("jupyterlab",)),
    "check 15": ("conform", ("pytest",)),
    "conform": ("conform", ("pytest", "xdist", "rich", "jinja2")),
    "gallery": ("conform", ("pytest", "xdist", "rich", "jinja2")),
    "bench": ("bench", ("numpy", "pydantic", "rich", "platformdirs")),
    "lab": ("bench", ("numpy", "platformdirs")),
    "report": ("bench", ("numpy", "pydantic", "matplotlib", "jinja2", "rich")),
    "compare": (
        "bench",
        ("numpy", "pydantic", "matplotlib", "jinja2", "rich", "platformdirs", "pytest", "xdist"),
    ),
    "completion": ("completion", ("shtab",)),
}

_PACKAGES = {"xdist": "pytest-xdist"}  # for pip, where the package is not called as its module


def complaint(command: str) -> str:
    """Return what ``command`` lacks and how to install it, in one line; empty if it lacks nothing.

    Nothing is imported, so this is quick.
    """
    extra, modules = NEEDS.get(command, ("", ()))
    missing = [_PACKAGES.get(module, module) for module in modules if find_spec(module) is None]
    if not missing:
        return ""
    *others, last = missing
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"hubbub {command} needs {listed}: pip install 'hubbub[{extra}]'"
