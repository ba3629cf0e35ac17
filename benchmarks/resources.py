"""What this machine has: memory, cores, devices. Each question is answered by trying, and a
"no" is a ``NotImplementedError``, which is how asv is told that a case is skipped, and why.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

GB = 1e9

#: The cores this process was given, before `pin`.
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

#: Seconds a device has to answer; the first import of a framework can take many.
PROBE_TIMEOUT = 60.0

#: Seconds an answer of `remember` stands.
REMEMBERED_FOR = 3600.0


@cache
def physical_memory() -> int:
    """Bytes of memory this process may use: the machine's, or its control group's if less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return total if limit == "max" else min(total, int(limit))


def require_memory(nbytes: int) -> None:
    """Skip a case that needs more than half of the memory: beyond that a machine swaps, and
    the clock measures its disk (mlx-benchmark's 15.9 s MatMul on an 8 GB M1)."""
    available = physical_memory() / 2
    if nbytes > available:
        raise NotImplementedError(
            f"needs {nbytes / GB:.1f} GB, half of this machine's memory is {available / GB:.1f} GB"
        )


def limit_memory() -> None:
    """Make a runaway case fail by itself, before the kernel kills whatever it likes (Linux)."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = int(physical_memory() * 0.9)
        if hard != resource.RLIM_INFINITY:  # setting more than the hard limit is an error
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def pin(cores: str | None) -> None:
    """Keep this process on the cores of a comma-separated list; None or "all" changes nothing.

    Must run before a framework starts its threads, which inherit the setting. Only Linux can.
    """
    if cores and cores != "all" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})


def pinned() -> bool:
    """Whether this process may use only one of the machine's cores."""
    return len(CORES) > 1 and len(os.sched_getaffinity(0)) == 1


def processor_time() -> float:
    """Seconds that processors have worked for this process, and for those that it has started
    and waited for: compilers, other interpreters."""
    return sum(os.times()[:4])


@contextmanager
def unpinned() -> Iterator[None]:
    """Let this thread use every core for a while: several processes that prepare their inputs
    at the same time would otherwise queue for the one core they measure on (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, pinned)


def remember(question: str, answer: Callable[[], str]) -> str:
    """The answer to a costly question, asked once per asv run and release.

    asv starts one process per case, so the answer lives in a file, in the release's own
    temporary directory, under the id of the process that started this one, for an hour: ids
    are used again.
    """
    key = hashlib.sha256(question.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"mlx-asv-{os.getppid()}-{key}"
    if not path.exists() or time.time() - path.stat().st_mtime > REMEMBERED_FOR:
        text = answer()
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(text)
        partial.replace(path)
    return path.read_text()


def require_device(name: str, probe: str) -> None:
    """Skip when running the program `probe` in a process of its own fails.

    A subprocess, because no availability flag is honest on every release (MLX says Metal is
    available whenever it was built with it) and a failing GPU can take its process along.
    """

    def run() -> str:
        try:
            result = subprocess.run(
                [sys.executable, "-c", probe],
                capture_output=True,
                text=True,
                timeout=PROBE_TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {PROBE_TIMEOUT:g} s"
        if result.returncode == 0:
            return ""
        # Not the last line: PyTorch's message goes on for pages about its dispatcher.
        errors = re.findall(r"^[\w.]*(?:Error|Exception)(?:: .*)?$", result.stderr, re.MULTILINE)
        return errors[-1][:200] if errors else f"exit status {result.returncode}"

    if reason := remember(probe, run):
        raise NotImplementedError(f"no such device: {name} ({reason})")
