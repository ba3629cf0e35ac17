import pytest
from mlx_asv.engine import probe as probe_module
from mlx_asv.engine.plan import begun
from mlx_asv.engine.session import Session
from mlx_asv.measurement import blocks
from mlx_asv.measurement.process import Skipped
from mlx_asv.observations.store import Running, read
from mlx_asv.sweep.plan import Design

from tests.engine.played import Machine, case
from tests.sweep.test_run import Watcher

SORT = case("Sort", "cpu", "torch")


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A function that begins a session on a machine that is played; the design is with it."""

    def begin(machine):
        for module in (blocks, probe_module):
            monkeypatch.setattr(module, "monotonic", lambda: machine.now)
        monkeypatch.setattr(blocks, "time", lambda: machine.now)
        design = Design("box", "py", {}, ("v1", "v2"), "v2", (SORT,), 3, 0.01, 9.0)
        running = Running(tmp_path / design.key)
        plan, _ = begun(running.path, design, 10**9, "test")
        releases, controls = ("v1", "v2"), frozenset({"torch"})
        return design, Session(plan, running, releases, controls, machine, "suite", 1, Watcher())

    return begin


def test_references_are_the_release_on_each_backend_but_the_controls(session):
    """What all others are compared with."""
    _, found = session(Machine())
    assert [str(arm) for arm in found.references(SORT, "v1")] == ["v1 cpu"]
    assert {arm.role for arm in found.references(SORT, "v1")} == {"reference"}


def test_case_is_looked_at_once(session):
    """However often it is asked about."""
    machine = Machine()
    _, found = session(machine)
    assert found.look(SORT, "v2") is found.look(SORT, "v2")
    assert machine.started["Sort", "v2 cpu"] == 1


def test_block_set_is_on_the_disk(session):
    """With what ended before it; what could not be measured is told."""
    machine = Machine(broken={("Sort", "v1"): Skipped("no such API")})
    design, found = session(machine)
    lost = found.look(SORT, "v1").lives(found.references(SORT, "v1"))
    arms = found.references(SORT, "v2")
    frame = found.measure(design, SORT, 0, 0, arms, 2, besides=lost)
    (path,) = found.running.finished()
    assert read([path]).equals(frame)
    assert frame.filter(outcome="ok").height == 2
    assert found.watcher.lost_arms == [("Sort small", "v1 cpu", "skipped", "no such API")]
    assert set(frame["sweep"]) == {found.sweep.id}


def test_arms_that_never_lived_are_kept_too(session):
    """A block set without any visit: only reasons."""
    machine = Machine(broken={("Sort", "v1"): Skipped("no such API")})
    design, found = session(machine)
    lost = found.look(SORT, "v1").lives(found.references(SORT, "v1"))
    frame = found.save(design, SORT, 0, 0, lost)
    assert frame.select("outcome", "reason", "life").rows() == [("skipped", "no such API", 0.0)]
