import json
import math
import os
import re
import shutil

import polars as pl
import pytest
from click.testing import CliRunner
from mlx_asv.cli import main
from mlx_asv.observations.check import checked
from mlx_asv.observations.store import directory, write
from mlx_asv.verdicts.judge import VERDICTS

from tests.conftest import ROOT
from tests.verdicts.counts import TWIN, counted
from tests.verdicts.truth import MANY, MLX, QUIET, levels, mixed

RELEASES = ("v0.29.0", "v0.29.1", "v0.30.0", "v0.31.1")


def named(truth):
    """True seconds of real releases, in place of v1, v2, ..."""
    return {(MLX, RELEASES[int(label[1:]) - 1]): time for (_, label), time in truth.items()}


def observed(*changes, machine="mac", seed=1):
    """Two series that change so, and ten that do not."""
    sweep = QUIET.but(reference=RELEASES[0], seed=seed)
    still = levels(*[0.0] * len(changes))
    frame = mixed(sweep, named(still), named(levels(*changes)), MANY[:2])
    return checked(frame.with_columns(machine=pl.lit(machine)))


def verdicts(*arguments, status=0):
    """What `mlx-asv verdicts` prints: on stdout, or, if it fails, on stderr."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["verdicts", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.stderr


def refused(*arguments):
    """The one sentence that says why not."""
    message = verdicts(*arguments, status=1)
    assert message.startswith("Error: ") and message.endswith(".\n")
    assert message.count("\n") == 1
    return message


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty directory to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(here):
    """One with the suite's configuration and lock, and observations of two machines."""
    for name in ("asv.conf.json", "mlx.lock.json"):
        shutil.copy(ROOT / name, here)
    results = here / "results"
    write(directory(results, "mac") / "a.parquet", observed(0.0, 0.15, 0.0))
    write(directory(results, "pc") / "a.parquet", observed(0.0, 0.0, 0.0, machine="pc", seed=5))
    return here


# -- our own observations --------------------------------------------------------------------


def test_regression_is_printed_and_written(project):
    """In a table, in the counts, in both files; the release before it is the lock file's."""
    text = verdicts()
    assert re.search(r"ops.Operation0 8x8 mlx_cpu *│ v0.29.1 → v0.30.0 .*│ \+1[56]\.\d%", text)
    assert "Releases against the one before: 2 slower, 0 faster" in text
    assert "Latest against best: 2 slower" in text
    written = project / ".asv" / "verdicts"
    assert sorted(os.listdir(written)) == ["verdicts.json", "verdicts.parquet"]
    frame = pl.read_parquet(written / "verdicts.parquet")
    assert frame.schema == VERDICTS
    assert set(frame["machine"]) == {"mac", "pc"}
    document = json.loads((written / "verdicts.json").read_text())
    assert len(document["verdicts"]) == frame.height
    for name in ("verdicts.json", "verdicts.parquet"):
        assert str(written / name) in text


def test_one_machine_is_printed_and_all_are_written(project):
    """The files do not depend on what is shown."""
    assert "0 slower" in verdicts("--machine", "pc")
    frame = pl.read_parquet(project / ".asv" / "verdicts" / "verdicts.parquet")
    assert set(frame["machine"]) == {"mac", "pc"}
    assert "no observations of ipad" in refused("--machine", "ipad")


def test_threshold_is_a_percentage(project):
    """What is under it is not slower; and no percentage is an error of usage."""
    assert "0 slower" in verdicts("--threshold", "30%")
    rule = json.loads((project / ".asv" / "verdicts" / "verdicts.json").read_text())["rule"]
    assert rule["threshold"] == pytest.approx(math.log(1.3))
    assert "is no percentage" in verdicts("--threshold", "3", status=2)


def test_accepted_file_is_read_and_its_stale_entries_told(project):
    """One entry that is about something, and one about nothing."""
    entry = '[[accepted]]\npattern = "{}"\nrelease = "v0.30.0"\nreason = "x"\nlink = "y"\n'
    accepted = project / "results" / "accepted.toml"
    accepted.write_text(entry.format("Operation0") + entry.format("Nothing"))
    text = verdicts()
    assert text.count("accepted ") >= 1
    assert "Stale in accepted.toml: 'Nothing' at v0.30.0 is about no open regression" in text
    accepted.write_text(entry.format("("))
    assert "entry 1: '(' is no regular expression" in refused()


def test_nothing_observed_is_an_error(project):
    """Nor is nothing written."""
    shutil.rmtree(project / "results")
    assert "There are no observations of any machine in " in refused()
    assert not (project / ".asv" / "verdicts").exists()


def test_release_that_the_lock_does_not_know_is_an_error(project):
    """It would be left out silently otherwise."""
    frame = observed(0.0).with_columns(
        pl.col("label", "release").str.replace(RELEASES[1], "v7.0.0", literal=True)
    )
    write(directory(project / "results", "mac") / "b.parquet", frame)
    assert "The lock file does not know v7.0.0" in refused()


def test_outside_of_a_checkout(here):
    """One sentence, as for the other commands."""
    assert "There is no asv.conf.json here" in refused()


