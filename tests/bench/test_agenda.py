from io import StringIO

import pytest
from mlx_asv.bench import agenda
from mlx_asv.bench.agenda import Agenda
from mlx_asv.bench.pairs import schedule
from rich.console import Console


@pytest.fixture
def now(monkeypatch):
    """A clock that is turned by hand."""
    clock = [0.0]
    monkeypatch.setattr(agenda, "monotonic", lambda: clock[0])
    return clock


def test_what_a_step_took_is_expected_of_the_rest(now):
    """Of its kind only; each line says how far, and how long still."""
    file = StringIO()
    plan = Agenda(Console(file=file, width=200), {"asv": 10.0, "sweep": 60.0})
    plan.add("asv", 3)
    plan.add("sweep", 1)
    assert plan.left == 90
    assert plan.fraction == 0
    with plan.step("asv", "the first"):
        now[0] += 20
    assert plan.left == 2 * 20 + 60
    assert plan.fraction == pytest.approx(20 / 120)
    with plan.step("asv", "the second"):
        now[0] += 20
    assert file.getvalue().splitlines() == [
        "[0%, about 2 min left] the first",
        "[17%, about 2 min left] the second",
    ]


def test_neither_method_has_the_better_time():
    """Each goes first equally often, in each period."""
    plan = list(schedule(4))
    assert len(plan) == 8
    for period in ("quiet", "loaded"):
        first = [methods[0] for _, each, methods in plan if each == period]
        assert first == ["asv", "sweep", "asv", "sweep"]
    assert [period for _, period, _ in plan[:4]] == ["quiet", "loaded", "loaded", "quiet"]
