"""Who decides what is measured next: asked for a job, told what the job has found.

A policy is pure: it knows no file, no clock and no process.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from mlx_asv.job import Job

from .found import Found


@dataclass(frozen=True)
class Planned:
    """Seconds that the fewest blocks still to come take, and that are left of the budget."""

    least: float
    left: float


@dataclass(frozen=True)
class Done:
    """A block set is done: how far the whole is, and the seconds left.

    `widest`: says which interval is the widest still open; looking for it may take long.
    """

    fraction: float
    left: float
    widest: Callable[[], str]


@dataclass(frozen=True)
class Said:
    """Something is settled."""

    text: str


#: What a person is told.
News = Planned | Done | Said


class Policy(Protocol):
    """Decides what is measured next."""

    def tell(self, found: Found) -> None:
        """Take up what a job of this run has found: one that was asked for, or of an earlier,
        interrupted run."""

    def ask(self) -> Job | None:
        """The next job; None if nothing is left to do. The last one's finding is told before."""

    def news(self) -> list[News]:
        """What a person has not been told yet."""


@dataclass
class Steps(ABC):
    """A policy that is written as the sequence of its jobs."""

    _news: list[News] = field(default_factory=list, init=False)
    _left: Iterator[Job] | None = field(default=None, init=False)

    @abstractmethod
    def jobs(self) -> Iterator[Job]:
        """One job after the other; what each has found is told before the next is asked for."""

    @abstractmethod
    def tell(self, found: Found) -> None:
        """As any policy's."""

    def ask(self) -> Job | None:
        """As any policy's."""
        if self._left is None:
            self._left = self.jobs()
        return next(self._left, None)

    def news(self) -> list[News]:
        """As any policy's."""
        told, self._news = self._news, []
        return told
