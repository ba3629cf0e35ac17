"""Policies, which decide what is measured next: they are asked for jobs, and told the findings.

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
    """News: the seconds that the fewest blocks still to come take, and the seconds of the budget
    that are left."""

    least: float
    left: float


@dataclass(frozen=True)
class Done:
    """News: a block set is done. How far the whole is, and the seconds left.

    `widest`: a function that returns the widest interval still open, which may take long.
    """

    fraction: float
    left: float
    widest: Callable[[], str]


@dataclass(frozen=True)
class Said:
    """News: something is settled."""

    text: str


#: What a person is told.
News = Planned | Done | Said


class Policy(Protocol):
    """Decides what is measured next."""

    def tell(self, found: Found) -> None:
        """Take up the finding of a job: one that the policy was asked for, or one that an earlier,
        interrupted run of the same plan has finished."""

    def ask(self) -> Job | None:
        """The next job; None if nothing is left to do. The finding of the job before was told."""

    def news(self) -> list[News]:
        """The news that nobody was told yet."""


@dataclass
class Steps(ABC):
    """A policy that is written as one sequence of jobs."""

    _news: list[News] = field(default_factory=list, init=False)
    _left: Iterator[Job] | None = field(default=None, init=False)

    @abstractmethod
    def jobs(self) -> Iterator[Job]:
        """All jobs in sequence; the finding of each is told before the next is asked for."""

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
