"""Watchers, which are told how a measurement goes."""

from typing import Protocol

from mlx_asv.job import Arm, Case


class Watcher(Protocol):
    """What a measurement tells its watcher."""

    def planned(self, least: float, left: float) -> None:
        """The seconds that the fewest blocks still to come take, and the seconds of the budget that
        are left."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """Tell what is done now."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A block set is done: how far the whole is, the seconds left, the widest open interval."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""

    def say(self, text: str) -> None:
        """Something is settled."""
