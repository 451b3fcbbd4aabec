"""What other languages need: programs built, and packages fetched, into a cache on first use.

The cache is the folder that ``HUBBUB_CACHE`` names. Without it a clone has its own cache,
``.cache/benchmarks``, and an installed hubbub uses the user's cache folder: nothing is written into
site-packages. The cache may be deleted at any time.

Invariants:
  1. A name in the cache holds a hash of all that went into it: a changed source or another
     compiler is another name, so nothing there is ever stale.
  2. A thing is made under a temporary name and renamed when it is whole. Two processes may make
     it at once, and one that is killed leaves at most a temporary folder that nobody looks at.
  3. Every wait has a deadline, and what a tool prints is captured: nothing reaches the terminal.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
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
    "python_module",
]

_ROOT = Path(__file__).resolve().parents[1]
_BUILD_S = 120.0  # a first Go build compiles net/http, on a slow machine
_FETCH_S = 120.0
_ASK_S = 20.0  # for a version: Go and npm unpack themselves into a cold page cache
_GORILLA = "github.com/gorilla/websocket"
_DEBIAN_GOPATH = "/usr/share/gocode"


class Unavailable(Exception):
    """A tool or a package is missing, or does not do its work; one line that says what to do."""


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
    """The C compiler and its first flags: ``CC``, else the first of cc, gcc and clang.

    Raises:
        Unavailable: there is none.
    """
    chosen = shlex.split(os.environ.get("CC", ""))
    for candidate in [chosen] if chosen else [["cc"], ["gcc"], ["clang"]]:
        if shutil.which(candidate[0]) is not None:
            return candidate
    if chosen:
        raise Unavailable(f"no C compiler {chosen[0]!r} (set CC to one that is there)")
    raise Unavailable("no C compiler (install gcc or clang, or set CC)")


def compile_c(source: Path) -> Path:
    """Return the program of one C file, built if this source and compiler have not met before.

    Raises:
        Unavailable: there is no compiler, or it refuses the source: with its first error.
    """
    source, compiler = source.resolve(), c_compiler()
    command = [*compiler, "-O2", "-Wall", "-Wextra"]
    name = _name(source.stem, source.read_bytes(), command, first_line([*compiler, "--version"]))
    return _built(name, source, [*command, str(source), "-o"])


def compile_go(source: Path) -> Path:
    """Return the program of one Go file that may import gorilla/websocket.

    The network is never asked: gorilla/websocket comes from ``GOPATH`` or from Debian's package.

    Raises:
        Unavailable: Go or gorilla/websocket is missing, or the source does not build.
    """
    if shutil.which("go") is None:
        raise Unavailable("no Go (install golang-go)")
    roots = [root for root in os.environ.get("GOPATH", "").split(os.pathsep) if root]
    roots = [*(roots or [str(Path.home() / "go")]), _DEBIAN_GOPATH]
    library = next((p for root in roots if (p := Path(root, "src", _GORILLA)).is_dir()), None)
    if library is None:
        raise Unavailable("no gorilla/websocket (install golang-github-gorilla-websocket-dev)")
    source = source.resolve()
    parts = [source.read_bytes(), *(path.read_bytes() for path in sorted(library.glob("*.go")))]
    name = _name(source.parent.name, b"".join(parts), roots, first_line(["go", "version"]))
    environment = {
        "GO111MODULE": "off",
        "GOPATH": os.pathsep.join(roots),
        "GOCACHE": str(cache_folder() / "go-build"),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",  # else net wants a C compiler
    }
    return _built(name, source, ["go", "build", "-o"], [str(source)], environment)


def node_modules(package_json: Path) -> Path:
    """Return the ``node_modules`` of a ``package.json``, installed once for each content of it.

    Raises:
        Unavailable: node, npm or the network is missing.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Unavailable(f"no {tool} (install nodejs and npm)")
    content = package_json.read_bytes()
    final = cache_folder() / _name("node", content, [], first_line(["node", "--version"]))
    if final.is_dir():
        return final / "node_modules"
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
        with suppress(OSError):  # another process was faster; what it made is the same
            folder.rename(final)
    return final / "node_modules"


def python_module(name: str, extra: str) -> None:
    """Check that a module can be imported, without importing it.

    Raises:
        Unavailable: it cannot; ``extra`` is the optional dependency of ours that brings it.
    """
    if importlib.util.find_spec(name) is None:
        raise Unavailable(f"no {name} (pip install 'hubbub[{extra}]')")


def first_line(command: Sequence[str]) -> str:
    """The first line that a command prints, such as its version; empty when it cannot be run."""
    try:
        exit_code, said = _run(command, _ASK_S, {})
    except Unavailable:
        return ""
    return said.strip().partition("\n")[0] if exit_code == 0 else ""


def _name(stem: str, content: bytes, command: Sequence[str], version: str) -> str:
    """Name a thing by all that it is made of."""
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
    """Return the program ``name``; build it, with its place between the two halves, if need be."""
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
    """Run a tool in a process group of its own, so that its helpers end with it.

    Returns its exit code and all that it printed.

    Raises:
        Unavailable: it cannot be started, or takes too long.
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
            if tool.returncode is None:  # nobody has waited for it, so its id is still its own
                with suppress(ProcessLookupError):
                    os.killpg(tool.pid, signal.SIGKILL)
    return tool.returncode, said.decode(errors="replace")


def _first_error(said: str) -> str:
    """The line of a tool's output that a person needs."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and not line.startswith("#")]
    plain = [line for line in lines if not line.startswith("#")]  # Go's '# command-line-arguments'
    return [*telling, *plain, "it does not say why"][0]
