"""Sites made of results with known truth."""

import os
from collections.abc import Callable
from math import log
from pathlib import Path

import polars as pl
import pytest
from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Axes
from mlx_asv.metric import ERROR, GROWTH
from mlx_asv.site.build import build

from tests.site import played


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without results, in the current directory."""
    monkeypatch.chdir(tmp_path)
    return played.project(tmp_path)


def in_directory(path: Path, make: Callable[[Project], None]) -> Path:
    """The pages of a project in this directory, with the results that a function puts there."""
    before = Path.cwd()
    os.chdir(path)
    try:
        project = played.project(path)
        make(project)
        build(project, path / "out")
    finally:
        os.chdir(before)
    return path / "out"


@pytest.fixture(scope="session")
def counted(tmp_path_factory) -> Path:
    """The pages of a machine on which convolutions are 15 % slower from v0.30.0 on: Conv2d executes
    20 % more instructions, Conv1d the same; and a linear layer 20 % more in the same time."""

    def make(project: Project) -> None:
        swept = played.swept(0.0, log(1.15), 0.0)
        more = (played.SLOWER[1], played.STILL[0])
        played.keep(project, played.with_counts(swept, 0.0, log(1.2), 0.0, more=more))

    return in_directory(tmp_path_factory.mktemp("counted"), make)


def keep_tracked(project: Project) -> None:
    """Results of a machine on which sums of float16 take 15 % longer from v0.30.0 on, and their
    error falls 40 times, to what is allowed; that of float32 is over its tolerance and stays; and
    training grows by 3.1 MB from v0.29.1 on."""
    half = Axes.of(case="64x16384", dtype="float16", mode="forward")
    hard, single, number = (
        Axes.of(case=case, dtype=dtype, mode="forward")
        for case, dtype in (("4x16384", "float16"), ("4x16384", "float32"), ("3000", "float32"))
    )
    error = "precision.RowSum.track_error"
    timed = played.swept(0.0, log(1.15), 0.0, slower=["precision.RowSum.time_call"])
    of_sum = timed["benchmark"] == "precision.RowSum.time_call"
    frames = (
        timed.filter(~of_sum),
        timed.filter(of_sum).with_columns(case=pl.lit(half.label), axes=pl.lit(half.json)),
        played.tracked(ERROR, error, hard, 0.0, -log(40), 0.0, first=4e-2),
        played.tracked(ERROR, error, single, 0.0, 0.0, 0.0, first=3e-6),
        played.tracked(ERROR, "elementwise.Exp.track_error", number, 0.0, 0.0, 0.0, first=6e-8),
        played.tracked(
            *(GROWTH, "growth.Growth.track_growth"),
            Axes.of(case="TrainStep", memory="active"),
            *(3.1e6, 0.0, 0.0),
            first=0.0,
        ),
    )
    played.keep(project, pl.concat(frames))


@pytest.fixture(scope="session")
def tracked(tmp_path_factory) -> Path:
    """The pages of `keep_tracked`."""
    return in_directory(tmp_path_factory.mktemp("tracked"), keep_tracked)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The pages of two machines: on the one convolutions are 15 % slower from v0.30.0 on, and were
    5 % faster before, and a linear layer takes 20 % more memory from v0.30.0 on; the other one was
    measured by asv alone."""

    def make(project: Project) -> None:
        times = {("8x8 8x8", "mlx_cpu"): 1e-3, ("8x8 8x8", "cpu"): 2e-3}
        slower = {key: 1.5 * value for key, value in times.items()}
        played.store(project, "pc", {"v0.30.0": times, "v0.31.1": slower})
        swept = played.swept(-0.05, 0.14, 0.0)
        played.keep(project, played.with_memory(swept, 0.0, 0.18, 0.0))

    return in_directory(tmp_path_factory.mktemp("project"), make)
