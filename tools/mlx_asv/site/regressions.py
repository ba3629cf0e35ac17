"""What became worse: a card per release and family of operations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Name, family_of
from mlx_asv.metric import ERROR, TIME
from mlx_asv.observations.store import case_key
from mlx_asv.releases.lock import Lock
from mlx_asv.releases.upstream import compare_page, web
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.exactness import told
from mlx_asv.verdicts.history import ACCEPTED
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.published import regressions
from mlx_asv.verdicts.verdict import worsening

from .answers import beside
from .links import reproduction
from .metrics import heading
from .names import file_name
from .overview import on_scale
from .places import SERIES, Place

#: Sparklines are in whole parts of this many on the scale of the metric.
SPARK_PARTS = 1000

#: What is shown on demand, of the columns of docs/verdicts.md.
EVIDENCE = (
    *("p", "q", "mde", "replicates", "blocks", "paired", "swept_effect", "fresh_replicates"),
    *("control_backend", "control", "control_low", "control_high"),
)


@dataclass(frozen=True)
class Beside:
    """What is said of steps beside their verdicts: `sparks`, by series; `answers` of another metric
    (`answers.beside`); what is said of errors (`_exactness`); the `accepted` ones, at releases in
    this `order`."""

    sparks: Mapping[tuple[str, ...], list[int | None]]
    answers: Mapping[tuple[str, ...], Mapping[str, Any]]
    exactness: Mapping[tuple[str, ...], Mapping[str, str]]
    accepted: Sequence[Accepted]
    order: Sequence[str]


def cards(place: Place, lock: Lock, accepted: Sequence[Accepted]) -> list[dict[str, Any]]:
    """Newest release first, then largest step first. A card is an object:

    `id`, `machine` (the place's id), `metric`, `title`, `release`, `family`; `suite`: the median
    step of the whole suite at this release, if that moved as a whole; `scope`; `steps`: largest
    first. A step has the series (`b`, `c`, `backend`), the case as a person calls it, `k`: the key
    of its page, `before`, `effect`, `low`, `high`, `state`, `standing`, `compare` (a link, or
    null), `spark` (over the first release, in SPARK_PARTS), `why`: reason and link of an accepted
    one, `beside`: what another metric says of it (`answers.beside`), `exact`: how much more or less
    exact results are since then (`_exactness`), and what EVIDENCE names.
    """
    found = _with_family(regressions(place.verdicts))
    if found.is_empty():
        return []
    order = [release.tag for release in lock.releases]
    others = Beside(_sparks(place), beside(place), _exactness(place), accepted, order)
    suite = {row["after"]: row["effect"] for row in place.suite.filter("suite_wide").to_dicts()}
    newest = {tag: -number for number, tag in enumerate(place.releases)}
    listed = [
        {
            **_card(place, str(release), str(name), _largest_first(rows), others, lock),
            "suite": suite.get(release),
        }
        for (release, name), rows in found.partition_by("after", "family", as_dict=True).items()
    ]
    sign = place.metric.sign
    return sorted(
        listed,
        key=lambda card: (
            newest[card["release"]],
            -sign * card["steps"][0]["effect"],
            card["family"],
        ),
    )


def _largest_first(steps: pl.DataFrame) -> pl.DataFrame:
    return steps.sort(worsening(), descending=True, maintain_order=True)


def scripts(place: Place, project: Project) -> dict[str, str]:
    """What to run to measure the largest step of each card elsewhere, by the card's id."""
    names = project.names()
    largest = _largest_first(_with_family(regressions(place.verdicts))).unique(
        ("after", "family"), keep="first", maintain_order=True
    )
    return {
        _id(place, row["after"], row["family"]): reproduction(
            row,
            names.get(tuple(row[key] for key in SERIES), Name(row["benchmark"])),
            project,
        )
        for row in largest.iter_rows(named=True)
    }


def _with_family(steps: pl.DataFrame) -> pl.DataFrame:
    return steps.with_columns(family_of("benchmark").alias("family"))


def _id(place: Place, release: str, name: str) -> str:
    of_other = "" if place.metric is TIME else f"-{place.metric.name}"
    return file_name(f"{place.id}-{release}-{name}{of_other}")


def _card(
    place: Place, release: str, name: str, rows: pl.DataFrame, others: Beside, lock: Lock
) -> dict[str, Any]:
    scopes = set(rows["scope"].drop_nulls())
    return {
        "id": _id(place, release, name),
        "machine": place.id,
        "metric": place.metric.name,
        "title": heading(place.metric, name, release),
        "release": release,
        "family": name,
        "scope": scopes.pop() if len(scopes) == 1 else None,
        "steps": [_step(row, place, others, lock) for row in rows.iter_rows(named=True)],
    }


def _step(row: Row, place: Place, others: Beside, lock: Lock) -> dict[str, Any]:
    series = row["benchmark"], row["case"], row["backend"]
    step: dict[str, Any] = {
        "b": row["benchmark"],
        "c": place.called(row["benchmark"], row["case"]),
        "backend": row["backend"],
        "k": case_key(row["benchmark"], row["case"]),
        **{name: row[name] for name in ("before", "state", "standing")},
        **{name: _short(row[name]) for name in ("effect", "low", "high", *EVIDENCE)},
        "compare": compare_page(lock, row["before"], row["after"]),
        "spark": others.sparks[series],
    }
    if row["state"] == ACCEPTED:
        step["why"] = _why(row, others)
    if other := others.answers.get((*series, row["before"], row["after"])):
        step["beside"] = {name: _short(value) for name, value in other.items()}
    if exact := others.exactness.get((*series, row["before"], row["after"])):
        step["exact"] = exact
    return step


def _exactness(place: Place) -> dict[tuple[str, ...], dict[str, str]]:
    """Of steps beside which an error changed: `told`, "40 times more exact"; `of`: the case of that
    error, and `k`: the key of its page. Errors say it of themselves."""
    if place.metric is ERROR:
        return {}
    return {
        tuple(row[name] for name in (*SERIES, "before", "after")): {
            "told": told(row),
            "of": row["error_called"],
            "k": case_key(row["error_benchmark"], row["error_case"]),
        }
        for row in place.exactness.iter_rows(named=True)
    }


def _why(row: Row, others: Beside) -> list[str] | None:
    """The reason of the entry that is about an accepted step, and where it is said."""
    order = others.order
    places = range(order.index(row["before"]) + 1, order.index(row["after"]) + 1)
    series = f"{row['benchmark']} {row['case']} {row['backend']}"
    entries = (
        entry for entry in others.accepted if entry.matches(row["metric"], series, places, order)
    )
    return next(([entry.reason, web(entry.link) or ""] for entry in entries), None)


def _short(value: Any) -> Any:
    """Numbers with five digits; what is not finite is not known."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.5g}") if abs(value) < float("inf") else None


def _sparks(place: Place) -> dict[tuple[str, ...], list[int | None]]:
    """Of each series: its level over its first, one item for each release of the place."""
    level = on_scale("value", place.metric)
    rows = (
        place.points.filter(~pl.col("control"))
        .with_columns(
            ((level - level.first().over(SERIES)) * SPARK_PARTS)
            .round()
            .cast(pl.Int64)
            .alias("value")
        )
        .group_by(SERIES, maintain_order=True)
        .agg("release", "value")
    )
    return {row[:3]: list(_aligned(place, row[3], row[4])) for row in rows.iter_rows()}


def _aligned(place: Place, releases: list[str], values: list[int]) -> Iterator[int | None]:
    by_release = dict(zip(releases, values, strict=True))
    return (by_release.get(tag) for tag in place.releases)
