import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from mlx_asv.engine.exclusive import AnotherSweep, exclusive, lock_path

ROOT = Path(__file__).parents[2]

#: Holds the machine until its stdin ends, or it is killed.
HOLDER = """
import os, sys
from pathlib import Path
from mlx_asv.engine.exclusive import AnotherSweep, exclusive, lock_path
if len(sys.argv) > 2:
    os.setuid(int(sys.argv[2]))
assert str(lock_path().parent) == os.environ["TMPDIR"]
try:
    with exclusive(sys.argv[1], Path.cwd()):
        print("held", flush=True)
        sys.stdin.read()
except AnotherSweep as error:
    print(error, flush=True)
"""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for temporary files that is not the machine's: a sweep may be running."""
    path = tmp_path / "tmp"
    path.mkdir()
    path.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert lock_path().parent == path
    return path


Hold = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """A function that runs a sweep in another process; what that says once it runs, or not."""
    with ExitStack() as stack:

        def start(what: str, *user: str) -> tuple[subprocess.Popen[str], str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, what, *user],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            assert process.stdout
            return process, process.stdout.readline().strip()

        yield start


def refused() -> str:
    """Why this process may not measure."""
    with pytest.raises(AnotherSweep) as error, exclusive("`mlx-asv sweep v3`", Path.cwd()):
        pass
    return str(error.value)


def test_second_sweep_is_refused_and_told_of_the_first(hold: Hold) -> None:
    """One sentence says which process measures what, and where; one more what to do."""
    process, said = hold("`mlx-asv sweep v1..v2`")
    assert said == "held"
    assert refused() == (
        f"Another sweep is measuring on this machine (process {process.pid}, "
        f"`mlx-asv sweep v1..v2`, in {ROOT}). "
        "Two would disturb each other: wait for it, or stop it and run this again."
    )


def test_third_sweep_is_told_the_same(hold: Hold) -> None:
    """Being refused changes nothing."""
    hold("`mlx-asv sweep v1..v2`")
    assert refused() == refused()


def test_end_releases_the_machine(hold: Hold) -> None:
    """Once the first is done the next may measure."""
    process, _ = hold("first")
    process.communicate(timeout=30)
    assert process.returncode == 0
    with exclusive("second", Path.cwd()):
        pass
    with exclusive("third", Path.cwd()):
        assert lock_path().read_text().startswith(f"process {os.getpid()}, third, in ")


def test_kill_releases_the_machine(hold: Hold) -> None:
    """A sweep that was killed does not stop the next, which is named in its place."""
    process, _ = hold("a command that is much longer than the next, " * 20)
    process.kill()
    assert process.wait(timeout=30) == -signal.SIGKILL
    with exclusive("second", Path.cwd()):
        expected = f"process {os.getpid()}, second, in {os.getcwd()}\n"
        assert lock_path().read_text() == expected
        assert f"(process {os.getpid()}, second, in {os.getcwd()})" in refused()


def test_error_releases_the_machine() -> None:
    """However a sweep ends, it holds nothing afterwards."""
    with pytest.raises(KeyboardInterrupt), exclusive("first", Path.cwd()):
        raise KeyboardInterrupt
    with exclusive("second", Path.cwd()):
        pass


def test_worker_does_not_hold_the_machine() -> None:
    """A process that a killed sweep left behind does not stop the next sweep."""
    with exclusive("first", Path.cwd()):
        worker = subprocess.Popen(
            [sys.executable, "-c", "import sys; print('here', flush=True); sys.stdin.read()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert worker.stdout and worker.stdout.readline() == b"here\n"
    with worker, exclusive("second", Path.cwd()):
        assert worker.poll() is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_machine_is_everybodys(hold: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users exclude each other, and none is locked out by another's lock that is left."""
    nobody = "65534"
    with tempfile.TemporaryDirectory(dir="/tmp") as path:  # pytest's own is closed to others
        os.chmod(path, 0o1777)
        monkeypatch.setenv("TMPDIR", path)
        monkeypatch.setattr(tempfile, "tempdir", path)
        with exclusive("root's", Path.cwd()):
            _, said = hold("nobody's", nobody)
            assert f"(process {os.getpid()}, root's, in" in said
        process, said = hold("nobody's", nobody)
        assert said == "held"
        assert f"(process {process.pid}, nobody's, in" in refused()
