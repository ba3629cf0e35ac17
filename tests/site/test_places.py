import polars as pl
import pytest
from mlx_asv.observations.store import CONFIRMATIONS, ObservationsError, directory, write
from mlx_asv.site.places import places
from mlx_asv.verdicts.rule import Rule

from tests.site import played


def found(project):
    """The places of one machine."""
    return places(project, "mac", Rule())


def test_sweeps_have_points_verdicts_and_a_twin(project):
    """The twin is no series, and the control is marked."""
    played.keep(project, played.swept(0.0, 0.15, 0.0))
    (place,) = found(project)
    assert (place.id, place.machine, place.environment) == ("mac", "mac", "py3.11")
    assert place.releases == list(played.RELEASES)
    assert place.described["ram"] == "8GB"
    conv = place.points.filter(benchmark=played.SLOWER[0])
    assert conv.filter("control").select("backend", "release").rows() == [("cpu", "v0.31.1")]
    assert conv.filter(~conv["control"])["release"].to_list() == list(played.RELEASES)
    assert (conv["low"] <= conv["value"]).all() and (conv["value"] <= conv["high"]).all()
    assert place.twins.height == len(played.SLOWER + played.STILL)
    assert place.twins["effect"].abs().max() < 0.05
    assert set(place.verdicts["verdict"]) >= {"slower"}


def test_asv_results_count_where_no_sweep_has_the_series(project):
    """A sweep writes its series in asv's format, too: they would be there twice."""
    frame = played.swept(0.0, 0.0, 0.0)
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 7.0, ("9x9", "mlx_cpu"): 8.0}})
    played.keep(project, frame)
    (place,) = found(project)
    stored = place.points.filter(source="asv")
    assert stored.select("case", "value", "low", "replicates").rows() == [("9x9", 8.0, None, None)]
    assert (
        place.points.filter(case="8x8", benchmark="linear.MatMul.time_forward")["value"].max() < 1
    )


def test_machines_that_asv_alone_measured_have_no_verdicts(project):
    """Nor intervals, nor sweeps; the backends that are controls are known by name."""
    times = {("8x8", "mlx_cpu"): 1e-3, ("8x8", "cpu"): 2e-3}
    played.store(project, "mac", {"v0.31.1": times, "v0.29.0": times})
    (place,) = found(project)
    assert not place.judged
    assert place.releases == ["v0.29.0", "v0.31.1"]
    assert place.points.filter("control")["backend"].unique().to_list() == ["cpu"]


def test_environments_of_a_machine_are_places_of_their_own(project):
    """Their ids differ, and they are called so."""
    played.keep(project, played.swept(0.0, 0.0, 0.0), "a")
    played.keep(project, played.swept(0.0, 0.0, 0.0, environment="py3.12", seed=9), "b")
    both = found(project)
    assert {place.environment for place in both} == {"py3.11", "py3.12"}
    assert len({place.id for place in both}) == 2
    assert {place.title for place in both} == {"mac, py3.11", "mac, py3.12"}


def test_a_newer_version_of_a_benchmark_replaces_the_older(project):
    """They are two series, and one of them has no future."""
    played.keep(project, played.swept(0.0, 0.0, 0.0), "a")
    newer = played.swept(0.0, 0.0, 0.0, seed=4).with_columns(
        version=pl.lit("2"), sweep=pl.lit("2026-02-02"), case=pl.lit("16x16")
    )
    played.keep(project, newer.filter(pl.col("benchmark") == played.SLOWER[0]), "b")
    (place,) = found(project)
    assert place.points.filter(benchmark=played.SLOWER[0])["case"].unique().to_list() == ["16x16"]
    assert place.points.filter(benchmark=played.SLOWER[1])["case"].unique().to_list() == ["8x8"]


def test_a_release_that_the_lock_does_not_know(project):
    """It would have no place on the axis."""
    tags = ("v0.29.0", "v7.0.0")
    played.keep(project, played.swept(0.0, releases=tags))
    with pytest.raises(ObservationsError, match=r"The lock file does not know v7\.0\.0"):
        found(project)


def test_nothing_measured(project):
    """No place."""
    assert found(project) == []


def test_what_was_measured_again_counts(project):
    """A confirmation of one step: its size is the fresh one, and it is no candidate."""
    slower = played.SLOWER[0]
    played.keep(project, played.swept(0.0, 0.15, 0.0))
    again = played.swept(
        0.10, slower=[slower], still=(), releases=played.RELEASES[1:3], replicates=8, seed=7
    ).with_columns(sweep=pl.lit("2026-03-03-confirm"))
    write(directory(project.results, "mac", CONFIRMATIONS) / "c.parquet", again)
    (place,) = found(project)
    steps = place.verdicts.filter(comparison="step", after="v0.30.0")
    standing = dict(steps.select("benchmark", "standing").rows())
    assert standing[slower] == "confirmed" and standing[played.SLOWER[1]] == "candidate"
    (row,) = steps.filter(benchmark=slower).to_dicts()
    assert row["effect"] == pytest.approx(0.10, abs=0.01)
    assert row["swept_effect"] == pytest.approx(0.15, abs=0.01)
