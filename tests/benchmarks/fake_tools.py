"""Small scripts in the place of compilers and installers; they count their runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


__all__ = ["COMPILER", "NPM", "UV", "put", "runs_in", "without_tools"]

# Like `cc … source -o program`: the program is a copy of the source.
COMPILER = """
case "$*" in *--version) echo "{version}"; exit; esac
echo run >> "{runs}"
while [ "$1" != -o ]; do source=$1; shift; done
cp "$source" "$2"
"""
# Like `npm install --prefix folder …`, started in that folder.
NPM = """
echo run >> "{runs}"
mkdir node_modules
cp package.json node_modules
"""
# Like `uv venv … folder`, and like `uv pip install --python folder/bin/python … pins`.
UV = """
while [ $# -gt 1 ]; do [ "$1" = --python ] && python=$2; [ "$1" = pip ] && pip=1; shift; done
if [ "$pip" ]; then echo run >> "{runs}"; cp "$1" "${{python%/bin/python}}/installed"
else mkdir -p "$1/bin"; : > "$1/bin/python"; fi
"""


def put(tools: Path, name: str, script: str, version: str = "1.0") -> Path:
    """Make a tool; return the file in which its runs are counted, one line each."""
    runs = tools / f"{name}-runs"
    tool = tools / name
    # sh is named by its path, because a test may remove everything else from the PATH.
    tool.write_text(f"#!{shutil.which('sh')}\n{script.format(runs=runs, version=version)}")
    tool.chmod(0o755)
    return runs


def runs_in(runs: Path) -> int:
    return len(runs.read_text().splitlines())


def without_tools(monkeypatch: pytest.MonkeyPatch, tools: Path) -> None:
    """Leave only the tools of this test on the PATH."""
    monkeypatch.setenv("PATH", str(tools))
