"""Histories whose truth is known: a kernel that one release after the other is called more often.

All releases are the same build; with ``MLX_ASV_POSITION=8`` it is the ninth of them, and a timed
call does as many calls of the kernel as the scenario has for that one.
"""

import os
import re
from typing import Any, ClassVar

from .kernels import CALLS, Kernel, load, repeated

#: Which release of the history a process is, from 0.
POSITION_VARIABLE = "MLX_ASV_POSITION"

#: Releases of a history.
RELEASES = 16

#: Slowdowns, as parts, and histories in which nothing changes, of each kernel.
SIZES = (0.02, 0.05, 0.10, 0.20)
EQUAL = 4

#: Where a step can be: at the newest release, the one before, and in the middle.
POSITIONS = (RELEASES - 1, RELEASES - 2, RELEASES // 2)
#: The releases of a slow drift.
DRIFT = (4, 14)


def scenarios() -> list[str]:
    """The names of all."""
    return [
        *(f"equal {number}" for number in range(1, EQUAL + 1)),
        *(f"step {size:.0%} at {position}" for size in SIZES for position in POSITIONS),
        *(f"blip {size:.0%} at {POSITIONS[-1]}" for size in SIZES),
        *(f"drift {size:.0%} from {DRIFT[0]} to {DRIFT[1]}" for size in SIZES),
    ]


def calls(scenario: str, position: int) -> int:
    """Calls of the kernel that a timed call does at a release: whole ones, CALLS without a change.

    A step stays, a blip is gone at the next release, a drift grows evenly from release to release.
    """
    kind, *words = scenario.split()
    if kind == "equal":
        return CALLS
    size, first, last = (int(n) for n in re.findall(r"\d+", f"{scenario} {words[-1]}")[:3])
    part = {
        "step": float(position >= first),
        "blip": float(position == first),
        "drift": min(max((position - first) / max(last - first, 1), 0.0), 1.0),
    }[kind]
    return CALLS + round(CALLS * size / 100 * part)


class History:
    """A kernel, as often as its scenario has it at this process's release."""

    params: ClassVar[list[list[str]]] = [list(Kernel.kernels), scenarios()]
    param_names: ClassVar[list[str]] = ["kernel", "scenario"]
    version = "1"

    def setup(self, kernel: str, scenario: str) -> None:
        """Prepare once per process: asv calls this before every timed call."""
        if not hasattr(self, "call"):
            position = int(os.environ[POSITION_VARIABLE])
            mx: Any = load()
            self.call = repeated(Kernel.kernels[kernel](mx), calls(scenario, position))

    def time_calls(self, kernel: str, scenario: str) -> None:
        """All of them."""
        self.call()
