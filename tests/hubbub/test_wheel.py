"""What a user gets: the source distribution, the wheel, and each sub-command from the wheel.

Each sub-command runs in an environment that has the wheel and the extra which that sub-command
needs (hubbub/extras.py), and nothing else. It starts in an empty folder and in a folder whose files
would break it if one of them were imported.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from hubbub.cli import COMMANDS
from hubbub.extras import NEEDS
from tests.hubbub import wheels
from tests.hubbub.wheels import WITHIN_S, Environment
from tests.meta.folders import ROOT


pytestmark = pytest.mark.skipif(
    not wheels.can_install(), reason="needs hatchling, and pip or uv (make setup)"
)

EXTRAS = ("", "conform", "bench", "completion")
FOREIGN_PACKAGES = ("tests", "benchmarks", "implementations", "conformance", "schedules", "lessons")
FOREIGN_MODULES = ("random", "signal", "pytest", "json", "select")
SCRIPT, MODULE = "hubbub", "python -m hubbub"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all processes of this test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def built(shared: Path) -> Path:
    """The folder with the source distribution and the wheel."""
    wheels.made_once(shared / "built", wheels.build)
    return shared / "built"


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel."""
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def environments(shared: Path, wheel: Path) -> dict[str, Environment]:
    """An environment with the wheel for each extra; "" is without any."""

    def make(folder: Path) -> None:
        folder.mkdir()
        for extra in EXTRAS:
            wheels.environment(folder / f"with-{extra}", wheel, extra)

    wheels.made_once(shared / "environments", make)
    return {extra: Environment(shared / "environments" / f"with-{extra}") for extra in EXTRAS}


