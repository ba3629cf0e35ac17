import os
import re
import signal

import polars as pl
import pytest
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.track.policy import REPLICATES

from tests.sweep.conftest import MACHINE, releases, wait_for

from .conftest import Tracked

__all__ = ["releases"]

SUM = ("-b", "Sum", "--jobs", "2")
LABELS = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.2.0 (A/A)"]


@pytest.fixture(scope="module")
def tracked(tmp_path_factory, package):
    """A project in which all cases of the three releases were tracked."""
    project = Tracked(tmp_path_factory.mktemp("tracked") / "project", package)
    project.output = project.track("v1.0.0..", "v1.0.0", "--jobs", "2")
    return project


def whole(observed, *labels):
    """Whether each case has every arm in each replicate, once."""
    wanted = sorted((label, number) for label in labels for number in range(REPLICATES))
    return all(
        sorted(rows.select("label", "replicate").iter_rows()) == wanted
        for _, rows in observed.group_by("benchmark", "case")
    )


# -- what a run leaves ------------------------------------------------------------------------


def test_every_arm_has_a_row_for_each_process(tracked):
    """The reference, its twin and each release; in the schema of all observations."""
    observed = tracked.observations()
    assert observed.schema == pl.Schema(SCHEMA)
    sums = observed.filter(benchmark="sums.Sum.track_error")
    assert set(sums["metric"]) == {"error"}
    assert sums["case"].n_unique() == 6
    assert whole(sums, *LABELS)
    assert set(sums["sweep"].str.ends_with("-tracks")) == {True}
    assert set(sums["block"]) == {None}
    roles = dict(sums.select("label", "role").unique().iter_rows())
    assert roles == dict(zip(LABELS, ("release", "release", "reference", "twin"), strict=True))
    kept = observed.filter(benchmark="sums.Kept.track_growth")
    assert whole(kept, *LABELS) and set(kept["metric"]) == {"growth"}


def test_values_are_what_the_benchmarks_return(tracked):
    """An exact result counts as the smallest error there is."""
    sums = tracked.observations().filter(case="2, float32", release="v1.1.0")
    assert set(sums["value"]) == {8e-5}
    exact = tracked.observations().filter(case="exact")
    assert set(exact["value"]) == {2.0**-53}


def test_changes_are_found_by_their_size(tracked):
    """By the verdicts, as factors and as bytes, of each metric by itself."""
    said = tracked.finish(tracked.start("verdicts"))
    line = r"sums\.Sum\.track_error \d, float32 .*v1\.0\.0 → v1\.1\.0 .*40 times .*open"
    assert len(re.findall(line, said)) == 3
    assert re.search(r"sums\.Kept\.track_growth .*v1\.1\.0 → v1\.2\.0 .*\+8 MB", said)
    assert "3 less exact, 0 more exact, 11 same, 0 inconclusive" in said
    assert "1 more growth, 0 less growth, 1 same, 0 inconclusive" in said
    only = tracked.finish(tracked.start("verdicts", "--metric", "error"))
    assert "track_error" in only and "track_growth" not in only


def test_a_step_is_explained(tracked):
    """Every value of both releases, and what measures it again."""
    said = tracked.finish(
        tracked.start(
            *("explain", "sums.Sum.track_error", "2, float32", ""),
            *("v1.1.0", "--metric", "error"),
        )
    )
    assert "Verdict: less exact: 40 times (40 times to 40 times)" in said
    assert said.count("8e-05") == REPLICATES
    assert "mlx-asv track v1.0.0 v1.1.0 -b" in said


def test_summary(tracked):
    """What has no number by reason, what is of no metric, and whether values repeat."""
    output = tracked.output
    assert "Left out, of no metric: track_peak (1)" in output
    assert "Not tracked: sums.Odd.track_error skips: skipped: no such function" in output
    assert "Not tracked: sums.Odd.track_error nan: failed: it returned nan" in output
    assert re.search(r"Not tracked: sums\.Odd\.track_error crashes: failed: crashed: SIG", output)
    assert "The same release twice (A/A): 7 of 7 errors are equal." in output
    (path,) = (tracked.path / "results" / MACHINE / "observations").iterdir()
    assert f"Observations: results/{MACHINE}/observations/{path.name}" in output
    assert tracked.unfinished() == []
    assert tracked.processes() == []


def test_progress(tracked):
    """A line for each case: how far, the time left, the case."""
    lines = re.findall(r"^\[(\d+)%, (.+?) left at most\] (.*)$", tracked.output, re.M)
    percents = [int(percent) for percent, *_ in lines]
    assert percents == sorted(percents) and percents[-1] == 100
    assert len(lines) == 11
    said = re.compile(r"^The values take about \d+ s; 2 h 00 min of the budget", re.M)
    assert said.search(tracked.output)


# -- when it is killed, interrupted -----------------------------------------------------------


def test_killed_it_goes_on(made):
    """kill -9 in the middle: the same command goes on, and tracks nothing twice."""
    project = made()
    process = project.start("track", "v1.1.0..", *SUM)
    wait_for(lambda: len(project.saved()) >= REPLICATES)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not project.processes())
    before = {path.name: path.read_bytes() for path in project.saved()}
    output = project.track("v1.1.0..", *SUM)
    assert "Going on with tracks" in output
    observed = project.observations()
    assert observed["sweep"].n_unique() == 1
    assert observed["case"].n_unique() == 6
    assert whole(observed, *LABELS[2:])
    finished = {name.split("-")[0] for name in before if name.split("-")[1] == "000"}
    assert finished
    for name in before:
        if name.split("-")[0] in finished:
            rows = pl.read_parquet(before[name])
            assert rows.join(observed, on=rows.columns, how="anti", nulls_equal=True).is_empty()
    assert project.unfinished() == []


def test_interrupted_it_says_what_is_saved(made):
    """Ctrl-C: one sentence, a failing status, and the same command goes on."""
    project = made()
    process = project.start("track", "v1.1.0..", *SUM)
    wait_for(project.saved)
    os.killpg(process.pid, signal.SIGINT)
    output = project.finish(process, 1)
    assert re.search(r"^Error: Interrupted\. \d+ .* are saved; the same command", output, re.M)
    assert "Going on with tracks" in project.track("v1.1.0..", *SUM)
    assert whole(project.observations(), *LABELS[2:])


def test_budget_for_no_case_is_refused(made):
    """With what one would take; there is no file of nothing."""
    project = made()
    output = project.track("v1.1.0..", *SUM, "--budget", "0.01s", status=1)
    assert "Error: None of 6 cases fits into 0 s: " in output
    assert not (project.path / "results").exists()


# -- what is no release, and what cannot be done ----------------------------------------------


def test_wheel_files_are_tracked_apart(made, package):
    """In the order given; what they are is no part of the results."""
    project = made()
    files = [str(package.wheels[version]) for version in ("1.0.0", "1.1.0")]
    output = project.track(*files, *SUM)
    assert "3 less exact" in output
    assert set(project.apart()["label"]) == {"made 1.0.0", "made 1.1.0", "made 1.1.0 (A/A)"}
    assert not (project.path / "results").exists()


@pytest.mark.parametrize(
    ("command", "pattern", "said"),
    [
        ("track", "time_sum", "No benchmark that tracks a metric matches time_sum"),
        ("sweep", "track_error", "No time benchmark matches track_error"),
    ],
)
def test_a_sweep_times_and_a_run_tracks(made, command, pattern, said):
    """Neither takes what is the other's."""
    project = made()
    output = project.finish(project.start(command, "v1.1.0..", "-b", pattern), 1)
    assert output.splitlines()[-1].startswith(f"Error: {said}")
