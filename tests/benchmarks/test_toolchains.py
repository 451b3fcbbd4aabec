"""Building on demand: once per content, whole or not at all, and one line if it fails.

The tools are small scripts that count their runs, except where a real compiler's text matters.
"""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import toolchains
from benchmarks.toolchains import (
    Unavailable,
    cache_folder,
    compile_c,
    compile_go,
    first_line,
    node_modules,
    python_environment,
    python_module,
)
from conformance.timing import TICK
from tests.benchmarks.fake_tools import COMPILER, NPM, UV, put, runs_in, without_tools


@pytest.fixture(autouse=True)
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up an empty cache, and a folder of tools that is first on the PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("HUBBUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("GOPATH", raising=False)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "program.c"
    path.write_text("int main(void) { return 0; }\n")
    return path


def test_program_is_built_once(tools: Path, source: Path) -> None:
    """A source is built once, and then taken from the cache."""
    runs = put(tools, "cc", COMPILER)

    first = compile_c(source)
    second = compile_c(source)

    assert first == second
    assert first.read_bytes() == source.read_bytes()
    assert runs_in(runs) == 1


def test_changed_source_is_another_program(tools: Path, source: Path) -> None:
    """A changed source is built again, and the earlier program stays."""
    runs = put(tools, "cc", COMPILER)
    before = compile_c(source)

    source.write_text("int main(void) { return 1; }\n")
    after = compile_c(source)

    assert after != before
    assert after.read_bytes() == source.read_bytes()
    assert before.is_file()
    assert runs_in(runs) == 2


def test_changed_header_is_another_program(tools: Path, source: Path) -> None:
    """A program is built again when a header beside it has changed."""
    put(tools, "cc", COMPILER)
    source.write_text('#include "wire.h"\nint main(void) { return WIRE; }\n')
    header = source.with_name("wire.h")
    header.write_text("#define WIRE 0\n")
    before = compile_c(source)

    header.write_text("#define WIRE 1\n")

    assert compile_c(source) != before


def test_another_compiler_builds_anew(tools: Path, source: Path) -> None:
    """A program of another compiler version is not taken from the cache."""
    put(tools, "cc", COMPILER, version="1.0")
    before = compile_c(source)

    put(tools, "cc", COMPILER, version="2.0")

    assert compile_c(source) != before


def test_chosen_compiler_is_taken(
    tools: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CC names the compiler, and may add flags."""
    unwanted, wanted = put(tools, "cc", COMPILER), put(tools, "mycc", COMPILER)
    monkeypatch.setenv("CC", "mycc")
    plain = compile_c(source)

    monkeypatch.setenv("CC", "mycc -g")

    assert compile_c(source) != plain
    assert runs_in(wanted) == 2
    assert not unwanted.exists()


def test_builds_at_the_same_time_give_one_program(tools: Path, source: Path) -> None:
    """Four builds at the same time all get the whole program, and no scratch folder is left."""
    put(tools, "cc", COMPILER)

    with ThreadPoolExecutor(4) as pool:
        programs = set(pool.map(compile_c, [source] * 4))

    (program,) = programs
    assert list(cache_folder().iterdir()) == [program]


def test_missing_compiler_is_said(
    tools: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a compiler the error says what to install."""
    without_tools(monkeypatch, tools)

    with pytest.raises(Unavailable) as caught:
        compile_c(source)

    assert str(caught.value) == "no C compiler (install gcc or clang, or set CC)"


def test_missing_chosen_compiler_is_said(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CC that is not installed is named."""
    monkeypatch.setenv("CC", "no-such-compiler -g")

    with pytest.raises(Unavailable, match="no C compiler 'no-such-compiler'"):
        compile_c(source)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_broken_source_says_its_first_error(
    source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A source that does not compile is refused with the compiler's first error, in one line."""
    source.write_text("int main(void) { return not_there; }\n")

    with pytest.raises(Unavailable) as caught:
        compile_c(source)

    said = str(caught.value)
    assert said.startswith("cc cannot build program.c: ")
    assert "not_there" in said
    assert "\n" not in said
    assert list(cache_folder().iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_tool_that_hangs_is_ended(
    tools: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiler that hangs is ended, with its child processes, and nothing is kept."""
    put(tools, "cc", 'if [ "$1" != --version ]; then sleep 1000 & wait; fi')
    monkeypatch.setattr(toolchains, "_BUILD_S", TICK)

    with pytest.raises(Unavailable, match=r"cc took more than \S+ s"):
        compile_c(source)

    assert list(cache_folder().iterdir()) == []


def test_missing_go_is_said(tools: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go the error says what to install."""
    without_tools(monkeypatch, tools)

    with pytest.raises(Unavailable, match=r"no Go \(install golang-go\)"):
        compile_go(source)


def test_missing_gorilla_is_said(
    tools: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without gorilla/websocket the error names Debian's package, and nothing is built."""
    runs = put(tools, "go", 'echo run >> "{runs}"')
    monkeypatch.setenv("GOPATH", str(tmp_path))
    monkeypatch.setattr(toolchains, "_DEBIAN_GOPATH", str(tmp_path))

    with pytest.raises(Unavailable, match="golang-github-gorilla-websocket-dev"):
        compile_go(source)

    assert not runs.exists()


def test_go_takes_the_library_of_gopath(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gorilla/websocket under GOPATH is used, and a change in it causes a new build."""
    script = 'if [ "$1" = build ]; then echo run >> "{runs}"; cp "$4" "$3"; else echo 1.0; fi'
    runs = put(tools, "go", script)
    library = tmp_path / "src" / "github.com" / "gorilla" / "websocket"
    library.mkdir(parents=True)
    (library / "conn.go").write_text("package websocket\n")
    monkeypatch.setenv("GOPATH", str(tmp_path))
    source = tmp_path / "main.go"
    source.write_text("package main\n")

    first, again = compile_go(source), compile_go(source)
    (library / "conn.go").write_text("package websocket // newer\n")
    newer = compile_go(source)

    assert first == again != newer
    assert runs_in(runs) == 2


def test_packages_are_installed_once(tools: Path, tmp_path: Path) -> None:
    """A package.json is installed once, and again after a change."""
    put(tools, "node", "echo v1.0")
    runs = put(tools, "npm", NPM)
    package_json = tmp_path / "package.json"
    package_json.write_text("{}")

    first, again = node_modules(package_json), node_modules(package_json)
    package_json.write_text('{"private": true}')
    other = node_modules(package_json)

    assert first == again != other
    assert first.name == "node_modules"
    assert (other / "package.json").read_text() == '{"private": true}'
    assert runs_in(runs) == 2


def test_failing_install_is_said(tools: Path, tmp_path: Path) -> None:
    """If npm fails, its first error is given, and the next attempt starts from nothing."""
    put(tools, "node", "echo v1.0")
    put(tools, "npm", "echo 'npm error network is down' >&2; exit 1")
    package_json = tmp_path / "package.json"
    package_json.write_text("{}")

    with pytest.raises(Unavailable) as caught:
        node_modules(package_json)

    assert str(caught.value) == "npm cannot install package.json: npm error network is down"
    put(tools, "npm", NPM)
    assert node_modules(package_json).is_dir()


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_missing_node_is_said(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Without node or npm the error says which is missing."""
    for tool in {"node", "npm"} - {missing}:
        put(tools, tool, "echo v1.0")
    without_tools(monkeypatch, tools)

    with pytest.raises(Unavailable, match=f"no {missing} "):
        node_modules(tmp_path / "package.json")


def test_other_library_of_go_is_named(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: Path
) -> None:
    """A Go program may need another library; without it, that library and its package are named."""
    put(tools, "go", "exit 1")
    monkeypatch.setenv("GOPATH", str(tmp_path))
    monkeypatch.setattr(toolchains, "_DEBIAN_GOPATH", str(tmp_path))

    with pytest.raises(Unavailable, match=r"^no example.org/lib \(install golang-lib-dev\)$"):
        compile_go(source, "example.org/lib", "golang-lib-dev")


def test_environment_is_made_once(tools: Path, tmp_path: Path) -> None:
    """The environment of a pin file is made once, and another one after a change."""
    runs = put(tools, "uv", UV)
    pins = tmp_path / "framework.txt"
    pins.write_text("framework==1.0\n")

    first, again = python_environment(pins), python_environment(pins)
    pins.write_text("framework==2.0\n")
    other = python_environment(pins)

    assert first == again != other
    assert first.is_file()
    assert (other.parents[1] / "installed").read_text() == "framework==2.0\n"
    assert runs_in(runs) == 2


def test_environment_without_uv_is_made_by_pip(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without uv, pip makes the same environment; its Python sees nothing of this one."""
    without_tools(monkeypatch, tools)
    pins = tmp_path / "framework.txt"
    pins.write_text("# nothing\n")

    python = python_environment(pins)

    seen = "import importlib.util as u; print(u.find_spec('pytest'))"
    done = subprocess.run([python, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_package_that_cannot_be_had_is_said(tools: Path, tmp_path: Path) -> None:
    """If a package cannot be installed, the installer's error is given, and nothing is kept."""
    put(tools, "uv", 'if [ "$1" = pip ]; then echo "error: no such package: x" >&2; exit 1; fi')
    pins = tmp_path / "framework.txt"
    pins.write_text("x==1.0\n")

    with pytest.raises(Unavailable) as caught:
        python_environment(pins)

    assert str(caught.value) == "cannot install framework.txt: error: no such package: x"
    assert list(cache_folder().iterdir()) == []


def test_installed_module_is_available() -> None:
    """For a module that can be imported nothing is raised."""
    python_module("json", "peers")


def test_missing_module_is_said() -> None:
    """For a missing module the error names the extra that installs it."""
    with pytest.raises(Unavailable) as caught:
        python_module("no_such_module", "peers")

    assert str(caught.value) == "no no_such_module (pip install 'hubbub[peers]')"


def test_first_line_of_a_tool(tools: Path) -> None:
    """The first line of a tool is returned; nothing if the tool fails or is missing."""
    put(tools, "talker", "echo one; echo two")
    put(tools, "failing", "echo one; exit 1")

    assert first_line(["talker"]) == "one"
    assert first_line(["failing"]) == ""
    assert first_line(["no-such-tool"]) == ""


def test_cache_is_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HUBBUB_CACHE the cache is a folder of the repository."""
    monkeypatch.delenv("HUBBUB_CACHE")

    folder = cache_folder()

    assert folder.parts[-2:] == (".cache", "benchmarks")
    assert (folder.parents[1] / "pyproject.toml").is_file()


def test_cache_of_an_installed_hubbub_is_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a clone the cache is in the user's cache folder, not beside the code."""
    monkeypatch.delenv("HUBBUB_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: tmp_path / "user" / name)
    monkeypatch.setattr(toolchains, "_ROOT", tmp_path / "site-packages" / "hubbub" / "_tree")

    folder = cache_folder()

    assert folder == tmp_path / "user" / "hubbub" / "benchmarks"
    assert folder.is_dir()
    assert not (tmp_path / "site-packages").exists()
