"""Decisions on pairs of releases that were measured again, from the fresh replicates."""

from collections.abc import Iterator

import polars as pl

from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import METRICS

from .evidence import Finding, finding_of
from .pairs import PAIR, SERIES
from .sequential import StoppingRule
from .verdict import Verdict, is_change

FRESH = pl.Schema(
    {
        **{key: pl.String() for key in PAIR},
        "confirmed": pl.String(),
        **{key: pl.Float64() for key in ("fresh_effect", "fresh_low", "fresh_high")},
        "fresh_replicates": pl.Int32(),
    }
)

#: The columns of a block set of a confirmation: its group is a backend, its reference arm the
#: earlier release.
_CASE = tuple(key for key in SERIES if key not in ("metric", "backend"))
_BLOCK_SET = ("sweep", *_CASE, "replicate", "group")


def fresh(confirmations: pl.DataFrame, rule: StoppingRule) -> pl.DataFrame:
    """The decision on each pair that confirmations have measured, from all of them together: FRESH.

    `confirmed`: the decision by `rule`, for the metric; null as long as it takes more replicates.
    The effect, after / before, is on the metric's scale. Replicates of a later confirmation of a
    pair are further looks at the pair: the rule holds for any number of looks.
    """
    levels = dict(_by_pair(life_levels(confirmations), confirmations, "metric"))
    rows = []
    for key, observations in pairs_of(confirmations):
        metric = METRICS[key[PAIR.index("metric")]]
        found = finding_of(levels.get(key), observations, rule.of(metric))
        rows.append((*key, *_said(found)))
    return pl.DataFrame(rows, schema=FRESH, orient="row")


def with_fresh(verdicts: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """`verdicts` with the columns of `again` (FRESH).

    An inconclusive verdict becomes a change if fresh replicates were decided so: they are a test of
    this pair alone, not one of many.
    """
    settled = is_change("confirmed") & (pl.col("verdict") == Verdict.INCONCLUSIVE.value)
    found = verdicts.join(again, on=PAIR, how="left", maintain_order="left")
    return found.with_columns(
        verdict=pl.when(settled).then("confirmed").otherwise("verdict"),
        reason=pl.when(~settled.fill_null(False)).then("reason"),
    )


def pairs_of(confirmations: pl.DataFrame) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The observations of each pair (PAIR), with those of its twin, controls and lost arms."""
    found = []
    for (*case, backend, before, after), observations in _by_pair(confirmations, confirmations):
        for metric in METRICS:
            if metric in observations["metric"]:
                of_it = (pl.col("metric") == metric).fill_null(True)  # or of an arm that was lost
                pair = (*case, metric, backend, before, after)
                found.append((pair, observations.filter(of_it)))
    return found


def _by_pair(
    frame: pl.DataFrame, confirmations: pl.DataFrame, *besides: str
) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """The rows of `frame` by the pair that their block set measured, and by the columns `besides`:
    (case, besides, backend, before, after), and what has the two releases."""
    sides = confirmations.group_by(_BLOCK_SET).agg(
        _the("backend", "reference").alias("of"),
        _the("release", "reference").alias("before"),
        _the("release", "release").alias("after"),
    )
    placed = frame.join(sides.drop_nulls(), on=_BLOCK_SET, maintain_order="left")
    key = [*_CASE, *besides, "of", "before", "after"]
    for name, part in placed.partition_by(key, as_dict=True, maintain_order=True).items():
        yield tuple(map(str, name)), part.select(frame.columns)


def _the(column: str, role: str) -> pl.Expr:
    return pl.col(column).filter(pl.col("role") == role).first()


def _said(found: Finding) -> tuple[str | None, float, float, float, int]:
    change = found.change
    return found.decision, change.effect, change.low, change.high, change.replicates
