import os
import re
import signal

import polars as pl
import pytest
from mlx_asv.observations.schema import SCHEMA

from tests.sweep.conftest import MACHINE, releases, wait_for

from .conftest import Made, counter

__all__ = ["releases"]

COUNTER = counter()
pytestmark = pytest.mark.skipif(COUNTER is None, reason="nothing counts instructions here")

WORK = ("-b", "Work", "--jobs", "2")


@pytest.fixture(scope="module")
def counted(tmp_path_factory, package):
    """A project in which all cases of the three releases were counted."""
    project = Made(tmp_path_factory.mktemp("counted") / "project", package)
    project.output = project.count("v1.0.0..", "v1.0.0", "--jobs", "2")
    return project


def whole(observed, *labels):
    """Whether each case has its replicates, from 0 on, and each of these every arm once."""
    for (_,), case in observed.group_by("case"):
        numbers = sorted(set(case["replicate"]))
        if len(numbers) < 2 or numbers != list(range(len(numbers))):
            return False
        if any(sorted(rows["label"]) != list(labels) for _, rows in case.group_by("replicate")):
            return False
    return True


# -- what a count leaves ----------------------------------------------------------------------


def test_every_arm_has_a_row_for_each_replicate(counted):
    """The reference, its twin and each release; in the schema of all observations."""
    observed = counted.observations()
    assert observed.schema == pl.Schema(SCHEMA)
    work = observed.filter(benchmark="loops.Work.time_loop")
    assert set(work["metric"]) == {"instructions"}
    labels = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.2.0 (A/A)"]
    assert whole(work, *labels)
    assert set(work["group"]) == {0}
    assert set(work["sweep"].str.ends_with("-counts")) == {True}
    assert set(work["block"]) == {None}
    assert work["calls"].min() >= 1
    roles = dict(work.select("label", "role").unique().iter_rows())
    assert roles == dict(zip(labels, ("release", "release", "reference", "twin"), strict=True))


def test_what_counted_is_a_condition(counted):
    """Counts of another engine are another environment's."""
    (conditions,) = counted.observations()["conditions"].unique()
    assert f'"counter": "{COUNTER}"' in conditions


def test_a_tenth_more_is_found(counted):
    """By its size, in each case, and by the verdicts; a release and itself are the same."""
    means = (
        counted.observations()
        .filter(metric="instructions")
        .group_by("case", "label")
        .agg(pl.col("value").mean())
    )
    for (_,), rows in means.group_by("case"):
        value = dict(rows.select("label", "value").iter_rows())
        assert value["v1.1.0"] / value["v1.0.0"] == pytest.approx(1.1, abs=0.005)
        assert value["v1.2.0 (A/A)"] == pytest.approx(value["v1.2.0"], rel=0.002)
        assert value["v1.2.0"] == pytest.approx(value["v1.1.0"], rel=0.002)
    said = counted.finish(counted.start("verdicts"))
    assert len(re.findall(r"loops\.Work.* v1\.0\.0 → v1\.1\.0 .*\+(9\.\d\d|10\.0\d)%", said)) == 3


def test_summary(counted):
    """What is not counted by reason, and how far equal releases differ."""
    output = counted.output
    assert "Not counted: loops.Odd.time_call skips: skipped: no such function" in output
    assert re.search(
        r"Not counted: loops\.Odd\.time_call crashes: failed: crashed: SIGSEGV", output
    )
    assert "The same release twice (A/A): differences of instructions per call" in output
    assert "3 more instructions, 0 fewer instructions" in output
    (path,) = (counted.path / "results" / MACHINE / "observations").iterdir()
    assert f"Observations: results/{MACHINE}/observations/{path.name}" in output
    assert counted.unfinished() == []
    assert counted.processes() == []


