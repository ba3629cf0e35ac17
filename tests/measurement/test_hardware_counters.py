import ctypes
import errno
import os
import struct
import sys
import time
from itertools import pairwise
from typing import Any

import pytest
from mlx_asv.measurement import hardware_counters
from mlx_asv.measurement.hardware_counters import Reading, nothing, opened, per_call

INSTRUCTIONS, CYCLES = 1, 0

#: struct perf_event_attr, as the manual has it: type, size, config, sample_period, sample_type,
#: read_format, flags.
ATTR = struct.Struct("=IIQQQQQ")


class Linux:
    """A C library whose kernel counts into pipes; `counted`: the events that it has counters of."""

    def __init__(self, *counted: int) -> None:
        self.counted = counted
        self.asked: list[tuple[Any, ...]] = []
        self.pipes: dict[int, tuple[int, int]] = {}

    def syscall(self, number: Any, attr: Any, *others: Any) -> int:
        """perf_event_open(2): a file, or -1."""
        kind, size, event, period, sample, read_format, flags = ATTR.unpack_from(attr.raw)
        self.asked.append((number.value, *(other.value for other in others)))
        assert (kind, period, sample) == (0, 0, 0)
        assert size <= len(attr.raw)
        assert attr.raw[ATTR.size : size] == bytes(size - ATTR.size)
        # Both times; inherited, without the kernel and a hypervisor, and enabled.
        assert (read_format, flags) == (0b11, 0b1100010)
        if event not in self.counted:
            ctypes.set_errno(errno.ENOENT)
            return -1
        self.pipes[event] = os.pipe()
        return self.pipes[event][0]

    def count(self, event: int, value: int, enabled: int, running: int) -> None:
        """Let the next read of an event say so."""
        os.write(self.pipes[event][1], struct.pack("=QQQ", value, enabled, running))

    def close(self) -> None:
        """Close all pipes."""
        for pipe in self.pipes.values():
            for file in pipe:
                os.close(file)


class MacOS:
    """A C library with proc_pid_rusage; `numbers`: field of rusage_info_v4 -> value, else 7."""

    #: sys/resource.h, in its order, after the UUID.
    FIELDS = (
        "user_time",
        "system_time",
        "pkg_idle_wkups",
        "interrupt_wkups",
        "pageins",
        "wired_size",
        "resident_size",
        "phys_footprint",
        "proc_start_abstime",
        "proc_exit_abstime",
        "child_user_time",
        "child_system_time",
        "child_pkg_idle_wkups",
        "child_interrupt_wkups",
        "child_pageins",
        "child_elapsed_abstime",
        "diskio_bytesread",
        "diskio_byteswritten",
        "cpu_time_qos_default",
        "cpu_time_qos_maintenance",
        "cpu_time_qos_background",
        "cpu_time_qos_utility",
        "cpu_time_qos_legacy",
        "cpu_time_qos_user_initiated",
        "cpu_time_qos_user_interactive",
        "billed_system_time",
        "serviced_system_time",
        "logical_writes",
        "lifetime_max_phys_footprint",
        "instructions",
        "cycles",
        "billed_energy",
        "serviced_energy",
        "interval_max_phys_footprint",
        "runnable_time",
    )

    def __init__(self, status: int = 0, **numbers: int) -> None:
        self.status, self.numbers = status, numbers

    def proc_pid_rusage(self, pid: int, flavor: int, buffer: Any) -> int:
        """libproc.h."""
        assert (pid, flavor) == (os.getpid(), 4)
        numbers = (self.numbers.get(name, 7) for name in self.FIELDS)
        content = b"\x01" * 16 + b"".join(struct.pack("=Q", number) for number in numbers)
        assert len(buffer) == len(content)
        ctypes.memmove(buffer, content, len(content))
        return self.status


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes a Linux on x86-64, with counters of some events."""
    made = []

    def make(*counted: int, machine: str = "x86_64") -> Linux:
        name = os.uname_result(("Linux", "box", "6.1", "1", machine))
        monkeypatch.setattr(os, "uname", lambda: name)
        made.append(Linux(*counted))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_linux_counts_this_process_and_what_it_starts(linux: Any) -> None:
    """On any processor, closed when another program is run; what was missed is no count."""
    kernel = linux(INSTRUCTIONS, CYCLES)
    read = opened(kernel, "linux")
    assert kernel.asked == [(298, 0, -1, -1, 8)] * 2
    kernel.count(INSTRUCTIONS, 5_000_000, 2_000, 2_000)
    kernel.count(CYCLES, 3_000_000, 2_000, 1_500)
    assert read() == {"instructions": Reading(5_000_000, 0), "cycles": Reading(3_000_000, 500)}


def test_linux_on_arm_has_another_number(linux: Any) -> None:
    """The system call's, as asm-generic/unistd.h has it."""
    kernel = linux(INSTRUCTIONS, machine="aarch64")
    opened(kernel, "linux")
    assert kernel.asked[0][0] == 241


def test_linux_counts_what_it_can(linux: Any) -> None:
    """One event alone, if the processor has no counter of the other; none on a machine that is not
    known, which is not asked."""
    kernel = linux(INSTRUCTIONS)
    read = opened(kernel, "linux")
    kernel.count(INSTRUCTIONS, 1, 1, 1)
    assert set(read()) == {"instructions"}
    assert opened(linux(), "linux") is nothing
    strange = linux(INSTRUCTIONS, machine="riscv64")
    assert opened(strange, "linux") is nothing
    assert strange.asked == []


def test_macos_reads_the_usage_of_the_process() -> None:
    """Instructions and cycles where sys/resource.h has them; nothing if the call fails."""
    read = opened(MacOS(instructions=123, cycles=456), "darwin")
    assert read() == {"instructions": Reading(123, 0), "cycles": Reading(456, 0)}
    assert opened(MacOS(status=-1), "darwin")() == {}


def test_other_systems_count_nothing() -> None:
    """And are asked nothing."""
    assert opened(object(), "win32")() == {}


def test_per_call() -> None:
    """The difference of two readings, by the calls."""
    before = {"instructions": Reading(1_000, 0), "cycles": Reading(500, 40)}
    after = {"instructions": Reading(3_000, 0), "cycles": Reading(600, 40)}
    assert per_call(before, after, 4) == {"instructions": 500.0, "cycles": 25.0}


@pytest.mark.parametrize(
    "after",
    [Reading(3_000, 1), Reading(1_000, 0)],
    ids=["counters that took turns", "a counter that stands still"],
)
def test_what_was_not_counted_all_the_time_is_left_out(after: Reading) -> None:
    """A part is no count, and zero is none of a process that has done something."""
    assert per_call({"cycles": Reading(1_000, 0)}, {"cycles": after}, 4) == {}
    assert per_call({"cycles": Reading(1_000, 0)}, {}, 4) == {}


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="others count nothing")
def test_this_machine_counts_or_says_nothing() -> None:
    """Whatever this machine has, asking is quick and fails with nothing; and more work is more."""
    began = time.process_time()
    read = opened()
    readings = [read()]
    assert time.process_time() - began < 1
    for calls in (10_000, 1_000_000):
        sum(range(calls))
        readings.append(read())
    small, large = (per_call(a, b, 1) for a, b in pairwise(readings))
    for name in small.keys() & large.keys():
        assert large[name] > 5 * small[name]


def test_nothing_is_read_where_nothing_is_counted() -> None:
    """Reading costs a visit nothing there."""
    assert nothing() == {}
    assert set(hardware_counters.EVENTS) == {"instructions", "cycles"}
