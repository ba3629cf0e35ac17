"""A block set's lives as rows of observations."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlx_asv.job import BlockSet
from mlx_asv.measurement.blocks import Life

from .plan import Begun, Plan


def rows(
    job: BlockSet, lives: Sequence[Life], *, plan: Plan, begun: Begun, seconds: float
) -> list[Mapping[str, Any]]:
    """One row for each visit, and one for each arm that could not be measured."""
    block_set = {
        "sweep": begun.id,
        "machine": plan.machine,
        "environment": plan.environment,
        "conditions": json.dumps(plan.conditions, sort_keys=True),
        "benchmark": job.case.benchmark,
        "version": job.case.version,
        "case": job.case.label,
        "replicate": job.replicate,
        "group": job.group,
        "seed": job.seed,
        "life": seconds,
    }
    found: list[Mapping[str, Any]] = []
    for life in lives:
        arm = {
            "backend": life.arm.backend,
            "release": life.arm.release,
            "label": life.arm.label,
            "role": life.arm.role,
            "rss": life.rss,
            "outcome": life.outcome,
            "reason": life.reason,
        }
        if life.outcome != "ok":
            found.append({**block_set, **arm})
        for visit in life.visits:
            measured = {
                "block": visit.block,
                "position": visit.position,
                "started": visit.started,
                "calls": visit.calls,
                "seconds": visit.seconds,
                "timed": visit.timed,
            }
            found.append({**block_set, **arm, **measured})
    return found
