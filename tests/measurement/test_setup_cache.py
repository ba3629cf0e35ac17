"""Caches of benchmarks, made by real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .test_worker import SUITE, Asked, Reply


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Reply]]:
    """Load a case in a new process, with a cache of its revision: the reply."""
    processes: list[Asked] = []

    def ask(benchmark: str, index: int | None = None, revision: str = "v1") -> Reply:
        processes.append(Asked(tmp_path))
        caches = str(tmp_path / revision)
        request = {"suite": str(SUITE), "benchmark": benchmark, "index": index, "caches": caches}
        return processes[-1](do="load", **request) or processes[-1](do="warm up")

    yield ask
    for each in processes:
        each.process.kill()
        each.process.communicate()


def events(path: Path) -> list[str]:
    """What the benchmarks have written down."""
    return (path / "events").read_text().splitlines()


def test_a_cache_is_made_once_for_a_revision(load: Callable[..., Reply], tmp_path: Path) -> None:
    """In a process that measures nothing; whatever the parameters are. What `setup_cache` leaves in
    its directory is there for all."""
    for index in (0, 1):
        assert "seconds" in load("caches.Made.time_call", index)
    assert events(tmp_path) == ["made"]
    assert "seconds" in load("caches.Made.time_call", 0, "v2")
    assert events(tmp_path) == ["made", "made"]


@pytest.mark.parametrize(
    ("benchmark", "reason"),
    [
        ("Fails", "setup_cache failed: RuntimeError: no such data"),
        ("Dies", "setup_cache failed: it ended with status 7"),
    ],
)
def test_a_cache_that_is_not_made(
    load: Callable[..., Reply], tmp_path: Path, benchmark: str, reason: str
) -> None:
    """Is the failure of all that need it, with its reason, and not tried again."""
    for _ in range(2):
        said = load(f"caches.{benchmark}.time_call")["failed"]
        assert said == f"SetupCacheFailed: {reason}"
    assert events(tmp_path) == [benchmark.lower()]


def test_a_cache_that_was_not_finished_is_made_again(
    load: Callable[..., Reply], tmp_path: Path
) -> None:
    """Half a pickle of somebody who was killed is never loaded."""
    load("caches.Made.time_call", 0)
    (folder,) = (tmp_path / "v1").iterdir()
    (folder / "settled").unlink()
    (folder / "cache.pickle").write_bytes(b"half")
    assert "seconds" in load("caches.Made.time_call", 1)
    assert events(tmp_path) == ["made", "made"]
