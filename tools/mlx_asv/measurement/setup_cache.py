"""What a benchmark's `setup_cache` returns: made once for a revision, in a process of its own.

As asv does it: pickled, in a folder that is the current directory of `setup_cache` and of whatever
uses what it has left there. The first process that needs it has it made, others wait meanwhile. A
process that is killed leaves a folder that is not finished: the next one begins anew.

Imported by the worker in the measuring environment, as a module beside it, and run as a program.
"""

import fcntl
import hashlib
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from .parent import die_with_parent
else:  # it runs as a program, or for one, and its folder is on Python's path
    from parent import die_with_parent

#: The files of a folder: the pickle, asv's name for it; why there is none; what is there when it is
#: settled which of the two; and what is locked meanwhile.
PICKLE, WHY, SETTLED, LOCK = "cache.pickle", "why", "settled", ".lock"

#: Seconds that `setup_cache` may take if neither it nor the benchmark says so: asv's.
DEFAULT_TIMEOUT = 60.0


class SetupCacheFailed(Exception):
    """There is no cache; says why."""


def cache_of(benchmark: Any, suite: str, caches: str | None) -> Any:
    """The cache of a benchmark, from a folder in `caches`, or made in this process if there is no
    such directory. Raises SetupCacheFailed."""
    if caches is None:
        return benchmark.do_setup_cache()
    key = hashlib.sha256(benchmark.setup_cache_key.encode()).hexdigest()[:16]
    folder = Path(caches) / key
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / SETTLED).exists():
            _make(benchmark, suite, folder)
    os.chdir(folder)
    if (folder / WHY).exists():
        raise SetupCacheFailed(f"setup_cache failed: {(folder / WHY).read_text()}")
    with open(PICKLE, "rb") as file:
        return pickle.load(file)


def _make(benchmark: Any, suite: str, folder: Path) -> None:
    (folder / PICKLE).unlink(missing_ok=True)
    (folder / WHY).unlink(missing_ok=True)
    limit = benchmark.setup_cache_timeout or benchmark.timeout or DEFAULT_TIMEOUT
    command = [sys.executable, __file__, str(os.getpid()), suite, benchmark.name]
    why = None
    try:
        made = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=limit)
    except subprocess.TimeoutExpired:
        why = f"it took longer than {limit:.0f} s"
    else:
        if made.returncode != 0 and not (folder / WHY).exists():
            why = f"it ended with status {made.returncode}"
    if why is not None:
        (folder / WHY).write_text(why)
    (folder / SETTLED).touch()


def main() -> None:
    """Make a cache, here: PICKLE, or WHY there is none."""
    parent, suite, name = sys.argv[1:]
    die_with_parent(int(parent))
    try:
        from asv_runner.discovery import get_benchmark_from_name

        cache = get_benchmark_from_name(suite, name).do_setup_cache()
        with open(PICKLE, "wb") as file:
            pickle.dump(cache, file)
    except Exception as error:  # a benchmark may raise anything: it is why
        traceback.print_exc()
        Path(WHY).write_text(f"{type(error).__name__}: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
