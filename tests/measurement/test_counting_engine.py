from pathlib import Path

import pytest
from mlx_asv.measurement import counting_engine, hardware_counters
from mlx_asv.measurement.counting_engine import Processor, engine
from mlx_asv.measurement.hardware_counters import Reading


class Valgrind:
    """An engine that is known by being this one."""


@pytest.fixture(autouse=True)
def valgrind(monkeypatch):
    """What is found where the processor does not count."""
    found = Valgrind()
    monkeypatch.setattr(counting_engine, "valgrind", lambda: found)
    return found


def counter(*totals, missed=0):
    """Counters of which one says these totals, one after the other."""
    left = iter(totals)
    return lambda: {"instructions": Reading(next(left), missed)}


def test_processor_counts_where_it_may_be_asked(monkeypatch):
    """It costs nothing, and slows nothing down."""
    monkeypatch.setattr(hardware_counters, "opened", lambda: counter(100, 9000))
    assert isinstance(engine(), Processor)


@pytest.mark.parametrize(
    "opened",
    [hardware_counters.nothing, counter(0, 0), counter(100, 100)],
    ids=["none", "zero", "still"],
)
def test_valgrind_counts_elsewhere(monkeypatch, opened, valgrind):
    """A virtual machine has no counters, or one that stands still."""
    monkeypatch.setattr(hardware_counters, "opened", lambda: opened)
    assert engine() is valgrind


def test_processor_runs_a_program_as_it_is():
    """The copies themselves know what they have counted; it is never the reason of a crash."""
    found = Processor()
    assert found.name == "processor"
    assert not found.command(Path())
    assert found.counts(Path(), 4711) is None
    assert found.why(Path(), 4711) is None
