import json
import math
import os
import re
import signal

import polars as pl
import pytest
from click.testing import CliRunner
from mlx_asv.cli import main
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.metric import TIME
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import read

from .conftest import MACHINE, REFERENCE, RELEASES, SECOND_EACH, Project

TWIN = f"{REFERENCE} (A/A)"
CASES = {
    ("arrays.Arithmetic.time_exp", ""),
    ("arrays.Sort.time_sort", "int16, 10000"),
    ("arrays.Sort.time_sort", "float64, 10000"),
    ("arrays.time_zeros", ""),
}
#: Where asv keeps what a series has.
STORED = {"result": "value", "stats_ci_99_a": "low", "stats_ci_99_b": "high"}
SET = ("sweep", "benchmark", "case", "replicate", "group")

#: Any width will do: a sweep ends after three replicates.
WIDE = ("--target", "99%")

#: The case of the suite "known", of which the clock is played.
WORK = ("-b", "Work", *WIDE)

#: A sweep on a machine that has a byte of memory left.
SMALL = """
import psutil, types
psutil.virtual_memory = lambda: types.SimpleNamespace(available=1)
from mlx_asv.cli import main
main()
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory, releases):
    """A project in which the foreign suite was swept over all its releases."""
    project = Project(tmp_path_factory.mktemp("measured") / "project")
    project.output = project.sweep(f"..{REFERENCE}", *WIDE, "--budget", "10m")
    return project


# -- what a sweep leaves ----------------------------------------------------------------------


def test_every_arm_is_in_every_replicate(measured):
    """Every case, with setup and without, has the reference, its twin and each release."""
    observed = measured.observations()
    assert observed.schema == pl.Schema(SCHEMA)
    assert set(observed.select("benchmark", "case").iter_rows()) == CASES
    assert set(observed["outcome"]) == {"ok"}
    arms = observed.group_by(*SET).agg(pl.col("label").unique().sort(), pl.col("role").n_unique())
    assert arms["label"].to_list() == [sorted([*RELEASES, TWIN])] * arms.height
    assert set(arms["role"]) == {3}
    replicates = arms.group_by("benchmark", "case").agg(pl.col("replicate").sort())
    assert replicates["replicate"].to_list() == [[0, 1, 2]] * len(CASES)


def test_blocks_are_in_random_order(measured):
    """A block visits each of its arms once, in an order drawn anew; the seed is kept."""
    observed = measured.observations().filter(metric="time")
    blocks = (
        observed.sort("position")
        .group_by(*SET, "block", maintain_order=True)
        .agg("position", "label", pl.col("started").is_sorted())
    )
    assert all(row == list(range(len(row))) for row in blocks["position"].to_list())
    assert all(len(set(row)) == len(row) for row in blocks["label"].to_list())
    assert blocks["started"].all()
    assert len(set(map(tuple, blocks["label"].to_list()))) > 10
    assert observed["seed"].n_unique() == 1
    counted = blocks.group_by(*SET).agg(pl.col("block").sort())["block"].to_list()
    assert all(row == list(range(len(row))) for row in counted)


def test_results_are_the_series(measured):
    """asv's result files hold the calibrated seconds and their 99 % intervals."""
    table = series(life_levels(measured.observations(), TIME), confidence=0.99)
    rows = list(table.filter(pl.col("role") != "twin").iter_rows(named=True))
    assert len(rows) == len(RELEASES) * len(CASES)
    positions = {"int16, 10000": 0, "float64, 10000": 1, "": 0}
    for row in rows:
        stored = measured.result(row["release"], row["benchmark"])
        position = positions[row["case"]]
        for column, name in (
            ("result", "value"),
            ("stats_ci_99_a", "low"),
            ("stats_ci_99_b", "high"),
        ):
            assert stored[column][position] == pytest.approx(row[name], rel=1e-4), name
        assert stored["stats_repeat"][position] == row["replicates"] == 3


def test_asv_publishes_the_results(measured):
    """asv draws each benchmark over the four releases."""
    measured.asv("publish")
    for benchmark, lines in (("Sort.time_sort", 2), ("Arithmetic.time_exp", 1), ("time_zeros", 1)):
        (graph,) = (measured.path / "html/graphs").rglob(f"machine-*/**/arrays.{benchmark}.json")
        points = json.loads(graph.read_text())
        assert len(points) == len(RELEASES)
        for _, value in points:
            values = value if isinstance(value, list) else [value]
            assert len(values) == lines
            assert all(each > 0 for each in values)


