"""What each release gives by itself: its errors beside one rounding, its growth; and the limits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from mlx_asv.axes import Axes, Name
from mlx_asv.facts import CaseFacts
from mlx_asv.metric import Limit
from mlx_asv.observations.store import case_key
from mlx_asv.verdicts.absolute import latest
from mlx_asv.verdicts.pairs import STEP

from .overview import BETTER, WORSE, letters
from .places import SERIES, Place

#: Significant digits of values.
DIGITS = 4

#: What the suite says of a case, by benchmark and axes.
Describe = Callable[[str, Axes], CaseFacts | None]


@dataclass(frozen=True)
class Row:
    """Cases that are shown together: those of a benchmark on a backend that have one element type.
    `kind`: the type, or what the only case is called. `rounding`: what they are compared with."""

    benchmark: str
    backend: str
    kind: str
    rounding: float | None


def shown(place: Place) -> bool:
    """Whether the metric of a place has anything to show here."""
    return place.metric.limit is not None and place.points.height > 0


def sentence(place: Place) -> str:
    """How many cases are beyond their limit at the latest release."""
    limit, found = _limit(place), latest(place.absolute)
    if found.is_empty():
        return "No limit is known of any case."
    beyond = found.filter(verdict=limit.beyond).height
    are = "are" if beyond > 1 else "is"
    cases = f"{beyond or 'None'} of {found.height} cases {are}"
    return f"{cases} {limit.beyond} at the latest release."


def data(place: Place, describe: Describe) -> dict[str, Any]:
    """What the page draws of one metric of a place.

    `releases`: their names. `rows`: in order of benchmark and kind; of each `b`, `name` (of the
    operation), `kind`, `backend`, `rounding` (or null), and `cells`: for each release null, or the
    largest value of its cases: a list of the value, its limit (or null), the letter of a step
    (WORSE if any of the cases has become so; else BETTER; else ""), whether any of the cases is
    beyond its limit; and of the case that has the value what it is called, the key of its page, and
    the verdict on it by itself (or null). `beyond`: the cases that are so at their latest release,
    the farthest first: `name`, `c`, `k`, `backend`, `release`, `value`, `most`, `since`.
    """
    limit = _limit(place)
    grouped: dict[Row, dict[str, list[Mapping[str, Any]]]] = {}
    for point in _points(place).iter_rows(named=True):
        row = _row(place, point, describe)
        grouped.setdefault(row, {}).setdefault(point["release"], []).append(point)
    order = sorted(grouped, key=lambda row: (row.benchmark, row.backend, row.rounding or 0.0))
    return {
        "releases": list(place.releases),
        "rows": [
            {
                "b": row.benchmark,
                "name": Name(row.benchmark).operation,
                "kind": row.kind,
                "backend": row.backend,
                "rounding": row.rounding,
                "cells": [
                    _cell(place, grouped[row].get(release, ()), limit) for release in place.releases
                ],
            }
            for row in order
        ],
        "beyond": list(_beyond(place, limit)),
    }


def _limit(place: Place) -> Limit:
    assert place.metric.limit is not None
    return place.metric.limit


def _points(place: Place) -> pl.DataFrame:
    """The values of all releases, with the verdicts on them and on the steps to them."""
    said = place.absolute.select(*SERIES, "release", "most", pl.col("verdict").alias("said"))
    steps = place.verdicts.filter(comparison=STEP).select(
        *SERIES,
        pl.col("after").alias("release"),
        pl.col("verdict").replace_strict(letters(place.metric), return_dtype=pl.String).alias("v"),
    )
    points = place.points.filter(~pl.col("control")).select(*SERIES, "release", "value")
    for other in (said, steps):
        points = points.join(other, on=(*SERIES, "release"), how="left", maintain_order="left")
    return points.with_columns(pl.col("value", "most").round_sig_figs(DIGITS))


def _row(place: Place, point: Mapping[str, Any], describe: Describe) -> Row:
    benchmark, case = point["benchmark"], point["case"]
    axes = place.axes.get((benchmark, case), Axes.of(case=case))
    facts = describe(benchmark, axes)
    if facts is None:
        return Row(benchmark, point["backend"], place.called(benchmark, case), None)
    return Row(benchmark, point["backend"], facts.dtype, facts.rounding)


def _cell(place: Place, points: Iterable[Mapping[str, Any]], limit: Limit) -> list[Any] | None:
    of_it = sorted(points, key=lambda point: place.metric.sign * point["value"])
    if not of_it:
        return None
    worst = of_it[-1]
    steps = {point["v"] for point in of_it}
    return [
        worst["value"],
        worst["most"],
        WORSE if WORSE in steps else BETTER if BETTER in steps else "",
        any(point["said"] == limit.beyond for point in of_it),
        place.called(worst["benchmark"], worst["case"]),
        case_key(worst["benchmark"], worst["case"]),
        worst["said"],
    ]


def _beyond(place: Place, limit: Limit) -> Iterable[dict[str, Any]]:
    found = latest(place.absolute).filter(verdict=limit.beyond)
    far = (pl.col("value") / pl.col("most")).abs()
    for row in found.sort(far, descending=True, maintain_order=True).iter_rows(named=True):
        case = row["benchmark"], row["case"]
        yield {
            "name": Name(row["benchmark"]).operation,
            "c": place.called(*case),
            "k": case_key(*case),
            **{name: row[name] for name in ("backend", "release", "value", "most", "since")},
        }
