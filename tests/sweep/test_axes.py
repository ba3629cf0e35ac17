"""A suite with a third axis, and with cases whose texts are alike."""

import json
from itertools import product

import polars as pl
import pytest
from mlx_asv.asv_edge.stored import Project as Stored
from mlx_asv.axes import Axes

from .conftest import REFERENCE, RELEASES, Project

SUM, ALIKE, SPLIT = (f"sums.{name}" for name in ("Sum.time_sum", "Alike.time_it", "Split.time_it"))

#: Every case, by what it is called.
CASES = {
    **{
        (SUM, f"{case}, {dtype}"): Axes.of(case=case, dtype=dtype)
        for case, dtype in product(("short", "long"), ("float32", "float64"))
    },
    (ALIKE, "value=1"): Axes.of(value=1),
    (ALIKE, "1"): Axes.of(value="1"),
    (SPLIT, "a, c"): Axes.of(one="a", other="c"),
    (SPLIT, "a, 'b, c'"): Axes.of(one="a", other="b, c"),
    (SPLIT, "'a, b', c"): Axes.of(one="a, b", other="c"),
    (SPLIT, "'a, b', 'b, c'"): Axes.of(one="a, b", other="b, c"),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory, releases):
    """The suite, swept over two releases."""
    project = Project(tmp_path_factory.mktemp("axes") / "project", "axes")
    text = json.loads((project.path / "asv.conf.json").read_text())
    text["sweep"] = {"backend": "backend"}
    (project.path / "asv.conf.json").write_text(json.dumps(text))
    project.sweep(f"{RELEASES[-2]}..", "--target", "99%", "--budget", "10m")
    return project


@pytest.fixture
def stored(measured, monkeypatch):
    """What lies in asv's result files."""
    measured.enter(monkeypatch)
    return Stored.here()


def test_every_case_is_measured(measured):
    """Each under a label of its own, on its backends; what the suite says is a control is one."""
    observed = measured.observations()
    assert set(observed.select("benchmark", "case").iter_rows()) == CASES.keys()
    assert set(observed["outcome"]) == {"ok"}
    told = observed.select("benchmark", "case", "axes").unique().iter_rows()
    assert {(name, case): Axes.from_json(axes) for name, case, axes in told} == CASES
    of_sum = observed.filter(benchmark=SUM)
    roles = set(of_sum.select("case", "backend", "role").iter_rows())
    for benchmark, case in CASES:
        if benchmark == SUM:
            assert (case, "array", "reference") in roles
            assert (case, "list", "control") in roles
            assert (case, "list", "reference") not in roles


def test_every_case_has_its_own_number(stored):
    """In asv's files, read by its axes: nothing is shown for something else."""
    frame = stored.stored().filter(release=REFERENCE)
    found = {(row["benchmark"], row["case"]): row for row in frame.iter_rows(named=True)}
    assert found.keys() == CASES.keys()
    assert {key: Axes.from_json(row["axes"]) for key, row in found.items()} == CASES
    seconds = {key: row["value"] for key, row in found.items()}
    assert seconds[ALIKE, "1"] > 5 * seconds[ALIKE, "value=1"]
    for other in ("c", "'b, c'"):
        assert seconds[SPLIT, f"'a, b', {other}"] > 5 * seconds[SPLIT, f"a, {other}"]
    for dtype in ("float32", "float64"):
        lists = frame.filter(backend="list", case=f"long, {dtype}")["value"].item()
        shorter = frame.filter(backend="list", case=f"short, {dtype}")["value"].item()
        assert lists > 2 * shorter


def test_names_are_asvs(stored):
    """The backend stands where the suite has it."""
    frame = stored.stored().filter(pl.col("benchmark") == SUM)
    assert f"{SUM}('short', 'list', 'float32')" in set(frame["name"])
