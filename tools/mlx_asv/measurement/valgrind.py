"""Valgrind's Callgrind as a counter of instructions: how it is started, and what it writes.

Valgrind runs a program on a processor of its own, one thread at a time, and counts the
instructions that the program executes in user mode, whatever else the machine does. It follows
forks. Nothing is counted before a process asks for it, and a count is written when the process asks
(`callgrind_requests`; Valgrind manual, "Callgrind: a call-graph generating cache and branch
prediction profiler"). Programs that a process starts are not counted.

This one is of `mlx-asv count`, for any suite. MLX's suite has its own, `benchmarks/valgrind.py`,
for plain asv's `track_instructions`: it works without the tool, so neither imports the other.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: What was counted in a file of counts: the names of the events, and the sum of each.
_EVENTS = re.compile(r"^events: (.+)$", re.MULTILINE)
_TOTALS = re.compile(r"^totals: (.+)\n", re.MULTILINE)  # whole only with the end of its line
#: What a log says of an instruction that Valgrind does not know.
_UNKNOWN = re.compile(r"unhandled instruction bytes: ?([0-9A-Fx ]+)")

#: Threads take turns in the order in which they ask.
OPTIONS = ("--tool=callgrind", "--instr-atstart=no", "--trace-children=no", "--fair-sched=try")
#: Simulating caches or branches does not change the count.
PLAIN = ("--cache-sim=no", "--branch-sim=no")
SIMULATED = ("--cache-sim=yes", "--branch-sim=yes")


class NoCounter(Exception):
    """Nothing here counts instructions; says how to get what does."""


@dataclass(frozen=True)
class Valgrind:
    """Valgrind as it is installed. `before`: the command that takes randomness off addresses."""

    path: str
    version: str
    before: tuple[str, ...]
    simulation: tuple[str, ...] = PLAIN

    @property
    def name(self) -> str:
        """The name under which counts are recorded: ``valgrind 3.19.0 callgrind``."""
        return f"valgrind {self.version} callgrind"

    def command(self, logs: Path) -> list[str]:
        """What is put before a command, so that each of its processes writes into `logs`: a log,
        and a file for each count."""
        return [
            *(*self.before, self.path, *OPTIONS, *self.simulation),
            *(f"--log-file={logs}/%p.log", f"--callgrind-out-file={logs}/%p"),
        ]

    def why(self, logs: Path, pid: int) -> str | None:
        """Why a process has died, if it was an instruction that Valgrind does not know."""
        return unknown_instruction(self.log(logs, pid))

    def log(self, logs: Path, pid: int) -> str:
        """The log of a process; "" if there is none."""
        try:
            return (logs / f"{pid}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def counts(self, logs: Path, pid: int) -> list[int] | None:
        """What a process has counted, in the order in which it asked.

        Returns as many as are there, and whole.
        """
        found: list[int] = []
        while (path := logs / f"{pid}.{len(found) + 1}").exists():
            events = events_of(path.read_text(errors="replace"))
            if not events:
                break
            found.append(self.count(events))
        return found

    def count(self, events: Mapping[str, int]) -> int:
        """The instructions among the events of a file of counts."""
        return events["Ir"]


@dataclass(frozen=True)
class EstimatedCycles(Valgrind):
    """Valgrind with simulated caches and branch predictors: its counts are estimates of cycles.

    KCachegrind's: an instruction costs 1, a miss of a first-level cache or a branch that is
    mispredicted 10 more, a miss of the last-level cache 100 more.
    """

    simulation: tuple[str, ...] = SIMULATED

    def count(self, events: Mapping[str, int]) -> int:
        """The estimated cycles of the events of a file of counts."""
        first = sum(events[name] for name in ("I1mr", "D1mr", "D1mw", "Bcm", "Bim"))
        last = sum(events[name] for name in ("ILmr", "DLmr", "DLmw"))
        return events["Ir"] + 10 * first + 100 * last


def valgrind() -> Valgrind:
    """The Valgrind of this machine. Raises NoCounter."""
    if sys.platform != "linux":
        raise NoCounter(
            "Instructions are counted on Linux: Valgrind does not run the Python of this system."
        )
    path = shutil.which("valgrind")
    if path is None:
        raise NoCounter(
            "Instructions are counted by Valgrind, which is not installed here: install it "
            "(`apt-get install valgrind`) and run the command again."
        )
    said = subprocess.run([path, "--version"], capture_output=True, text=True)
    if said.returncode != 0 or not (version := said.stdout.strip().removeprefix("valgrind-")):
        reason = (said.stderr.strip().splitlines() or [f"status {said.returncode}"])[-1]
        raise NoCounter(f"Valgrind does not run here ({reason}): install it anew.")
    return Valgrind(path, version, _same_addresses())


def _same_addresses() -> tuple[str, ...]:
    """What switches off random addresses; nothing where a container forbids that."""
    if (path := shutil.which("setarch")) is None:
        return ()
    before = (path, "-R")
    return before if subprocess.run([*before, "true"], capture_output=True).returncode == 0 else ()


def events_of(text: str) -> dict[str, int]:
    """The sums in a file of counts, by event: "Ir" are instructions; nothing of half a file."""
    names, sums = _EVENTS.search(text), _TOTALS.search(text)
    if names is None or sums is None:
        return {}
    given = [int(each) for each in sums[1].split()]  # zeros at the end are left out
    return dict.fromkeys(names[1].split(), 0) | dict(zip(names[1].split(), given, strict=False))


def unknown_instruction(log: str) -> str | None:
    """What the log says of an instruction that Valgrind does not know; None if it says nothing."""
    found = _UNKNOWN.search(log)
    return found and f"Valgrind does not know the instruction {found[1].strip()}"
