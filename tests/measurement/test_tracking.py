"""Numbers of tracking benchmarks, with real processes."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlx_asv.axes import Axes
from mlx_asv.job import Arm, Case, Track
from mlx_asv.measurement.tracking import Tracking
from mlx_asv.measurement.values import Valued, replicates
from mlx_asv.measurement.zygotes import Workers

SUITE = Path(__file__).parent / "suite"
COPIES = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies processes")

ARMS = (Arm("cpu", "v2", "reference"), Arm("cpu", "v2", "twin"), Arm("cpu", "v1", "release"))

Tracked = Callable[..., list[Valued]]


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracked]:
    """A function that tracks a combination of a benchmark of the suite."""
    monkeypatch.setenv("EVENTS", str(tmp_path / "events"))
    imports = {"cpu": ["json"]} if sys.platform == "linux" else {}
    environs = {release: dict(os.environ) for release in ("v1", "v2")}
    with Workers(
        sys.executable, str(SUITE), tmp_path, environs=environs, imports=imports
    ) as workers:

        def run(
            benchmark: str,
            index: int,
            *,
            arms: tuple[Arm, ...] = ARMS,
            jobs: int = 2,
            timeout: float = 30.0,
            told: list[str] | None = None,
        ) -> list[Valued]:
            backends = {arm.backend: index for arm in arms}
            case = Case(f"odd.{benchmark}.track_error", "1", Axes.of(), timeout, backends)
            job = Track(case, "error", arms, 3)
            tell = [].append if told is None else told.append
            return Tracking(job, workers.start, str(SUITE), jobs, tell).run()

        yield run


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_arm_has_a_value_for_each_process(tracked: Tracked, jobs: int) -> None:
    """However many run at the same time."""
    told: list[str] = []
    found = tracked("Tracks", 0, jobs=jobs, told=told)
    assert found == [Valued(arm, (3.8e-05,) * 3) for arm in ARMS]
    assert replicates(found) == 3
    assert told[0] == "tracking v2 cpu, process 1 of 9" and len(told) == 9


@COPIES
def test_each_value_is_of_a_process_of_its_own(tracked: Tracked) -> None:
    """A copy of one that has imported the suite, of which each release has as many as run at the
    same time."""
    pids = {value for each in tracked("TracksOddly", 0) for value in each.values}
    assert len(pids) == 9
    imported = {value for each in tracked("TracksOddly", 1) for value in each.values}
    assert len(imported) <= 4 and not imported & pids


@pytest.mark.parametrize(
    ("index", "outcome", "reason"),
    [
        (2, "failed", "it returned nan, which is no finite number"),
        (5, "skipped", "no 'gelu'"),
        (7, "failed", "ValueError: shapes differ"),
    ],
)
def test_what_has_no_number_has_a_reason(
    tracked: Tracked, index: int, outcome: str, reason: str
) -> None:
    """The arm's, and no value of it is kept."""
    found = tracked("Tracks", index)
    assert found == [Valued(arm, outcome=outcome, reason=reason) for arm in ARMS]
    assert replicates(found) == 1


def test_process_that_ends_or_hangs_costs_its_own_arm(tracked: Tracked) -> None:
    """It is killed; what is tracked next has a process again."""
    (found,) = tracked("TracksOddly", 2, arms=ARMS[:1])
    assert found.outcome == "failed" and "status 3" in (found.reason or "")
    (found,) = tracked("TracksOddly", 3, arms=ARMS[:1], timeout=0.5)
    assert found.reason == "hung: tracking took longer than 0 s"
    assert [each.outcome for each in tracked("Tracks", 0)] == ["ok"] * 3


@COPIES
def test_what_fails_in_a_copy_is_asked_in_a_process_from_nothing(tracked: Tracked) -> None:
    """Once more, for each value."""
    found = tracked("TracksOddly", 4, arms=ARMS[:1])
    assert found[0].outcome == "ok" and len(set(found[0].values)) == 3