def test_asv_compares_and_shows_the_results(measured):
    """asv's everyday commands name every case, with the numbers of the observations."""
    times = life_levels(measured.observations(), TIME)
    table = series(times).filter(pl.col("case") == "int16, 10000")
    seconds = dict(table.filter(pl.col("role") != "twin").select("release", "value").iter_rows())
    compared = measured.asv("compare", RELEASES[0], RELEASES[-1])
    assert all(benchmark in compared for benchmark, _ in CASES)
    (row,) = (line for line in compared.splitlines() if "'int16', 10000" in line)
    ratio = float(re.search(r"\| +~?(\d+\.\d+) +\|", row)[1])
    assert ratio == pytest.approx(seconds[RELEASES[-1]] / seconds[RELEASES[0]], abs=0.006)
    shown = measured.asv("show", RELEASES[1])
    assert all(benchmark in shown for benchmark, _ in CASES)
    found = re.search(r"int16 +([\d.]+)±[\d.]+(ns|μs|ms)", shown)
    unit = {"ns": 1e-9, "μs": 1e-6, "ms": 1e-3}[found[2]]
    assert float(found[1]) * unit == pytest.approx(seconds[RELEASES[1]], rel=0.01)


def test_progress(measured):
    """Without a terminal a line per block set: case, replicate, percent, time left, widest."""
    lines = re.findall(
        r"^\[(\d+)%, (.+?) left at most(?:, widest: (.*?))?\] (.*)$", measured.output, re.M
    )
    percents = [int(percent) for percent, *_ in lines]
    assert percents == sorted(percents)
    said = [what for *_, what in lines]
    assert len(said) == len(set(said)) == 3 * len(CASES)
    assert {"Sort int16, 10000, replicate 2 of 3", "time_zeros, replicate 3 of 3"} <= set(said)
    assert all(re.fullmatch(r"\d+ (s|min)", left) for _, left, *_ in lines)
    arm = r"(Arithmetic|Sort (int16|float64), 10000|time_zeros) v\d\S+( \(A/A\))?"
    assert re.fullmatch(rf"±\d+\.\d% {arm}", lines[-1][2])


# -- what it finds ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def continued(tmp_path_factory, releases):
    """Two older releases swept, then the newest, by when the machine is three times slower."""
    project = Project(tmp_path_factory.mktemp("continued") / "project", "known")
    project.sweep("v1.26.4..v2.2.6", *WORK)
    project.first = project.observations()
    project.before = project.result("v2.0.2", "known.Work.time_sum")
    project.environ["SLOWER"] = "3"
    project.sweep("v2.4.6", *WORK)
    return project


def test_known_difference_is_found(continued):
    """Twice the work is twice the time, to what its processes differ by; a release and itself
    differ by no more."""
    found = effects(life_levels(continued.observations(), TIME))
    ratio = {row["label"]: row for row in found.iter_rows(named=True)}
    for label, true in (("v2.4.6", math.log(2)), ("v2.0.2", 0.0), ("v2.2.6 (A/A)", 0.0)):
        row = ratio[label]
        assert row["low"] - 0.012 <= true <= row["high"] + 0.012
        assert row["effect"] == pytest.approx(true, abs=0.012)


def test_later_sweep_continues_the_series(continued):
    """The reference is the first sweep's; what it took then is what later ratios are added to."""
    observed = continued.observations()
    assert set(observed.filter(pl.col("role") == "reference")["release"]) == {"v2.2.6"}
    second = observed.join(continued.first.select("sweep").unique(), on="sweep", how="anti")
    assert set(second["label"]) == {"v2.2.6", "v2.2.6 (A/A)", "v2.4.6"}
    reference = pl.col("label") == "v2.2.6"
    first_took, second_took = (
        frame.filter(reference, metric="time")["value"].median()
        for frame in (continued.first, second)
    )
    assert second_took == pytest.approx(3 * first_took, rel=0.02)
    value = continued.result("v2.4.6", "known.Work.time_sum")["result"][0]
    (effect,) = effects(life_levels(observed, TIME)).filter(label="v2.4.6")["effect"]
    assert value == pytest.approx(math.exp(effect) * first_took, rel=0.02)
    # The releases of the first sweep keep their results.
    after = continued.result("v2.0.2", "known.Work.time_sum")
    assert after["result"] == pytest.approx(continued.before["result"], rel=0.02)


