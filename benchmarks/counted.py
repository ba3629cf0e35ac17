"""``python -m benchmarks.counted CALLS,CALLS... FAMILY.CLASS VALUE...``, run by `valgrind`.

Imports what the case needs, then makes a copy of itself for each number of calls, one after the
other, and prints their process ids. Copies are made before MLX starts a thread, which a copy would
lack. (For `mlx-asv count` the tool's own `measurement/worker.py` does this.)
"""

import gc
import os
import resource
import sys
import traceback
from importlib import import_module

from .backends import BACKENDS, IMPORTS
from .cases import Case
from .catalogue import operations
from .operation import Operation
from .valgrind import SKIPPED

#: Calls before those that are counted: the first ones compile, and fill caches.
UNCOUNTED = 2


def main(arguments: list[str]) -> int:
    """Returns the status: that of the first copy that fails, or 0."""
    calls, name, *values = arguments
    operation = operations()[name]()
    case, backend = operation.parsed(*values)
    for module in IMPORTS[BACKENDS[backend].framework]:
        import_module(module)
    gc.collect()
    gc.freeze()
    for number in calls.split(","):
        pid = os.fork()
        if pid == 0:
            os._exit(_called(operation, case, backend, int(number)))
        print(pid, flush=True)
        if status := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            return status if status > 0 else 1
    return 0


def _called(operation: Operation, case: Case, backend: str, calls: int) -> int:
    """Prepare the case and call it; returns the status of this copy.

    `setup` is not asked: it times a call, of which the clock says nothing here.
    """
    try:
        call = operation.prepare(case, backend)[1]
        for _ in range(UNCOUNTED):
            call()
        gc.collect()
        gc.disable()
        before = _of_programs()
        for _ in range(calls):
            call()
        if _of_programs() != before:
            raise NotImplementedError("a call starts programs, whose instructions are not counted")
    except NotImplementedError as error:
        print(error, file=sys.stderr, flush=True)
        return SKIPPED
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _of_programs() -> tuple[float, int]:
    """Something that changes with every program that this process has started and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime, usage.ru_minflt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
