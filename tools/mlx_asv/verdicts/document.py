"""Verdicts as others read them: Parquet and JSON, described in docs/verdicts.md."""

import io
import json
import math
from dataclasses import asdict
from typing import Any

import polars as pl

from mlx_asv.metric import METRICS

from .judge import Judgement
from .rule import Rule

#: Of the JSON; another number is read differently.
FORMAT = 2


def as_parquet(judgement: Judgement) -> bytes:
    """The table of verdicts."""
    content = io.BytesIO()
    judgement.verdicts.write_parquet(content, compression="zstd")
    return content.getvalue()


def as_json(judgement: Judgement, rule: Rule) -> bytes:
    """The verdicts with the rule, the metrics, the suite's movements, stale entries, and what is
    said of each release by itself.

    Infinite is null.
    """
    document = {
        "format": FORMAT,
        "rule": {
            "threshold": rule.threshold,
            "false_discoveries": rule.false_discoveries,
            "replicates": rule.replicates,
        },
        "metrics": {name: _described(rule.of(metric)) for name, metric in METRICS.items()},
        "verdicts": _rows(judgement.verdicts),
        "suite": _rows(judgement.suite),
        "absolute": _rows(judgement.absolute),
        "stale": [asdict(entry) for entry in judgement.stale],
    }
    return json.dumps(document, allow_nan=False, indent=1).encode() + b"\n"


def _described(rule: Rule) -> dict[str, Any]:
    metric = rule.metric
    return {
        "unit": metric.unit,
        "scale": metric.scale,
        "threshold": rule.threshold,
        "spreads": rule.spreads,
        "worse": metric.worse,
        "better": metric.better,
        "limit": None if metric.limit is None else asdict(metric.limit),
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in frame.iter_rows(named=True)
    ]
