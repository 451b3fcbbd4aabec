"""Programs in other languages and on other libraries: built or installed into a cache on first use.

The cache is the folder that ``HUBBUB_CACHE`` names. Without it a clone has its own cache,
``.cache/benchmarks``, and an installed hubbub uses the user's cache folder: nothing is written into
site-packages. The cache may be deleted at any time.

Invariants:
  1. A name in the cache contains a hash of everything that its program is made of. A changed
     source or another compiler gives another name, so nothing in the cache is ever stale.
  2. A program is built under a temporary name and renamed when it is complete. Two processes may
     build it at the same time; a process that is killed leaves at most an unused temporary folder.
  3. Every wait has a deadline, and the output of every tool is captured, not shown. On a terminal
     one line on standard error says what is being installed, because that takes a while.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path


__all__ = [
    "Unavailable",
    "c_compiler",
    "cache_folder",
    "compile_c",
    "compile_go",
    "first_line",
    "node_modules",
    "python_environment",
    "python_module",
]

_ROOT = Path(__file__).resolve().parents[1]
_BUILD_S = 120.0  # a first Go build compiles net/http, on a slow machine
_FETCH_S = 120.0
_ASK_S = 20.0  # for a version: Go and npm unpack themselves into a cold page cache
_INSTALL_S = 300.0  # Django Channels: 30 MB in 25 packages
_DEBIAN_GOPATH = "/usr/share/gocode"


class Unavailable(Exception):
    """A tool or a package is missing or fails; the text is one line that says what to do."""


def cache_folder() -> Path:
    """Return the folder for everything that is built; make it if it does not exist."""
    folder = Path(os.environ.get("HUBBUB_CACHE") or _default_cache_folder()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _default_cache_folder() -> Path:
    if (_ROOT / "pyproject.toml").is_file():  # a clone, not the folder inside a wheel
        return _ROOT / ".cache" / "benchmarks"
    from platformdirs import user_cache_path

    return user_cache_path("hubbub", appauthor=False) / "benchmarks"


def c_compiler() -> list[str]:
    """Return the C compiler and its first flags: ``CC``, or the first of cc, gcc and clang.

    Raises:
        Unavailable: there is no C compiler.
    """
    chosen = shlex.split(os.environ.get("CC", ""))
    for candidate in [chosen] if chosen else [["cc"], ["gcc"], ["clang"]]:
        if shutil.which(candidate[0]) is not None:
            return candidate
    if chosen:
        raise Unavailable(f"no C compiler {chosen[0]!r} (set CC to an installed compiler)")
    raise Unavailable("no C compiler (install gcc or clang, or set CC)")


def compile_c(source: Path) -> Path:
    """Return the program of one C file; build it unless the cache holds it for this compiler.

    Headers that the file includes by a name in quotes stand beside it, and count as its content.

    Raises:
        Unavailable: there is no compiler, or the source does not build; with the first error.
    """
    source, compiler = source.resolve(), c_compiler()
    command = [*compiler, "-O2", "-Wall", "-Wextra"]
    content = b"".join(path.read_bytes() for path in _with_headers(source))
    name = _name(source.stem, content, command, first_line([*compiler, "--version"]))
    return _built(name, source, [*command, str(source), "-o"])


def _with_headers(source: Path) -> Iterator[Path]:
    yield source
    for line in source.read_bytes().splitlines():
        if line.startswith(b'#include "'):
            yield from _with_headers(source.with_name(line.split(b'"')[1].decode()))


def compile_go(
    source: Path,
    library: str = "github.com/gorilla/websocket",
    package: str = "golang-github-gorilla-websocket-dev",
) -> Path:
    """Return the program of one Go file, which may import one library.

    Nothing is downloaded: the library comes from ``GOPATH`` or from Debian's package.

    Raises:
        Unavailable: Go or the library is missing, or the source does not build.
    """
    if shutil.which("go") is None:
        raise Unavailable("no Go (install golang-go)")
    roots = [root for root in os.environ.get("GOPATH", "").split(os.pathsep) if root]
    roots = [*(roots or [str(Path.home() / "go")]), _DEBIAN_GOPATH]
    imported = next((p for root in roots if (p := Path(root, "src", library)).is_dir()), None)
    if imported is None:
        raise Unavailable(f"no {library.removeprefix('github.com/')} (install {package})")
    source = source.resolve()
    parts = [source.read_bytes(), *(path.read_bytes() for path in sorted(imported.glob("*.go")))]
    name = _name(source.parent.name, b"".join(parts), roots, first_line(["go", "version"]))
    environment = {
        "GO111MODULE": "off",
        "GOPATH": os.pathsep.join(roots),
        "GOCACHE": str(cache_folder() / "go-build"),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",  # with cgo, the package net needs a C compiler
    }
    return _built(name, source, ["go", "build", "-o"], [str(source)], environment)


def node_modules(package_json: Path) -> Path:
    """Return the ``node_modules`` of a ``package.json``; install them once per content of the file.

    Raises:
        Unavailable: node or npm is missing, or npm cannot install the packages.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Unavailable(f"no {tool} (install nodejs and npm)")
    content = package_json.read_bytes()
    final = cache_folder() / _name("node", content, [], first_line(["node", "--version"]))
    if final.is_dir():
        return final / "node_modules"
    _tell(f"installing the packages of {package_json.parent.name} with npm")
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="making-") as scratch:
        folder = Path(scratch, "packages")
        folder.mkdir()
        (folder / "package.json").write_bytes(content)
        command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit"]
        command += ["--no-fund", "--no-package-lock", "--no-update-notifier", "--loglevel=error"]
        command += ["--fetch-retries=0", f"--cache={cache_folder() / 'npm'}"]
        exit_code, said = _run(command, _FETCH_S, {}, cwd=folder)
        if exit_code:
            raise Unavailable(f"npm cannot install {package_json.name}: {_first_error(said)}")
        with suppress(OSError):  # another process was faster, and has made the same
            folder.rename(final)
    return final / "node_modules"


