"""What the pages say of a metric: words for people, and all that scripts need, exported once."""

from dataclasses import asdict
from typing import Any

from mlx_asv.metric import TIME, Metric, Scale
from mlx_asv.verdicts.reading import other_of
from mlx_asv.verdicts.rule import Rule

from .words import unit

#: What is said of the standing of changes that are measured again, and of those that need not be.
CANDIDATES = (
    "A candidate was found by a sweep, among many comparisons; it is confirmed when the pair was "
    "measured again, and then its size is that of the new measurement alone."
)
UNDISTURBED = "Chance does not disturb a count: a change needs no second measurement."


def folder(metric: Metric) -> str:
    """Where the data of a metric lie in the directory of a place; those of time in it itself."""
    return "" if metric is TIME else f"{metric.name}/"


def became(metric: Metric) -> str:
    """``became slower``, ``takes more memory``."""
    return f"{'became' if metric.verb == 'is' else metric.verb} {metric.worse}"


def heading(metric: Metric, what: str, release: str) -> str:
    """``convolutions slower in v0.30.0``, ``convolutions takes more memory in v0.30.0``."""
    verb = "" if metric.verb == "is" else f" {metric.verb}"
    return f"{what}{verb} {metric.worse} in {release}"


def exported(metric: Metric, rule: Rule) -> dict[str, Any]:
    """What scripts know of it: `words` by their names, `units` with their sizes (no more than ``M``
    where the label says of what), `threshold`, `digits` (decimals of a change in percent),
    `factors` (they are told instead), `log` (the scale), `sign` (1: more is worse), the `folder` of
    its data, whether its changes are `candidates` first, and the name of the metric that is shown
    `beside` it, or null, and its `limit`, or null."""
    other = other_of(metric)
    question = (
        f"Which release made what {metric.worse}?"
        if metric.verb == "is"
        else f"What {metric.verb} {metric.worse}, and since which release?"
    )
    return {
        "folder": folder(metric),
        "words": {
            **{name: getattr(metric, name) for name in ("name", "label", "values")},
            **{name: getattr(metric, name) for name in ("worse", "better")},
            "became": became(metric),
            "question": question,
            "standing": UNDISTURBED if metric.undisturbed else CANDIDATES,
            "unseen": metric.unseen,
        },
        "units": [[unit(name).removesuffix(f" {metric.unit}"), size] for name, size in metric.units]
        if metric.scale is not Scale.EXACT
        else [[metric.unit, 1]],
        "threshold": round(rule.of(metric).threshold, 6),
        "digits": metric.digits,
        "factors": metric.factors,
        "log": metric.scale is Scale.LOG,
        "sign": metric.sign,
        "candidates": not metric.undisturbed,
        "beside": other.name if other else None,
        "limit": None if metric.limit is None else asdict(metric.limit),
    }
