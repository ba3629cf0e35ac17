"""How many instructions a call executes, counted by Valgrind: a number without the machine's noise.

`counted` runs under Valgrind in a process of its own, imports what the case needs, and is copied
for each number of calls. Copies differ by these calls alone, and so do their counts (Valgrind
manual, "Cachegrind": it follows forks, and writes a log for each process).

This one is asv's: `asv run -b track_instructions` needs asv and this suite alone, and gives each
case a process that imports everything anew. `mlx-asv count` has its own, for any suite
(`tools/mlx_asv/measurement/valgrind.py` and `counting.py`): a process for each release, in which
Callgrind counts what it is asked to. The suite knows nothing of the tool, so the few lines that
both need (variables, addresses, what to say where there is no Valgrind) stand in both.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar

#: Seconds of the longest call that is counted: under Valgrind it takes 10 to 60 times as long.
LONGEST = 0.1

#: Copies make a few calls or many; the many last so many seconds when nobody counts.
MANY_SECONDS, MOST_CALLS = 0.006, 400

#: Python's own share of short calls differs a little from process to process: of calls under
#: `SHORT_CALL` seconds the median of so many copies is taken.
SHORT_CALL, COPIES_IF_SHORT = 0.0003, 3

#: Environment variables that are kept of those there are: they lie on the stack, and their size
#: shifts addresses.
KEPT = ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
KEPT_PREFIXES = ("ASV_", "MLX_", "OMP_")
#: And those that are set: hashes and messages are the same each time, a thread does not find the
#: memory of another, and no core is chosen, since Valgrind runs one thread at a time.
FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONFAULTHANDLER": "1",
    "MALLOC_ARENA_MAX": "1",
    "LC_ALL": "C",
    "MLX_CPU_AFFINITY": "all",
}

#: The status of `counted` where a case cannot be counted; why is the last line that it writes.
SKIPPED = 3

OPTIONS = (
    *("--tool=cachegrind", "--cache-sim=no", "--branch-sim=no", "--fair-sched=try"),
    "--cachegrind-out-file=/dev/null",
)

_REFS = re.compile(r"^==\d+== I\s+refs:\s+([\d,]+)", re.MULTILINE)
_UNKNOWN = re.compile(r"unhandled instruction bytes: ?([0-9A-Fx ]+)")

F = TypeVar("F", bound=Callable[..., object])


def said_to_asv(**attributes: object) -> Callable[[F], F]:
    """Attributes of a benchmark's method, as asv reads them from a function: unit, timeout."""

    def add(method: F) -> F:
        vars(method).update(attributes)
        return method

    return add


def instructions_per_call(operation: str, values: Sequence[str], seconds: float) -> float:
    """Instructions of one call of ``family.Class`` with these values of its parameters.

    `seconds`: what a call takes when nobody counts; kernels are compiled by then. Raises
    NotImplementedError where nothing can count here, or the case cannot be counted, and
    RuntimeError where Valgrind or the case fails.
    """
    command = _command()
    if seconds > LONGEST:
        raise NotImplementedError(
            f"one call takes {seconds:.2f} s: longer than {LONGEST:g} s, counting takes minutes"
        )
    few, many, copies = calls(seconds)
    with TemporaryDirectory(prefix="mlx-asv-count-") as folder:
        counts = _counts(command, Path(folder), (operation, *values), (few, many) * copies)
    return (median(counts[1::2]) - median(counts[::2])) / (many - few)


def calls(seconds: float) -> tuple[int, int, int]:
    """How many calls the copies make, few or many, and how many copies of each there are."""
    step = max(1, min(MOST_CALLS, round(MANY_SECONDS / seconds)))
    few = max(1, step // 10)
    return few, few + step, COPIES_IF_SHORT if seconds < SHORT_CALL else 1


def _command() -> list[str]:
    """Valgrind, with addresses that are the same each time where the system lets one say so."""
    if sys.platform != "linux":
        raise NotImplementedError("instructions are counted by Valgrind, on Linux alone")
    if (path := shutil.which("valgrind")) is None:
        raise NotImplementedError(
            "instructions are counted by Valgrind, which is not here: `apt-get install valgrind`"
        )
    return [*_same_addresses(), path, *OPTIONS]


def _same_addresses() -> list[str]:
    """What switches off random addresses; nothing where a container forbids that."""
    if not shutil.which("setarch"):
        return []
    found = subprocess.run(["setarch", "-R", "true"], capture_output=True)
    return ["setarch", "-R"] if found.returncode == 0 else []


def _counts(
    command: Sequence[str], logs: Path, case: Iterable[str], calls: Sequence[int]
) -> list[int]:
    """The instructions of a copy for each number of calls."""
    package = Path(__file__).parent
    result = subprocess.run(
        [
            *(*command, f"--log-file={logs}/%p.log", sys.executable),
            *("-m", f"{package.name}.counted", ",".join(map(str, calls)), *case),
        ],
        env=environment(os.environ),
        cwd=package.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    texts = [
        path.read_text(errors="replace") if (path := logs / f"{pid}.log").exists() else ""
        for pid in result.stdout.split()
    ]
    if result.returncode == 0:
        counts = [count for text in texts if (count := count_of(text)) is not None]
        if len(counts) == len(calls):
            return counts
    every = [path.read_text(errors="replace") for path in logs.glob("*.log")]
    for text in every:
        if found := _UNKNOWN.search(text):
            raise RuntimeError(f"Valgrind does not know the instruction {found[1].strip()}")
    last = (result.stderr.strip().splitlines() or [f"status {result.returncode}"])[-1]
    if result.returncode == SKIPPED:
        raise NotImplementedError(last)
    raise RuntimeError(f"under Valgrind: {last}")


def environment(variables: "os._Environ[str] | dict[str, str]") -> dict[str, str]:
    """The few variables of a process that is counted."""
    kept = {
        name: value
        for name, value in variables.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
    return {**kept, **FIXED}


def count_of(log: str) -> int | None:
    """The instructions that the process of a log has executed; None if the log does not say."""
    found = _REFS.findall(log)
    return int(found[-1].replace(",", "")) if found else None
