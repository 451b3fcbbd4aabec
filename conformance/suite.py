"""Runs the rules in a process of their own, and follows the verdicts as they are written.

Nothing in the caller's folder has an effect on the suite's pytest: the folder is not on its path,
the pytest configuration there is not read, and installed plugins are not loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from conformance.guard import guard, release
from conformance.protocol import protocol_version, select_rules
from conformance.python import module_command
from conformance.results import Results, Run, runs_of


__all__ = ["WORKERS", "Progress", "Request", "SuiteError", "run_suite"]

RULES = Path(__file__).parent / "rules"
WORKERS = 4  # tests at the same time: most tests wait most of the time

_FOLLOW_EVERY_S = 0.1
_END_WITHIN_S = 1.0  # then the guards of its processes end what is left

Progress = Callable[[int, int, Run], None]  # runs done, runs planned, the latest


class SuiteError(Exception):
    """The suite itself could not run; the message is for people."""


@dataclass(frozen=True)
class Request:
    """What one run of the suite should do."""

    contenders: Sequence[str]  # options of the pytest plugin
    ids: Sequence[str] = ()  # the order of the servers in the results; (): in order of their runs
    rules: str | None = None
    quick: bool = False
    policy: str | None = None
    workers: int = WORKERS
    one_door: bool = False
    dialect: str | None = None  # as read_dialect takes it
    ungreeted: str | None = None  # why no test that needs a client can be judged
    tick_s: float | None = None  # the unit of all deadlines; None: from the caller's environment
    junit: Path | None = None  # a file for the results as JUnit XML, as pytest writes it


def run_suite(request: Request, progress: Progress = lambda *_: None) -> Results:
    """Judge what ``request`` names and return the results.

    Args:
        progress: called after each run with the number of runs done, the number of all runs, and
            the run itself.

    Raises:
        SuiteError: the suite could not run.
    """
    with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
        verdicts, said = Path(folder, "verdicts"), Path(folder, "said")
        verdicts.touch()
        with said.open("wb") as output:
            suite = subprocess.Popen(
                _pytest_command(request, verdicts),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_suite_environment(request.tick_s),
                start_new_session=True,  # so that Ctrl-C reaches only us, and we pass it on
            )
            guard(suite.pid)
            with _ended_with_us(suite):
                runs = list(_follow(verdicts, suite, progress))
        if suite.returncode not in (0, 1) or not runs:
            raise SuiteError(f"the suite could not run:\n{said.read_text(errors='replace')}")
    seen = tuple(dict.fromkeys(run.server for run in runs))
    return Results(
        servers=tuple(request.ids) or seen,
        rules=select_rules(request.rules),
        runs=tuple(runs),
        quick=request.quick,
        about={**_about(), **({"dialect": request.dialect} if request.dialect else {})},
    )


def _pytest_command(request: Request, verdicts: Path) -> list[str]:
    # -c: pytest takes no configuration from the caller's folder.
    command = module_command("pytest", str(RULES), "-c", os.devnull)
    command += [f"--rootdir={RULES}", f"--confcutdir={RULES}", "--strict-markers"]
    command += ["-p", "no:cacheprovider", "-p", "conformance.plugin"]
    if request.workers > 1:
        # As -n, but with -P: without it the caller's folder is on the path of each worker.
        python = shlex.join([os.path.normpath(sys.executable), "-P"])
        workers = f"{request.workers}*popen//python={python}"
        command += ["-p", "xdist", "--tx", workers, "--dist", "worksteal"]
    command += [*request.contenders, f"--verdicts={verdicts}"]
    command += [f"--rules={request.rules}"] if request.rules else []
    command += [f"--policy={request.policy}"] if request.policy else []
    command += [f"--dialect={request.dialect}"] if request.dialect else []
    command += [f"--ungreeted={request.ungreeted}"] if request.ungreeted else []
    command += ["--quick"] if request.quick else []
    command += ["--one-door"] if request.one_door else []
    if request.junit is not None:
        command += [
            f"--junitxml={request.junit.resolve()}",
            "-o",
            "junit_suite_name=hubbub conform",
        ]
    return command


def _suite_environment(tick_s: float | None) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    if tick_s is not None:
        inherited["TEST_TICK_S"] = str(tick_s)
    return {**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _follow(verdicts: Path, suite: subprocess.Popen[bytes], progress: Progress) -> Iterator[Run]:
    """Yield the runs as their verdicts are written, until the suite has ended."""
    planned = done = 0
    rest = ""
    with verdicts.open(encoding="utf-8") as file:
        while True:
            ended = suite.poll() is not None
            *lines, rest = (rest + file.read()).split("\n")
            for record in map(json.loads, lines):
                if "planned" in record:
                    planned = record["planned"]
                    continue
                (latest,) = runs_of([record])
                done += 1
                progress(done, planned, latest)
                yield latest
            if ended:
                return
            time.sleep(_FOLLOW_EVERY_S)


@contextlib.contextmanager
def _ended_with_us(suite: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the suite when this process is interrupted, so that it stops its servers."""
    try:
        yield
    finally:
        if suite.poll() is None:
            # SIGTERM, which the workers get too: SIGINT is ignored in what a script starts with &.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(suite.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                suite.wait(_END_WITHIN_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(suite.pid, signal.SIGKILL)  # a worker may be left
        suite.wait()
        release(suite.pid)


def _about() -> dict[str, str]:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
        "hubbub": version("hubbub"),
        "protocol": protocol_version(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
