import json
from math import inf

import polars as pl
import pytest
from asv.results import Results, iter_results
from mlx_asv.asv_edge.series_results import quartile, write_series
from mlx_asv.asv_edge.suite import Suite, SuiteError

NAME = "reductions.SumAll.time_forward"
BOX = {"machine": "box", "os": "Linux", "arch": "x", "cpu": "y", "num_cpu": "2", "ram": "1GB"}


@pytest.fixture
def suite(checkout):
    """The suite of this checkout, without results."""
    return Suite()


@pytest.fixture
def listing(suite):
    """Its benchmarks."""
    return suite.listing(suite.install(suite.asker.one("v0.31.1", "the release")), save=False)


def series(listing, release="v0.31.1", backend="mlx_cpu", seconds=0.01, **changes):
    """A row of a table of series."""
    row = {
        "benchmark": NAME,
        "version": listing.benchmarks[NAME]["version"],
        "case": "1000000",
        "backend": backend,
        "release": release,
        "metric": "time",
        "value": seconds,
        "low": seconds * 0.98,
        "high": seconds * 1.02,
        "replicates": 3,
    }
    return pl.DataFrame([{**row, **changes}])


def stored(suite, listing):
    """(release, backend) -> value and stats in the result files of the case."""
    params = listing.benchmarks[NAME]["params"]
    cases = [(c.strip("'"), b.strip("'")) for c in params[0] for b in params[1]]
    found = {}
    for results in iter_results(suite.conf.results_dir):
        values = results.get_result_value(NAME, params)
        stats = results.get_result_stats(NAME, params)
        for (case, backend), value, each in zip(cases, values, stats, strict=True):
            if case == "1000000" and value is not None:
                found[results.commit_hash, backend] = (value, each)
    return found


def test_values_and_intervals_are_asvs_own(suite, listing):
    """A file for each release, with the interval where asv keeps its own."""
    table = pl.concat([series(listing), series(listing, "v0.31.0", seconds=0.02)])
    assert sorted(write_series(suite, listing, BOX, table)) == ["v0.31.0", "v0.31.1"]
    found = stored(suite, listing)
    assert set(found) == {("v0.31.0", "mlx_cpu"), ("v0.31.1", "mlx_cpu")}
    value, stats = found["v0.31.0", "mlx_cpu"]
    assert value == 0.02
    assert stats["ci_99_a"] == pytest.approx(0.0196)
    assert stats["ci_99_b"] == pytest.approx(0.0204)
    assert stats["ci_99_a"] < stats["q_25"] < value < stats["q_75"] < stats["ci_99_b"]
    machine = json.loads((suite.results / "box/machine.json").read_text())
    assert machine["cpu"] == "y"


def test_other_values_of_a_file_stay(suite, listing):
    """What another sweep or asv itself has measured is kept; the same value is replaced."""
    write_series(suite, listing, BOX, series(listing))
    write_series(suite, listing, BOX, series(listing, backend="numpy", seconds=0.5))
    write_series(suite, listing, BOX, series(listing, seconds=0.03))
    found = stored(suite, listing)
    assert found["v0.31.1", "numpy"][0] == 0.5
    assert found["v0.31.1", "mlx_cpu"][0] == 0.03


def test_values_of_an_older_version_go(suite, listing):
    """They are another series: asv would show them as this one's."""
    write_series(suite, listing, BOX, series(listing, backend="numpy"))
    (path,) = (suite.results / "box").glob("v*.json")
    data = json.loads(path.read_text())
    data["results"][NAME][data["result_columns"].index("version")] = "old"
    path.write_text(json.dumps(data))
    write_series(suite, listing, BOX, series(listing))
    assert set(stored(suite, listing)) == {("v0.31.1", "mlx_cpu")}


def test_series_of_another_version_or_case_are_not_written(suite, listing):
    """Observations outlive the cases they were made of."""
    table = pl.concat(
        [
            series(listing, version="0.0"),
            series(listing, case="gone"),
            series(listing, backend="tpu"),
        ]
    )
    write_series(suite, listing, BOX, table)
    assert stored(suite, listing) == {}


def test_an_unknown_interval_is_infinite_and_its_quartiles_are_not(suite, listing):
    """As asv itself writes a value of too few samples."""
    write_series(suite, listing, BOX, series(listing, low=0.0, high=inf))
    ((value, stats),) = stored(suite, listing).values()
    assert stats["ci_99_b"] == inf
    assert stats["q_25"] == stats["q_75"] == value


@pytest.mark.parametrize("bound", [0.0, inf])
def test_quartile_of_an_unknown_bound(bound):
    """Is the value."""
    assert quartile(2.0, bound) == 2.0


def test_a_damaged_result_file_is_named(suite, listing):
    """It is not overwritten: it may hold what nothing else does."""
    write_series(suite, listing, BOX, series(listing))
    (path,) = (suite.results / "box").glob("v*.json")
    path.write_text("{")
    with pytest.raises(SuiteError, match=path.name):
        write_series(suite, listing, BOX, series(listing))
    assert path.read_text() == "{"
    with pytest.raises(Exception, match=r"v0\.31\.1"):
        Results.load(str(path))
