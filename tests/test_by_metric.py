from math import inf, log, nan

import polars as pl
import pytest
from mlx_asv.by_metric import is_log, levels, measurable, of_metric
from mlx_asv.metric import METRICS

from tests.test_metric import HITS, ULPS


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """A value of each of three metrics, two of them made up."""
    for each in (ULPS, HITS):
        monkeypatch.setitem(METRICS, each.name, each)
    return pl.DataFrame({"metric": ["time", "ulps", "hits"], "value": [2.0, 2.0, 4.0]})


def test_every_row_has_what_its_metric_says(frame: pl.DataFrame) -> None:
    """Numbers, words, whether; null where there is no metric."""
    lost = pl.DataFrame({"metric": [None], "value": [None]}, schema=frame.schema)
    found = pl.concat([frame, lost]).select(
        of_metric(lambda each: each.threshold).alias("threshold"),
        of_metric(lambda each: each.worse).alias("worse"),
        is_log().alias("log"),
    )
    assert found["threshold"].to_list() == [log(1.03), 0.5, log(1.03), None]
    assert found["worse"].to_list() == ["slower", "slower", "fewer hits", None]
    assert found["log"].to_list() == [True, False, True, None]


def test_levels_are_on_the_scale_of_the_metric(frame: pl.DataFrame) -> None:
    """Logarithms of what is compared by ratios, the rest as it is."""
    assert frame.select(levels("value"))["value"].to_list() == [log(2), 2.0, log(4)]


def test_only_what_has_a_logarithm_needs_to_be_positive(frame: pl.DataFrame) -> None:
    """Nothing infinite or without a number can be compared."""
    for value, expected in (
        (0.0, [False, True, False]),
        (-1.0, [False, True, False]),
        (inf, [False] * 3),
        (nan, [False] * 3),
        (1.0, [True] * 3),
    ):
        found = frame.with_columns(value=pl.lit(value)).select(measurable("value"))
        assert found["value"].to_list() == expected
