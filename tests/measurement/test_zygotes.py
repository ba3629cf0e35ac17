"""Copies of processes, with real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlx_asv.job import Arm, Role
from mlx_asv.measurement.process import Skipped, Worker, WorkerFailed
from mlx_asv.measurement.zygotes import Copy, Workers

SUITE = Path(__file__).parent / "suite"

#: Benchmark and combination of parameters: one that runs, one that does not apply.
RUNS, SKIPPED = ("odd.Skips.time_call", 5), ("odd.Skips.time_call", 0)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies processes")


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Starts processes that have imported the suite and `wave`, but on a "gpu"."""
    monkeypatch.setenv("EVENTS", str(tmp_path / "events"))
    with Workers(
        sys.executable,
        str(SUITE),
        tmp_path,
        environs={release: {**os.environ, "RELEASE": release} for release in ("v1", "v2")},
        imports={"cpu": ["wave", "no_such"]},
    ) as found:
        yield found


def arm(release: str = "v1", role: Role = "release", backend: str = "cpu") -> Arm:
    """An arm."""
    return Arm(backend, release, role)


def load(worker: Worker, case: tuple[str, int | None] = RUNS) -> None:
    """Load a case of the suite."""
    worker.start_load(str(SUITE), *case)
    worker.finish_load(20.0)


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    end = time.monotonic() + 10.0
    while time.monotonic() < end:
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if status == "Z":
            return True
        time.sleep(0.01)
    return False


def parent(pid: int) -> int:
    """The process that started one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_copy_measures_like_any_worker(workers: Workers) -> None:
    """It loads a case, and is visited."""
    with workers.start(arm()) as worker:
        load(worker)
        visited = worker.visit(3, 1, 20.0)
    assert visited.samples
    assert visited.batch >= 1


def test_lives_follow_each_other_on_one_zygote(workers: Workers) -> None:
    """Each is a process of its own, of the same parent, and gone when it is killed."""
    seen = []
    for _ in range(3):
        with workers.start(arm()) as worker:
            load(worker)
            seen.append((worker.pid, parent(worker.pid)))
        assert gone(seen[-1][0])
    assert len({pid for pid, _ in seen}) == 3
    (zygote,) = {above for _, above in seen}
    assert Path(f"/proc/{zygote}").exists()


@pytest.mark.parametrize(
    ("backend", "by"), [("cpu", "its parent with wave"), ("gpu", "itself without wave")]
)
def test_a_life_has_everything_imported_and_nothing_done(
    workers: Workers, backend: str, by: str
) -> None:
    """The whole suite and the modules, a missing one left out; no life sees the one before."""
    for _ in range(2):
        with (
            workers.start(arm(backend=backend)) as worker,
            pytest.raises(Skipped, match=f"^setup 1, imported by {by}$"),
        ):
            load(worker, ("odd.Tells.time_call", None))


def test_arms_at_the_same_time_have_zygotes_of_their_own(workers: Workers) -> None:
    """A reference and its twin share the release, but no process."""
    with workers.start(arm(role="reference")) as one, workers.start(arm(role="twin")) as other:
        load(one)
        load(other)
        assert parent(one.pid) != parent(other.pid)
        assert one.visit(1, 0, 20.0)
        assert other.visit(1, 0, 20.0)


def test_another_release_has_another_zygote(workers: Workers) -> None:
    """What is imported is the release's own."""
    parents = []
    for release in ("v1", "v2", "v1"):
        with workers.start(arm(release)) as worker:
            load(worker)
            parents.append(parent(worker.pid))
    assert parents[0] == parents[2] != parents[1]


@pytest.mark.parametrize("backend", ["cpu", "gpu"])
def test_process_has_the_environment_of_its_arms_release(workers: Workers, backend: str) -> None:
    """Which release a process imports is in its environment, copied or not."""
    for release in ("v1", "v2"):
        with workers.start(arm(release, backend=backend)) as worker:
            load(worker)
            environ = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
        assert f"RELEASE={release}".encode() in environ


