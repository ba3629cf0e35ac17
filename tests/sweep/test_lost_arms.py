import json
import os
import signal
from pathlib import Path

import polars as pl
import pytest
from mlx_asv.observations.store import read

from .conftest import REFERENCE, Project

BAD = "v2.2.6"
TWIN = f"{REFERENCE} (A/A)"
GOOD = ("v2.0.2", REFERENCE, TWIN)
REASONS = {
    "Raises": "RuntimeError: a real failure",
    "Segfaults": "crashed: SIGSEGV (signal 11)",
    "CrashesLater": "crashed: SIGSEGV (signal 11)",
    "Hangs": "hung: the first calls took longer than 4 s",
    "RunsOutOfMemory": "MemoryError",
    "IsKilled": "was killed (signal 9): out of memory, or by somebody",
    "AnswersGarbage": "returned garbage",
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory, releases):
    """A project in which a suite full of faults was swept, what that printed, what it observed."""
    project = Project(tmp_path_factory.mktemp("faulty") / "project", "faults")
    output = project.sweep("v1.26.4..", "--target", "99%", "--budget", "10m")
    return project, output, project.observations()


def name(fault, module="one_release"):
    """asv's name of a benchmark."""
    return f"{module}.{fault}.time_it"


def attempts(project, fault, release=BAD):
    """How many processes of a release have tried a benchmark."""
    path = project.attempts / f"{fault}-{release.removeprefix('v')}"
    return path.stat().st_size if path.exists() else 0


def lives(observations, benchmark):
    """The arms with data: (label, replicate)."""
    here = observations.filter(pl.col("benchmark") == benchmark, pl.col("outcome") == "ok")
    return sorted(set(here.select("label", "replicate").iter_rows()))


def expected(*labels):
    """Arms with three replicates, as `lives` has them."""
    return sorted((label, replicate) for label in labels for replicate in range(3))


@pytest.mark.parametrize("fault", REASONS)
def test_failure_costs_its_own_arm(faulty, fault):
    """It is tried twice, its reason is stored and printed, and every other arm has its data."""
    project, output, observations = faulty
    lost = observations.filter(pl.col("benchmark") == name(fault), pl.col("outcome") != "ok")
    (row,) = lost.iter_rows(named=True)
    assert (row["label"], row["outcome"], row["replicate"]) == (BAD, "failed", 0)
    assert REASONS[fault] in row["reason"]
    assert row["block"] is row["position"] is row["value"] is None
    assert f"Not measured: {name(fault)} {BAD}: failed: {row['reason']}" in output
    assert attempts(project, fault) == 2
    assert lives(observations, name(fault)) == expected(*GOOD)


def test_skip_is_no_failure(faulty):
    """What does not apply to a release is not tried again, and says why."""
    project, output, observations = faulty
    benchmark = name("DoesNotApply")
    lost = observations.filter(pl.col("benchmark") == benchmark, pl.col("outcome") != "ok")
    (row,) = lost.iter_rows(named=True)
    assert (row["label"], row["outcome"]) == (BAD, "skipped")
    assert row["reason"] == "no such function in this release"
    assert row["reason"] in output
    assert attempts(project, "DoesNotApply") == 1
    assert lives(observations, benchmark) == expected(*GOOD)


def test_second_attempt_may_succeed(faulty):
    """A failure that does not repeat itself costs nothing."""
    project, _, observations = faulty
    assert attempts(project, "FailsOnce") == 4
    assert lives(observations, name("FailsOnce")) == expected(*GOOD, BAD)


def test_reference_without_a_case(faulty):
    """What the reference cannot run is compared with nothing: left out, the reason is stored."""
    project, output, observations = faulty
    benchmark = name("Never", "reference")
    (row,) = observations.filter(pl.col("benchmark") == benchmark).iter_rows(named=True)
    assert (row["label"], row["outcome"]) == (REFERENCE, "failed")
    assert row["reason"] == "RuntimeError: a real failure"
    assert row["reason"] in output
    assert attempts(project, "Never", REFERENCE) == 2
    assert attempts(project, "Never", BAD) == 0
    assert lives(observations, benchmark) == []


def test_reference_that_ends_early(faulty):
    """A reference that fails while it is measured: the reason is stored, the sweep goes on."""
    _, output, observations = faulty
    benchmark = name("NotForLong", "reference")
    lost = observations.filter(pl.col("benchmark") == benchmark, pl.col("outcome") == "failed")
    assert {REFERENCE} <= set(lost["label"]) <= {REFERENCE, TWIN}
    assert set(lost["reason"]) == {"RuntimeError: a real failure"}
    assert f"Not measured: {benchmark} {REFERENCE}: failed: RuntimeError" in output


