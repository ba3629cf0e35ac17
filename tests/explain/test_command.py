import re
import shutil
from math import log

import polars as pl
import pytest
from click.testing import CliRunner
from mlx_asv.axes import Axes
from mlx_asv.cli import main
from mlx_asv.metric import ERROR, GROWTH, INSTRUCTIONS
from mlx_asv.observations.store import directory, read, write

from tests.analysis.test_command import counted_here, observed
from tests.checkout import ROOT
from tests.site import played
from tests.verdicts.test_metrics import as_memory

SERIES = ("ops.Operation0", "8x8", "mlx_cpu")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The configuration and the lock, with a regression in v0.30.0."""
    monkeypatch.chdir(tmp_path)
    for name in ("asv.conf.json", "mlx.lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    write(directory(tmp_path / "results", "mac") / "a.parquet", observed(0.0, 0.15, 0.0))
    return tmp_path


def explain(*arguments, status=0):
    """What it prints."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["explain", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.stderr


def test_evidence_is_printed(project):
    """The verdict, each replicate, what else moved, the link; and why there is no script."""
    text = explain(*SERIES, "v0.30.0")
    assert "ops.Operation0 8x8 mlx_cpu, v0.29.1 → v0.30.0, on mac" in text
    assert "Verdict: slower: +1" in text
    assert "No fresh replicates: a candidate" in text
    assert text.count("2026-01-01") >= 3
    assert "Also at this release: 1 slower. The largest:" in text
    assert "https://github.com/ml-explore/mlx/compare/v0.29.1...v0.30.0" in text
    assert "There is no script of it:" in text
    assert "`mlx-asv confirm 'ops\\.Operation0$' v0.29.1 v0.30.0 --backends mlx_cpu`" in text
    assert "mlx-asv count" not in text  # nobody has counted it


def test_a_case_is_found_as_it_is_called_and_by_its_label(project):
    """A text that looks like a number is shown without quotes, and may be asked for so."""
    axes = Axes.of(case="3000", dtype="float16")
    path = directory(project / "results", "mac") / "a.parquet"
    named = {"case": pl.lit(axes.label), "axes": pl.lit(axes.json)}
    write(path, read([path]).with_columns(**named))
    for case in ("3000, float16", axes.label):
        text = explain(SERIES[0], case, "mlx_cpu", "v0.30.0")
        assert "ops.Operation0 3000, float16 mlx_cpu, v0.29.1 → v0.30.0, on mac" in text
        assert "% ops.Operation1 3000, float16 mlx_cpu" in text


def test_memory_is_explained_in_its_words(project):
    """In bytes, as its own verdict; the script is one of time."""
    path = directory(project / "results", "mac") / "a.parquet"
    time = read([path])
    write(path, pl.concat([time, as_memory(observed(0.0, 0.3, 0.0))]))
    text = explain(*SERIES, "v0.30.0", "--metric", "memory")
    assert "v0.29.1 → v0.30.0, on mac: memory" in text
    assert "Verdict: more memory: +3" in text
    assert re.search(r"\d MB │ +[\d.]+ MB │ +\+\d+\.\d% │", text)
    assert "Also at this release: 1 more memory. The largest:" in text
    assert "script measures time" in text and "There is no script" not in text
    assert "Verdict: slower: +1" in explain(*SERIES, "v0.30.0")
    message = explain(*SERIES, "v0.30.0", "--metric", "mood", status=2)
    assert "'mood' is not one of 'time', 'memory'" in message


def test_a_release_by_itself_and_its_exactness_are_explained(project):
    """Growth says whether it grows, and time that results are more exact since then."""
    path = directory(project / "results", "mac") / "a.parquet"
    tracked = [
        played.tracked(metric, f"ops.Operation0.{name}", Axes.of(case="8x8"), *values, first=first)
        for metric, name, values, first in (
            (ERROR, "track_error", (0.0, -log(40), 0.0), 4e-2),
            (GROWTH, "track_growth", (3.1e6, 0.0, 0.0), 0.0),
        )
    ]
    place = read([path]).select("environment").row(0)[0]
    timed = read([path]).with_columns(benchmark=pl.col("benchmark") + ".time_call")
    write(
        path,
        pl.concat([timed, *(each.with_columns(environment=pl.lit(place)) for each in tracked)]),
    )
    series = ("Operation0", "8x8", "mlx_cpu", "v0.30.0")
    text = explain(*series)
    assert (
        "Beside it: its results are 40 times more exact since the same release (Operation0 8x8)"
        in text
    )
    text = explain(*series, "--metric", "growth")
    assert "v0.30.0 by itself: growing, 3.1 MB from call 100 to 500" in text


def test_both_answers_are_explained(project):
    """Each beside the other, with their reading and what instructions do not show; a count needs
    no fresh replicates."""
    counted_here(project, 0.0, 0.2, 0.0)
    time = explain(*SERIES, "v0.30.0")
    assert "Verdict: slower: +1" in time and "No fresh replicates: a candidate" in time
    assert re.search(
        r"Beside it: instructions \+22\.\d\d% .*, more instructions: the package", time
    )
    counts = explain(*SERIES, "v0.30.0", "--metric", "instructions")
    assert "Verdict: more instructions: +22." in counts and "candidate" not in counts
    assert re.search(r"Beside it: time \+1\d\.\d% .*, slower: the package does more", counts)
    assert INSTRUCTIONS.unseen in time and INSTRUCTIONS.unseen in counts
    again = "mlx-asv count v0.29.1 v0.30.0 -b 'ops\\.Operation0$' --backends mlx_cpu"
    for text in (time, counts):
        assert f"To count its instructions again, in a checkout of this suite:\n\n{again}\n" in text
    assert "mlx-asv confirm 'ops" in time and "mlx-asv confirm 'ops" not in counts
    assert re.search(r"\d M instructions │ +[\d.]+ M instructions │ +\+22\.\d\d% │", counts)


def test_unknown_series_is_one_sentence(project):
    """It says what there is."""
    message = explain("ops.Operation0", "9x9", "mlx_cpu", "v0.30.0", status=1)
    assert message == "Error: There is no verdict on the case '9x9': choose from 8x8.\n"
    message = explain(*SERIES, "v0.30.0", "--machine", "pc", status=1)
    assert "There are no observations of pc in results" in message


def test_script_of_the_real_results(tmp_path, monkeypatch, measured):
    """Of a verdict on committed results: written where it is wanted."""
    monkeypatch.chdir(measured)
    path = tmp_path / "repro.py"
    case = "64x128x1024"
    text = explain("ReLU", case, "mlx_cpu", "v0.32.0", "--script", path)
    assert f"Script: {path}" in text
    written = path.read_text()
    compile(written, str(path), "exec")
    assert ("mlx==0.32.0" in written and "mx.maximum" in written) or "relu" in written
