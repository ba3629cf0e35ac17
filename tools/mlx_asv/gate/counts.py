"""BASE against HEAD by counts of instructions: the findings of a gate that noise does not reach."""

from collections.abc import Mapping
from math import nan

import polars as pl

from mlx_asv.confirm.pair import Candidate
from mlx_asv.count.plan import CountPlan
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.pairs import STEP
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import Look

#: What is known of a comparison of which nothing is known.
NOTHING = Look(nan, -float("inf"), float("inf"), 0, None)


def findings(
    observations: pl.DataFrame, plan: CountPlan, controls: frozenset[str], threshold: float
) -> tuple[dict[Candidate, Finding], dict[Candidate, str]]:
    """The findings of the counts of all cases, by the rule of the verdicts; and the candidates
    that BASE, the plan's reference, skips here, with its reason.

    `threshold`: log ratio.
    """
    levels = life_levels(observations, INSTRUCTIONS)
    steps = _looks(judge(levels, plan.releases, Rule(threshold)).verdicts)
    twins = _looks(effects(levels).filter(role="twin"))
    found: dict[Candidate, Finding] = {}
    inapplicable: dict[Candidate, str] = {}
    lost = _lost(observations)
    for case in plan.cases:
        for group, backend in enumerate(sorted(set(case.backends) - controls)):
            candidate, key = Candidate(case, backend, group), (*case.subject, backend)
            if key in steps:
                change = steps[key]
                reason = None
            else:
                change = NOTHING
                release, outcome, reason = lost.get(key, (plan.reference, "failed", "not counted"))
                if release == plan.reference and outcome == "skipped":
                    inapplicable[candidate] = reason
                    continue
                reason = f"{release} {backend} {outcome}: {reason}"
            found[candidate] = Finding(
                change.decision, change, twins.get(key, NOTHING), {}, reason, INSTRUCTIONS
            )
    return found, inapplicable


#: A benchmark, its case, and a backend.
Key = tuple[str, str, str]


def _looks(rows: pl.DataFrame) -> Mapping[Key, Look]:
    """The steps among verdicts, or effects, by what they are of."""
    steps = rows.filter(comparison=STEP) if "comparison" in rows.columns else rows
    return {
        (row["benchmark"], row["case"], row["backend"]): Look(
            row["effect"],
            row["low"],
            row["high"],
            row["replicates"],
            row.get("verdict"),
            row.get("mde", float("inf")),
        )
        for row in steps.iter_rows(named=True)
    }


def _lost(observations: pl.DataFrame) -> Mapping[Key, tuple[str, str, str]]:
    """Of what was not counted: release, outcome and reason; the base's before the head's."""
    rows = observations.filter(pl.col("outcome") != "ok").sort(
        pl.col("role") != "reference", maintain_order=True
    )
    found: dict[Key, tuple[str, str, str]] = {}
    for row in rows.iter_rows(named=True):
        key = (row["benchmark"], row["case"], row["backend"])
        found.setdefault(key, (row["release"], row["outcome"], row["reason"] or ""))
    return found
