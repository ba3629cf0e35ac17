"""Sweeps of a suite that is not ours, each in a project of its own, as real processes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest
from mlx_asv.measurement.process import PROGRAM
from mlx_asv.observations.store import read

from tests.checkout import KEPT, ROOT, installing

FOREIGN = Path(__file__).parent / "foreign"

#: Where the measuring environment and the releases are kept from one test session to the next.
SHARED = KEPT / "foreign"

MACHINE = "testbox"
RELEASES = ("v1.26.4", "v2.0.2", "v2.2.6", "v2.4.6")
REFERENCE = RELEASES[-1]

INSTALL = """
from mlx_asv.asv_edge.suite import Suite
suite = Suite()
for revision in suite.repo.lock.revisions.values():
    suite.install(revision)
"""

#: Runs a command by whose clock a block set takes a second and a look five: how many of them a
#: budget lasts for does not depend on the machine.
SECOND_EACH = """
from itertools import count
from mlx_asv.cli import main
from mlx_asv.engine import session
here = session.Here
session.Here = lambda **given: here(**given, clock=count().__next__)
main()
"""


#: Runs a command that waits, once so many parts of it are saved, for a file: whoever interrupts it
#: meanwhile is not too late, however slow he is.
WAITS = """
from pathlib import Path
from time import sleep
from {module} import main
from mlx_asv.observations.store import Running
save, left = Running.save, iter(range({saves}))
def waiting(*arguments):
    saved = save(*arguments)
    if next(left, None) == {saves} - 1:
        Path("waits").touch()
        while not Path("go on").exists():
            sleep(0.02)
    return saved
Running.save = waiting
main()
"""


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Project:
    """A folder with asv.conf.json, the lock and a suite, on a machine of its own."""

    def __init__(self, path: Path, suite: str = "benchmarks", state: Path | None = None) -> None:
        self.path = path
        self.state = state or path / ".asv"
        self.tmp = path / "tmp"
        self.attempts = path / "attempts"
        for directory in (self.tmp, self.attempts, self.state):
            directory.mkdir(parents=True)
        shutil.copy(FOREIGN / "numpy.lock.json", path)
        shutil.copytree(FOREIGN / suite, path / suite)
        self.configure(benchmark_dir=suite, env_dir=str(self.state / "env"))
        for name in ("env", "overlays"):
            (self.state / name).symlink_to(SHARED / name)
        machine = dict.fromkeys(("arch", "cpu", "num_cpu", "os", "ram"), "")
        described = {MACHINE: {"machine": MACHINE, **machine}, "version": 1}
        (path / ".asv-machine.json").write_text(json.dumps(described))
        variables = {
            "HOME": path,
            "TMPDIR": self.tmp,
            "PYTHONPATH": ROOT / "tools",
            "FAULTS": self.attempts,
        }
        self.environ = {**os.environ, **{k: str(v) for k, v in variables.items()}}
        self.environ["COLUMNS"] = "200"

    def configure(self, **changes: Any) -> None:
        """The configuration of the foreign suite, with changes."""
        text = (FOREIGN / "asv.conf.json").read_text()
        conf = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
        (self.path / "asv.conf.json").write_text(json.dumps({**conf, **changes}))

    # -- running ------------------------------------------------------------------------------

    def start(
        self, *arguments: str, python: tuple[str, str] = ("-m", "mlx_asv")
    ) -> subprocess.Popen[str]:
        """Begin a Python command, mlx-asv's or another, in a process group of its own."""
        # What ignores Ctrl-C, as a job in the background does, starts what ignores it.
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                [sys.executable, *python, *arguments],
                cwd=self.path,
                env=self.environ,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGINT, ours)

    def start_waiting(
        self, *arguments: str, saves: int = 1, program: str = "mlx_asv.cli"
    ) -> subprocess.Popen[str]:
        """Begin a command of a module, mlx-asv's or another's; returns it when so many parts of it
        are saved, and it waits to be told to `go_on`."""
        code = WAITS.format(module=program, saves=saves)
        process = self.start(*arguments, python=("-c", code))
        waits = (self.path / "waits").exists
        wait_for(lambda: waits() or process.poll() is not None, 300.0)
        return process

    def go_on(self) -> None:
        """Let what waits go on."""
        (self.path / "go on").touch()

    def finish(self, process: subprocess.Popen[str], status: int = 0) -> str:
        """What a command has printed when it has ended, with `status`."""
        try:
            output = process.communicate(timeout=300)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        assert process.returncode == status, output
        assert "Traceback" not in output
        return output

    def sweep(self, *arguments: str, status: int = 0) -> str:
        """What a sweep prints."""
        return self.finish(self.start("sweep", *arguments), status)

    def asv(self, *arguments: str) -> str:
        """What asv prints."""
        return self.finish(self.start(*arguments, python=("-m", "asv")))

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process be where its commands run: what needs no process of its own is quick."""
        monkeypatch.chdir(self.path)
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("tempfile.tempdir", None)

    def processes(self) -> list[psutil.Process]:
        """Every process that was started for this project, by whatever is told by its HOME."""
        return [p for p in psutil.process_iter() if _home(p) == str(self.path)]

    def workers(self) -> list[psutil.Process]:
        """Those of them that are workers of a sweep."""
        return [p for p in self.processes() if str(PROGRAM) in _command(p)]

    # -- what it left -------------------------------------------------------------------------

    def observations(self) -> pl.DataFrame:
        """Those of all finished sweeps."""
        return read(sorted((self.path / "results" / MACHINE / "observations").iterdir()))

    def running(self) -> list[Path]:
        """The directories of unfinished sweeps, and what is left of finished ones (.done)."""
        return sorted((self.state / "sweeps").glob("*"))

    def saved(self) -> list[Path]:
        """The finished block sets of unfinished sweeps."""
        return [p for d in self.running() if not d.suffix for p in sorted(d.glob("*.parquet"))]

    def result(self, release: str, benchmark: str) -> dict[str, Any]:
        """What asv's result file of a release has of a benchmark."""
        (path,) = (self.path / "results" / MACHINE).glob(f"{release}-*.json")
        data = json.loads(path.read_text())
        return dict(zip(data["result_columns"], data["results"][benchmark], strict=False))


def _home(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("HOME")
    except psutil.Error:
        return None


def _command(process: psutil.Process) -> Sequence[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The measuring environment and the four releases, installed once for all sessions."""
    path = tmp_path_factory.mktemp("install")
    project = Project(path, state=path / "unused")
    project.configure(env_dir=str(SHARED / "env"))
    command = [sys.executable, "-c", INSTALL]
    with installing():
        subprocess.run(command, cwd=path, env=project.environ, check=True)


@pytest.fixture(scope="session")
def wheels(releases: None) -> list[Path]:
    """A directory for each of two NumPy releases, with its wheel."""
    found = []
    for version in ("2.2.6", "2.4.6"):
        path = SHARED / "wheels" / version
        with installing():
            if not list(path.glob("*.whl")):
                pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
                command = [*pip, "--python-version", "3.11", "--only-binary=:all:", "-d", str(path)]
                subprocess.run([*command, f"numpy=={version}"], check=True)
        found.append(path)
    return found


@pytest.fixture
def project(tmp_path: Path, releases: None) -> Iterator[Callable[..., Project]]:
    """A function that makes a project; at the end nothing of it may be running."""
    made: list[Project] = []

    def make(suite: str = "benchmarks", **options: Any) -> Project:
        made.append(Project(tmp_path / f"project{len(made)}", suite, **options))
        return made[-1]

    yield make
    for each in made:
        wait_for(lambda each=each: not each.processes())