def test_what_cannot_be_counted_has_a_row_with_its_reason(counted):
    """Without a metric and a value."""
    odd = counted.observations().filter(benchmark="loops.Odd.time_call")
    assert set(odd["metric"]) == {None}
    assert set(odd["value"]) == {None}
    assert set(odd.filter(case="'skips'")["outcome"]) <= {"skipped"}
    assert set(odd["outcome"]) == {"skipped", "failed"}


def test_progress(counted):
    """A line for each set of counts: how far, the time left, the case."""
    lines = re.findall(r"^\[(\d+)%, (.+?) left at most\] (.*)$", counted.output, re.M)
    percents = [int(percent) for percent, *_ in lines]
    assert percents == sorted(percents) and percents[-1] == 100
    assert len(lines) == 5
    assert re.search(
        r"^The counts take about \d+ s; 10 h \d+ min of the budget", counted.output, re.M
    )


# -- when it is killed, interrupted -----------------------------------------------------------


def test_killed_it_goes_on(made):
    """kill -9 in the middle: the same command goes on, and counts nothing twice. One set of counts
    or two are saved by then, and part of another."""
    project = made()
    process = project.start_waiting("count", "v1.1.0..", *WORK, saves=5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not project.processes())
    before = {path.name: path.read_bytes() for path in project.saved()}
    output = project.count("v1.1.0..", *WORK)
    assert "Going on with count" in output
    observed = project.observations()
    assert observed["sweep"].n_unique() == 1
    assert observed["case"].n_unique() == 3
    assert whole(observed, "v1.2.0", "v1.2.0 (A/A)")
    finished = {name.split("-")[0] for name in before if name.split("-")[1] == "000"}
    for name in before:
        if name.split("-")[0] not in finished:
            continue  # it is counted again
        rows = pl.read_parquet(before[name])
        assert rows.join(observed, on=rows.columns, how="anti", nulls_equal=True).is_empty()
    assert project.unfinished() == []


def test_interrupted_it_says_what_is_saved(made):
    """Ctrl-C: one sentence, a failing status, and the same command goes on."""
    project = made()
    process = project.start_waiting("count", "v1.1.0..", *WORK)
    os.killpg(process.pid, signal.SIGINT)
    project.go_on()
    output = project.finish(process, 1)
    assert re.search(r"^Error: Interrupted\. \d+ .* are saved; the same command", output, re.M)
    assert "Going on with count" in project.count("v1.1.0..", *WORK)
    assert project.observations()["case"].n_unique() == 3
    assert whole(project.observations(), "v1.2.0", "v1.2.0 (A/A)")


def test_budget_for_no_case_is_refused(made):
    """With what one would take; there is no file of nothing."""
    project = made()
    output = project.count("v1.1.0..", *WORK, "--budget", "0.01s", status=1)
    assert "Error: None of 3 cases fits into 0 s: " in output
    assert not (project.path / "results").exists()


# -- what is no release -----------------------------------------------------------------------


def test_wheel_files_are_counted_apart(made, package):
    """In the order given; what they are is no part of the results."""
    project = made()
    files = [str(package.wheels[version]) for version in ("1.0.0", "1.1.0")]
    output = project.count(*files, *WORK)
    assert "3 more instructions" in output
    assert set(project.apart()["label"]) == {"made 1.0.0", "made 1.1.0", "made 1.1.0 (A/A)"}
    assert not (project.path / "results").exists()


# -- what cannot be done ----------------------------------------------------------------------


@pytest.mark.skipif(COUNTER == "processor", reason="the processor counts here")
def test_without_valgrind(made, tmp_path):
    """One sentence, how to get it, and nothing begun."""
    project = made()
    (tmp_path / "bin").mkdir()
    project.environ["PATH"] = str(tmp_path / "bin")
    output = project.count("v1.1.0..", *WORK, status=1)
    assert output.startswith("Error: Instructions are counted by Valgrind, which is not installed")
    assert "`apt-get install valgrind`" in output
    assert project.unfinished() == []
