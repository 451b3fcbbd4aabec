"""Building the wheel, and environments that have it installed, for tests of what users get.

An environment has the wheel, and of everything else only what the wheel's metadata asks for: links
to the packages that are installed here. So a package that an extra forgets is missing there too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from tests.meta.folders import ROOT


__all__ = ["Environment", "build", "can_install", "environment", "made_once"]

WITHIN_S = 120.0  # for a build or an installation on a busy machine


@dataclass(frozen=True)
class Environment:
    """A virtual environment with hubbub in its site-packages."""

    root: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.root / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """The folder of its packages."""
        (folder,) = (self.root / "lib").glob("python*/site-packages")
        return folder

    def files(self) -> dict[str, int]:
        """Return each file of hubbub in it with its size, without Python's own bytecode."""
        return {
            str(path.relative_to(self.site_packages)): path.stat().st_size
            for path in self.site_packages.glob("hubbub*/**/*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def build(folder: Path) -> None:
    """Build the source distribution from this clone, and the wheel from the source distribution."""
    folder.mkdir()
    _run([sys.executable, "-P", "-m", "hatchling", "build", "-t", "sdist", "-d", folder], cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    _run(
        [sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=source
    )


def environment(root: Path, wheel: Path, extra: str = "") -> Environment:
    """Make an environment with the wheel and with what it needs, and with one of its extras."""
    venv.create(root, symlinks=True)
    made = Environment(root)
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
        command += ["--python", str(made.python)]
    else:
        command = [sys.executable, "-m", "pip", "--python", str(made.python)]
        command += ["install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    _run([*command, wheel], cwd=root)
    (hubbub,) = distributions(name="hubbub", path=[str(made.site_packages)])
    for package in _needed(hubbub, extra):
        for name in {path.parts[0] for path in package.files or ()} - {"..", "__pycache__"}:
            if not (made.site_packages / name).exists():
                (made.site_packages / name).symlink_to(str(package.locate_file(name)))
    return made


def made_once(folder: Path, make: Callable[[Path], object]) -> None:
    """Let ``make`` make ``folder``, once for all processes of a test run that ask for it."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(folder)


def can_install() -> bool:
    """Return whether a wheel can be built and installed here."""
    return bool(find_spec("hatchling") and (shutil.which("uv") or find_spec("pip")))


def _needed(hubbub: Distribution, extra: str) -> list[Distribution]:
    """Return all packages that hubbub needs with that extra, and those that they need."""
    found: dict[str, Distribution] = {}
    waiting = [(hubbub, {"", extra})]
    seen = set()
    while waiting:
        package, extras = waiting.pop()
        for requirement in map(Requirement, package.requires or ()):
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": each}) for each in extras):
                continue
            asked = (requirement.name.lower(), *sorted(requirement.extras))
            if asked not in seen:
                seen.add(asked)
                found[requirement.name.lower()] = needed = distribution(requirement.name)
                waiting.append((needed, {"", *requirement.extras}))
    return list(found.values())


def _run(command: Sequence[str | Path], cwd: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    made = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=WITHIN_S
    )
    assert made.returncode == 0, made.stdout + made.stderr
