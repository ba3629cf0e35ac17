"""The calibration as tables: for the terminal, the docs and the site."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from statistics import fmean
from typing import Any

from .score import Alarms, Recall

#: Of the JSON; another number is read differently.
FORMAT = 1

#: What is asked of the tool's own confirmed verdicts.
GOALS = {
    "false slower per 1,000 comparisons": 1.0,
    "recall at 5 %": 0.95,
    "recall at 10 %": 0.99,
}


@dataclass(frozen=True)
class Score:
    """What one rule made of the data. `seconds`: of measurement that it used."""

    rule: str
    alarms: Alarms
    loaded: Alarms
    recalls: Sequence[Recall]
    seconds: float

    @property
    def found(self) -> int:
        """Slowdowns that it flagged at their release."""
        return sum(each.exact for each in self.recalls)


@dataclass(frozen=True)
class Table:
    """Rows of text under a title, with a note that says what the columns are."""

    title: str
    note: str
    columns: list[str]
    rows: list[list[str]]


def tables(scores: Sequence[Score]) -> list[Table]:
    """All of it, each rule a row."""
    sizes = sorted({each.size for score in scores for each in score.recalls})
    return [
        Table(
            "False alarms",
            "Comparisons of equal releases that a rule called slower, per 1,000, with Clopper and "
            "Pearson's 95 % interval on the effective number of comparisons (those of a case share "
            "replicates). Loaded: while another process worked during a third of the time.",
            ["rule", "equal pairs", "called slower", "per 1,000", "95 % interval", "loaded"],
            [_alarm_row(score) for score in scores],
        ),
        Table(
            "Recall of steps",
            "Injected steps that were called slower at the very release, by size, over all kernels "
            "and places (the newest release, the one before, the middle).",
            ["rule", *(f"{size:.0%}" for size in sizes), "one release off", "error of the size"],
            [_recall_row(score, "step", sizes) for score in scores],
        ),
        Table(
            "Recall by place, steps of 5 and 10 %",
            "The newest release is the hardest for a rule that waits for more points.",
            ["rule", *_releases(scores)],
            [_release_row(score, _releases(scores)) for score in scores],
        ),
        Table(
            "Recall of blips",
            "One release slower, the next as before.",
            ["rule", *(f"{size:.0%}" for size in sizes), "one release off", "error of the size"],
            [_recall_row(score, "blip", sizes) for score in scores],
        ),
        Table(
            "Recall of slow drifts",
            "The size is reached over ten releases. Found: any of them flagged, or (verdicts only) "
            "the latest called slower than the best.",
            ["rule", *(f"{size:.0%}" for size in sizes)],
            [_recall_row(score, "drift", sizes)[:-2] for score in scores],
        ),
        Table(
            "Cost",
            "Seconds of measurement for each slowdown that was found at its release. The rivals "
            "were given the sweep's observations.",
            ["rule", "found", "seconds of measurement", "seconds for each"],
            [_cost_row(score) for score in scores],
        ),
    ]


def figures(scores: Sequence[Score]) -> dict[str, Any]:
    """Everything in numbers."""
    return {
        score.rule: {
            "alarms": {**asdict(score.alarms), "per_thousand": score.alarms.per_thousand},
            "loaded": {**asdict(score.loaded), "per_thousand": score.loaded.per_thousand},
            "recalls": [asdict(each) for each in score.recalls],
            "seconds": score.seconds,
        }
        for score in scores
    }


def as_json(facts: Mapping[str, Any], scores: Sequence[Score]) -> str:
    """`facts` (machine, date, release ...), the tables and the figures."""
    document = {
        "format": FORMAT,
        **facts,
        "tables": [asdict(each) for each in tables(scores)],
        "figures": figures(scores),
    }
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def as_markdown(facts: Mapping[str, Any], scores: Sequence[Score]) -> str:
    """A page of the docs."""
    parts = [
        "# Calibration: how often the verdicts are wrong",
        f"`mlx-asv calibrate` on `{facts['machine']}`, {facts['date']}, {facts['release']} "
        f"against itself, {facts['minutes']:.0f} minutes. A history is 16 releases that are the "
        "same build; at some of them the timed call really does 2, 5, 10 or 20 % more of its work, "
        "once and for all (a step), for one release (a blip), or little by little (a drift). "
        f"{facts['histories']} histories of {facts['kernels']} kernels; whatever is no change is "
        "an A/A comparison. The observations are the sweep's own, and each rule gets all of them.",
    ]
    for table in tables(scores):
        head = ["| " + " | ".join(table.columns) + " |", "|---" * len(table.columns) + "|"]
        rows = ["| " + " | ".join(row) + " |" for row in table.rows]
        parts += [f"## {table.title}", table.note, "\n".join(head + rows)]
    parts.append(
        "The raw figures are in the JSON beside this page. `asv compare` asks for a factor of 1.1 "
        "by default, and asv's pages for a step of 5 %; Otava has its own defaults and gets a "
        "point for each replicate. Measured their own way (one release after the other), they "
        "would see more noise than here."
    )
    return "\n\n".join(parts) + "\n"


def _alarm_row(score: Score) -> list[str]:
    each, loaded = score.alarms, score.loaded
    return [
        score.rule,
        str(each.comparisons),
        str(each.false),
        f"{each.per_thousand:.1f}",
        f"{1000 * each.low:.1f} to {1000 * each.high:.1f}",
        f"{loaded.false} of {loaded.comparisons}",
    ]


def _recall_row(score: Score, kind: str, sizes: Sequence[float]) -> list[str]:
    of_kind = [each for each in score.recalls if each.kind == kind]
    cells = [_share([each for each in of_kind if each.size == size]) for size in sizes]
    errors = [error for each in of_kind for error in each.errors]
    off = sum(each.near for each in of_kind)
    size = (
        f"mean {fmean(errors):+.1f}, largest {max(map(abs, errors)):.1f} points" if errors else "-"
    )
    return [score.rule, *cells, str(off), size]


def _releases(scores: Sequence[Score]) -> list[str]:
    positions = {each.at for score in scores for each in score.recalls if each.kind == "step"}
    return [f"release {at + 1}" for at in sorted(p for p in positions if p is not None)]


def _release_row(score: Score, names: Sequence[str]) -> list[str]:
    of_size = [each for each in score.recalls if each.kind == "step" and 0.04 < each.size < 0.11]
    cells = [
        _share([e for e in of_size if e.at is not None and f"release {e.at + 1}" == name])
        for name in names
    ]
    return [score.rule, *cells]


def _cost_row(score: Score) -> list[str]:
    each = score.seconds / score.found if score.found else float("inf")
    return [
        score.rule,
        str(score.found),
        f"{score.seconds:.0f}",
        f"{each:.0f}" if isfinite(each) else "-",
    ]


def _share(found: Sequence[Recall]) -> str:
    histories = sum(each.histories for each in found)
    exact = sum(each.exact for each in found)
    return f"{exact} of {histories}" if histories else "-"
