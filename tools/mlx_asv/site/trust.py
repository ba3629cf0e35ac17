"""What the measurements are worth: of every place, from its own results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from math import expm1
from pathlib import Path
from typing import Any

import polars as pl

from mlx_asv.analysis.twins import by_size
from mlx_asv.axes import family_of
from mlx_asv.metric import METRICS, TIME, Metric
from mlx_asv.verdicts.rule import Rule

from .places import ASV, Place
from .words import change, fine, value

#: Of the calibration report.
FORMAT = 1


class CalibrationError(Exception):
    """A calibration report cannot be read; says which, and what to do."""


def calibrations(directory: Path) -> list[Mapping[str, Any]]:
    """The reports of `mlx-asv calibrate`, by machine; none if there are none.

    Raises CalibrationError for one that is damaged or of another format.
    """
    return [_report(path) for path in sorted(directory.glob("*.json"))]


def _report(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise CalibrationError(
                f"{path} is of format {found['format']}, and this reads {FORMAT}: "
                "`mlx-asv calibrate` writes it anew."
            )
        tables = [
            {
                "title": str(table["title"]),
                "note": str(table.get("note") or ""),
                "columns": list(table["columns"]),
                "rows": [list(row) for row in table["rows"]],
            }
            for table in found["tables"]
        ]
        return {"machine": str(found["machine"]), "date": str(found["date"]), "tables": tables}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalibrationError(
            f"{path} is no calibration report ({error!r}): restore it from git, or run "
            "`mlx-asv calibrate` again."
        ) from error


def false_alarms(place: Place, rule: Rule) -> dict[str, Any] | None:
    """What the reference's second arm says: the truth is 0, so whatever is found is false.

    `pairs`; `excluding`: of which the 95 % interval excludes zero; `over`: that are over the
    threshold as well; `largest`: as a change. None where there is no such pair.
    """
    known = place.twins.filter(pl.col("low").is_finite() & pl.col("high").is_finite())
    if known.is_empty():
        return None
    outside = (pl.col("low") > 0) | (pl.col("high") < 0)
    large = pl.col("effect").abs() > rule.of(place.metric).threshold
    excluding = known.filter(outside)
    size = known.select(pl.col("effect").abs().max()).item()
    return {
        "pairs": known.height,
        "excluding": excluding.height,
        "over": excluding.filter(large).height,
        "largest": change(size, place.metric).removeprefix("+"),
    }


def spread(place: Place) -> list[dict[str, Any]]:
    """How far the reference's second arm is from the first, `by_size` of what was measured: the
    columns of SIZES, as the page writes them."""
    metric = place.metric
    return [
        {
            "size": row.pop("size"),
            "pairs": row.pop("pairs"),
            **{name: fine(effect, metric) for name, effect in row.items()},
        }
        for row in by_size(place.twins, metric, partial(value, metric=metric)).to_dicts()
    ]


def detectable(place: Place) -> list[dict[str, Any]]:
    """Per family and backend: how many steps were judged, how many cannot be told, and the
    smallest change that would be found in 80 % of sweeps: median and 90th percentile."""
    steps = place.verdicts.filter(pl.col("comparison") == "step").with_columns(
        family_of("benchmark").alias("family")
    )
    finite = pl.col("mde").filter(pl.col("mde").is_finite())
    found = (
        steps.group_by("family", "backend")
        .agg(
            pl.len().alias("steps"),
            (pl.col("verdict") == "inconclusive").sum().alias("inconclusive"),
            finite.median().alias("median"),
            finite.quantile(0.9).alias("ninety"),
        )
        .sort("family", "backend")
    )
    return [
        {**row, **{name: _size(row[name], place.metric) for name in ("median", "ninety")}}
        for row in found.iter_rows(named=True)
    ]


def _size(effect: float | None, metric: Metric) -> str:
    return change(effect, metric).removeprefix("+")


def machine(place: Place) -> dict[str, Any]:
    """What the place is: asv's description, the environment's conditions, and its sweeps."""
    described = {
        name: str(value)
        for name, value in place.described.items()
        if name not in ("version", "machine")
    }
    conditions: dict[str, str] = {}
    sweeps = []
    for row in place.sweeps.iter_rows(named=True):
        conditions |= dict(_conditions(row["conditions"]))
        when = row["started"]
        sweeps.append(
            {
                "sweep": row["sweep"],
                "date": "" if when is None else f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}",
                "observations": row["observations"],
                "block_sets": row["block_sets"],
            }
        )
    return {
        "title": place.title,
        "environment": place.environment,
        "described": described,
        "conditions": conditions,
        "sweeps": sweeps,
        "releases": f"{place.releases[0]} to {place.releases[-1]}" if place.releases else "",
        "count": len(place.releases),
        "series": place.points.select("benchmark", "case", "backend").unique().height,
        "stored": place.points.filter(pl.col("source") == ASV).height,
    }


def _conditions(text: str | None) -> Iterator[tuple[str, str]]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return
    if isinstance(found, dict):
        yield from ((str(name), str(value)) for name, value in sorted(found.items()))


def of_place(views: Sequence[Place], rule: Rule) -> dict[str, Any]:
    """All of it, of one place by its metrics, time first."""
    return {
        "machine": machine(views[0]),
        "metrics": {
            place.metric.name: {
                "threshold": _size(rule.of(place.metric).threshold, place.metric),
                "alarms": false_alarms(place, rule),
                "spread": spread(place),
                "detectable": detectable(place),
            }
            for place in views
        },
    }


def judged(metric: Metric, rule: Rule) -> str:
    """How a metric other than time is judged."""
    threshold = _size(rule.of(metric).threshold, metric)
    changed = f"{metric.label.capitalize()}: {metric.worse} or {metric.better} is a change over"
    if not metric.spreads:
        return f"{changed} {threshold}, judged by the same rule."
    return (
        f"{changed} {threshold} that is {metric.spreads:.0f} times the spread of equal releases "
        "or more."
    )


def context(
    places: Sequence[Mapping[str, Any]], rule: Rule, reports: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the template of the page takes; `places`: of each what `of_place` gave."""
    return {
        "reports": reports,
        "threshold": f"{100 * expm1(rule.threshold):.3g} %",
        "metrics": METRICS,
        "rules": [
            judged(metric, rule)
            for name, metric in METRICS.items()
            if metric is not TIME and any(name in place["metrics"] for place in places)
        ],
        "places": places,
    }
