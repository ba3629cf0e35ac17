"""What the suite of this repository says of itself, and asv's results as a frame."""

from collections.abc import Iterable
from typing import Any

import polars as pl
from mlx_asv.asv_edge.stored import STORED
from mlx_asv.axes import Axes, Name
from mlx_asv.facts import CaseFacts, Facts

from tests.checkout import ROOT

FACTS = Facts(ROOT / "benchmarks")


def describe(benchmark: str, case: str) -> CaseFacts | None:
    """What the suite says of a case, by its label."""
    names = ("case", "dtype", "mode")
    return FACTS.case(benchmark, Axes.of(**dict(zip(names, case.split(", "), strict=False))))


def row(
    *,
    release: str,
    value: float | None,
    benchmark: str,
    case: str,
    backend: str,
    machine: str = "box",
    environment: str = "e",
) -> dict[str, Any]:
    """A stored result (STORED)."""
    axes = Axes.of(case=case)
    return {
        **{"machine": machine, "environment": environment, "benchmark": benchmark, "version": "1"},
        **{"case": axes.label, "axes": axes.json, "backend": backend, "release": release},
        **{"name": str(Name(benchmark, (repr(case), repr(backend)))), "value": value},
    }


def stored(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """asv's results."""
    return pl.DataFrame(list(rows), schema=STORED)
