"""The map of cases and releases: what each cell says, as compact data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from mlx_asv.axes import Axes
from mlx_asv.metric import Metric, Scale
from mlx_asv.observations.store import case_key
from mlx_asv.verdicts.published import CONFIRMED, improvements, regressions, slower_than_best
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.verdict import Verdict

from .places import SERIES, Place

#: Effects are stored as whole parts of this many on the scale of the metric: 0.0296 is 296.
PARTS = 10_000

#: An axis can be chosen on the map if it has no more values than these: more are no choice.
MOST_VALUES = 20

#: One letter per cell. A capital is a change that was measured again and found again.
WORSE, BETTER, SAME, INCONCLUSIVE = "s", "f", "=", "?"
UNJUDGED = "u"  # measured, without intervals: nobody can tell
FIRST = "0"  # measured, with nothing before it
NOTHING = " "  # not measured


def letters(metric: Metric) -> dict[str, str]:
    """The letter of each verdict on a metric."""
    return {
        metric.worse: WORSE,
        metric.better: BETTER,
        Verdict.SAME.value: SAME,
        Verdict.INCONCLUSIVE.value: INCONCLUSIVE,
    }


def maps(
    place: Place, cases: Mapping[tuple[str, str], int], rule: Rule
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each backend with its map: a row per case, a cell per release of `place.releases`.

    `cases`: the place of each (benchmark, case) in the suite. A row is an object: `b`, `c`:
    benchmark and case, as a person calls it; `k`: the key of its page. Lists with an item per
    release, null where there is none: `e`, `l`, `h`: effect against the release measured before,
    and its interval; `o`: effect against the best release before it; all in PARTS of the metric's
    scale. `v`, `w`: a letter per release, for the one and the other. A row whose case has several
    axes has `a`: the value of each by its name. `axes`: the name and the values of each axis that
    can be chosen.
    """
    cells = _cells(place, rule.of(place.metric))
    grid = (
        cells.select(SERIES)
        .unique()
        .join(pl.DataFrame({"release": place.releases}).with_row_index("at"), how="cross")
        .join(cells, on=(*SERIES, "release"), how="left")
        .with_columns(pl.col("v", "w").fill_null(NOTHING))
        .sort(*SERIES, "at")
    )
    rows = grid.group_by(SERIES, maintain_order=True).agg(
        pl.col("e", "l", "h", "o"), pl.col("v", "w").str.join("")
    )
    for (backend,), found in rows.partition_by("backend", as_dict=True).items():
        ordered = sorted(
            found.iter_rows(named=True),
            key=lambda row: (
                row["benchmark"],
                cases.get((row["benchmark"], row["case"]), len(cases)),
                row["case"],
            ),
        )
        listed = [_row(row, place) for row in ordered]
        yield (
            str(backend),
            {
                "backend": backend,
                "releases": list(place.releases),
                "axes": choices(row["a"] for row in listed if "a" in row),
                "rows": listed,
            },
        )


def _row(row: Mapping[str, Any], place: Place) -> dict[str, Any]:
    case = row["benchmark"], row["case"]
    named = {"b": row["benchmark"], "c": place.called(*case), "k": case_key(*case)}
    axes = place.axes.get(case, Axes())
    several = {"a": axes.shown} if len(axes) > 1 else {}
    return {**named, **{name: row[name] for name in "elhovw"}, **several}


def choices(cases: Iterable[Mapping[str, str]]) -> list[tuple[str, list[str]]]:
    """The axes on which the cases differ, with their values, in order of appearance."""
    found: dict[str, dict[str, None]] = {}
    for case in cases:
        for name, value in case.items():
            found.setdefault(name, {})[value] = None
    return [
        (name, list(values)) for name, values in found.items() if 1 < len(values) <= MOST_VALUES
    ]