def python_environment(pins: Path) -> Path:
    """Return the Python of an environment that holds the packages of a pin file, and nothing else.

    It is installed once per content of the file and per Python, by ``uv`` if it is there and by
    pip if it is not. Packages that have to be compiled are refused, since that takes minutes.

    Raises:
        Unavailable: no environment can be made, or a package cannot be installed.
    """
    final = cache_folder() / _name(pins.stem, pins.read_bytes(), [sys.executable], sys.version)
    if final.is_dir():
        return final / "bin" / "python"
    _tell(f"installing the packages of {pins.stem} into an environment of their own")
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="making-") as scratch:
        folder = Path(scratch, "environment")
        python = folder / "bin" / "python"
        wanted = ["--quiet", "--only-binary", ":all:", "--requirement", str(pins)]
        if uv := shutil.which("uv"):
            create = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
            install = [uv, "pip", "install", "--python", str(python), *wanted]
        else:
            mine = importlib.util.find_spec("pip") is not None  # an own pip takes seconds to make
            create = [sys.executable, "-m", "venv", *(["--without-pip"] if mine else [])]
            create.append(str(folder))
            pip = [sys.executable, "-m", "pip", "--python"] if mine else []
            install = [*pip, str(python), *([] if mine else ["-m", "pip"]), "install", *wanted]
            install += ["--no-input", "--disable-pip-version-check"]
        for command, what in ((create, "make an environment for"), (install, "install")):
            exit_code, said = _run(command, _INSTALL_S, {}, cwd=Path(scratch))
            if exit_code:
                raise Unavailable(f"cannot {what} {pins.name}: {_first_error(said)}")
        with suppress(OSError):  # another process was faster, and has made the same
            folder.rename(final)
    return final / "bin" / "python"


def python_module(name: str, extra: str) -> None:
    """Check that a module can be imported, without importing it.

    Raises:
        Unavailable: it cannot; the text names ``extra``, the extra of hubbub that installs it.
    """
    if importlib.util.find_spec(name) is None:
        raise Unavailable(f"no {name} (pip install 'hubbub[{extra}]')")


def first_line(command: Sequence[str]) -> str:
    """Return the first line that a command prints, such as its version; empty if it fails."""
    try:
        exit_code, said = _run(command, _ASK_S, {})
    except Unavailable:
        return ""
    return said.strip().partition("\n")[0] if exit_code == 0 else ""


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"hubbub: {text} ...", file=sys.stderr, flush=True)


def _name(stem: str, content: bytes, command: Sequence[str], version: str) -> str:
    """Return a name for a program that contains a hash of everything it is made of."""
    parts = [content, "\0".join(command).encode(), version.encode()]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return f"{stem}-{digest.hexdigest()[:16]}"


def _built(
    name: str,
    source: Path,
    before: Sequence[str],
    after: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Return the program ``name``; build it if the cache lacks it.

    The compiler's command is ``before``, the path of the program, ``after``.
    """
    final = cache_folder() / name
    if final.is_file():
        return final
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="making-") as scratch:
        made = Path(scratch, "program")
        command = [*before, str(made), *after]
        exit_code, said = _run(command, _BUILD_S, environment or {}, cwd=Path(scratch))
        if exit_code or not made.is_file():
            raise Unavailable(f"{before[0]} cannot build {source.name}: {_first_error(said)}")
        made.replace(final)
    return final


def _run(
    command: Sequence[str],
    within_s: float,
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
) -> tuple[int, str]:
    """Run a tool; return its exit code and everything that it printed.

    The tool has a process group of its own, so its child processes end with it.

    Raises:
        Unavailable: the tool cannot be started, or takes too long.
    """
    try:
        tool = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C", **environment},
            cwd=cwd,
            process_group=0,
        )
    except OSError as error:
        raise Unavailable(f"cannot run {command[0]}: {error.strerror}") from None
    with tool:
        try:
            said, _ = tool.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{command[0]} took more than {within_s:g} s") from None
        finally:
            if tool.returncode is None:  # not waited for yet, so its id cannot be reused
                with suppress(ProcessLookupError):
                    os.killpg(tool.pid, signal.SIGKILL)
    return tool.returncode, said.decode(errors="replace")


def _first_error(said: str) -> str:
    """Return the line of a tool's output that names the error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and not line.startswith("#")]
    plain = [line for line in lines if not line.startswith("#")]  # Go's '# command-line-arguments'
    return [*telling, *plain, "no error message"][0]
