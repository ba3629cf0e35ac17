"""Numbers of a made-up package, in a project of its own, as real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.count.conftest import Made, Package, released
from tests.sweep.conftest import wait_for

#: What each release returns: 1.1.0 is 40 times less exact than 1.0.0; 1.2.0 keeps 8 MB.
RETURNED = {"1.0.0": (1e-6, 0), "1.1.0": (4e-5, 0), "1.2.0": (4e-5, 8_000_000)}

SUITE = "sums"


class Tracked(Made):
    """A project that tracks the made-up package."""

    runs = "tracks"

    def __init__(self, path: Path, package: Package) -> None:
        super().__init__(path, package, SUITE)

    def track(self, *arguments: str, status: int = 0) -> str:
        """What a run prints."""
        return self.finish(self.start("track", *arguments), status)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, releases: None) -> Package:
    """The releases of the made-up package."""
    texts = {
        version: f"__version__ = {version!r}\nERROR = {error!r}\nKEPT = {kept!r}\n"
        for version, (error, kept) in RETURNED.items()
    }
    return released(tmp_path_factory.mktemp("tracked"), texts)


@pytest.fixture
def made(tmp_path: Path, package: Package) -> Iterator[Callable[[], Tracked]]:
    """A function that makes a project; at the end nothing of it may be running."""
    projects: list[Tracked] = []

    def make() -> Tracked:
        projects.append(Tracked(tmp_path / f"project{len(projects)}", package))
        return projects[-1]

    yield make
    for each in projects:
        wait_for(lambda each=each: not each.processes())
