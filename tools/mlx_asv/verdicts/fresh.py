"""What fresh replicates say of the pairs that were measured again."""

import polars as pl

from .evidence import Finding, finding
from .pairs import PAIR, SERIES
from .rule import Verdict
from .sequential import StoppingRule

FRESH = pl.Schema(
    {
        **{key: pl.String() for key in PAIR},
        "confirmed": pl.String(),
        **{key: pl.Float64() for key in ("fresh_effect", "fresh_low", "fresh_high")},
        "fresh_replicates": pl.Int32(),
    }
)

#: A block set of a confirmation. Its group is a backend, its reference the earlier release.
_BLOCK_SET = ("sweep", *SERIES[:-1], "replicate", "group")


def fresh(confirmations: pl.DataFrame, rule: StoppingRule) -> pl.DataFrame:
    """What all confirmations together say of each pair that they measured: FRESH.

    `confirmed`: the decision by `rule`, null as long as it takes more replicates. The effect,
    after / before, is in log time. Those of later confirmations of a pair are further looks at
    it: the rule holds however many there are.
    """
    rows = []
    for key, observations in pairs_of(confirmations):
        found = finding(observations, rule)
        rows.append((*key, *_said(found)))
    return pl.DataFrame(rows, schema=FRESH, orient="row")


def with_fresh(verdicts: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """`verdicts` with the columns of `again` (FRESH).

    What was inconclusive is slower or faster if fresh replicates were decided so: they are one
    test, not one of many.
    """
    changed = pl.col("confirmed").is_in([Verdict.SLOWER.value, Verdict.FASTER.value])
    settled = changed & (pl.col("verdict") == Verdict.INCONCLUSIVE.value)
    found = verdicts.join(again, on=PAIR, how="left", maintain_order="left")
    return found.with_columns(
        verdict=pl.when(settled).then("confirmed").otherwise("verdict"),
        reason=pl.when(~settled.fill_null(False)).then("reason"),
    )


def pairs_of(confirmations: pl.DataFrame) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The observations of each pair (PAIR), its twin's and its controls' among them."""
    sides = confirmations.group_by(_BLOCK_SET).agg(
        _the("backend", "reference").alias("of"),
        _the("release", "reference").alias("before"),
        _the("release", "release").alias("after"),
    )
    placed = confirmations.join(sides.drop_nulls(), on=_BLOCK_SET, maintain_order="left")
    key = [*SERIES[:-1], "of", "before", "after"]
    parts = placed.partition_by(key, as_dict=True, maintain_order=True)
    return [
        (tuple(map(str, name)), part.select(confirmations.columns)) for name, part in parts.items()
    ]


def _the(column: str, role: str) -> pl.Expr:
    return pl.col(column).filter(pl.col("role") == role).first()


def _said(found: Finding) -> tuple[Verdict | None, float, float, float, int]:
    change = found.change
    return found.decision, change.effect, change.low, change.high, change.replicates
