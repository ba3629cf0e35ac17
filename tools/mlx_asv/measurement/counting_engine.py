"""What counts instructions on this machine: its processor, where it may be asked, or Valgrind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from . import hardware_counters
from .valgrind import valgrind


class Engine(Protocol):
    """Counts the instructions of copies of a process."""

    @property
    def name(self) -> str:
        """The name under which counts are recorded."""

    def command(self, logs: Path) -> Sequence[str]:
        """What is put before the command of a process; `logs`: a directory of its own."""

    def counts(self, logs: Path, pid: int) -> list[int] | None:
        """What a copy has counted, as it asked; None if the copy itself knows."""

    def why(self, logs: Path, pid: int) -> str | None:
        """Why a copy has died, if the engine is the reason."""


class Processor:
    """The processor's own counter: a copy reads it around its calls.

    Of user mode on Linux; on macOS what the kernel does for the calls is counted as well.
    """

    name = "processor"

    def command(self, logs: Path) -> Sequence[str]:
        """As any engine's: nothing."""
        return ()

    def counts(self, logs: Path, pid: int) -> list[int] | None:
        """As any engine's: the copy has read them itself."""
        return None

    def why(self, logs: Path, pid: int) -> str | None:
        """As any engine's: it never is."""
        return None


def engine() -> Engine:
    """The engine of this machine: the processor costs nothing, Valgrind is everywhere on Linux.

    Raises NoCounter.
    """
    read = hardware_counters.opened()
    before = read()
    sum(range(1000))  # something to count
    if "instructions" in hardware_counters.per_call(before, read(), 1):
        return Processor()
    return valgrind()
