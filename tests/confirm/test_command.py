import os
import random
import re
import signal
import time

import polars as pl
import pytest
from click.testing import CliRunner
from mlx_asv.cli import NOT_MEASURED, main
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import read
from mlx_asv.verdicts.evidence import finding
from mlx_asv.verdicts.sequential import StoppingRule

from tests.sweep.conftest import MACHINE, wait_for
from tests.sweep.test_kills import KILLED

#: From NumPy 2.4 on twice the work, by a clock that is played.
KNOWN = ("known.Work.time_sum", "v2.2.6", "v2.4.6")

#: A sweep of it ends when it knows enough.
SWEPT = ("-b", "Work", "--target", "5%", "--budget", "10m")

#: Runs a confirmation whose first block set takes far longer, by its clock, than the look said.
SPENT = """
from itertools import chain, count
from mlx_asv.cli import main
from mlx_asv.confirm import command
from mlx_asv.engine import session
command.monotonic = float
here = session.Here
session.Here = lambda **given: here(**given, clock=chain(range(6), count(100, 100)).__next__)
main()
"""


def confirmations(project):
    """The files of finished confirmations."""
    return sorted((project.path / "results" / MACHINE / "confirmations").glob("*"))


def unfinished(project):
    """The directories of confirmations that are going on."""
    return [path for path in (project.state / "confirmations").glob("*") if not path.suffix]


def saved(project):
    """The replicates of unfinished confirmations."""
    return [path for each in unfinished(project) for path in sorted(each.glob("*.parquet"))]


def confirm(project, *arguments, status=0):
    """What a confirmation prints."""
    return project.finish(project.start("confirm", *arguments), status)


# -- what it finds ----------------------------------------------------------------------------


def test_known_slowdown_is_confirmed(project):
    """Twice the work, in real processes: slower, by its size, in a file beside the sweeps'."""
    project = project("known")
    output = confirm(project, *KNOWN)
    assert "1 cases, v2.4.6 against v2.2.6, budget 10 min, on testbox" in output
    found = re.search(r"^Work: slower, \+([\d.]+)% \(.* to .*\), (\d+) replicates$", output, re.M)
    assert found, output
    assert float(found[1]) == pytest.approx(100, abs=2.5)
    row = next(line for line in output.splitlines() if line.startswith("│ Work"))
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert (cells[0], cells[4], cells[5]) == ("Work", found[2], "slower")
    (path,) = confirmations(project)
    assert f"Observations: results/{MACHINE}/confirmations/{path.name}" in output
    observed = read([path])
    assert observed.schema == pl.Schema(SCHEMA)
    assert set(observed["sweep"]) == {path.stem} and path.stem.endswith("-confirm")
    arms = set(observed.select("label", "role").iter_rows())
    twin = ("v2.2.6 (A/A)", "twin")
    assert arms == {("v2.2.6", "reference"), twin, ("v2.4.6", "release")}
    assert finding(observed, StoppingRule()).decision == "slower"
    # A sweep's series have no part of it, nor have asv's results.
    assert [path.name for path in (project.path / "results" / MACHINE).iterdir()] == [
        "confirmations"
    ]
    assert unfinished(project) == []


def test_equal_releases_are_the_same(project):
    """The same work in two releases."""
    project = project("known")
    output = confirm(project, "Work", "v2.0.2", "v2.2.6")
    assert "Work: same, " in output


def test_controls_are_beside_the_backends_that_are_asked_for(project):
    """One process, of the later release's environment, at an end of each block; in the table."""
    project = project("known")
    backends = {"backend": "backend", "controls": ["list"], "imports": {"array": ["numpy"]}}
    project.configure(benchmark_dir="known", env_dir=str(project.state / "env"), sweep=backends)
    output = confirm(project, "Beside", *KNOWN[1:], "--backends", "array")
    assert re.search(r"^Beside array: slower, ", output, re.M)
    row = next(line for line in output.splitlines() if line.startswith("│ Beside"))
    assert re.fullmatch(r"list \d+\.\d%", row.split("│")[-2].strip())
    observed = read(confirmations(project))
    control = observed.filter(role="control")
    assert set(control.select("backend", "label").iter_rows()) == {("list", "v2.4.6")}
    assert set(control.filter(metric="time")["position"]) == {0, 3}