def counted_here(project, *changes):
    """Counts of the same releases, beside the observations of `mac`: two series change so."""
    frame = counted(*changes)
    labels = {f"v{number}": release for number, release in enumerate(RELEASES, 1)}
    last = len(changes) + 1
    labels[f"v{last}{TWIN}"] = labels[f"v{last}"] + TWIN
    named = frame.with_columns(pl.col("label").replace(labels), pl.col("release").replace(labels))
    write(directory(project / "results", "mac") / "b-counts.parquet", checked(named))


def test_both_answers_are_printed(project):
    """Of time and of instructions, and how many steps have one."""
    counted_here(project, 0.0, 0.2, 0.0)
    text = verdicts("--machine", "mac")
    assert "\nInstructions\n" in text
    assert "Of 36 steps" in text and "100 % by instructions, 100 % by either." in text


def test_smaller_changes_of_counts_are_listed_on_request(project):
    """0.3 % is no change, unless 0.1 % is asked for."""
    counted_here(project, 0.0, 0.003, 0.0)
    usual = verdicts("--metric", "instructions")
    assert "0 more instructions" in usual and "slower" not in usual
    asked = verdicts("--metric", "instructions", "--threshold", "0.1%")
    assert "Releases against the one before: 2 more instructions" in asked
    assert re.search(r"Operation0 8x8 mlx_cpu .*\+0\.3\d%", asked)
    share = re.compile(r"steps \d+ % have an answer by time")
    assert share.search(asked)[0] == share.search(usual)[0]
    assert "'mood' is not one of" in verdicts("--metric", "mood", status=2)


def test_summary_has_the_figures_in_place_of_the_verdicts(project):
    """The files are written as ever."""
    counted_here(project, 0.0, 0.2, 0.0)
    text = verdicts("--summary", "--machine", "mac")
    assert "Steps with an answer, by backend" in text and "Steps with an answer, by family" in text
    assert "What equal releases differ by (A/A)" in text
    assert "The largest steps in instructions" in text and "Spearman" in text
    assert "worst first" not in text
    assert (project / ".asv" / "verdicts" / "verdicts.json").exists()


# -- those of others -------------------------------------------------------------------------


@pytest.fixture
def theirs(here):
    """A file that others recorded, in a directory with nothing else."""
    path = here / "theirs.parquet"
    observed(0.0, 0.15, 0.0).write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["out.parquet", "out.json"])
def test_observations_of_others_need_nothing_of_ours(theirs, here, name):
    """No suite, lock or environment; there is the one file, and nothing beside it."""
    text = verdicts("--observations", theirs, "--out", name)
    assert "2 slower" in text
    assert sorted(os.listdir(here)) == sorted([name, "theirs.parquet"])
    if name == "out.parquet":
        found = pl.read_parquet(name).to_dicts()
    else:
        found = json.loads((here / name).read_text())["verdicts"]
    slower = [row for row in found if row["verdict"] == "slower" and row["comparison"] == "step"]
    assert {(row["benchmark"], row["before"], row["after"]) for row in slower} == {
        (benchmark, "v0.29.1", "v0.30.0") for benchmark in MANY[:2]
    }


def test_labels_that_are_no_versions_are_in_order_of_time(here):
    """What was measured first comes first."""
    names = dict(zip(RELEASES, ("main", "fix", "cleanup", "z"), strict=True))
    place = pl.col("label").replace_strict({tag: n for n, tag in enumerate(RELEASES)})
    frame = observed(0.0, 0.15, 0.0).with_columns(started=place.cast(pl.Float64))
    frame = frame.with_columns(pl.col("label", "release").replace(names))
    frame.write_parquet("theirs.parquet")
    verdicts("--observations", "theirs.parquet", "--out", "out.parquet")
    slower = pl.read_parquet("out.parquet").filter(verdict="slower", comparison="step")
    assert set(slower.select("before", "after").rows()) == {("fix", "cleanup")}
    frame.drop("started").write_parquet("theirs.parquet")
    assert "are no versions" in refused("--observations", "theirs.parquet", "--out", "out.json")


def test_bad_file_is_refused_and_nothing_written(theirs, here):
    """With the file, the row and the reason; what was there before stays."""
    (here / "out.json").write_text("before")
    frame = pl.read_parquet(theirs)
    bad = pl.when(pl.int_range(pl.len()) == 17).then(-1.0).otherwise("value").alias("value")
    frame.with_columns(bad).write_parquet(theirs)
    message = refused("--observations", theirs, "--out", "out.json")
    assert f"{theirs}: row 17 is ok, and its value is -1.0" in message
    assert (here / "out.json").read_text() == "before"
    assert "cannot be read as Parquet" in refused("--observations", "no", "--out", "out.json")
    frame.clear().write_parquet(theirs)
    assert "has no observations of anything" in refused(
        "--observations", theirs, "--out", "out.json"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--observations", "x.parquet"), "go together"),
        (("--out", "x.json"), "go together"),
        (("--observations", "x.parquet", "--out", "x.csv"), "must end in .parquet or .json"),
    ],
)
def test_options_that_make_no_sense(here, arguments, message):
    """An error of usage that says what would."""
    assert message in verdicts(*arguments, status=2)


def test_place_that_cannot_be_written(theirs, here):
    """One sentence of the system's."""
    (here / "file").write_text("")
    message = refused("--observations", theirs, "--out", "file/out.json")
    assert "The verdicts could not be written" in message
