"""A block set's lives as rows of observations: a row for each value of a metric."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlx_asv.job import Arm, BlockSet, Case, Count, Track
from mlx_asv.measurement.blocks import Life
from mlx_asv.measurement.values import Valued
from mlx_asv.metric import MEMORY, TIME, Metric

from .plan import Begun, Plan


def rows(
    job: BlockSet, lives: Sequence[Life], *, plan: Plan, begun: Begun, seconds: float
) -> list[Mapping[str, Any]]:
    """A row for the time of each visit and for the memory of each life; one row without values for
    an arm that could not be measured."""
    found: list[Mapping[str, Any]] = []
    for life in lives:
        described = {
            **_run(plan, begun),
            **_case(job.case),
            "replicate": job.replicate,
            "group": job.group,
            "seed": job.seed,
            "life": seconds,
            **_arm(life.arm, life.outcome, life.reason),
        }
        found += [{**described, **values} for values in _values(life)]
    return found


def value_rows(
    job: Count | Track,
    metric: Metric,
    valued: Sequence[Valued],
    *,
    plan: Plan,
    begun: Begun,
    replicate: int,
    started: float,
    seconds: float,
) -> list[Mapping[str, Any]]:
    """A row for each arm that has the replicate; one without a value for an arm that could not be
    counted or tracked."""
    found: list[Mapping[str, Any]] = []
    for each in valued:
        values: Mapping[str, Any] = {}
        if each.outcome == "ok":
            if replicate >= len(each.values):
                continue
            value = metric.recorded(each.values[replicate])
            calls = each.calls[replicate] if each.calls else None
            values = {"metric": metric.name, "value": value, "calls": calls}
        found.append(
            {
                **_run(plan, begun),
                **_case(job.case),
                "replicate": replicate,
                "group": job.group,
                "seed": begun.seed,
                "started": started,
                "life": seconds,
                **_arm(each.arm, each.outcome, each.reason),
                **values,
            }
        )
    return found


def _run(plan: Plan, begun: Begun) -> Mapping[str, Any]:
    return {
        "sweep": begun.id,
        "machine": plan.machine,
        "environment": plan.environment,
        "conditions": json.dumps(plan.conditions, sort_keys=True),
    }


def _case(case: Case) -> Mapping[str, Any]:
    return {
        "benchmark": case.benchmark,
        "version": case.version,
        "case": case.label,
        "axes": case.axes.json,
    }


def _arm(arm: Arm, outcome: str, reason: str | None) -> Mapping[str, Any]:
    return {
        "backend": arm.backend,
        "release": arm.release,
        "label": arm.label,
        "role": arm.role,
        "outcome": outcome,
        "reason": reason,
    }


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
            "instructions": visit.instructions,
            "cycles": visit.cycles,
        }
    if life.outcome == "ok" and life.visits and life.rss is not None:
        yield {"metric": MEMORY.name, "value": float(life.rss)}
