"""The machine's own counters of this process: instructions and cycles, where the machine has them.

Linux counts what a process does in user mode (perf_event_open(2)), macOS the kernel's part as well
(``proc_pid_rusage``). Many virtual machines have no such counters, and a container may forbid them:
nothing is counted then, and nothing fails.

The worker imports this module in the measuring environment, which has asv_runner and the standard
library: so ctypes. A package would have to be in every measuring environment, and those that there
are (py-perf-event, performance-features) know Linux alone. The module's name is a long one because
a suite's own modules are imported beside it.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: What is counted; Linux's numbers of it (``PERF_COUNT_HW_...`` in linux/perf_event.h).
EVENTS = {"instructions": 1, "cycles": 0}


class Reading(NamedTuple):
    """What a counter says: how many so far, and in how many nanoseconds it did not count.

    A processor counts few events at once. If others are counted as well, they take turns.
    """

    total: int
    missed: int


Read = Callable[[], dict[str, Reading]]


def nothing() -> dict[str, Reading]:
    """What is read on a machine without counters."""
    return {}


def opened(libc: Any = None, system: str = sys.platform) -> Read:
    """A function that reads the counters of this process.

    They are of the thread that calls `opened`, and of all threads and processes that it starts from
    then on. `libc`: the C library, as ctypes loads it.
    """
    libc = libc or ctypes.CDLL(None, use_errno=True)
    if system == "linux":
        return _linux(libc)
    if system == "darwin":
        return _macos(libc)
    return nothing


def per_call(
    before: Mapping[str, Reading], after: Mapping[str, Reading], calls: int
) -> dict[str, float]:
    """How many of each event one of so many calls took.

    Without an event that was not counted all the time, or of which nothing was counted: a virtual
    machine may have a counter that stays zero.
    """
    return {
        name: (after[name].total - start.total) / calls
        for name, start in before.items()
        if name in after and after[name].missed == start.missed and after[name].total > start.total
    }


# -- Linux: perf_event_open(2) -----------------------------------------------------------------

#: The number of the system call (asm/unistd.h), by machine.
_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}

#: The first published ``struct perf_event_attr``, which every later kernel takes: type, size,
#: config, sample_period, sample_type, read_format, flags, wakeup_events, bp_type, config1.
_ATTR = struct.Struct("=IIQQQQQIIQ")

_TYPE_HARDWARE = 0
#: A counter's value is followed by the nanoseconds in which it was enabled, and in which it
#: counted.
_TOTAL_TIMES, _VALUES = 1 | 2, struct.Struct("=QQQ")
#: Bits: threads and processes inherit the counter. What the kernel and a hypervisor do is not
#: counted, which is what everybody may count (perf_event_paranoid of 2, the kernel's default).
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
_CLOSE_ON_EXEC = 8


def _linux(libc: Any) -> Read:
    files = {}
    for name, event in EVENTS.items():
        if (file := _perf_event_open(libc, event)) is not None:
            files[name] = file

    def read() -> dict[str, Reading]:
        found = {}
        for name, file in files.items():
            count, enabled, counted = _VALUES.unpack(os.read(file, _VALUES.size))
            found[name] = Reading(count, enabled - counted)
        return found

    return read if files else nothing


def _perf_event_open(libc: Any, event: int) -> int | None:
    """The file of a counter that has begun to count; None where there is none.

    Not a group of both events, which is not inherited.
    """
    number = _PERF_EVENT_OPEN.get(os.uname().machine)
    if number is None:
        return None
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    attr = _ATTR.pack(_TYPE_HARDWARE, _ATTR.size, event, 0, 0, _TOTAL_TIMES, flags, 0, 0, 0)
    this_process, any_processor, no_group = 0, -1, -1
    # Of a function with a variable number of arguments ctypes does not know that they are long.
    numbers = map(ctypes.c_long, (this_process, any_processor, no_group, _CLOSE_ON_EXEC))
    file: int = libc.syscall(ctypes.c_long(number), ctypes.create_string_buffer(attr), *numbers)
    return file if file >= 0 else None


# -- macOS: sys/resource.h, libproc.h ----------------------------------------------------------

_RUSAGE_INFO_V4 = 4

#: ``struct rusage_info_v4``: the 16 bytes of ``ri_uuid``, then 35 numbers. Later versions of the
#: structure only add to it.
_RUSAGE = struct.Struct("=16x35Q")
#: ``ri_instructions`` and ``ri_cycles`` among these numbers.
_POSITIONS = {"instructions": 29, "cycles": 30}


def _macos(libc: Any) -> Read:
    def read() -> dict[str, Reading]:
        usage = ctypes.create_string_buffer(_RUSAGE.size)
        if libc.proc_pid_rusage(os.getpid(), _RUSAGE_INFO_V4, usage) != 0:
            return {}
        numbers = _RUSAGE.unpack(usage.raw)
        return {name: Reading(numbers[at], 0) for name, at in _POSITIONS.items()}

    return read
