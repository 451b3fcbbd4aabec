"""Every package that a developer's environment gets is pinned in constraints.txt."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.folders import ROOT


def pins() -> dict[str, Requirement]:
    """Return what constraints.txt says, by name, as far as it holds for this Python."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if not line.startswith("#")]
    return {
        canonicalize_name(one.name): one
        for one in pinned
        if one.marker is None or one.marker.evaluate()
    }


def needed(name: str, extras: frozenset[str]) -> dict[str, str]:
    """Return the installed packages that one needs, and those that these need, with versions."""
    found: dict[str, str] = {}
    seen = set()
    waiting = [(name, extras)]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # of an extra that this environment does not have
            continue
        found[canonicalize_name(name)] = version(name)
        for requirement in map(Requirement, requirements):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": one}) for one in extras or {""}):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def test_every_package_is_pinned() -> None:
    """What pip installs is the version in constraints.txt, whichever Python it is for."""
    pinned = pins()
    installed = needed("hubbub", frozenset({"dev", "lessons", "schedules"}))
    del installed["hubbub"]

    unpinned = [name for name in installed if name not in pinned]
    others = [
        f"{name} {installed[name]}, pinned {pinned[name].specifier}"
        for name in installed.keys() & pinned
        if not pinned[name].specifier.contains(installed[name], prereleases=True)
    ]

    assert unpinned == []
    assert others == []


def test_pins_are_exact_and_in_order() -> None:
    """Each pin names one version, and the lines are in alphabetical order."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]

    assert [line for line in pinned if not re.match(r"[\w.-]+==[\w.]+( *;.*)?$", line)] == []
    assert sorted(pinned, key=str.casefold) == pinned
