from math import log

import pytest
from mlx_asv.published.store import read_published
from mlx_asv.site.compare import AVERAGES, CASES, comparisons, published, published_cases
from mlx_asv.site.places import places
from mlx_asv.verdicts.rule import Rule

from tests.checkout import published_results
from tests.site import played


def tables_of(project):
    """The tables of each release of the one place."""
    (place,) = places(project, "mac", Rule())
    return dict(comparisons(place, project.describe))


def test_every_release_has_its_tables(project):
    """Cases and averages; the control, measured once, is in all of them, with intervals."""
    played.keep(project, played.swept(0.0, log(1.5), 0.0))
    found = tables_of(project)
    assert list(found) == list(played.RELEASES)
    for tables in found.values():
        assert [table["name"] for table in tables] == [CASES, AVERAGES]
    cases = found["v0.31.1"][0]
    assert [kind for _, kind in cases["columns"]] == ["time", "time", "speedup", "interval"]
    assert [title for title, _ in cases["columns"][:2]] == ["mlx_cpu", "cpu"]
    rows = {row[0].split(" ")[0]: row[1:] for row in cases["rows"]}
    mlx, torch = map(float, rows["Conv2d"][:2])
    assert torch / mlx == pytest.approx(2.0 / 1.5, rel=0.03)
    assert int(rows["Conv2d"][2].rstrip("%")) == pytest.approx(33, abs=5)
    assert rows["Conv2d"][3].startswith("+") and "n.s." not in rows["Conv2d"][3]
    before = {row[0].split(" ")[0]: float(row[1]) for row in found["v0.29.0"][0]["rows"]}
    assert mlx / before["Conv2d"] == pytest.approx(1.5, rel=0.03)


def test_results_of_asv_have_no_intervals(project):
    """Their numbers are there."""
    times = {("8x8 8x8", "mlx_cpu"): 1e-3, ("8x8 8x8", "cpu"): 2e-3}
    played.store(project, "mac", {"v0.31.1": times})
    (row,) = tables_of(project)["v0.31.1"][0]["rows"]
    assert row == ["MatMul / dim=8x8 dim=8x8", "1.00", "2.00", "+100%"]


def test_what_is_no_operation_on_shapes_has_no_table(project):
    """A suite of another kind."""
    played.keep(project, played.swept(0.0, still=(), slower=["suite.time_sum"]))
    assert all(tables == [] for tables in tables_of(project).values())


def test_published_tables_say_where_they_come_from():
    """Each machine of each document, and why a number is wrong."""
    documents = read_published(published_results())
    found = published(documents)
    assert len(found) >= 20
    for tables in found.values():
        for table in tables:
            assert any("published, not measured here" in note for note in table["notes"])
    wrong = [
        cell
        for tables in found.values()
        for table in tables
        for row in table["rows"]
        for cell in row
        if isinstance(cell, list)
    ]
    assert ["the axis never reached MLX"] in [cell[1:] for cell in wrong]


def test_published_figures_of_a_case():
    """By operation and by this suite's name of the case."""
    rows = published_cases(read_published(published_results()))["Argmax"]["64x1024x128 axis=0"]
    assert {row[1] for row in rows} >= {"mlx_gpu", "mlx_cpu", "mps", "cpu"}
    for machine, backend, seconds, release, _, wrong in rows:
        assert machine and 0 < seconds < 10
        assert release is None or release.startswith("v")
        assert (wrong is not None) == backend.startswith("mlx")
