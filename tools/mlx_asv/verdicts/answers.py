"""How many steps have an answer: by time, by instructions, by either."""

import polars as pl

from .reading import ANSWERS
from .verdict import Verdict


def answered(readings: pl.DataFrame, *by: str) -> pl.DataFrame:
    """How many steps have an answer, which is any verdict but inconclusive: a row for all, or, of
    the columns `by`, for each group; sorted.

    `steps`: that any of ANSWERS has a verdict on. A column of each metric's name: of which that
    one has an answer. `either`: of which any has.
    """
    has = {
        metric.name: (pl.col(f"{metric.name}_verdict") != Verdict.INCONCLUSIVE).fill_null(False)
        for metric in ANSWERS
    }
    counts = [
        pl.len().alias("steps"),
        *(each.sum().alias(name) for name, each in has.items()),
        pl.any_horizontal(*has.values()).sum().alias("either"),
    ]
    return readings.group_by(by).agg(counts).sort(by) if by else readings.select(counts)


def share(count: int, whole: int) -> str:
    """``42 %``; of less than all never 100 %, of nothing a dash."""
    if not whole:
        return "-"
    return f"{min(round(100 * count / whole), 99) if count < whole else 100} %"


def answers_sentence(readings: pl.DataFrame) -> str | None:
    """How many steps have an answer; None where one of the two metrics has no verdict."""
    row = answered(readings).to_dicts()[0]
    if any(readings[f"{metric.name}_verdict"].is_null().all() for metric in ANSWERS):
        return None
    first, *rest = (
        (share(row[name], row["steps"]), name)
        for name in (*(metric.name for metric in ANSWERS), "either")
    )
    others = ", ".join(f"{part} by {name}" for part, name in rest)
    return f"Of {row['steps']:,} steps {first[0]} have an answer by {first[1]}, {others}."
