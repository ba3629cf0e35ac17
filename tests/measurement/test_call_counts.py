import subprocess
from collections.abc import Callable

import pytest
from mlx_asv.measurement import callgrind_requests, hardware_counters
from mlx_asv.measurement.call_counts import COUNT, NotCounted, by_processor, count_calls
from mlx_asv.measurement.hardware_counters import Reading


def nothing(rounds: int, with_call: bool) -> None:
    """A benchmark without set-up whose calls take no time."""


def counter(found: list[int]) -> Callable[[Callable[[], None]], int]:
    """What counts the instructions that were told to it, one after the other."""

    def count(what: Callable[[], None]) -> int:
        what()
        return found.pop(0)

    return count


def test_nothing_set_ups_and_calls_are_counted() -> None:
    """In this order: nothing, as many set-ups as the first count has calls, each number of
    calls."""
    asked: list[tuple[int, bool]] = []
    counts = count_calls(lambda *each: asked.append(each), [2, 2, 5], counter([1, 2, 3, 4, 5]))
    assert asked == [(0, False), (2, False), (2, True), (2, True), (5, True)]
    assert counts == [1, 2, 3, 4, 5]


def test_what_is_written_elsewhere_is_not_told() -> None:
    """Valgrind writes files."""
    assert count_calls(nothing, [2], lambda what: what()) == []


def test_calls_that_start_processes_are_not_counted() -> None:
    """Their instructions are nobody's; a set-up may, before anything is counted."""

    def call(rounds: int, with_call: bool) -> None:
        if with_call:
            subprocess.run(["true"], check=True)

    subprocess.run(["true"], check=True)
    assert len(count_calls(nothing, [1], counter([0, 0, 0]))) == 3
    with pytest.raises(NotCounted, match="a call starts processes"):
        count_calls(call, [1], counter([0, 0, 0]))


def test_processor_reads_around_what_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The instructions between two readings."""
    totals = iter((100, 130, 1000, 1007))
    monkeypatch.setattr(
        hardware_counters, "opened", lambda: lambda: {"instructions": Reading(next(totals), 0)}
    )
    count = by_processor()
    assert [count(lambda: None), count(lambda: None)] == [30, 7]


def test_processor_that_was_shared_has_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a count is none."""
    missed = iter((0, 5))
    monkeypatch.setattr(
        hardware_counters, "opened", lambda: lambda: {"instructions": Reading(1, next(missed))}
    )
    with pytest.raises(NotCounted, match="somebody else used the processor's counters"):
        by_processor()(lambda: None)


def test_processor_on_which_nobody_can_ask_valgrind(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said of each case, and is no crash: nothing is called that is no code there."""
    monkeypatch.setattr(callgrind_requests.platform, "machine", lambda: "riscv64")
    with pytest.raises(NotCounted, match="instructions are not counted on riscv64"):
        COUNT["valgrind"]()


def test_without_valgrind_requests_do_nothing() -> None:
    """The program runs as ever."""
    calls: list[int] = []
    count = COUNT["valgrind"]()
    assert count_calls(lambda rounds, with_call: calls.append(rounds), [2], count) == []
    assert calls == [0, 2, 2]
