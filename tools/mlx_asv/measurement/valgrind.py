"""Valgrind's Cachegrind as a counter of instructions: how it is started, and what it writes.

Valgrind runs a program on a processor of its own, one thread at a time, and counts the
instructions that the program executes in user mode, whatever else the machine does. It follows
forks: every copy of a process writes its own log (Valgrind manual, "Cachegrind: a high-precision
tracing profiler"). Programs that a process starts are not counted.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: The line of a log with the count, and the one about an instruction that Valgrind does not know.
_REFS = re.compile(r"^==\d+== I\s+refs:\s+([\d,]+)", re.MULTILINE)
_UNKNOWN = re.compile(r"unhandled instruction bytes: ?([0-9A-Fx ]+)")

#: Simulating caches or branches makes a run half as fast, and does not change the count. Threads
#: take turns in the order in which they ask.
OPTIONS = (
    *("--tool=cachegrind", "--cache-sim=no", "--branch-sim=no"),
    *("--trace-children=no", "--fair-sched=try"),
)


class NoCounter(Exception):
    """Nothing here counts instructions; says how to get what does."""


@dataclass(frozen=True)
class Valgrind:
    """Valgrind as it is installed. `before`: the command that takes randomness off addresses."""

    path: str
    version: str
    before: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name under which counts are recorded: ``valgrind 3.19.0 cachegrind``."""
        return f"valgrind {self.version} cachegrind"

    def command(self, logs: Path) -> list[str]:
        """What is put before a command, so that each of its processes writes a log into `logs`."""
        # The profile by lines of source is of no interest here.
        profile = "--cachegrind-out-file=/dev/null"
        return [*self.before, self.path, *OPTIONS, profile, f"--log-file={logs}/%p.log"]


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


def instructions(log: str) -> int | None:
    """The instructions that the process of a log has executed; None if the log does not say."""
    found = _REFS.findall(log)
    return int(found[-1].replace(",", "")) if found else None


def unknown_instruction(log: str) -> str | None:
    """What the log says of an instruction that Valgrind does not know; None if it says nothing."""
    found = _UNKNOWN.search(log)
    return found and f"Valgrind does not know the instruction {found[1].strip()}"
