"""Sites made of results with known truth."""

import os
from collections.abc import Callable
from math import log
from pathlib import Path

import pytest
from mlx_asv.asv_edge.stored import Project
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
