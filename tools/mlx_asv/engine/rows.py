"""A block set's lives as rows of observations."""

import json
from collections.abc import Mapping
from typing import Any

from mlx_asv.job import Case
from mlx_asv.measurement.blocks import Life

from .plan import Setting, Sweep


def rows(
    setting: Setting,
    sweep: Sweep,
    case: Case,
    replicate: int,
    group: int,
    lives: list[Life],
    seconds: float,
) -> list[Mapping[str, Any]]:
    """One row for each visit, and one for each arm that could not be measured."""
    block_set = {
        "sweep": sweep.id,
        "machine": setting.machine,
        "environment": setting.environment,
        "conditions": json.dumps(setting.conditions, sort_keys=True),
        "benchmark": case.benchmark,
        "version": case.version,
        "case": case.label,
        "replicate": replicate,
        "group": group,
        "seed": sweep.seed,
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
