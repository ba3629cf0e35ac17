import json
import re
import signal

import polars as pl
import pytest

from tests.sweep.conftest import MACHINE, Project, project, releases, wheels

__all__ = ["project", "releases", "wheels"]

#: Of the suite "known": twice the work from v2.4 on, by a clock that is played.
WORK = ("-b", r"Work\.time_sum")


def run(project, *arguments, status=0):
    """What `asv run` prints."""
    return project.finish(project.start("run", *arguments, python=("-m", "asv")), status)


def held(project):
    """Every file of the results."""
    files = (path for path in (project.path / "results").rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def measured(tmp_path_factory, releases):
    """A project in which two releases were measured by `asv run`."""
    project = Project(tmp_path_factory.mktemp("measured") / "project", "known")
    project.output = run(project, "v2.0.2..v2.4.6", *WORK)
    return project


def test_releases_are_measured_next_to_each_other(measured):
    """Blocks of both and the reference's second arm; results that asv reads, and what is slower."""
    observed = measured.observations()
    assert set(observed["label"]) == {"v2.2.6", "v2.4.6", "v2.4.6 (A/A)"}
    assert observed["replicate"].n_unique() >= 3
    seconds = {
        release: measured.result(release, "known.Work.time_sum")["result"][0]
        for release in ("v2.2.6", "v2.4.6")
    }
    assert seconds["v2.4.6"] / seconds["v2.2.6"] == pytest.approx(2, rel=0.05)
    benchmarks = json.loads((measured.path / "results/benchmarks.json").read_text())
    assert "known.Work.time_sum" in benchmarks
    assert re.search(r"known\.Work\.time_sum.*v2\.2\.6 → v2\.4\.6.*candidate", measured.output)
    assert "Releases against the one before: 1 slower" in measured.output
    assert f"asv's results: results/{MACHINE}" in measured.output
    assert "+" in measured.asv("compare", "v2.2.6", "v2.4.6")


def test_what_results_hold_is_not_measured_again(measured):
    """Only the release that lacks the case would be, beside the reference; if none, none is."""
    before = held(measured)
    output = run(measured, "..v2.4.6", *WORK, "--skip-existing", "--dry-run")
    assert "1 cases would be measured on v2.0.2, v1.26.4, reference v2.4.6:" in output
    output = run(measured, "v2.0.2..", *WORK, "--skip-existing-commits")
    assert "asv's results have all of it: nothing is left to measure." in output
    assert held(measured).keys() == before.keys()


def test_the_reference_alone_is_measured_beside_the_release_before(measured):
    """So there is something to be compared with; a quick run keeps out of the results."""
    before = held(measured)
    output = run(measured, "v2.4.6", *WORK, "--quick")
    assert "2 releases, reference v2.4.6" in output
    assert "A quick run shows that benchmarks run." in output
    assert held(measured) == before
    (file,) = (measured.state / "observations" / MACHINE).iterdir()
    observed = pl.read_parquet(file)
    assert set(observed["release"]) == {"v2.2.6", "v2.4.6"}
    assert set(observed["replicate"]) == {0}


def test_a_benchmark_that_fails_is_asvs_status(project):
    """2, with the reason; the others are measured."""
    project = project("faults")
    output = run(project, "v2.0.2..v2.4.6", "-b", "Raises", "--show-stderr", status=2)
    assert re.search(r"^Not measured: .* v2\.2\.6: failed: ", output, re.M)


def test_a_run_that_measured_nothing_leaves_nothing(project):
    """It fails on the reference: a sentence, a failing status, no file of observations."""
    project = project("faults")
    output = run(project, "v2.2.6..", "-b", "Never", status=2)
    assert "Nothing was measured." in output
    assert not list((project.path / "results").rglob("*.parquet"))


def test_interrupted_it_goes_on_with_the_same_command(project):
    """Ctrl-C: one sentence; then what was measured is not measured again."""
    project = project("known")
    begun = project.start_waiting("run", "v2.0.2..", *WORK, program="asv.main")
    begun.send_signal(signal.SIGINT)
    project.go_on()
    assert "the same command goes on from there." in project.finish(begun, 1)
    assert "Going on with sweep" in run(project, "v2.0.2..", *WORK)


def test_switched_off_it_is_asvs(project):
    """One key in asv.conf.json: one release after another, without observations."""
    project = project("known")
    project.configure(
        benchmark_dir="known",
        env_dir=str(project.state / "env"),
        sweep={"imports": {"": ["numpy"]}, "engine": "asv"},
    )
    output = run(project, "v2.4.6", *WORK)
    assert "For NumPy commit v2.4.6" in output
    assert not (project.path / "results" / MACHINE / "observations").exists()