def _cells(place: Place, rule: Rule) -> pl.DataFrame:
    """A row per point: SERIES, release, e, l, h, o, v, w."""
    known = letters(place.metric)
    steps = place.verdicts.filter(pl.col("comparison") == "step").select(
        *SERIES,
        pl.col("after").alias("release"),
        "effect",
        pl.col("low", "high").name.prefix("effect_"),
        pl.col("verdict").replace_strict(known, return_dtype=pl.String).alias("letter"),
        pl.col("standing"),
    )
    value = on_scale("value", place.metric)
    # How bad a value is: more is worse, whichever direction that is in.
    sign = place.metric.sign
    low, high = ("low", "high") if sign > 0 else ("high", "low")
    measured = (
        place.points.filter(~pl.col("control"))
        .with_columns(
            (value - value.shift().over(SERIES)).alias("plain"),
            (sign * value).alias("bad"),
            (sign * pl.col(low)).alias("bad_low"),
            (sign * pl.col(high)).alias("bad_high"),
        )
        .with_columns(
            pl.col(name).cum_min().shift().over(SERIES).alias(f"least_{name}")
            for name in ("bad", "bad_low", "bad_high")
        )
    )
    letter = (
        pl.when(pl.col("letter").is_null() & pl.col("plain").is_null())
        .then(pl.lit(FIRST))
        .when(pl.col("letter").is_null())
        .then(pl.lit(UNJUDGED))
        .when(pl.col("standing") == CONFIRMED)
        .then(pl.col("letter").str.to_uppercase())
        .otherwise("letter")
    )
    return measured.join(steps, on=(*SERIES, "release"), how="left").select(
        *SERIES,
        "release",
        parts(pl.coalesce("effect", "plain")).alias("e"),
        parts(pl.col("effect_low")).alias("l"),
        parts(pl.col("effect_high")).alias("h"),
        parts(sign * (pl.col("bad") - pl.col("least_bad"))).alias("o"),
        letter.alias("v"),
        _against_best(rule).alias("w"),
    )


def _against_best(rule: Rule) -> pl.Expr:
    """The letter against the best before: clear only where the bands do not overlap.

    Worse: its band lies beyond that of some earlier release. Better: on the other side of all.
    """
    over = pl.col("bad") - pl.col("least_bad")
    return (
        pl.when(over.is_null())
        .then(pl.lit(FIRST))
        .when(pl.col("bad_low").is_null() | pl.col("least_bad_high").is_null())
        .then(pl.lit(UNJUDGED))
        .when(over.abs() <= rule.threshold)
        .then(pl.lit(SAME))
        .when((over > 0) & (pl.col("bad_low") > pl.col("least_bad_high")))
        .then(pl.lit(WORSE))
        .when((over < 0) & (pl.col("bad_high") < pl.col("least_bad_low")))
        .then(pl.lit(BETTER))
        .otherwise(pl.lit(INCONCLUSIVE))
    )


def on_scale(column: str, metric: Metric) -> pl.Expr:
    """Values as they are compared: their logarithms, or as they are."""
    return pl.col(column).log() if metric.scale is Scale.LOG else pl.col(column)


def parts(value: pl.Expr) -> pl.Expr:
    """Effects in PARTS; null where they are not finite."""
    finite = pl.when(value.is_finite()).then(value)
    return (finite * PARTS).round().cast(pl.Int64)


def sentence(place: Place) -> str:
    """What there is to say first, of the releases of which the metric was measured."""
    measured = set(place.points.filter(~pl.col("control"))["release"])
    releases = [tag for tag in place.releases if tag in measured]
    if not releases:
        return "Nothing was measured here."
    first, last = releases[0], releases[-1]
    if not place.judged:
        return (
            f"{_count(len(releases), 'release')}, {first} to {last}, measured one after "
            "another: no verdicts. `mlx-asv sweep` measures them next to each other."
        )
    slower = regressions(place.verdicts)
    still = slower.filter(pl.col("state") == "open")
    here = still.filter(pl.col("after") == last).height
    found = _count(still.height, "open regression")
    if still.height:
        of_them = (_confirmed(still, place.metric), f"{here or 'none'} came with {last}")
        found += f" ({'; '.join(filter(None, of_them))})"
    found = found[0].upper() + found[1:]
    said = f"{found}; {_count(improvements(place.verdicts).height, 'improvement')} since {first}."
    behind = slower_than_best(place.verdicts).filter(pl.col("after") == last)
    if behind.is_empty():
        return said
    cases = _count(behind.height, "case")
    worse = f"{place.metric.verb} {place.metric.worse}"
    confirmed = _confirmed(behind, place.metric)
    known = f" ({confirmed})" if confirmed else ""
    return f"{said} {last} {worse} than the best before it in {cases}{known}."


def _confirmed(changes: pl.DataFrame, metric: Metric) -> str | None:
    """How many of them are; None of a metric whose changes need not be."""
    if metric.undisturbed:
        return None
    count = changes.filter(pl.col("standing") == CONFIRMED).height
    return "all confirmed" if count == changes.height else f"{count or 'none'} confirmed"


def _count(number: int, what: str) -> str:
    many = f"{number:,}" if number else "no"
    return f"{many} {what}{'' if number == 1 else 's'}"
