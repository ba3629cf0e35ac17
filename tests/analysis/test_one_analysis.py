"""The command line and the pages say the same of the same results."""

import json
import math
import re
import shutil

import polars as pl
import pytest
from click.testing import CliRunner
from mlx_asv.analysis import results as module
from mlx_asv.cli import main
from mlx_asv.metric import ERROR, GROWTH, METRICS
from mlx_asv.observations.store import directory, read_machine
from mlx_asv.site.build import build
from mlx_asv.site.metrics import folder
from mlx_asv.site.overview import PARTS, letters
from mlx_asv.verdicts.published import CONFIRMED, published, regressions

from tests.cli.program import mlx_asv
from tests.site import played

SERIES = ("benchmark", "case", "backend")
#: A third of all benchmarks, one of those that became slower among them.
RAISED = (*played.STILL[:3], played.SLOWER[0])


def invoke(*arguments):
    """What a command prints."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def raise_versions(project):
    """A later sweep measures RAISED in a new version, in which nothing becomes slower until the
    last release, all of it anew."""
    first = played.with_memory(played.swept(0.0, 0.15, 0.0), 0.0, 0.1, 0.0)
    first = played.with_counts(first, 0.0, 0.1, 0.0)
    for metric, change in ((ERROR, 3.0), (GROWTH, 5e6)):
        first = played.with_tracks(first, metric, 0.0, change, 0.0)
    played.keep(project, first, "a")
    second = played.with_memory(played.swept(0.0, 0.0, 0.08, seed=4), 0.2, 0.0, 0.0, seed=2)
    second = played.with_counts(second, 0.2, 0.0, 0.0, seed=2)
    for metric, change in ((ERROR, 2.0), (GROWTH, 4e6)):
        second = played.with_tracks(second, metric, change, 0.0, 0.0)
    newer = second.filter(pl.col("benchmark").is_in(RAISED))
    newer = newer.with_columns(version=pl.lit("2"), sweep=pl.lit("2026-02-02"))
    played.keep(project, newer, "b")


def written(project):
    """What `mlx-asv verdicts` writes."""
    invoke("verdicts")
    return pl.read_parquet(project.state / "verdicts" / "verdicts.parquet")


def shown(out):
    """The data that the pages load, by name."""
    found = {}
    for path in (out / "data").rglob("*.js"):
        name, data = re.fullmatch(
            r"mlxAsv\.put\((\"[^\"]*\"),(.*)\);\n", path.read_text(), re.DOTALL
        ).groups()
        found[json.loads(name)] = json.loads(data)
    return found


def parts(value):
    """An effect as the pages have it."""
    known = value is not None and math.isfinite(value)
    return int(pl.select((pl.lit(value) * PARTS).round()).item()) if known else None


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_verdicts_of_raised_versions_are_those_of_the_pages(project, metric):
    """A third of the benchmarks has a newer version: each cell of the maps, and each number of the
    regressions, is that of the table that the command line writes."""
    raise_versions(project)
    verdicts = written(project)
    build(project, project.html)
    data = shown(project.html)
    mine = published(verdicts).filter(metric=metric.name)
    steps = mine.filter(comparison="step")
    cells = {}
    for row in data[f"mac/{folder(metric)}map-mlx_cpu"]["rows"]:
        for at, release in enumerate(played.RELEASES):
            if at:
                cell = (row["v"][at], *(row[name][at] for name in "elh"))
                cells[row["b"], row["c"], "mlx_cpu", release] = cell
    expected = {}
    for row in steps.iter_rows(named=True):
        letter = letters(metric)[row["verdict"]]
        letter = letter.upper() if row["standing"] == CONFIRMED else letter
        sizes = (parts(row[name]) for name in ("effect", "low", "high"))
        expected[(*(row[name] for name in SERIES), row["after"])] = (letter, *sizes)
    assert len(cells) == 12 * 3
    assert cells == expected
    listed = {
        (step["b"], step["c"], step["backend"], card["release"]): step
        for card in data[f"mac/{folder(metric)}regressions"]
        for step in card["steps"]
    }
    slower = regressions(mine)
    assert len(listed) == slower.height > 0
    for row in slower.iter_rows(named=True):
        step = listed[(*(row[name] for name in SERIES), row["after"])]
        assert step["before"] == row["before"] and step["state"] == row["state"]
        for name in ("effect", "low", "high", "p", "q", "mde", "control"):
            value = row[name]
            assert step[name] == (float(f"{value:.5g}") if value is not None else None), name


def test_older_versions_have_no_verdicts_and_move_none(project, tmp_path):
    """The verdicts are those on results from which the older versions were deleted."""
    raise_versions(project)
    found = written(project)
    versions = found.group_by("benchmark").agg(pl.col("version").unique())
    assert {name: one for name, (one,) in versions.iter_rows()} == {
        name: "2" if name in RAISED else "1" for name in played.SLOWER + played.STILL
    }
    whole = read_machine(project.results, "mac")
    gone = pl.col("benchmark").is_in(RAISED) & (pl.col("version") == "1")
    shutil.rmtree(directory(project.results, "mac"))
    played.keep(project, whole.filter(~gone))
    assert written(project).equals(found)


def test_commands_and_pages_analyse_once(project, monkeypatch):
    """Whoever is first makes the analysis, the others read it: one way round and the other."""
    calls = []
    real = module.analyse
    monkeypatch.setattr(module, "analyse", lambda *arguments: calls.append(1) or real(*arguments))
    played.keep(project, played.swept(0.0, 0.15, 0.0))
    invoke("verdicts")
    build(project, project.html)
    case = (played.SLOWER[0], "8x8", "mlx_cpu", "v0.30.0")
    invoke("explain", *case)
    assert len(calls) == 1
    played.keep(project, played.swept(0.0, 0.0, 0.0, seed=5, case="9x9"), "b")
    build(project, project.html)
    invoke("explain", *case)
    invoke("verdicts")
    assert len(calls) == 2


@pytest.mark.parametrize(
    "command",
    [
        ("verdicts",),
        ("explain", played.SLOWER[0], "8x8", "mlx_cpu", "v0.30.0"),
        ("table", "--honest"),
    ],
)
def test_measuring_python_is_not_needed(project, tmp_path, command):
    """Results are read where the Python that measured them does not exist, and no program is
    found."""
    played.store(project, "mac", {"v0.30.0": {("8x8", "mlx_cpu"): 1e-3, ("8x8", "cpu"): 2e-3}})
    path = tmp_path / "asv.conf.json"
    path.write_text(path.read_text().replace('"pythons": ["3.11"]', '"pythons": ["3.99"]'))
    played.keep(project, played.swept(0.0, 0.15, 0.0))
    result = mlx_asv(tmp_path, *command, PATH=str(tmp_path / "nowhere"))
    assert result.returncode == 0, result.stderr
