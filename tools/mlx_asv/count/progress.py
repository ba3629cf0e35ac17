"""What a count shows while it runs."""

from rich.console import Console

from mlx_asv.engine.progress import Display, duration
from mlx_asv.job import Arm, Case


class Progress(Display):
    """Shows the case and the release, how far the whole is, and the time left."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, replicates=1)
        self._reasons: set[tuple[str, str]] = set()

    def planned(self, least: float, left: float) -> None:
        """What the counts will take."""
        self.say(
            f"The counts take about {duration(least)}; {duration(left)} of the budget are left"
            + (": the longest cases will be left out" if least > left else "")
        )

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be counted; a reason is told once for each backend."""
        if (key := (arm.backend, reason)) not in self._reasons:
            self._reasons.add(key)
            super().lost(case, arm, outcome, reason)

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""
        self.doing(case.name, text)