def test_another_reference_is_refused(continued):
    """It would line up with nothing: one sentence, and what there is stays."""
    files = [path for path in (continued.path / "results").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    output = continued.sweep("v2.4.6", "--reference", "v2.4.6", status=1)
    assert output.startswith(f"Error: The reference of {MACHINE} is v2.2.6: ")
    assert {path: path.read_bytes() for path in before} == before


# -- when it ends -----------------------------------------------------------------------------


def test_budget_is_kept(project):
    """A sweep whose target is out of reach ends when its time is spent, with all it has found: of
    30 s looks may take 6, so two are begun, and one of these two cases fits into the rest. The
    others are left out by name."""
    project = project()
    arguments = (f"..{REFERENCE}", "--target", "0.1%", "--budget", "30s")
    output = project.finish(project.start("sweep", *arguments, python=("-c", SECOND_EACH)))
    observed = project.observations()
    assert 3 <= observed.select(SET).n_unique() <= 20
    assert "1 of 4 cases fit into 30 s; left out: " in output
    assert observed.select("benchmark", "case").n_unique() == 1
    assert "s of the budget are left" in output
    assert project.result(REFERENCE, observed["benchmark"][0])["result"][0] > 0
    assert project.running() == []


def test_memory_is_shared_by_groups(project):
    """Where two processes are all that fits, each release is measured beside the reference."""
    project = project()
    project.finish(project.start("sweep", "v2.0.2..", "-b", "zeros", *WIDE, python=("-c", SMALL)))
    observed = project.observations()
    groups = observed.group_by("replicate", "group").agg(pl.col("label").unique())
    assert (
        sorted(map(sorted, groups["label"]))
        == [["v2.2.6", REFERENCE]] * 3 + [[REFERENCE, TWIN]] * 3
    )
    found = effects(life_levels(observed, TIME))
    assert set(found["label"]) == {"v2.2.6", REFERENCE, TWIN}
    assert set(found["replicates"]) == {3}
    assert project.result("v2.2.6", "arrays.time_zeros")["result"][0] > 0


def test_one_sweep_at_a_time(project):
    """The second is refused at once and told of the first, which goes on."""
    first, second = project(), project()
    second.environ["TMPDIR"] = str(first.tmp)
    process = first.start_waiting("sweep", "v2.0.2..", "-b", "zeros", *WIDE)
    output = second.sweep("v2.0.2..", "-b", "zeros", *WIDE, status=1)
    command = "`mlx-asv sweep v2.0.2.. -b zeros --target 99%`"
    told = f"Another sweep is measuring on this machine (process {process.pid}, {command}, in "
    assert f"Error: {told}{first.path}). " in output
    first.go_on()
    first.finish(process)
    assert set(first.observations()["replicate"]) == {0, 1, 2}


# -- what cannot be done ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["v9.9"], "There is no numpy release 'v9.9'. Nearest: v"),
        (["v9.9.."], "There is no numpy release 'v9.9'. Nearest: v"),
        (["v2.4.6.."], "The range v2.4.6.. is empty"),
        (["v1.26...v2.0.2"], "is not a range of releases"),
        (["..v2.0.2", "-b", "nothing"], "No time benchmark matches nothing"),
        (["..v2.0.2", "-b", "("], "'(' is no regular expression: "),
        (["..v2.0.2", "-b", "@tour"], "There is no list @tour"),
        (["..v2.0.2", "--tour"], "There is no list @tour"),
        (["..v2.0.2", "--backends", "cuda"], "cuda"),
        (["..v2.0.2", "--reference", "v9.9"], "There is no numpy release 'v9.9'"),
        (["..v2.0.2", "--reference", "..v2.0.2"], "--reference is one release, not the 2 of"),
        (["..v2.0.2", "--machine", "nobody"], "No information stored about machine 'nobody'"),
        (["..v2.0.2", "--budget", "0m"], "'0m' is no duration such as 40s, 90m or 2.5h"),
        (["..v2.0.2", "--budget", "soon"], "'soon' is no duration"),
        (["..v2.0.2", "--target", "0%"], "'0%' is no percentage such as 1% or 0.5%"),
        (["..v2.0.2", "--replicates", "2"], "2 is not in the range x>=3"),
        ([], "Missing argument 'RANGE'"),
    ],
)
def test_bad_input_gets_one_sentence(project, invoke, arguments, sentence):
    """What is wrong, in a sentence; a failing exit status; nothing begun."""
    project = project()
    said = invoke(project, *arguments)
    assert sentence in said
    assert not (project.state / "sweeps").exists()


