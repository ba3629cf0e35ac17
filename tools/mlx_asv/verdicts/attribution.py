"""Whose change it is: the machine's, one backend's, one family's, or all of MLX's."""

from collections.abc import Sequence

import polars as pl

from mlx_asv.effects.changes import REPLICATE, contrasts, pool
from mlx_asv.effects.lives import SUBJECT

from .inference import CONFIDENCE
from .pairs import PAIR, SERIES, STEP, in_order
from .rule import Rule
from .scope import Known, scope_of
from .verdict import is_change

#: The columns of a place.
PLACE = ("machine", "environment")
#: The columns of a release in a place, by metric.
HERE = (*PLACE, "metric", "after")
#: A release moves the whole suite only if at least this part of all series moves the same way.
MOST = 0.75
#: And only if the series are of at least this many benchmarks: fewer move the same way by chance.
FEWEST_BENCHMARKS = 5

CONTROL = pl.Schema(
    {
        **{key: pl.String() for key in PAIR},
        "control_backend": pl.String(),
        **{key: pl.Float64() for key in ("control", "control_low", "control_high")},
    }
)
SUITE = pl.Schema(
    {
        **{key: pl.String() for key in HERE},
        "effect": pl.Float64(),
        "same_way": pl.Float64(),
        "series": pl.Int32(),
        "benchmarks": pl.Int32(),
        "suite_wide": pl.Boolean(),
    }
)


def control_movement(levels: pl.DataFrame, comparisons: pl.DataFrame) -> pl.DataFrame:
    """How far a control moved between the replicates of `before` and those of `after`: CONTROL.

    Only pairs that never met in a replicate have a row: for releases that met the machine is the
    same, and cancels. A control does not change with the release: if its log ratio to the reference
    has changed from the time of the one release to that of the other, the machine has changed. Of
    several controls the one with the narrowest interval is taken (`control_backend`). A pair has no
    row if no control was measured at both times beside the same reference arm.
    """
    apart = comparisons.filter(~pl.col("paired")).select(PAIR).unique()
    sides = pl.concat(
        apart.select(*SERIES, pl.col(side).alias("label")) for side in ("before", "after")
    )
    lives = levels.select(*SERIES, "label", *REPLICATE).unique()
    # The levels of controls, as if each were of the release that it lived beside.
    beside = (
        levels.filter(pl.col("role") == "control")
        .drop("label")
        .rename({"backend": "control_backend"})
        .join(lives.join(sides, on=(*SERIES, "label"), how="semi"), on=(*SUBJECT, *REPLICATE))
        .with_columns(pl.format("{} beside {}", "control_backend", "backend").alias("both"))
    )
    pairs = apart.join(beside.select(*SERIES, "control_backend", "both").unique(), on=SERIES)
    movement = contrasts(
        pool(beside.with_columns(pl.col("both").alias("backend")).select(levels.columns)),
        pairs.select(
            *SUBJECT,
            pl.col("both").alias("backend"),
            pl.col("before").alias("before_label"),
            pl.col("after").alias("after_label"),
        ),
        CONFIDENCE,
    )
    return (
        pairs.join(
            movement,
            left_on=(*SUBJECT, "both", "before", "after"),
            right_on=(*SUBJECT, "backend", "before_label", "after_label"),
        )
        .sort(*PAIR, pl.col("high") - pl.col("low"), "control_backend")
        .unique(PAIR, keep="first", maintain_order=True)
        .rename({"effect": "control", "low": "control_low", "high": "control_high"})
        .select(pl.col(name).cast(kind) for name, kind in CONTROL.items())
    )


def suite_movements(comparisons: pl.DataFrame, order: Sequence[str], rule: Rule) -> pl.DataFrame:
    """The median step of all series at each release: SUITE, a series of its own; in order.

    `effect`: the median. `same_way`: the part of all series that moves in the median's direction.
    `suite_wide`: the median is over the threshold, most series move in its direction, and they are
    of several benchmarks. No verdict is ever corrected by the median: all of MLX may be slower.
    """
    step = pl.col("effect")
    found = (
        comparisons.filter(pl.col("comparison") == STEP, step.is_not_null())
        .group_by(HERE)
        .agg(
            step.median(),
            (step.sign() == step.median().sign()).mean().alias("same_way"),
            pl.len().alias("series"),
            pl.col("benchmark").n_unique().alias("benchmarks"),
        )
        .with_columns(
            suite_wide=(step.abs() > rule.threshold)
            & (pl.col("same_way") >= MOST)
            & (pl.col("benchmarks") >= FEWEST_BENCHMARKS)
        )
        .select(pl.col(name).cast(kind) for name, kind in SUITE.items())
    )
    return in_order(found, order, *PLACE, "metric")


def attributed(verdicts: pl.DataFrame, suite: pl.DataFrame, known: Known) -> pl.DataFrame:
    """`verdicts` with `suite_wide` and `scope`.

    `suite_wide`: the step is a change, and the whole suite moved the same way at its release.
    `scope`: what the steps with this verdict at this release have in common, see `scope_of`; null
    for steps that are no change, and for comparisons with the best so far.
    """
    wide = suite.filter("suite_wide").select(*HERE, pl.col("effect").sign().alias("suite_sign"))
    moved = is_change()
    is_step = pl.col("comparison") == STEP
    found = (
        verdicts.join(wide, on=HERE, how="left", maintain_order="left")
        .with_columns(
            suite_wide=(
                is_step & moved & (pl.col("effect").sign() == pl.col("suite_sign"))
            ).fill_null(False)
        )
        .drop("suite_sign")
    )
    steps = found.filter(is_step).partition_by(HERE, as_dict=True)
    scopes = [
        (*place, verdict, scope_of(group.rows(named=True), measured.rows(named=True), known))
        for place, measured in steps.items()
        for (verdict,), group in measured.filter(moved).group_by("verdict")
    ]
    schema = {key: pl.String() for key in (*HERE, "verdict", "scope")}
    scope = pl.DataFrame(scopes, schema=schema, orient="row")
    return found.join(scope, on=(*HERE, "verdict"), how="left", maintain_order="left").with_columns(
        scope=pl.when(is_step).then("scope")
    )
