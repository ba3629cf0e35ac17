"""A block set's lives as rows of observations: a row for each value of a metric."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlx_asv.job import BlockSet
from mlx_asv.measurement.blocks import Life
from mlx_asv.metric import MEMORY, TIME

from .plan import Begun, Plan


def rows(
    job: BlockSet, lives: Sequence[Life], *, plan: Plan, begun: Begun, seconds: float
) -> list[Mapping[str, Any]]:
    """A row for the time of each visit and for the memory of each life; one row without values for
    an arm that could not be measured."""
    block_set = {
        "sweep": begun.id,
        "machine": plan.machine,
        "environment": plan.environment,
        "conditions": json.dumps(plan.conditions, sort_keys=True),
        "benchmark": job.case.benchmark,
        "version": job.case.version,
        "case": job.case.label,
        "axes": job.case.axes.json,
        "replicate": job.replicate,
        "group": job.group,
        "seed": job.seed,
        "life": seconds,
    }
    found: list[Mapping[str, Any]] = []
    for life in lives:
        arm = {
            **block_set,
            "backend": life.arm.backend,
            "release": life.arm.release,
            "label": life.arm.label,
            "role": life.arm.role,
            "outcome": life.outcome,
            "reason": life.reason,
        }
        found += [{**arm, **values} for values in _values(life)]
    return found


def _values(life: Life) -> Iterator[Mapping[str, Any]]:
    """The values of a life; for an arm that could not be measured one row without a value."""
    if life.outcome != "ok":
        yield {}
    for visit in life.visits:
        yield {
            "metric": TIME.name,
            "value": visit.seconds,
            "block": visit.block,
            "position": visit.position,
            "started": visit.started,
            "calls": visit.calls,
            "timed": visit.timed,
        }
    if life.outcome == "ok" and life.visits and life.rss is not None:
        yield {"metric": MEMORY.name, "value": float(life.rss)}
