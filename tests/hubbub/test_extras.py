"""Missing packages: one line says which extra a sub-command needs, and nothing is a traceback."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec

import pytest
from packaging.requirements import Requirement

from hubbub.cli import main
from hubbub.extras import NEEDS, complaint
from tests.meta.folders import ROOT


# How a sub-command is used; the file does not have to exist.
USES = {
    "learn NN": ["learn", "00"],
    "check 15": ["check", "15"],
    "conform": ["conform", "trio-mutex"],
    "report": ["report", "bench.json"],
    "completion": ["completion", "bash"],
}
PACKAGES = {"xdist": "pytest-xdist"}


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Let these modules be missing, and no others."""
    monkeypatch.setattr("hubbub.extras.find_spec", lambda name: None if name in hidden else name)


@pytest.mark.parametrize(
    ("command", "module"), [(command, module) for command in NEEDS for module in NEEDS[command][1]]
)
def test_missing_module_is_one_line(
    command: str, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where one module is missing, the line names its package and the extra, and can be pasted."""
    hide(monkeypatch, module)

    assert main(USES.get(command, [command])) == 2

    extra, _ = NEEDS[command]
    package = PACKAGES.get(module, module)
    line = f"hubbub {command} needs {package}: pip install 'hubbub[{extra}]'\n"
    assert capsys.readouterr().err == line


def test_all_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several missing packages are named in one line."""
    hide(monkeypatch, "numpy", "pydantic", "rich")

    said = complaint("bench")

    assert said == "hubbub bench needs numpy, pydantic and rich: pip install 'hubbub[bench]'"
    assert complaint("list") == ""


@pytest.mark.parametrize("command", NEEDS)
def test_extra_brings_what_is_needed(command: str) -> None:
    """The extra that the line names has every package that its sub-command needs."""
    extra, modules = NEEDS[command]

    assert {PACKAGES.get(module, module) for module in modules} <= packages(extra)


def packages(extra: str) -> set[str]:
    """Return the packages of an extra in pyproject.toml, and of the extras that it contains."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {"pytest"} if extra == "bench" else set()  # pytest-benchmark needs it
    for requirement in map(Requirement, project["optional-dependencies"][extra]):
        found.add(requirement.name)
        if requirement.name == "hubbub":
            found |= set().union(*map(packages, requirement.extras))
    return found


def test_modules_are_spelled_right() -> None:
    """Each module of the table can be imported here, unless its extra is not for tests."""
    names = {module for _, modules in NEEDS.values() for module in modules} - {"jupyterlab"}

    assert [name for name in names if find_spec(name) is None] == []