@pytest.fixture(params=["empty", "hostile"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the caller stands: an empty folder, or one whose files raise when imported."""
    folder = tmp_path / "folder"
    folder.mkdir()
    if request.param == "hostile":
        for name in FOREIGN_PACKAGES:
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text("raise RuntimeError('not yours')\n")
        for name in FOREIGN_MODULES:
            (folder / f"{name}.py").write_text("raise RuntimeError('not yours')\n")
    return folder


class Caller:
    """Runs hubbub as a user does: from a folder, with the extra that the sub-command needs."""

    def __init__(
        self, environments: dict[str, Environment], folder: Path, home: Path, way: str
    ) -> None:
        self._environments = environments
        self.folder = folder
        self._way = way
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HUBBUB_"))}
        kept = {k: v for k, v in kept.items() if not k.startswith("XDG_")}
        progress = folder.with_name("progress.json")
        self.environment = {**kept, "HOME": str(home), "HUBBUB_PROGRESS": str(progress)}

    def command(self, *words: str, extra: str | None = None) -> list[str]:
        """Return a command line of hubbub."""
        if extra is None:
            extra, _ = NEEDS.get(words[0], ("", ()))
        python = self._environments[extra].python
        start = [str(python.with_name("hubbub"))]
        return [*(start if self._way == SCRIPT else [str(python), "-m", "hubbub"]), *words]

    def run(
        self, *words: str, extra: str | None = None, exit_code: int | Set[int] = 0, said: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one sub-command, and see that it ends as it should."""
        ran = subprocess.run(
            self.command(*words, extra=extra),
            cwd=self.folder,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
        codes = {exit_code} if isinstance(exit_code, int) else exit_code
        assert ran.returncode in codes, f"{words}: {ran.stdout}{ran.stderr}"
        assert "Traceback" not in ran.stdout + ran.stderr, words
        return ran

    @contextmanager
    def serving(self, server_id: str) -> Iterator[dict[str, str]]:
        """Run a server; yield the addresses of its doors, and see it end in good order."""
        words = ["serve", server_id, "--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"]
        server = subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        with server:
            try:
                assert server.stdout is not None
                yield dict(re.findall(r"(tcp|ws)=(\S+)", server.stdout.readline()))
                server.send_signal(signal.SIGTERM)
                assert server.wait(WITHIN_S) == 0
            finally:
                server.kill()


@pytest.fixture
def caller(
    environments: dict[str, Environment], folder: Path, shared: Path
) -> Callable[[str], Caller]:
    """Make a caller that starts hubbub in one of the two ways."""
    home = shared / "home"  # one for all: matplotlib's first search for fonts takes seconds
    home.mkdir(exist_ok=True)
    return lambda way: Caller(environments, folder, home, way)


def test_source_distribution_is_complete(built: Path) -> None:
    """It holds what the repository holds, and nothing that was made in the clone."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    tracked = [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]

    assert [name for name in tracked if name not in names] == []
    assert {"Makefile", "constraints.txt", "docs/book/conf.py", "lessons/README.md"} <= names
    assert "tests/hubbub/test_wheel.py" in names
    assert strays(names) == []


def test_wheel_has_one_name(wheel: Path) -> None:
    """The wheel puts the package hubbub into site-packages, and its own metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"hubbub"}
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"hubbub", *(top for top in tops if top.endswith(".dist-info"))}
    assert strays(names) == []
    assert not any(name.startswith("hubbub/_tree/tests") for name in names)
    for package in ("", "_tree/conformance/", "_tree/implementations/", "_tree/benchmarks/"):
        assert f"hubbub/{package}py.typed" in names
    assert "hubbub/_tree/lessons/00_tour/00_tour.ipynb" in names


def strays(names: set[str]) -> list[str]:
    """Return what belongs to a clone and not to a distribution."""
    made = {"__pycache__", ".ipynb_checkpoints", "report", ".cache", ".venv", ".git"}
    return [name for name in names if made & set(Path(name).parts) or name.endswith(".pyc")]


def check_small_ones(hubbub: Caller) -> None:
    """The sub-commands that take no time."""
    assert hubbub.run("--version").stdout.startswith("hubbub ")
    assert "trio-direct" in hubbub.run("list").stdout
    assert "exhibit-two-locks" in hubbub.run("list", "--exhibits").stdout
    assert "complete" in hubbub.run("completion", "bash").stdout
    assert "anna" in hubbub.run("replay", "exhibit-await-in-fanout-trio", exit_code=1).stdout


def check_lessons(hubbub: Caller) -> None:
    """A lesson is listed, copied, opened as far as JupyterLab allows it, and judged."""
    assert " 00  " in hubbub.run("learn").stdout
    assert "learn --into" in hubbub.run("learn", "00", exit_code=2).stderr
    assert "learn --into" in hubbub.run("check", "00", exit_code=2).stderr
    hubbub.run("learn", "--into", "mine")
    opened = hubbub.run("learn", "00", exit_code=2)
    (path,) = re.findall(r"exercise  (.+)", opened.stdout)
    assert (hubbub.folder / path).is_file()
    assert "pip install 'hubbub[lessons]'" in opened.stderr
    assert "commands.text" in hubbub.run("check", "00", exit_code=1).stdout
    assert "Hint 1" in hubbub.run("check", "00", "--hint").stdout


def check_a_room(hubbub: Caller) -> None:
    """A server answers, a client talks in its room, and top shows what the server counts."""
    with hubbub.serving("asyncio-broadcaster") as doors:
        with urlopen(f"http://{doors['ws']}/healthz", timeout=WITHIN_S) as answer:
            assert json.load(answer)["id"] == "asyncio-broadcaster"
        assert ": good morning\n" in hubbub.run("chat", doors["tcp"], said="good morning\n").stdout
        assert ": hi\n" in hubbub.run("chat", f"ws://{doors['ws']}/ws", said="hi\n").stdout
        assert "messages=2" in hubbub.run("top", doors["ws"], "--once").stdout
    hubbub.run("record", "threads-mutex", "--lines", "5", "--output", "talk.jsonl")
    assert "nothing is wrong" in hubbub.run("draw", "talk.jsonl").stdout


def check_the_suite(hubbub: Caller) -> None:
    """A server is judged, and an exhibit is found to be as wrong as it says."""
    words = ["conform", "trio-mutex", "--rules=commands.text", "-n2"]
    assert "commands.text" in hubbub.run(*words).stdout
    found = hubbub.run("gallery", "empty-lines-said", "--html", "gallery.html")
    assert "✓ empty-lines-said: framing.empty" in found.stdout


def check_measuring(hubbub: Caller) -> None:
    """A server is measured, drawn, and compared; what was built is in the user's cache folder."""
    words = ["bench", "closed", "--quick", "--server", "asyncio-direct", "--clients", "20"]
    hubbub.run(*words, "--peer", "none", exit_code={0, 3})  # 3: another program disturbed it
    assert hubbub.run("report", "bench.json").stdout == "bench.html\n"
    assert "asyncio-direct" in hubbub.run("compare", "bench.json", "bench.json").stdout
    if shutil.which("cc"):
        cache = Path(hubbub.environment["HOME"], ".cache", "hubbub", "benchmarks")
        assert list(cache.glob("generator-*"))


CHECKS: Sequence[Callable[[Caller], None]] = (
    check_measuring,
    check_the_suite,
    check_lessons,
    check_a_room,
    check_small_ones,
)


@pytest.mark.parametrize("way", [SCRIPT, MODULE])
@pytest.mark.parametrize("check", CHECKS)
def test_each_command_works(
    check: Callable[[Caller], None],
    caller: Callable[[str], Caller],
    way: str,
    environments: dict[str, Environment],
) -> None:
    """Each sub-command does its work from any folder, and writes nothing into site-packages."""
    before = {extra: made.files() for extra, made in environments.items()}

    check(caller(way))

    assert {extra: made.files() for extra, made in environments.items()} == before


@pytest.mark.parametrize("folder", ["hostile"], indirect=True)
@pytest.mark.parametrize("flag", ["-P", "-I", "PYTHONSAFEPATH"])
def test_safe_path_works_too(environments: dict[str, Environment], folder: Path, flag: str) -> None:
    """With a caller's folder that Python itself leaves out, hubbub takes nothing else off."""
    python = str(environments[""].python)
    flags = [] if flag.startswith("PYTHON") else [flag]

    listed = subprocess.run(
        [python, *flags, "-m", "hubbub", "list", "--ids"],
        cwd=folder,
        env={**os.environ, "PYTHONSAFEPATH": "" if flags else "1"},
        capture_output=True,
        text=True,
    )

    assert "asyncio-mutex" in listed.stdout, listed.stderr


@pytest.mark.parametrize("folder", ["empty"], indirect=True)
def test_help_needs_no_extra(caller: Callable[[str], Caller]) -> None:
    """Without any extra each sub-command shows its help, in 80 columns."""
    hubbub = caller(SCRIPT)

    def show(name: str) -> str:
        return hubbub.run(name, "--help", extra="").stdout

    with ThreadPoolExecutor(2) as pool:
        shown = list(pool.map(show, COMMANDS))

    for name, text in zip(COMMANDS, shown, strict=True):
        assert text.startswith(f"usage: hubbub {name} ")
        assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("folder", ["empty"], indirect=True)
def test_missing_extra_is_one_line(caller: Callable[[str], Caller]) -> None:
    """What needs an extra says which, in one line that can be pasted."""
    hubbub = caller(SCRIPT)
    hubbub.run("learn", "--into", "mine")
    words = {
        "learn NN": ["learn", "00"],
        "check 15": ["check", "15"],
        "gallery": ["gallery", "two-locks"],
        "conform": ["conform", "trio-mutex"],
        "report": ["report", "bench.json"],
        "completion": ["completion", "bash"],
    }

    for command, (extra, _) in NEEDS.items():
        refused = hubbub.run(*words.get(command, [command]), extra="", exit_code=2)
        (line,) = refused.stderr.splitlines()
        assert line.startswith(f"hubbub {command} needs ")
        assert line.endswith(f": pip install 'hubbub[{extra}]'")


def test_users_own_tests_are_not_disturbed(
    environments: dict[str, Environment], tmp_path: Path
) -> None:
    """Where hubbub is installed, a project with packages called as ours runs its own tests."""
    for package in ("tests", "benchmarks"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("OWN = True\n")
    own = "import benchmarks, tests\n\ndef test_own():\n    assert benchmarks.OWN and tests.OWN\n"
    (tmp_path / "tests" / "test_own.py").write_text(own)

    ran = subprocess.run(
        [str(environments["conform"].python), "-m", "pytest", "-q"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
