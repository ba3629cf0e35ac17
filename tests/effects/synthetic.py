"""Observations with known truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

Arm = tuple[str, str]

SCHEMA = {
    **dict.fromkeys(("sweep", "machine", "environment", "benchmark", "version"), pl.String),
    **dict.fromkeys(("case", "backend", "release", "label", "role"), pl.String),
    **dict.fromkeys(("replicate", "group", "block", "position", "calls"), pl.Int32),
    "metric": pl.String,
    "value": pl.Float64,
    "outcome": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Sweep:
    """What a machine does to the true seconds of its arms; noise is in log time.

    `life`: from one process life to the next. `noise`: from visit to visit. `blocks`: each block
    is up to twice as slow. `drift`: how much slower the last block is. `groups`: arms that are
    held in memory together; the reference is in each.
    """

    seed: int = 0
    name: str = "2026-01-01"
    life: float = 0.0
    noise: float = 0.01
    slowdown: float = 2.0
    drift: float = 0.0
    speed: float = 1.0
    replicates: int = 3
    blocks: int = 20
    benchmarks: Sequence[str] = ("Sum",)
    reference: str = "v1"
    twin: str = "v1 (A/A)"
    controls: Sequence[str] = ("torch",)
    groups: Sequence[Sequence[Arm]] = field(default_factory=list)

    def role(self, arm: Arm) -> str:
        """What the arm is for."""
        backend, label = arm
        if backend in self.controls:
            return "control"
        return {self.reference: "reference", self.twin: "twin"}.get(label, "release")

    def observe(self, truth: Mapping[Arm, float]) -> pl.DataFrame:
        """Every arm of `truth` (true seconds per call) in every block."""
        rng = np.random.default_rng(self.seed)
        frames = []
        for benchmark in self.benchmarks:
            for replicate in range(self.replicates):
                for group, arms in enumerate(self.groups or [list(truth)]):
                    true = np.log([truth[arm] for arm in arms]) - np.log(self.speed)
                    true = true + rng.normal(0, self.life, len(arms))
                    block = np.log(rng.uniform(1, self.slowdown, self.blocks))
                    block += np.linspace(0, np.log1p(self.drift), self.blocks)
                    noise = rng.normal(0, self.noise, (self.blocks, len(arms)))
                    seconds = np.exp(true + block[:, None] + noise)
                    keys = {
                        "sweep": self.name,
                        "machine": "mac",
                        "environment": "py3.11",
                        "benchmark": benchmark,
                        "version": "1",
                        "case": "8x8",
                        "replicate": replicate,
                        "group": group,
                    }
                    frames.append(self._frame(keys, arms, seconds))
        return pl.concat(frames)

    def _frame(self, keys: dict, arms: Sequence[Arm], seconds: np.ndarray) -> pl.DataFrame:
        blocks, count = seconds.shape
        columns = {
            "backend": [backend for backend, _ in arms] * blocks,
            "label": [label for _, label in arms] * blocks,
            "release": [label.split()[0] for _, label in arms] * blocks,
            "role": [self.role(arm) for arm in arms] * blocks,
            "block": np.repeat(np.arange(blocks), count),
            "position": np.tile(np.arange(count), blocks),
            "calls": 10,
            "metric": "time",
            "value": seconds.ravel(),
            "outcome": "ok",
            "reason": None,
        }
        frame = pl.DataFrame(
            {**columns, **{name: [value] * seconds.size for name, value in keys.items()}}
        )
        return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())

    def but(self, **changes: object) -> "Sweep":
        """The same with some things changed."""
        return replace(self, **changes)


def releases(count: int, step: float = 0.0, backend: str = "mlx_cpu") -> dict[Arm, float]:
    """True seconds of v1, v2, ...: 1 ms, each `step` (log) slower than the one before."""
    return {(backend, f"v{n + 1}"): 1e-3 * float(np.exp(step * n)) for n in range(count)}
