"""How many steps have an answer: by time, by instructions, by either."""

import polars as pl

from .reading import ANSWERS
from .verdict import Verdict


def answered(readings: pl.DataFrame, *by: str) -> pl.DataFrame:
    """How many steps have an answer, which is any verdict but inconclusive: a row for all, or, of
    the columns `by`, for each group; sorted.

    `steps`: those that were timed; where none was, those that were counted: what was counted alone
    is no step on which time cannot tell. A column of each metric's name: of which that one has an
    answer; null where the metric has no verdicts. `either`: of which any has.
    """
    said = {metric.name: pl.col(f"{metric.name}_verdict") for metric in ANSWERS}
    timed = said[ANSWERS[0].name].is_not_null()
    mine = timed | ~timed.any()
    has = {
        name: mine & (each != Verdict.INCONCLUSIVE).fill_null(False) for name, each in said.items()
    }
    counts = [
        mine.sum().alias("steps"),
        *(pl.when(said[name].count() > 0).then(has[name].sum()).alias(name) for name in said),
        pl.any_horizontal(*has.values()).sum().alias("either"),
    ]
    return readings.group_by(by).agg(counts).sort(by) if by else readings.select(counts)


def share(count: int | None, whole: int) -> str:
    """``42 %``; of less than all never 100 %; of nothing, or where nothing is known, a dash."""
    if count is None or not whole:
        return "-"
    return f"{min(round(100 * count / whole), 99) if count < whole else 100} %"


def answers_sentence(readings: pl.DataFrame) -> str | None:
    """How many of the steps that were timed have an answer, and how many more were counted: on
    those, time was not asked. None where one of the two metrics has no verdict."""
    first, second = (metric.name for metric in ANSWERS)
    timed = readings.filter(pl.col(f"{first}_verdict").is_not_null())
    if timed.is_empty() or readings[f"{second}_verdict"].is_null().all():
        return None
    row = answered(timed).row(0, named=True)
    by_time, by_other, either = (
        share(row[name] or 0, row["steps"]) for name in (first, second, "either")
    )
    said = (
        f"Of {row['steps']:,} steps {by_time} have an answer by {first}, {by_other} by {second}, "
        f"{either} by either"
    )
    more = readings.height - timed.height
    return f"{said}; {more:,} more by {second} alone." if more else f"{said}."


def readings_sentence(readings: pl.DataFrame) -> str | None:
    """How many steps have each reading, and how many have answers that disagree; None where nothing
    is read."""
    counts = (
        readings["reading"]
        .drop_nulls()
        .value_counts()
        .sort("count", "reading", descending=[True, False])
    )
    if counts.is_empty():
        return None
    read = "; ".join(f"{count} {reading}" for reading, count in counts.iter_rows())
    return f"Read together: {read}. Time and instructions disagree on {readings['disagree'].sum()}."
