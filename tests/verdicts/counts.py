"""Counts of instructions with known truth."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from tests.effects.synthetic import Sweep
from tests.verdicts.truth import MANY, MLX

#: The releases counted, the reference last, as `mlx-asv count` has it.
TWIN = " (A/A)"


def counted(
    *changes: float,
    those: Sequence[str] = MANY[:2],
    spread: float = 1e-4,
    replicates: int = 2,
    calls: float = 2e6,
    seed: int = 5,
) -> pl.DataFrame:
    """Two million instructions a call; in the benchmarks `those` each release takes more by its
    (log) change. `spread`: the standard deviation of a count, log. The last release is the
    reference, and has a twin."""
    frames = [
        _count(names, sizes, spread, replicates, calls, seed + number)
        for number, (names, sizes) in enumerate(
            (
                ([name for name in MANY if name not in those], np.zeros(len(changes))),
                (those, changes),
            )
        )
        if len(names)
    ]
    return pl.concat(frames)


def _count(
    names: Sequence[str],
    changes: Sequence[float],
    spread: float,
    replicates: int,
    calls: float,
    seed: int,
) -> pl.DataFrame:
    levels = calls * np.exp(np.concatenate([[0.0], np.cumsum(changes)]))
    labels = [f"v{number}" for number in range(1, len(levels) + 1)]
    last = labels[-1]
    truth: Mapping[tuple[str, str], float] = {
        **{(MLX, label): float(level) for label, level in zip(labels, levels, strict=True)},
        (MLX, last + TWIN): float(levels[-1]),
    }
    sweep = Sweep(
        seed,
        name="2026-01-02-counts",
        life=spread,
        noise=0.0,
        slowdown=1.0,
        replicates=replicates,
        blocks=1,
        benchmarks=names,
        reference=last,
        twin=last + TWIN,
    )
    return sweep.observe(truth).with_columns(
        pl.lit("instructions").alias("metric"), pl.lit(None, pl.Int32).alias("block")
    )
