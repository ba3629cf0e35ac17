"""The end of a process with the one that started it.

Imported by the programs of this folder in the measuring environment, as a module beside them.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path


def die_with_parent(parent: int) -> None:
    """On Linux: end when process `parent` ends, however it does, and be the first process that the
    kernel kills when memory runs out."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone")  # before it was asked for
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
