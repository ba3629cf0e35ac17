"""Table 1: how precise asv and the sweep are at the same wall time, on pairs that are equal."""

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import median

from rich.table import Table

from .estimates import (
    BEYOND_GOAL,
    COVERAGE_GOAL,
    RATIO_GOALS,
    Estimate,
    Period,
    Quality,
    of,
    quality,
)
from .report import Goal, percent, share, table
from .subjects import Subject

COLUMNS = (
    *("case", "limit", "wall s", "asv ±", "covers", "honest ±", "p95"),
    *("wall s", "sweep ±", "covers", "honest ±", "p95", "ratio"),
)

NOTES = """\
Truth: both of a pair are the same release, so the log ratio is 0. Widths are half-widths, in %.
wall s: of a pair of `asv run`, or of a sweep with two arms, per repeat. For a case asv's is what it
recorded, the sweep's its block sets; in the last line the whole commands, given the same time.
asv ±, sweep ±: median half-width of the 95 % interval that the method states. asv's: the stored
99 % intervals of the two runs, narrowed to 95 % as for normal errors and combined in quadrature
in log time; ∞ where asv had too few samples for a bound. The sweep's: `effects` of its twin.
covers: intervals that contain 0. honest ±: 1.96 times the root mean square of the errors, which
is the half-width of a 95 % interval that would be right. p95: their 95th percentile, in size.
An interval that covers less than it says is too narrow: asv's does not know how much one run
differs from the next. So the honest widths are compared, not the
stated ones. ratio: asv's honest width to the sweep's."""


def ratio(asv: Quality, sweep: Quality) -> float:
    """How many times narrower the sweep's honest interval is; 0 if it has none."""
    return asv.honest / max(sweep.honest, 1e-9) if isfinite(sweep.honest) else 0.0


def ratios(estimates: Sequence[Estimate], period: Period, cases: Sequence[str]) -> dict[str, float]:
    """That ratio for each case."""
    return {
        case: ratio(
            quality(of(estimates, "asv", period, case)),
            quality(of(estimates, "sweep", period, case)),
        )
        for case in cases
    }


def precision_table(
    estimates: Sequence[Estimate],
    period: Period,
    cases: Mapping[str, Subject],
    walls: Mapping[str, tuple[float, float]],
    whole: tuple[float, float],
) -> Table:
    """Each case in a period, the median of the cases, and all pairs together.

    `walls`: seconds per repeat of asv and of the sweep, by case; `whole`: of the whole commands.
    """
    both = {
        case: (
            quality(of(estimates, "asv", period, case)),
            quality(of(estimates, "sweep", period, case)),
        )
        for case in cases
    }
    rows = [
        _row(
            [f"{subject.operation} {subject.label}", subject.limit],
            both[case],
            walls[case],
            ratio(*both[case]),
        )
        for case, subject in cases.items()
    ]
    middle = (_median([asv for asv, _ in both.values()]), _median([s for _, s in both.values()]))
    between = median(ratio(*each) for each in both.values())
    times = (median(a for a, _ in walls.values()), median(s for _, s in walls.values()))
    rows += [[], _row(["median of the cases", ""], middle, times, between)]
    pooled = (quality(of(estimates, "asv", period)), quality(of(estimates, "sweep", period)))
    rows += [_row(["all pairs", ""], pooled, whole, ratio(*pooled))]
    return table(f"1. Precision at the same wall time, {period} machine", COLUMNS, rows, left=2)


def precision_goals(estimates: Sequence[Estimate], cases: Sequence[str]) -> list[Goal]:
    """What the table is to show, in each period that was measured."""
    goals = []
    for period in dict.fromkeys(each.period for each in estimates):
        middle = median(ratios(estimates, period, cases).values())
        goals.append(
            Goal(
                f"honest intervals {RATIO_GOALS[period]:g} times narrower than asv's in the same "
                f"time, {period}",
                middle >= RATIO_GOALS[period],
                f"{middle:.1f} times, median of {len(cases)} cases",
            )
        )
    least, most = COVERAGE_GOAL
    swept = quality([each for each in estimates if each.method == "sweep"])
    goals.append(
        Goal(
            f"{least:.0%} to {most:.0%} of the sweep's 95 % intervals contain the truth",
            least <= swept.coverage <= most,
            share(swept.covered, swept.count),
        )
    )
    return goals


def aa_table(estimates: Sequence[Estimate]) -> Table:
    """Table 2: how far apart equal releases were found, at worst."""
    rows = []
    for period in dict.fromkeys(each.period for each in estimates):
        for method in ("asv", "sweep"):
            found = quality([e for e in estimates if (e.method, e.period) == (method, period)])
            rows.append(
                [
                    *(method, period, str(found.count), percent(found.largest)),
                    *(share(found.beyond, found.count), percent(found.honest)),
                ]
            )
    columns = ("method", "machine", "A/A pairs", "largest %", "beyond 2 %", "honest ±")
    return table("2. A/A: the same release against itself", columns, rows, left=2)


def aa_goals(estimates: Sequence[Estimate]) -> list[Goal]:
    """Hardly any equal releases are found to differ by more than 2 %."""
    goals = []
    for period in dict.fromkeys(each.period for each in estimates):
        found = quality(of(estimates, "sweep", period))
        goals.append(
            Goal(
                f"under {BEYOND_GOAL:.0%} of the sweep's A/A pairs beyond 2 %, {period}",
                found.count > 0 and found.beyond < BEYOND_GOAL * found.count,
                f"largest {percent(found.largest)} %, {share(found.beyond, found.count)} beyond",
            )
        )
    return goals


def _row(
    names: list[str], both: tuple[Quality, Quality], walls: tuple[float, float], times: float
) -> list[str]:
    cells = list(names)
    for each, wall in zip(both, walls, strict=True):
        covers = f"{each.coverage:.0%}" if names[1] else f"{each.coverage:.0%} of {each.count}"
        widths = percent(each.honest), percent(each.p95)
        cells += [f"{wall:.1f}", percent(each.nominal), covers, *widths]
    return [*cells, f"{times:.1f}"]


def _median(qualities: Sequence[Quality]) -> Quality:
    """Each figure's median over the cases; the counts are summed."""
    return Quality(
        count=sum(each.count for each in qualities),
        nominal=median(each.nominal for each in qualities),
        covered=sum(each.covered for each in qualities),
        honest=median(each.honest for each in qualities),
        p95=median(each.p95 for each in qualities),
        largest=max(each.largest for each in qualities),
        beyond=sum(each.beyond for each in qualities),
    )
