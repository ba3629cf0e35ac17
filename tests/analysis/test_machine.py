import polars as pl
from mlx_asv.analysis.machine import NOTHING, analyse, newest
from mlx_asv.observations.store import read
from mlx_asv.verdicts.rule import Rule

from tests.site import played


def test_the_newest_version_is_that_of_the_last_sweep():
    """Of each machine and environment by itself: another may not have measured it yet."""
    old = played.swept(0.0)
    new = old.with_columns(version=pl.lit("2"), sweep=pl.lit("2026-02-02"))
    raised = new.filter(pl.col("benchmark").is_in(played.SLOWER))
    other = old.with_columns(environment=pl.lit("py3.12"))
    kept = newest(pl.concat([raised, old, other]))
    found = set(kept.select("environment", "benchmark", "version").iter_rows())
    assert found == {
        *(("py3.11", name, "2") for name in played.SLOWER),
        *(("py3.11", name, "1") for name in played.STILL),
        *(("py3.12", name, "1") for name in played.SLOWER + played.STILL),
    }


def test_a_version_is_no_number():
    """asv's are hashes: what comes later is newer, whatever it is called."""
    old = played.swept(0.0).with_columns(version=pl.lit("f"))
    new = played.swept(0.0, seed=2).with_columns(version=pl.lit("0"), sweep=pl.lit("2026-02-02"))
    assert set(newest(pl.concat([old, new]))["version"]) == {"0"}


def test_of_nothing_there_is_nothing_to_say():
    """Every frame is empty, and has the columns it always has."""
    found = analyse(read([]), read([]), [], [], Rule(), {})
    for name, frame in vars(NOTHING).items():
        assert getattr(found, name).equals(frame), name
        assert getattr(found, name).schema == frame.schema
