"""Projects with results of known truth: asv.conf.json, the lock and the results."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Axes
from mlx_asv.metric import Metric, Scale
from mlx_asv.observations.check import checked
from mlx_asv.observations.schema import ARM, BLOCK_SET, SCHEMA
from mlx_asv.observations.store import directory, write
from mlx_asv.releases.lock import Lock, Release

from tests.conftest import ROOT
from tests.effects.synthetic import Sweep

RELEASES = ("v0.29.0", "v0.29.1", "v0.30.0", "v0.31.1")
DTYPES = ("float32", "bfloat16")
MLX, COMPILED, TORCH = "mlx_cpu", "mlx_cpu_compile", "cpu"

#: Twelve benchmarks of four families: few enough to be quick, enough for the statistics.
SLOWER = ("convolutions.Conv1d.time_forward", "convolutions.Conv2d.time_forward")
STILL = tuple(
    f"{family}.{name}.time_forward"
    for family, names in {
        "linear": ("Linear", "MatMul"),
        "reductions": ("Argmax", "Sum", "SumAll", "Mean"),
        "activations": ("ReLU", "SeLU", "Sigmoid", "Softplus"),
    }.items()
    for name in names
)


def truth(*changes: float, releases: Sequence[str] = RELEASES) -> dict[tuple[str, str], float]:
    """True seconds: 1 ms in the first release, each later one slower by its (log) change; the
    first once more, as its own twin; and a control of 2 ms."""
    times = 1e-3 * np.exp(np.concatenate([[0.0], np.cumsum(changes)]))
    found = {(MLX, tag): float(time) for tag, time in zip(releases, times, strict=True)}
    return {**found, (MLX, f"{releases[0]} (A/A)"): 1e-3, (TORCH, releases[-1]): 2e-3}


def swept(
    *changes: float,
    slower: Sequence[str] = SLOWER,
    still: Sequence[str] = STILL,
    releases: Sequence[str] = RELEASES,
    machine: str = "mac",
    environment: str = "py3.11",
    case: str = "8x8",
    backend: str = MLX,
    seed: int = 1,
    replicates: int = 3,
) -> pl.DataFrame:
    """Observations of a sweep in which the benchmarks `slower` change so, and `still` do not."""
    releases = releases[: len(changes) + 1]
    sweep = Sweep(
        seed,
        life=0.003,
        noise=0.01,
        blocks=8,
        replicates=replicates,
        reference=releases[0],
        twin=f"{releases[0]} (A/A)",
        controls=(TORCH,),
    )
    same = truth(*[0.0] * len(changes), releases=releases)
    frames = [
        sweep.but(benchmarks=names, seed=seed + number).observe(true)
        for number, (names, true) in enumerate(
            ((still, same), (slower, truth(*changes, releases=releases)))
        )
        if names
    ]
    frame = pl.concat(frames).with_columns(
        machine=pl.lit(machine),
        environment=pl.lit(environment),
        case=pl.lit(case),
        conditions=pl.lit('{"threads": "1"}'),
        started=pl.lit(1.79e9),
        release=pl.col("label").str.replace(" (A/A)", "", literal=True),
        backend=pl.col("backend").replace(MLX, backend),
    )
    return checked(frame)


def with_memory(
    frame: pl.DataFrame,
    *changes: float,
    more: Sequence[str] = STILL[:1],
    releases: Sequence[str] = RELEASES,
    seed: int = 1,
) -> pl.DataFrame:
    """The same observations, with the peak memory of each life: 300 MB in the first release. That
    of the benchmarks `more` changes so (log) from release to release, and that of others never."""
    lives = frame.unique([*BLOCK_SET, *ARM], keep="first", maintain_order=True)
    sizes = dict(zip(releases, np.cumsum([0.0, *changes]), strict=False))
    grown = pl.col("release").replace_strict(sizes, default=0.0, return_dtype=pl.Float64)
    noise = np.random.default_rng(seed).normal(0, 0.001, lives.height)
    level = pl.when(pl.col("benchmark").is_in(list(more))).then(grown).otherwise(0.0)
    value = 3e8 * (level + pl.Series(noise)).exp()
    rows = lives.with_columns(
        metric=pl.lit("memory"),
        value=pl.when(pl.col("role") == "control").then(5e8).otherwise(value),
        **{
            name: pl.lit(None, kind)
            for name, kind in SCHEMA.items()
            if name in ("block", "position", "calls", "timed")
        },
    )
    return pl.concat([frame, rows.select(frame.columns)])


def with_counts(
    frame: pl.DataFrame,
    *changes: float,
    more: Sequence[str] = STILL[:1],
    releases: Sequence[str] = RELEASES,
    seed: int = 1,
) -> pl.DataFrame:
    """The same observations, and a run of counts beside them: two million instructions a call, of
    each replicate from another number of calls. Those of the benchmarks `more` change so (log) from
    release to release, and those of others never. No control is counted."""
    arms = frame.filter(pl.col("role") != "control").unique(
        ("benchmark", "case", *ARM, "replicate"), keep="first", maintain_order=True
    )
    sizes = dict(zip(releases, np.cumsum([0.0, *changes]), strict=False))
    grown = pl.col("release").replace_strict(sizes, default=0.0, return_dtype=pl.Float64)
    noise = np.random.default_rng(seed).normal(0, 1e-5, arms.height)
    level = pl.when(pl.col("benchmark").is_in(list(more))).then(grown).otherwise(0.0)
    rows = arms.with_columns(
        sweep=pl.lit("2026-01-02-counts"),
        metric=pl.lit("instructions"),
        value=2e6 * (level + pl.Series(noise)).exp(),
        group=pl.lit(0, pl.Int32),
        calls=(4 * pl.col("replicate") + 1).cast(SCHEMA["calls"]),
        conditions=pl.lit('{"counter": "valgrind 3.19.0 cachegrind"}'),
        **{name: pl.lit(None, SCHEMA[name]) for name in ("block", "position", "timed")},
    )
    return pl.concat([frame, rows.select(frame.columns)])


def with_tracks(
    frame: pl.DataFrame,
    metric: Metric,
    *changes: float,
    more: Sequence[str] = STILL[:1],
    first: float = 1e-6,
    releases: Sequence[str] = RELEASES,
) -> pl.DataFrame:
    """The same observations, and a run that tracks beside them. Values of the benchmarks `more`
    begin with `first`, and change so (on the metric's scale) from release to release; those of
    others never do."""
    arms = frame.filter(pl.col("role") != "control").unique(
        ("benchmark", "case", *ARM, "replicate"), keep="first", maintain_order=True
    )
    steps = np.cumsum([0.0, *changes])
    values = first * np.exp(steps) if metric.scale is Scale.LOG else first + steps
    sizes = dict(zip(releases, values, strict=False))
    changed = pl.col("release").replace_strict(sizes, default=first, return_dtype=pl.Float64)
    rows = arms.with_columns(
        sweep=pl.lit("2026-01-03-tracks"),
        metric=pl.lit(metric.name),
        value=pl.when(pl.col("benchmark").is_in(list(more))).then(changed).otherwise(first),
        group=pl.lit(0, pl.Int32),
        **{name: pl.lit(None, SCHEMA[name]) for name in ("block", "position", "timed", "calls")},
    )
    return pl.concat([frame, rows.select(frame.columns)])


def tracked(
    metric: Metric, name: str, axes: Axes, *changes: float, first: float, seed: int = 1
) -> pl.DataFrame:
    """Observations of a run that tracks one case: values as in `with_tracks`."""
    timed = swept(*[0.0] * len(changes), slower=(), still=[name], seed=seed)
    found = with_tracks(timed, metric, *changes, more=[name], first=first)
    of_it = found.filter(metric=metric.name)
    return of_it.with_columns(case=pl.lit(axes.label), axes=pl.lit(axes.json))


def with_dtypes(*frames: pl.DataFrame, dtypes: Sequence[str] = DTYPES) -> pl.DataFrame:
    """Observations of cases that have a second parameter: each frame's is of one of the dtypes."""
    named = []
    for frame, dtype in zip(frames, dtypes, strict=True):
        (case,) = frame["case"].unique()
        axes = Axes.of(case=case, dtype=dtype)
        named.append(frame.with_columns(case=pl.lit(axes.label), axes=pl.lit(axes.json)))
    return pl.concat(named)


def keep(project: Project, frame: pl.DataFrame, name: str = "a") -> None:
    """Put observations where a sweep leaves them, and asv's description of the machine."""
    (machine,) = frame["machine"].unique()
    folder = directory(project.results, machine)
    write(folder / f"{name}.parquet", frame)
    described = {"machine": machine, "cpu": "M9 <b>", "ram": "8GB", "version": 1}
    (folder.parent / "machine.json").write_text(json.dumps(described))


def project(path: Path, lock: Lock | None = None) -> Project:
    """A directory with suite, configuration and lock, and no results; the caller is in it."""
    shutil.copy(ROOT / "asv.conf.json", path)
    shutil.copy(ROOT / "mlx.lock.json", path)
    if lock is not None:
        lock.save(path / "mlx.lock.json")
    (path / "benchmarks").symlink_to(ROOT / "benchmarks")
    (path / "results").mkdir()
    return Project.here()


def lock_of(*tags: str) -> Lock:
    """A lock of these releases, a month apart."""
    releases = tuple(
        Release(tag, None, f"2026-{number:02d}-01T00:00:00+00:00", ())
        for number, tag in enumerate(tags, 1)
    )
    return Lock("mlx", "mlx.core", "https://github.com/ml-explore/mlx", {}, {}, releases)


def store(
    project: Project,
    machine: str,
    values: Mapping[str, Mapping[tuple[str, str], float]],
    name: str = "linear.MatMul.time_forward",
) -> None:
    """Results of `asv run`: release -> (case, backend) -> seconds, all of one benchmark."""
    keys = [key for found in values.values() for key in found]
    cases, backends = (list(dict.fromkeys(key[at] for key in keys)) for at in (0, 1))
    params = [[repr(case) for case in cases], [repr(backend) for backend in backends]]
    benchmark = {
        **{"name": name, "type": "time", "version": "1", "params": params, "unit": "seconds"},
        **{"param_names": ["case", "backend"], "code": "", "timeout": 60.0},
    }
    (project.results / "benchmarks.json").write_text(json.dumps({name: benchmark, "version": 2}))
    folder = project.results / machine
    folder.mkdir()
    (folder / "machine.json").write_text(json.dumps({"machine": machine, "version": 1}))
    for release, found in values.items():
        row = [found.get((case, backend)) for case in cases for backend in backends]
        content = {
            "commit_hash": release,
            "env_name": "py3.11",
            "date": 0,
            "params": {"machine": machine},
            "python": "3.11",
            "requirements": {},
            "env_vars": {},
            "result_columns": ["result", "params", "version"],
            "results": {name: [row, params, "1"]},
            "durations": {},
            "version": 2,
        }
        (folder / f"{release}-py3.11.json").write_text(json.dumps(content))
