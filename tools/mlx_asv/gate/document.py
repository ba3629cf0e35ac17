"""A gate's outcome as JSON: everything that the Markdown says, in numbers."""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from mlx_asv.verdicts.sequential import Look

from .outcome import Found, Outcome, worst

#: Another number is read differently.
FORMAT = 1


def as_json(outcomes: Sequence[Outcome], strict: bool) -> str:
    """An object; effects are log(head / base), null is unknown (docs/gate.md).

    It is of the first metric; the objects of others are in it, under their names.
    """
    first, *others = (_document(outcome, strict) for outcome in outcomes)
    first["status"] = int(worst(outcomes, strict))
    document = {**first, **{each["metric"]: each for each in others}}
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def _document(outcome: Outcome, strict: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "metric": outcome.metric.name,
        "verdict": outcome.headline,
        "status": int(outcome.status(strict)),
        "base": outcome.base,
        "head": outcome.head,
        "machine": outcome.machine,
        "conditions": dict(outcome.conditions),
        "threshold": outcome.threshold,
        "seconds": outcome.seconds,
        "benchmarks": [_benchmark(each) for each in outcome.findings.items()],
        "inapplicable": [
            {"benchmark": c.case.benchmark, "case": c.case.label, "backend": c.backend, "why": why}
            for c, why in outcome.inapplicable.items()
        ],
    }


def _benchmark(found: Found) -> dict[str, Any]:
    candidate, finding = found
    return {
        "benchmark": candidate.case.benchmark,
        "case": candidate.case.label,
        "backend": candidate.backend,
        "verdict": finding.decision,
        "reason": finding.reason,
        "change": _look(finding.change),
        "base_against_itself": _look(finding.twin),
        "controls": {name: _known(sd) for name, sd in finding.controls.items()},
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "effect": _known(look.effect),
        "low": _known(look.low),
        "high": _known(look.high),
        "replicates": look.replicates,
        "detectable": _known(look.detectable),
    }


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