def test_results_of_lost_arms(faulty):
    """asv's results have no value where there is none, and one everywhere else."""
    project, _, _ = faulty
    assert project.result("v2.0.2", name("Raises"))["result"][0] > 0
    assert project.result(BAD, name("FailsOnce"))["result"][0] > 0
    with pytest.raises(KeyError):
        project.result(BAD, name("Raises"))


# -- what is lost with a release, a disk, a user ----------------------------------------------


SMALL = ("v2.0.2..", "-b", "zeros", "--target", "99%")


def change_hash(project, release):
    """Let the lock have other contents than the index."""
    path = project.path / "numpy.lock.json"
    lock = json.loads(path.read_text())
    (found,) = (each for each in lock["releases"] if each["tag"] == release)
    for wheel in found["wheels"]:
        wheel[1] = "0" * 64
    path.write_text(json.dumps(lock))


def test_release_that_cannot_be_installed(project):
    """Its wheel is refused with a sentence; all other releases are measured."""
    project = project()
    change_hash(project, "v1.26.4")
    output = project.sweep("..v2.2.6", "-b", "zeros", "--target", "99%")
    assert "Left out: v1.26.4 was refused: a wheel that the index offers" in output
    assert set(project.observations()["release"]) == {"v2.0.2", "v2.2.6"}


def test_reference_that_cannot_be_installed(project):
    """Without it there is nothing to compare with: a sentence, and nothing is measured."""
    project = project()
    change_hash(project, "v1.26.4")
    output = project.sweep("v1.26.4", "-b", "zeros", status=1)
    assert "Error: v1.26.4 was refused: a wheel that the index offers" in output
    assert not (project.state / "sweeps").exists()


def fill(disk: Path) -> Path:
    """Leave not a byte; the file that takes them."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return filler


def test_full_disk_while_it_is_measured(project, disk):
    """One sentence, a failing exit status; what was saved is whole, and not measured again."""
    small = disk("size=1m")
    project = project(state=small / "state")
    process = project.start_waiting("sweep", *SMALL)
    filler = fill(small)
    project.go_on()
    output = project.finish(process, status=1)
    assert "Error: The disk is full. " in output
    saved = {path.name: path.read_bytes() for path in project.saved()}
    before = read(project.saved())
    assert "The disk is full. " in project.sweep(*SMALL, status=1)
    assert {path.name: path.read_bytes() for path in project.saved()} == saved
    filler.unlink()
    assert f"{len(saved)} block sets are done" in project.sweep(*SMALL)
    assert before.join(
        project.observations(), on=before.columns, how="anti", nulls_equal=True
    ).is_empty()
    assert lives(project.observations(), "arrays.time_zeros") == expected(
        BAD, REFERENCE, f"{REFERENCE} (A/A)"
    )
    assert project.running() == []


def test_full_disk_when_results_are_written(project, disk):
    """The same: all block sets are saved, and the results are written once there is space."""
    small = disk("size=1m")
    project = project()
    project.configure(env_dir=str(project.state / "env"), results_dir=str(small / "results"))
    process = project.start_waiting("sweep", *SMALL)
    filler = fill(small)
    project.go_on()
    assert "Error: The disk is full. 3 block sets are saved" in project.finish(process, status=1)
    assert "The disk is full. " in project.sweep(*SMALL, status=1)
    assert list(small.rglob("*.parquet")) == []
    filler.unlink()
    assert "3 block sets are done" in project.sweep(*SMALL)
    assert len(list(small.rglob("*.parquet"))) == 1
    assert len(list(small.rglob("v*.json"))) == 2


def test_ctrl_c(project):
    """One sentence, a failing exit status; the same command goes on from what was saved."""
    project = project()
    process = project.start_waiting("sweep", *SMALL)
    os.killpg(process.pid, signal.SIGINT)
    project.go_on()
    output = project.finish(process, status=1)
    assert len(project.saved()) == 1
    assert "Error: Interrupted. 1 block sets are saved; the same command goes on" in output
    assert project.workers() == []
    assert "1 block sets are done" in project.sweep(*SMALL)
    assert lives(project.observations(), "arrays.time_zeros") == expected(
        BAD, REFERENCE, f"{REFERENCE} (A/A)"
    )
    assert project.running() == []
