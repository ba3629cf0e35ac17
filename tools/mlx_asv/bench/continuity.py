"""Do two sweeps of half the releases each line up with one sweep of all of them?

Both halves hold the reference release, through which the later one continues the earlier. Their
series are compared with those of a third sweep that measured every release together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

import polars as pl
from rich.table import Table

from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.engine.context import Context
from mlx_asv.job import Case
from mlx_asv.metric import TIME

from .agenda import Agenda
from .report import Goal, percent, table
from .sweep_side import sweep

NOTES = (
    "Halves: one sweep of the older releases and one of the newer, each with the newest as its "
    "reference; whole: one sweep of all. Disagreement: log of the calibrated seconds of a release "
    "in the halves over those in the whole; interval: half-width at 95 % of that difference, from "
    "both intervals. The sweeps share no process and no minute."
)

#: Intervals that are independent and honest miss this often; a little more is allowed.
COVERED = 0.9


@dataclass(frozen=True)
class Release:
    """One release in one case, from both: seconds, and the half-widths in log time."""

    case: str
    release: str
    halves: float
    whole: float
    half_width: float

    @property
    def disagreement(self) -> float:
        """Log ratio of the halves' seconds to the whole's, after the anchors are set equal."""
        return log(self.halves / self.whole)


def measure(
    context: Context,
    cases: Sequence[Case],
    environs: Mapping[str, Mapping[str, str]],
    budget: float,
    agenda: Agenda,
) -> list[Release]:
    """Three sweeps: `environs` maps the releases, oldest first; `budget`: seconds of the whole,
    of which each half gets half."""
    tags = list(environs)
    reference, others = tags[-1], tags[:-1]
    older, newer = others[: len(others) // 2], others[len(others) // 2 :]
    levels = {}
    plans = (("older", older, 0.5), ("whole", others, 1.0), ("newer", newer, 0.5))
    for name, chosen, part in plans:
        chosen_environs = {tag: environs[tag] for tag in (reference, *chosen)}
        with agenda.step(f"continuity {part}", f"continuity: {len(chosen)} releases, {name}"):
            swept = sweep(
                context,
                cases,
                chosen_environs,
                replicates=3,
                target=0.01,
                budget=part * budget,
            )
        levels[name] = life_levels(swept.observations, TIME)
    halves = series(pl.concat([levels["older"], levels["newer"]]))
    return compare(halves, series(levels["whole"]))


def compare(halves: pl.DataFrame, whole: pl.DataFrame) -> list[Release]:
    """Each release of both tables of series, relative to the reference's seconds in each."""
    found = []
    keys = ["benchmark", "case", "label"]
    joined = halves.filter(role="release").join(whole, on=keys, suffix="_whole")
    anchors = {
        name: {
            (row["benchmark"], row["case"]): row["value"]
            for row in frame.filter(role="reference").iter_rows(named=True)
        }
        for name, frame in (("halves", halves), ("whole", whole))
    }
    for row in joined.sort(keys).iter_rows(named=True):
        case = (row["benchmark"], row["case"])
        widths = [log(row[f"high{end}"] / row[f"low{end}"]) / 2 for end in ("", "_whole")]
        found.append(
            Release(
                f"{row['benchmark'].split('.')[-2]} {row['case']}",
                row["label"],
                row["value"] / anchors["halves"][case],
                row["value_whole"] / anchors["whole"][case],
                (widths[0] ** 2 + widths[1] ** 2) ** 0.5,
            )
        )
    return found


def continuity_table(found: Sequence[Release]) -> Table:
    """One row per case: how far the two ways are apart."""
    rows = []
    for case in dict.fromkeys(each.case for each in found):
        mine = sorted((e for e in found if e.case == case), key=lambda e: abs(e.disagreement))
        worst, middle = mine[-1], mine[len(mine) // 2]
        steps = max(e.whole for e in mine) / min(e.whole for e in mine)
        covered = sum(abs(e.disagreement) <= e.half_width for e in mine)
        rows.append(
            (
                case,
                str(len(mine)),
                f"x{steps:.2f}",
                percent(abs(middle.disagreement)),
                f"{percent(worst.disagreement)} ({worst.release})",
                percent(middle.half_width),
                f"{covered / len(mine):.0%}",
            )
        )
    columns = ("case", "releases", "range", "median %", "largest %", "interval ± %", "covered")
    return table("5. Continuity: two sweeps of half the releases against one of all", columns, rows)


def goals(found: Sequence[Release]) -> list[Goal]:
    """The halves agree with the whole as well as their intervals say."""
    if not found:
        return [Goal("the halves line up with the whole", False, "nothing was measured")]
    covered = sum(abs(each.disagreement) <= each.half_width for each in found) / len(found)
    largest = max(found, key=lambda each: abs(each.disagreement))
    text = f"the halves line up with the whole within their intervals in {COVERED:.0%} of releases"
    value = (
        f"{covered:.0%}; largest disagreement {abs(exp(largest.disagreement) - 1):.1%}, "
        f"{largest.case} {largest.release}"
    )
    return [Goal(text, covered >= COVERED, value)]


def figures(found: Sequence[Release]) -> dict[str, Any]:
    """For the JSON file: seconds relative to the reference's."""
    return {"releases": [asdict(each) for each in found]}
