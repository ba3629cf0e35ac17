"""The two answers to each step, of time and of instructions, and how the two are read together."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import polars as pl

from mlx_asv.metric import INSTRUCTIONS, TIME, Metric

from .pairs import PAIR, STEP
from .published import CONFIRMED, published
from .verdict import Verdict

#: The metrics whose answers are read together.
ANSWERS = (TIME, INSTRUCTIONS)
#: What identifies a step, of whatever metric.
KEY = tuple(name for name in PAIR if name != "metric")
#: What is said of a step by each metric, in columns that begin with the metric's name.
SAID = ("verdict", "effect", "low", "high")

READINGS = pl.Schema(
    {
        **{name: pl.String() for name in KEY},
        **{
            f"{metric.name}_{name}": pl.String() if name == "verdict" else pl.Float64()
            for metric in ANSWERS
            for name in SAID
        },
        "confirmed": pl.Boolean(),
        "reading": pl.String(),
        "disagree": pl.Boolean(),
    }
)


class Reading(StrEnum):
    """What the two answers to a step say together; the package: whose releases are compared."""

    DOES_MORE = "the package does more"
    DOES_LESS = "the package does less"
    NOT_WORK = "memory, caches, layout or the wheel's compiler"
    SLOWER_WITH_LESS = "slower, though the package does less"
    FASTER_WITH_MORE = "faster, though the package does more"
    MORE_UNFELT = "more instructions and not slower"
    LESS_UNFELT = "fewer instructions and not faster"
    MORE_UNKNOWN = "more instructions, and time cannot tell"
    LESS_UNKNOWN = "fewer instructions, and time cannot tell"
    SLOWER_UNKNOWN = "slower, and instructions cannot tell"
    FASTER_UNKNOWN = "faster, and instructions cannot tell"


#: The reading of a verdict of time and one of instructions. Two that are no change have none.
_READ = {
    (TIME.worse, INSTRUCTIONS.worse): Reading.DOES_MORE,
    (TIME.worse, Verdict.SAME): Reading.NOT_WORK,
    (TIME.worse, INSTRUCTIONS.better): Reading.SLOWER_WITH_LESS,
    (TIME.worse, Verdict.INCONCLUSIVE): Reading.SLOWER_UNKNOWN,
    (TIME.better, INSTRUCTIONS.better): Reading.DOES_LESS,
    (TIME.better, Verdict.SAME): Reading.NOT_WORK,
    (TIME.better, INSTRUCTIONS.worse): Reading.FASTER_WITH_MORE,
    (TIME.better, Verdict.INCONCLUSIVE): Reading.FASTER_UNKNOWN,
    (Verdict.SAME, INSTRUCTIONS.worse): Reading.MORE_UNFELT,
    (Verdict.SAME, INSTRUCTIONS.better): Reading.LESS_UNFELT,
    (Verdict.INCONCLUSIVE, INSTRUCTIONS.worse): Reading.MORE_UNKNOWN,
    (Verdict.INCONCLUSIVE, INSTRUCTIONS.better): Reading.LESS_UNKNOWN,
}
#: Both know, and say different things.
_DISAGREE = frozenset(
    (
        Reading.NOT_WORK,
        Reading.SLOWER_WITH_LESS,
        Reading.FASTER_WITH_MORE,
        Reading.MORE_UNFELT,
        Reading.LESS_UNFELT,
    )
)
_READ_TOGETHER = pl.DataFrame(
    [(*map(str, pair), str(reading), reading in _DISAGREE) for pair, reading in _READ.items()],
    schema={
        **{f"{metric.name}_verdict": pl.String() for metric in ANSWERS},
        "reading": pl.String(),
        "disagree": pl.Boolean(),
    },
    orient="row",
)


def other_of(metric: Metric) -> Metric | None:
    """The metric whose answer is read together with that of this one; None if there is none."""
    return next((each for each in ANSWERS if metric in ANSWERS and each is not metric), None)


def other_answer(reading: Mapping[str, Any], metric: Metric) -> str | None:
    """``instructions +44.23% (+44.20% to +44.26%), more instructions: the package does more``: what
    the other metric says of a row of READINGS, and how the two are read; None if it says nothing.
    """
    other = other_of(metric)
    if other is None or reading[f"{other.name}_verdict"] is None:
        return None
    verdict, effect, low, high = (reading[f"{other.name}_{name}"] for name in SAID)
    size = f"{other.change(effect)} ({other.interval(low, high)})"
    said = f"{other.name} {size}, {verdict}"
    return f"{said}: {reading['reading']}" if reading["reading"] else said


def readings(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The steps that time or instructions have a verdict on: READINGS; in the order of `verdicts`.

    `verdicts`: VERDICTS. `{metric}_verdict`, `_effect`, `_low`, `_high`: as they are `published`;
    null where that metric has no verdict on the two releases, as where it passed one over.
    `confirmed`: fresh replicates have confirmed the change of time. `reading`: a Reading; null
    where neither is a change, or where one of the two has no verdict. `disagree`: both have an
    answer, and one calls a change what the other calls the same, or the opposite change.
    """
    shown = published(verdicts).filter(
        pl.col("comparison") == STEP,
        pl.col("metric").is_in([metric.name for metric in ANSWERS]),
    )
    by_metric = [
        pl.col(name).filter(pl.col("metric") == metric.name).first().alias(f"{metric.name}_{name}")
        for metric in ANSWERS
        for name in SAID
    ]
    of_time = (pl.col("metric") == TIME.name) & (pl.col("standing") == CONFIRMED)
    return (
        shown.group_by(KEY, maintain_order=True)
        .agg(*by_metric, of_time.any().alias("confirmed"))
        .join(_READ_TOGETHER, on=_READ_TOGETHER.columns[:2], how="left", maintain_order="left")
        .with_columns(pl.col("confirmed", "disagree").fill_null(False))
        .select(pl.col(name).cast(kind) for name, kind in READINGS.items())
    )
