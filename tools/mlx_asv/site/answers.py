"""The two answers to each step, of time and of instructions, beside each other."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mlx_asv.axes import family_of
from mlx_asv.observations.store import case_key
from mlx_asv.verdicts.answers import answered, answers_sentence
from mlx_asv.verdicts.reading import ANSWERS, SAID, Reading, other_of

from .overview import letters, parts
from .places import SERIES, Place

#: Readings of changes of instructions on which time cannot tell.
UNKNOWN = (Reading.MORE_UNKNOWN, Reading.LESS_UNKNOWN)

#: What identifies a step in a place.
STEP = (*SERIES, "before", "after")


def both(place: Place) -> bool:
    """Whether anything has two answers."""
    known = (pl.col(f"{metric.name}_verdict").is_not_null().any() for metric in ANSWERS)
    return place.readings.height > 0 and all(place.readings.select(known).row(0))


def sentence(place: Place) -> str | None:
    """How many steps that were timed have an answer, and how many more were counted; None where one
    of the two metrics was not measured."""
    return answers_sentence(place.readings)


def shares(place: Place) -> list[list[Any]]:
    """Per family and backend: these, how many steps there are, and how many have an answer: by each
    of ANSWERS (null where that was not measured), and by either."""
    named = place.readings.with_columns(family_of("benchmark").alias("family"))
    return [list(row) for row in answered(named, "family", "backend").iter_rows()]


def _names() -> list[str]:
    return [metric.name for metric in ANSWERS]


def readings_of(place: Place) -> pl.DataFrame:
    """The steps of which something is read from what the place's metric says."""
    return place.readings.filter(pl.lit(place.metric in ANSWERS), pl.col("reading").is_not_null())


def beside(place: Place) -> dict[tuple[str, ...], dict[str, Any]]:
    """Of each step (STEP) of the place's metric what the other metric says, and the reading.

    `metric`, `effect`, `low`, `high`, `verdict`: of the other one; `reading`: in words, or null.
    """
    other = other_of(place.metric)
    if other is None:
        return {}
    rows = place.readings.select(
        *STEP,
        pl.lit(other.name).alias("metric"),
        *(pl.col(f"{other.name}_{name}").alias(name) for name in SAID),
        "reading",
    ).filter(pl.col("verdict").is_not_null())
    return {
        row[: len(STEP)]: dict(zip(rows.columns[len(STEP) :], row[len(STEP) :], strict=True))
        for row in rows.iter_rows()
    }


def disagreements(place: Place) -> list[list[dict[str, Any]]]:
    """The steps on which the two disagree, or time cannot tell of a change of instructions; the
    largest first. A list per metric of ANSWERS, of the steps that this one calls changed; a step
    that both call changed, each its own way, is in the first.

    A step has the series (`b`, `c`, `backend`), `k`: the key of its page, `before`, `after`,
    `answers`: of each of ANSWERS the letter of its verdict, and effect, low, high in PARTS;
    `reading`: in words; and `confirmed`: the change of time was measured again, and found again.
    """
    found = place.readings.filter(pl.col("disagree") | pl.col("reading").is_in(UNKNOWN))
    lists = []
    for metric in ANSWERS:
        changed = pl.col(f"{metric.name}_verdict").is_in(metric.changes).fill_null(False)
        ordered = found.filter(changed).sort(
            pl.col(f"{metric.name}_effect").abs(), descending=True, maintain_order=True
        )
        lists.append([_step(place, row) for row in _lean(ordered).iter_rows(named=True)])
        found = found.filter(~changed)
    return lists


def _lean(readings: pl.DataFrame) -> pl.DataFrame:
    return readings.with_columns(
        *(parts(pl.col(f"{m.name}_{name}")) for m in ANSWERS for name in SAID[1:]),
        *(
            pl.col(f"{m.name}_verdict").replace_strict(letters(m), return_dtype=pl.String)
            for m in ANSWERS
        ),
    )


def _step(place: Place, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "b": row["benchmark"],
        "c": place.called(row["benchmark"], row["case"]),
        "k": case_key(row["benchmark"], row["case"]),
        **{name: row[name] for name in ("backend", "before", "after", "reading", "confirmed")},
        "answers": [[row[f"{name}_{said}"] for said in SAID] for name in _names()],
    }


def data(place: Place) -> dict[str, Any]:
    """What the page of disagreements draws: `shares`, `disagreements`."""
    return {"shares": shares(place), "disagreements": disagreements(place)}
