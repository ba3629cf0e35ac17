from math import log

import polars as pl
import pytest
from mlx_asv.explain.evidence import evidence, find, replicates
from mlx_asv.observations.schema import SCHEMA

from tests.verdicts.test_fresh import confirmation
from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed

SWEEP = QUIET.but(replicates=4)


def observed(*changes):
    """The first two benchmarks change so, ten do not; a twin and a control are beside them."""
    still = {**levels(*[0.0] * len(changes)), ("mlx_cpu", "v1 (A/A)"): 1e-3, ("torch", "v1"): 3e-3}
    frame = mixed(SWEEP, still, {**still, **levels(*changes)}, MANY[:2])
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SCHEMA.items()
    )


FRAME = observed(0.0, 0.15, 0.0)
VERDICTS = judged(FRAME).verdicts
NOTHING = FRAME.clear()


def explained(confirmations=NOTHING, release="v3"):
    """The evidence for a step of the first benchmark."""
    (row,) = find(VERDICTS, MANY[0], "8x8", "mlx_cpu", release)
    return evidence(row, VERDICTS, FRAME, confirmations)


def test_each_replicate_has_both_sides():
    """Their seconds, the change inside the replicate, and the control's seconds."""
    table = explained().sweeps
    assert table.columns == ["sweep", "replicate", "before", "after", "change", "torch"]
    assert table.height == 4
    assert table["change"].to_list() == pytest.approx([0.15] * 4, abs=0.03)
    raw = (table["after"] / table["before"]).log().to_list()
    assert raw == pytest.approx([0.15] * 4, abs=0.1)


def test_twin_of_that_time():
    """The A/A effect of the case, with its interval."""
    (row,) = explained().twins.iter_rows(named=True)
    assert row["label"] == "v1 (A/A)"
    assert row["low"] <= row["effect"] <= row["high"]
    assert abs(row["effect"]) < 0.02


def test_what_else_moved():
    """The other benchmark that changed; not the one in question."""
    moved = explained().moved
    assert moved.select("benchmark", "after").rows() == [(MANY[1], "v3")]
    assert explained(release="v2").moved.is_empty()


def test_fresh_replicates_are_apart():
    """Those of this pair and series only."""
    assert explained().fresh.is_empty()
    mine = confirmation(log(1.1)).with_columns(
        pl.lit(MANY[0]).alias("benchmark"),
        pl.lit("8x8").alias("case"),
        pl.col("release", "label").replace({"v1": "v2", "v2": "v3", "v1 (A/A)": "v2 (A/A)"}),
    )
    other = mine.with_columns(pl.lit(MANY[1]).alias("benchmark"))
    found = explained(pl.concat([mine, other])).fresh
    assert found.height == 5
    assert found["change"].to_list() == pytest.approx([log(1.1)] * 5, abs=0.05)


def test_replicate_with_one_side():
    """Is shown with what it has."""
    from mlx_asv.effects.lives import life_levels

    some = FRAME.filter((pl.col("label") != "v3") | (pl.col("replicate") > 0))
    here = life_levels(some.filter(pl.col("benchmark") == MANY[0]))
    table = replicates(here, "mlx_cpu", "v2", "v3")
    assert table["after"].null_count() == table["change"].null_count() == 1


def test_class_is_enough_of_a_name():
    """As for the other arguments, what there is is said where nothing is found."""
    frame = VERDICTS.with_columns(pl.col("benchmark") + ".time_it")
    assert find(frame, "Operation0", "8x8", "mlx_cpu", "v3")[0]["benchmark"] == f"{MANY[0]}.time_it"
    for arguments, sentence in (
        (("Nothing", "8x8", "mlx_cpu", "v3"), "benchmark 'Nothing': choose from ops.Operation0.t"),
        (("Operation0", "9x9", "mlx_cpu", "v3"), "case '9x9': choose from 8x8"),
        (("Operation0", "8x8", "cuda", "v3"), "backend 'cuda': choose from mlx_cpu"),
        (("Operation0", "8x8", "mlx_cpu", "v1"), "release 'v1': choose from v2, v3, v4"),
    ):
        with pytest.raises(LookupError) as error:
            find(frame, *arguments)
        assert sentence in str(error.value)
