"""What a sweep shows while it runs: a bar in a terminal, a line per block set elsewhere."""

from math import isfinite
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from mlx_asv.job import Arm, Case
from mlx_asv.terminal import say


def duration(seconds: float) -> str:
    """A duration as a person reads it: in hours and minutes, or in seconds if it is short."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def limit(budget: float) -> str:
    """``budget 10 min``; an infinite one is none."""
    return f"budget {duration(budget)}" if isfinite(budget) else "no budget"


def _of_budget(left: float) -> str:
    """The end of a sentence on what is planned: what is left of the budget, if there is one."""
    return f"; {duration(left)} of the budget are left" if isfinite(left) else ""


#: Seconds without a line, where lines are all that is shown, after which one says what is done.
SILENCE = 30.0


class Display:
    """Shows the case and the replicate, how far the whole is, the time left and the widest interval
    that is still open."""

    def __init__(self, console: Console, replicates: int) -> None:
        self._console = console
        self._replicates = replicates
        self._doing = ""
        self._said = monotonic()
        self._told: set[tuple[str, str]] = set()
        self._progress = Progress(
            TextColumn("{task.percentage:3.0f} %"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=1.0, left="")

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        say(self._console, text)
        self._said = monotonic()

    def planned(self, least: float, left: float) -> None:
        """What the sweep will take."""
        self.say(
            f"The fewest blocks of {self._replicates} replicates take about {duration(least)}"
            + _of_budget(left)
        )

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""
        which = f"{replicate + 1}"
        which += f" of {self._replicates}" if replicate < self._replicates else ", still wide"
        self.doing(f"{case.name}, replicate {which}", text)

    def doing(self, what: str, part: str = "") -> None:
        """Show what is being done, and which part of it."""
        self._doing = what
        text = f"{what}, {part}" if part else what
        self._progress.update(self._task, description=text)
        if not self._console.is_terminal and monotonic() - self._said >= SILENCE:
            self.say(text)

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A block set is done."""
        time_left = f"{duration(left)} left at most" if isfinite(left) else ""
        open_still = f"widest: {widest}" if widest else ""
        known = [each for each in (time_left, open_still) if each]
        self._progress.update(self._task, completed=fraction, left=", ".join(known))
        if not self._console.is_terminal:
            self.say(f"[{', '.join([f'{fraction:.0%}', *known])}] {self._doing}")

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured; a control that is not there is told once."""
        text = f"{arm}: {outcome}: {reason}"
        if arm.role != "control":
            self.say(f"{case.name} on {text}")
        elif (arm.backend, reason) not in self._told:
            self._told.add((arm.backend, reason))
            self.say(f"Without the control {text}")


class OnceDisplay(Display):
    """Shows the case and the release, how far the whole is, and the time left, where each case is
    done once; `what`: its parts, as a person calls them."""

    def __init__(self, console: Console, what: str) -> None:
        super().__init__(console, replicates=1)
        self._what = what
        self._reasons: set[tuple[str, str]] = set()

    def planned(self, least: float, left: float) -> None:
        """What all of it will take."""
        self.say(f"The {self._what} take about {duration(least)}" + _of_budget(left))

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm has no value; a reason is told once for each backend."""
        if (key := (arm.backend, reason)) not in self._reasons:
            self._reasons.add(key)
            super().lost(case, arm, outcome, reason)

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""
        self.doing(case.name, text)