def test_what_could_not_be_measured_is_status_3(project):
    """A skip in one release: the reason, and a status of its own; what it found is kept."""
    project = project("faults")
    output = confirm(project, "DoesNotApply", "v2.0.2", "v2.2.6", status=NOT_MEASURED)
    assert "not measured, 0 replicates: v2.2.6 skipped: " in output
    assert "no such function in this release" in output
    (path,) = confirmations(project)
    assert "skipped" in set(read([path])["outcome"])


def test_budget_that_is_spent_before_anything_is_status_3(project):
    """One sentence for each case, and no file of nothing."""
    project = project("known")
    output = confirm(project, *KNOWN, "--budget", "0.001s", status=NOT_MEASURED)
    assert "Work: not measured, 0 replicates: it does not fit into the budget" in output
    assert not (project.path / "results").exists()
    assert unfinished(project) == []


# -- what sweeps have found --------------------------------------------------------------------


def test_candidates_of_a_sweep_are_decided(project):
    """`sweep --confirm` ends with what `confirm` does by itself: the known slowdown is confirmed,
    the verdicts say so, and nothing is left to do."""
    project = project("known")
    output = project.sweep("v2.0.2..", *SWEPT, "--confirm")
    assert "\n1 candidates on testbox, of 1 pairs of releases\n" in output
    assert re.search(r"^Work: slower, \+\d+\.\d% ", output, re.M), output
    said = project.finish(project.start("verdicts"))
    assert re.search(r"known\.Work.* v2\.2\.6 → v2\.4\.6 .*│ \+(9\d|1\d\d)\.\d% │", said), said
    assert "0 are candidates" in said
    assert "0 candidates on testbox" in confirm(project)


def test_what_is_undecided_goes_on_the_next_time(project):
    """The replicates of an earlier confirmation count; the first of it took all of its budget."""
    project = project("known")
    project.sweep("v2.0.2..", *SWEPT)
    process = project.start("confirm", "--budget", "20s", python=("-c", SPENT))
    first = project.finish(process, NOT_MEASURED)
    assert "1 are not decided: the same command goes on." in first
    done = set(read(confirmations(project)).select("sweep", "replicate").iter_rows())
    assert len(done) == 1
    second = confirm(project)
    found = re.search(r"^Work: slower, .* (\d+) replicates$", second, re.M)
    assert found, second
    every = read(confirmations(project)).select("sweep", "replicate").unique().height
    assert int(found[1]) == every >= 4
    assert done <= set(read(confirmations(project)).select("sweep", "replicate").iter_rows())


# -- killed, interrupted ----------------------------------------------------------------------


def test_killed_at_any_moment_it_goes_on(project):
    """kill -9, four times: the same command ends it; no replicate is lost, changed or there twice.

    No process is left behind.
    """
    project = project("known")
    seen, rng = {}, random.Random(1)
    for _ in range(4):
        process = project.start("confirm", *KNOWN, "--threshold", "90%")
        before = saved(project)
        wait_for(lambda b=before, p=process: saved(project) != b or p.poll() is not None)
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.communicate()
        wait_for(lambda: not project.processes())
        for path in saved(project):
            content = path.read_bytes()
            assert seen.setdefault(path.name, content) == content
        if process.returncode == 0:
            break
    assert seen
    if not (project.path / "results").exists():
        assert "Going on with confirmation" in confirm(project, *KNOWN, "--threshold", "90%")
    observed = read(confirmations(project))
    assert observed["sweep"].n_unique() == 1
    for content in seen.values():
        rows = pl.read_parquet(content)
        assert rows.join(observed, on=rows.columns, how="anti", nulls_equal=True).is_empty()
    cells = observed.filter(outcome="ok").select("replicate", "group", "block", "label")
    assert not cells.is_duplicated().any()
    replicates = observed["replicate"].unique().sort().to_list()
    assert replicates == list(range(len(replicates)))