@pytest.mark.parametrize(
    ("conf", "sentence"),
    [
        (None, "There is no asv.conf.json here: run this in a checkout."),
        ("{", "asv.conf.json cannot be read: "),
        ({"repo": "https://github.com/numpy/numpy"}, 'A sweep needs "repo": "pypi:PACKAGE"'),
        ({"environment_type": "virtualenv"}, "A sweep needs"),
        ({"pythons": ["3.99"]}, "Python 3.99 was not found"),
        ({"matrix": {"env": {"OMP_NUM_THREADS": ["1", "2"]}}}, "A sweep needs"),
        ({"benchmark_dir": "nowhere"}, "No __init__.py file in 'nowhere'"),
        ({"repo": "pypi:scipy"}, "scipy.lock.json"),
    ],
)
def test_bad_configuration_gets_one_sentence(project, invoke, conf, sentence):
    """What is wrong with the suite, in a sentence."""
    project = project()
    if isinstance(conf, dict):
        project.configure(env_dir=str(project.state / "env"), **conf)
    else:
        path = project.path / "asv.conf.json"
        path.unlink() if conf is None else path.write_text(conf)
    assert sentence in invoke(project, "..v2.0.2")


def test_release_without_a_wheel_gets_one_sentence(project, invoke):
    """One that cannot be installed on this machine: why, and which can."""
    project = project()
    path = project.path / "numpy.lock.json"
    lock = json.loads(path.read_text())
    lock["releases"][1]["wheels"] = []
    path.write_text(json.dumps(lock))
    said = invoke(project, RELEASES[1])
    assert "v2.0.2 cannot be installed here: " in said
    assert "Nearest that can: v" in said


@pytest.fixture
def invoke(monkeypatch):
    """A function that runs a sweep in this process, to save the time of its imports; its error."""

    def run(project, *arguments):
        monkeypatch.chdir(project.path)
        for name, value in project.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("tempfile.tempdir", None)
        result = CliRunner().invoke(main, ["sweep", *arguments], prog_name="mlx-asv")
        assert isinstance(result.exception, SystemExit), result.output
        assert result.exit_code in (1, 2)
        lines = result.output.splitlines()
        (error,) = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
        return "\n".join(lines[error:])

    return run


# -- what is no release -------------------------------------------------------------------------


def test_wheel_files_are_swept_in_the_order_given(project, wheels):
    """The last is the reference; what is measured is judged, each against the one before it, and is
    no part of the results."""
    project = project("known")
    (newer,) = wheels[1].glob("*.whl")
    output = project.sweep(str(newer), str(wheels[0]), *WORK)
    assert "1 cases, 2 releases, reference numpy 2.2.6" in output
    assert "Releases against the one before: 0 slower, 1 faster" in output
    assert not list((project.path / "results").glob("*"))
    (file,) = (project.state / "observations" / MACHINE).iterdir()
    assert file.name in output
    observed = read([file]).filter(outcome="ok")
    assert set(observed["release"]) == {"numpy 2.2.6", "numpy 2.4.6"}
    assert set(observed.filter(role="reference")["release"]) == {"numpy 2.2.6"}


def test_an_interrupted_sweep_of_files_goes_on(project, wheels):
    """The same files are the same sweep; other files under their names are another."""
    project = project()
    arguments = [str(path) for path in wheels]
    process = project.start_waiting("sweep", *arguments, "-b", "zeros", *WIDE)
    os.killpg(process.pid, signal.SIGINT)
    project.go_on()
    assert "the same command goes on from there" in project.finish(process, 1)
    output = project.sweep(*arguments, "-b", "zeros", *WIDE)
    assert "Going on with sweep" in output
    assert project.running() == []


def test_reference_among_files(project, invoke, wheels):
    """One of those that are measured, or a sentence."""
    first, second = map(str, wheels)
    project = project("known")
    said = invoke(project, first, "--reference", second, "-b", "Work")
    assert "--reference numpy 2.4.6 is not measured: it is one of numpy 2.2.6." in said


def test_releases_and_files_are_not_compared(project, invoke, wheels):
    """Nor are files confirmed as results are."""
    first, second = map(str, wheels)
    assert f"'v2.2.6' is a release and {second!r} a set of" in invoke(project(), "v2.2.6", second)
    said = invoke(project(), first, second, "--confirm")
    assert "--confirm goes with releases" in said
