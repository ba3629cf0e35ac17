"""Observations with known truth, judged."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from mlx_asv.effects.lives import life_levels
from mlx_asv.verdicts.judge import Judgement, judge
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known

from tests.effects.synthetic import Sweep
from tests.facts import FACTS

MLX, COMPILED, TORCH = "mlx_cpu", "mlx_cpu_compile", "torch"
MANY = tuple(f"ops.Operation{n}" for n in range(12))
KNOWN = Known(FACTS.backends)
#: What a sweep on a quiet machine is like.
QUIET = Sweep(1, life=0.003, noise=0.01, blocks=8, benchmarks=MANY)


def levels(*changes: float, backend: str = MLX) -> dict[tuple[str, str], float]:
    """True seconds of v1, v2, ...: v1 takes 1 ms, each later one is slower by its (log) change."""
    times = 1e-3 * np.exp(np.concatenate([[0.0], np.cumsum(changes)]))
    return {(backend, f"v{n}"): float(time) for n, time in enumerate(times, 1)}


def order(count: int) -> list[str]:
    """v1, v2, ..."""
    return [f"v{n}" for n in range(1, count + 1)]


def judged(
    *observed: pl.DataFrame, count: int = 9, rule: Rule | None = None, accepted: Sequence = ()
) -> Judgement:
    """All of them together, judged."""
    return judge(life_levels(pl.concat(observed)), order(count), rule, accepted, known=KNOWN)


def mixed(
    sweep: Sweep, truth: Mapping[tuple[str, str], float], changed: Mapping, those: Sequence[str]
) -> pl.DataFrame:
    """A sweep in which the benchmarks `those` have another truth than the rest."""
    rest = [name for name in sweep.benchmarks if name not in those]
    frames = [
        sweep.but(benchmarks=names, seed=sweep.seed + number).observe(true)
        for number, (names, true) in enumerate(((rest, truth), (those, changed)))
        if names
    ]
    return pl.concat(frames)


def steps(judgement: Judgement, **wanted: object) -> pl.DataFrame:
    """Its verdicts on steps."""
    return judgement.verdicts.filter(comparison="step", **wanted)


def best(judgement: Judgement, **wanted: object) -> pl.DataFrame:
    """Its verdicts on the latest release against the best so far."""
    return judgement.verdicts.filter(comparison="best", **wanted)