def test_killed_between_any_two_steps(project):
    """Killed after each of its steps in turn, it is done when all of them are."""
    project = project("known")
    for module, function in (
        ("mlx_asv.engine.plan", "write_atomically"),  # it has a seed
        ("mlx_asv.engine.look", "write_atomically"),  # the case was looked at
        ("mlx_asv.observations.store", "write"),  # one replicate is saved
        ("mlx_asv.observations.store", "Running.merge"),  # the observations are in their place
        ("pathlib", "Path.rename"),  # the replicates are about to be removed
    ):
        program = ("-c", KILLED.format(module=module, function=function))
        process = project.start("confirm", *KNOWN, python=program)
        project.finish(process, -signal.SIGKILL)
    (path,) = confirmations(project)
    assert finding(read([path]), StoppingRule()).decision == "slower"
    assert unfinished(project) == []


def test_interrupted_it_says_what_is_saved(project):
    """Ctrl-C: one sentence, a failing status, and the same command goes on."""
    project = project("known")
    process = project.start_waiting("confirm", *KNOWN)
    os.killpg(process.pid, signal.SIGINT)
    project.go_on()
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert re.search(
        r"^Error: Interrupted\. \d+ block sets are saved; the same command", output, re.M
    )
    assert "Traceback" not in output
    assert "Going on with confirmation" in confirm(project, *KNOWN)


def test_not_beside_a_sweep(project):
    """Two measurements would disturb each other: the second is refused."""
    project = project("known")
    process = project.start_waiting("sweep", "v2.4.6", *SWEPT)
    output = confirm(project, *KNOWN, status=1)
    assert "Error: Another sweep is measuring on this machine" in output
    project.go_on()
    project.finish(process)


# -- what cannot be done ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["zeros", "v9.9", "v2.2.6"], "There is no numpy release 'v9.9'. Nearest: v"),
        (["zeros", "v2.0.2", "v2.0.2"], "BEFORE and AFTER are both v2.0.2: there is nothing to"),
        (["zeros", "..v2.0.2", "v2.2.6"], "BEFORE is one release, not the 2 of ..v2.0.2"),
        (["zeros", "v1.26.4", "v2.0.2.."], "AFTER is one release, not the 2 of v2.0.2.."),
        (["nothing", "v2.0.2", "v2.2.6"], "No time benchmark matches nothing"),
        (["(", "v2.0.2", "v2.2.6"], "'(' is no regular expression: "),
        (["zeros", "v2.0.2", "v2.2.6", "--backends", "cuda"], "There is no backend cuda"),
        (["zeros", "v2.0.2", "v2.2.6", "--machine", "nobody"], "about machine 'nobody'"),
        (["zeros", "v2.0.2", "v2.2.6", "--threshold", "3"], "'3' is no percentage such as"),
        (["zeros", "v2.0.2", "v2.2.6", "--budget", "soon"], "'soon' is no duration"),
        (["zeros", "v2.0.2"], "A BENCHMARK goes with the releases BEFORE and AFTER."),
        (["--backends", "int16"], "--backends goes with BENCHMARK BEFORE AFTER."),
        ([], "There are no observations of testbox in "),
    ],
)
def test_bad_input_gets_one_sentence(project, monkeypatch, arguments, sentence):
    """What is wrong, in a sentence; a failing exit status; nothing begun."""
    project = project()
    project.enter(monkeypatch)
    result = CliRunner().invoke(main, ["confirm", *arguments], prog_name="mlx-asv")
    assert isinstance(result.exception, SystemExit), result.output
    assert result.exit_code in (1, 2)
    assert "Error: " in result.output and sentence in result.output
    assert not (project.state / "confirmations").exists()


def test_outside_a_checkout(tmp_path, monkeypatch):
    """One sentence."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["confirm", *KNOWN])
    assert result.exit_code == 1
    assert result.output == "Error: There is no asv.conf.json here: run this in a checkout.\n"


def test_wheel_files_are_confirmed(project, wheels):
    """What they are is told by their names; what was observed is no part of the results."""
    project = project("known")
    output = confirm(project, KNOWN[0], *map(str, wheels))
    assert "1 cases, numpy 2.4.6 against numpy 2.2.6" in output
    assert re.search(r"^Work: slower, \+", output, re.M)
    assert confirmations(project) == []
    (file,) = (project.state / "observations" / MACHINE).iterdir()
    assert set(read([file]).filter(role="release")["release"]) == {"numpy 2.4.6"}
