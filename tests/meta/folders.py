"""Where things are, for tests about the project itself."""

from __future__ import annotations

from pathlib import Path


__all__ = ["ROOT", "modules_in"]

ROOT = Path(__file__).resolve().parents[2]


def modules_in(folder: Path) -> dict[str, Path]:
    """Return the modules of one folder, by name; ``__init__`` is not one."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"}
