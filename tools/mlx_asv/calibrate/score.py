"""How often each rule is wrong, and how often it finds what is there: pure functions."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import expm1

import numpy as np
import polars as pl
from scipy import stats  # type: ignore[import-untyped]

from mlx_asv.verdicts.pairs import BEST, STEP
from mlx_asv.verdicts.verdict import is_change, is_worse

from .history import ORDER
from .rivals import FLAGS

#: A p-value under which an equal pair is counted to see whether such pairs come in clusters.
COMMON = 0.2


def flags_of(verdicts: pl.DataFrame, column: str) -> pl.DataFrame:
    """The steps that have a verdict of slower or faster in `column`: FLAGS, with the `effect`."""
    size = "fresh_effect" if column == "confirmed" else "effect"
    sign = pl.when(is_worse(column)).then(1).otherwise(-1)
    positions = pl.DataFrame({"after": ORDER, "position": range(len(ORDER))})
    return (
        verdicts.filter(
            pl.col("comparison") == STEP,
            is_change(column),
        )
        .join(positions, on="after")
        .select(
            "case",
            pl.col("position").cast(FLAGS["position"]),
            sign.cast(FLAGS["flag"]).alias("flag"),
            pl.col(size).alias("effect"),
        )
    )


def drifts(verdicts: pl.DataFrame, column: str) -> set[str]:
    """The cases whose latest release is slower than their best, by `column`."""
    slower = verdicts.filter(pl.col("comparison") == BEST, is_worse(column))
    return set(slower["case"])


@dataclass(frozen=True)
class Alarms:
    """False `slower` among comparisons in which nothing changed.

    `misplaced` are those next to a true change, which are not counted as false. `low`, `high`:
    Clopper and Pearson's 95 % interval of the share, on `effective` comparisons.
    """

    comparisons: int
    false: int
    misplaced: int
    effective: float
    low: float
    high: float

    @property
    def per_thousand(self) -> float:
        """Of the comparisons."""
        return 1000 * self.false / self.comparisons if self.comparisons else float("nan")


def alarms(flags: pl.DataFrame, truth: pl.DataFrame, design_effect: float) -> Alarms:
    """The false alarms of a rule; `truth` as in history.truth, of the cases that were measured."""
    changed = truth.filter(pl.col("true") != 0).select("case", "position")
    near = pl.concat(
        [changed.with_columns(pl.col("position") + shift) for shift in (-1, 0, 1)]
    ).unique()
    equal = truth.filter(pl.col("true") == 0).select("case", "position")
    slower = flags.filter(pl.col("flag") == 1).join(equal, on=("case", "position"), how="semi")
    misplaced = slower.join(near, on=("case", "position"), how="semi").height
    false, count = slower.height - misplaced, equal.height
    effective = count / design_effect
    low, high = clopper_pearson(false / design_effect, effective)
    return Alarms(
        comparisons=count, false=false, misplaced=misplaced, effective=effective, low=low, high=high
    )


def clopper_pearson(events: float, trials: float, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper & Pearson, Biometrika 1934), by beta quantiles.

    With effective numbers, which need not be whole, as for clustered samples (Korn & Graubard,
    Survey Methodology 1998).
    """
    if not trials:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, events, trials - events + 1) if events > 0 else 0.0
    high = stats.beta.ppf(1 - tail, events + 1, trials - events) if events < trials else 1.0
    return float(low), float(high)


def design_effect(verdicts: pl.DataFrame, truth: pl.DataFrame) -> float:
    """How much larger the variance of a share is than if all comparisons were independent.

    Those of a case share replicates, and neighbours an arm. False alarms are too rare to show
    clusters, so p-values under COMMON are counted, by case (Kish, Survey Sampling 1965); 1 or more.
    """
    equal = truth.filter(pl.col("true") == 0).select("case", "after")
    steps = verdicts.filter(pl.col("comparison") == STEP).join(equal, on=("case", "after"))
    by_case = steps.group_by("case").agg(
        (pl.col("p") < COMMON).sum().alias("events"), pl.len().alias("count")
    )
    events, count = by_case["events"].to_numpy(), by_case["count"].to_numpy()
    if len(count) < 2 or not 0 < events.sum() < count.sum():
        return 1.0
    share = events.sum() / count.sum()
    residual = events - share * count
    clusters = len(count)
    variance = clusters / (clusters - 1) * float(np.sum(residual**2)) / count.sum() ** 2
    return max(1.0, float(variance / (share * (1 - share) / count.sum())))


@dataclass(frozen=True)
class Recall:
    """What a rule found of the slowdowns of one kind and size, at one release.

    `at`: the position of the release of a step or blip; None for a drift. `exact`: at the very
    release; `near`: at the one before or after it. `errors`: estimate less truth, in points, of
    those that it found exactly and gives a size.
    """

    kind: str
    size: float
    at: int | None
    histories: int
    exact: int
    near: int
    errors: Sequence[float]


def recalls(
    flags: pl.DataFrame, truth: pl.DataFrame, drifted: Set[str] = frozenset()
) -> list[Recall]:
    """By kind, size and release. A drift is found if any of its releases is flagged, or its case is
    in `drifted`."""
    slower = flags.filter(pl.col("flag") == 1)
    effects: Mapping[tuple[str, int], float | None] = {
        (row["case"], row["position"]): row.get("effect") for row in slower.iter_rows(named=True)
    }
    found = []
    injected = truth.filter(pl.col("kind") != "equal")
    groups = injected.partition_by("kind", "size", "at", as_dict=True, maintain_order=True)
    for (kind, size, at), rows in groups.items():
        exact, near, errors = 0, 0, list[float]()
        for (case,), history in rows.filter(pl.col("true") > 0).group_by("case"):
            changes = dict(history.select("position", "true").iter_rows())
            hits = [each for each in changes if (case, each) in effects]
            about = [p + d for p in changes for d in (-1, 1) if (case, p + d) in effects]
            if hits or (kind == "drift" and case in drifted):
                exact += 1
            elif about:
                near += 1
            if kind != "drift":
                for each in hits:
                    if (effect := effects[str(case), each]) is not None:
                        errors.append(100 * (expm1(effect) - expm1(changes[each])))
        histories = rows["case"].n_unique()
        found.append(
            Recall(
                kind=kind,
                size=size,
                at=at,
                histories=histories,
                exact=exact,
                near=near,
                errors=errors,
            )
        )
    return found