def test_new_zygotes_after_renewal(workers: Workers) -> None:
    """The old ones are gone."""
    with workers.start(arm()) as worker:
        load(worker)
        before = parent(worker.pid)
    workers.renew()
    assert gone(before)
    with workers.start(arm()) as worker:
        load(worker)
        assert parent(worker.pid) != before


def test_renewal_can_leave_backends_out(workers: Workers) -> None:
    """Their zygote goes on; a backend that is not copied makes no difference."""
    with workers.start(arm()) as worker:
        load(worker)
        before = parent(worker.pid)
    workers.renew(but=["cpu", "gpu"])
    with workers.start(arm()) as worker:
        load(worker)
        assert parent(worker.pid) == before


@pytest.mark.parametrize("again", [False, True])
def test_who_starts_from_nothing(workers: Workers, again: bool) -> None:
    """A backend without imports, and an arm whose copy has failed."""
    with workers.start(arm(backend="cpu" if again else "gpu"), again=again) as worker:
        assert not isinstance(worker, Copy)
        load(worker)
        assert parent(worker.pid) == os.getpid()


def test_a_crash_is_told_and_takes_the_zygote_along(workers: Workers) -> None:
    """The reason is that of any worker; the next life has a new zygote."""
    worker = workers.start(arm())
    load(worker)
    zygote = parent(worker.pid)
    os.kill(worker.pid, signal.SIGSEGV)
    with pytest.raises(WorkerFailed, match=r"crashed: SIGSEGV \(signal 11\)"):
        worker.visit(1, 0, 20.0)
    worker.kill()
    assert gone(zygote)
    with workers.start(arm()) as worker:
        load(worker)


def test_a_copy_killed_for_memory(workers: Workers) -> None:
    """SIGKILL from outside is told as such."""
    worker = workers.start(arm())
    load(worker)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerFailed, match="was killed"):
        worker.visit(1, 0, 20.0)
    worker.kill()


def test_a_hanging_copy_is_ended(workers: Workers) -> None:
    """With its zygote: both are gone."""
    worker = workers.start(arm())
    load(worker)
    pid, zygote = worker.pid, parent(worker.pid)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerFailed, match="hung: a visit took longer than 0 s"):
        worker.visit(1, 0, 0.2)
    worker.kill()
    assert gone(pid)
    assert gone(zygote)


def test_a_skipped_case_keeps_its_zygote(workers: Workers) -> None:
    """That a case does not apply is no failure."""
    with workers.start(arm()) as worker:
        load(worker)
        zygote = parent(worker.pid)
    with workers.start(arm()) as worker:
        with pytest.raises(Skipped):
            load(worker, SKIPPED)
        assert parent(worker.pid) == zygote
    with workers.start(arm()) as worker:
        load(worker)
        assert parent(worker.pid) == zygote


def test_killed_before_it_is_there(workers: Workers) -> None:
    """Ctrl-C while an arm loads leaves nothing."""
    worker = workers.start(arm())
    worker.start_load(str(SUITE), *RUNS)
    zygote = worker.pid
    worker.kill()
    assert gone(zygote)


def test_killed_while_a_reply_is_due(workers: Workers) -> None:
    """The reply is no word of its end: the zygote is not trusted again."""
    worker = workers.start(arm())
    load(worker)
    zygote = parent(worker.pid)
    worker.start_load(str(SUITE), *RUNS)
    time.sleep(0.5)
    worker.kill()
    assert gone(zygote)


def test_copies_end_with_the_sweep(tmp_path: Path) -> None:
    """When the process that started the zygote is killed, both are gone."""
    program = tmp_path / "sweep.py"
    program.write_text(
        f"""
import os, sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.measurement.test_zygotes import arm, load, parent
from mlx_asv.measurement.zygotes import Workers
workers = Workers(
    sys.executable,
    {str(SUITE)!r},
    Path({str(tmp_path)!r}),
    environs={{"v1": os.environ}},
    imports={{"cpu": []}},
)
worker = workers.start(arm())
load(worker)
print(worker.pid, parent(worker.pid), flush=True)
time.sleep(60)
"""
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        pids = [int(each) for each in it.stdout.readline().split()]
        it.kill()
    assert all(gone(pid) for pid in pids)
