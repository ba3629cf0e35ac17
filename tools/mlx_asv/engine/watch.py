"""Who watches a measurement."""

from typing import Protocol

from mlx_asv.job import Arm, Case


class Watcher(Protocol):
    """Is told how a measurement goes."""

    def planned(self, least: float, left: float) -> None:
        """Seconds that the fewest blocks still to come take, and that are left of the budget."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A block set is done: how far, seconds left, the widest interval still open."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""

    def say(self, text: str) -> None:
        """Something is settled."""
