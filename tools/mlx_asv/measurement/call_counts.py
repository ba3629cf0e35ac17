"""Counts of the instructions of a benchmark's calls, taken by the process that makes the calls.

Imported by the worker in the measuring environment, as a module beside it.
"""

import resource
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from . import callgrind_requests, hardware_counters
else:  # the worker runs as a program, and its folder is on Python's path
    import callgrind_requests
    import hardware_counters


class NotCounted(Exception):
    """The calls of a benchmark cannot be counted; says why."""


#: Runs something, and returns the count of it; None if that is written elsewhere.
CountOf = Callable[[Callable[[], None]], int | None]

#: Sets a benchmark up so many times, and calls it after each, or not.
Call = Callable[[int, bool], None]


def count_calls(call: Call, calls: list[int], count: CountOf) -> list[int]:
    """Count nothing, set-ups alone, and each number of calls; returns the counts that are told.

    Raises NotCounted for calls that start processes.
    """
    before = processes_waited_for()
    wanted = ((0, False), (calls[0], False), *((number, True) for number in calls))
    counts = [count(partial(call, *each)) for each in wanted]
    if processes_waited_for() != before:
        raise NotCounted("a call starts processes, whose instructions are not counted")
    return [each for each in counts if each is not None]


def by_valgrind() -> CountOf:
    """Have Callgrind, under which this process runs, write counts into its files. Raises
    NotCounted."""
    try:
        callgrind = callgrind_requests.Callgrind()
    except NotImplementedError as error:
        raise NotCounted(str(error)) from error
    started = False

    def count(what: Callable[[], None]) -> None:
        nonlocal started
        if not started:
            callgrind.start()
            started = True
        callgrind.zero()
        what()
        callgrind.dump()

    return count


def by_processor() -> CountOf:
    """Read the processor's counter, of this process and the threads that it starts from now on."""
    read = hardware_counters.opened()

    def count(what: Callable[[], None]) -> int:
        before = read()
        what()
        found = hardware_counters.per_call(before, read(), 1)
        if "instructions" not in found:
            raise NotCounted("somebody else used the processor's counters meanwhile")
        return round(found["instructions"])

    return count


#: What counts, by the name in a request.
COUNT: dict[str, Callable[[], CountOf]] = {"valgrind": by_valgrind, "processor": by_processor}


def processes_waited_for() -> tuple[float, int]:
    """What tells whether another process that this one started has ended meanwhile."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime, used.ru_minflt
