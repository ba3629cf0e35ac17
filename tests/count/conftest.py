"""Counts of a made-up package, in a project of its own, as real processes."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from mlx_asv.measurement.counting_engine import engine
from mlx_asv.measurement.valgrind import NoCounter
from mlx_asv.observations.store import read

from tests.sweep.conftest import MACHINE, Project, wait_for
from tests.wheels import make_wheel

#: What a release executes for each pass of a loop: 1.1.0 a tenth more than the one before.
PASSES = {"1.0.0": 100, "1.1.0": 110, "1.2.0": 110}

MODULE = """
from itertools import repeat
__version__ = {version!r}
def work(times):
    for _ in repeat(None, times * {passes}):
        pass
    return times * {passes}
"""

#: The name of the package, and of its suite.
NAME, SUITE = "made", "loops"


def counter() -> str | None:
    """The name of what counts here; None if nothing does."""
    try:
        return engine().name
    except NoCounter:
        return None


@dataclass(frozen=True)
class Package:
    """The releases of the made-up package: their wheels, the lock, and where they are installed."""

    wheels: dict[str, Path]
    lock: str
    overlays: Path


class Made(Project):
    """A project that measures a made-up package by a suite."""

    def __init__(self, path: Path, package: Package, suite: str = SUITE) -> None:
        super().__init__(path, suite)
        (path / "numpy.lock.json").unlink()
        (path / f"{NAME}.lock.json").write_text(package.lock)
        self.configure(
            project=NAME,
            repo=f"pypi:{NAME}",
            benchmark_dir=suite,
            env_dir=str(self.state / "env"),
            sweep={"imports": {"": [NAME]}},
        )
        (self.state / "overlays").unlink()
        (self.state / "overlays").symlink_to(package.overlays)
        folder = next(iter(package.wheels.values())).parent
        self.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}

    def count(self, *arguments: str, status: int = 0) -> str:
        """What a count prints."""
        return self.finish(self.start("count", *arguments), status)

    #: Where unfinished runs are.
    runs = "counts"

    def unfinished(self) -> list[Path]:
        """The directories of runs that are going on."""
        return [path for path in (self.state / self.runs).glob("*") if not path.suffix]

    def saved(self) -> list[Path]:
        """The parts of unfinished runs that are safe."""
        return [path for each in self.unfinished() for path in sorted(each.glob("*.parquet"))]

    def apart(self) -> pl.DataFrame:
        """The observations of what is no release."""
        return read(sorted((self.state / "observations" / MACHINE).iterdir()))


def released(folder: Path, texts: Mapping[str, str]) -> Package:
    """A package of which each release, by its version, is one module with such a text."""
    wheels, entries = {}, []
    for version, text in texts.items():
        name = f"{NAME}-{version}-py3-none-any.whl"
        wheel = make_wheel(folder / "wheels", name, {f"{NAME}/__init__.py": text})
        wheels[version] = folder / "wheels" / name
        date = f"2026-0{len(wheels)}-01T00:00:00Z"
        entries.append(
            {
                "tag": f"v{version}",
                "commit": None,
                "date": date,
                "wheels": [[wheel.filename, wheel.sha256, date]],
            }
        )
    lock = {
        "package": NAME,
        "module": NAME,
        "upstream": None,
        "builds": {},
        "standalone": {},
        "releases": entries,
    }
    (folder / "overlays").mkdir()
    return Package(wheels, json.dumps(lock), folder / "overlays")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, releases: None) -> Package:
    """The releases of the made-up package."""
    texts = {
        version: MODULE.format(version=version, passes=passes) for version, passes in PASSES.items()
    }
    return released(tmp_path_factory.mktemp(NAME), texts)


@pytest.fixture
def made(tmp_path: Path, package: Package) -> Iterator[Callable[[], Made]]:
    """A function that makes a project; at the end nothing of it may be running."""
    projects: list[Made] = []

    def make() -> Made:
        projects.append(Made(tmp_path / f"project{len(projects)}", package))
        return projects[-1]

    yield make
    for each in projects:
        wait_for(lambda each=each: not each.processes())
