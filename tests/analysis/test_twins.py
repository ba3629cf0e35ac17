from math import log

import polars as pl
import pytest
from mlx_asv.analysis.twins import SIZES, TWINS, by_size, twins
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.metric import INSTRUCTIONS, TIME

from tests.test_metric import ULPS
from tests.verdicts.counts import TWIN, counted
from tests.verdicts.truth import MANY


def pairs(*sized):
    """TWINS of (value, effect)."""
    rows = [
        {"benchmark": f"ops.A{n}", "case": "", "backend": "mlx_cpu", "value": value, "effect": off}
        for n, (value, off) in enumerate(sized)
    ]
    return pl.DataFrame(rows, schema=TWINS)


def test_a_twin_is_compared_with_its_reference():
    """As a log ratio; of each case, on each backend."""
    observed = counted(0.1, spread=0.0).with_columns(
        value=pl.when(pl.col("label") == "v2" + TWIN)
        .then(pl.col("value") * 1.01)
        .otherwise("value")
    )
    found = twins(series(life_levels(observed)), INSTRUCTIONS)
    assert found.schema == TWINS and sorted(found["benchmark"]) == sorted(MANY)
    assert found["effect"].to_list() == pytest.approx([log(1.01)] * len(MANY))
    assert (found["low"] < found["effect"]).all() and (found["effect"] < found["high"]).all()
    assert found.filter(benchmark=MANY[5])["value"].to_list() == pytest.approx([2e6])


def test_sizes_are_what_is_written_in_one_unit():
    """Thousands of instructions, billions: median, 95 % and largest, whatever the sign."""
    small, large = [(50e3, 0.001), (50e3, -0.003), (999e3, 0.002)], [(2e9, 1e-5)]
    found = by_size(pairs(*large, *small), INSTRUCTIONS, INSTRUCTIONS.text)
    assert found.schema == SIZES
    assert found.rows() == [
        ("1 k instructions to 1 M instructions", 3, 0.002, 0.003, 0.003),
        ("1 G instructions or more", 1, 1e-5, 1e-5, 1e-5),
    ]
    (short,) = by_size(pairs((1e-9, 0.1)), TIME, lambda seconds: f"{seconds:.0e}").rows()
    assert short[0] == "under 1e-06"


def test_a_metric_of_one_unit_has_one_size():
    """Nothing bounds it; and of nothing known there is no size."""
    assert by_size(pairs((0.5, -0.1)), ULPS, ULPS.text).rows() == [("any", 1, 0.1, 0.1, 0.1)]
    unknown = pairs((1e6, None), (1e6, float("inf")))
    assert by_size(unknown, INSTRUCTIONS, INSTRUCTIONS.text).rows() == []
