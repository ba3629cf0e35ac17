"""What one machine does without interruption, as data: what is compared, and in what order.

Nothing in a job is of one machine: no path, no environment variable. So a job can be made on one
machine and run on another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Literal

from .axes import Axes, Name

Role = Literal["reference", "twin", "release", "control"]

#: What names a case among those of a run: its benchmark and its label.
Subject = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """One benchmark with one combination of its parameters, the backend left open."""

    benchmark: str
    version: str
    axes: Axes
    #: Seconds that loading the case may take.
    timeout: float
    #: Backend -> position among the benchmark's combinations of parameters (None: it has none).
    backends: Mapping[str, int | None] = field(hash=False)

    @property
    def label(self) -> str:
        """The combination, as it is stored."""
        return self.axes.label

    @property
    def subject(self) -> Subject:
        """What names the case among those of a run."""
        return self.benchmark, self.label

    @property
    def name(self) -> str:
        """What a person calls it: ``Softmax 1024x64x32x8 axis=-1``."""
        return f"{Name(self.benchmark).operation} {self.axes.text}".strip()


@dataclass(frozen=True)
class Arm:
    """One (release, backend) under test, or a control; a worker process in every block set."""

    backend: str
    release: str
    role: Role

    @property
    def label(self) -> str:
        """The release; its twin is told apart."""
        return f"{self.release} (A/A)" if self.role == "twin" else self.release

    def __str__(self) -> str:
        return f"{self.label} {self.backend}".strip()


class Order(StrEnum):
    """Who is visited when in a block."""

    #: At random, drawn anew for every block.
    DRAWN = "drawn"
    #: As the arms are given or backwards: AB BA BA AB, then the mirror of that.
    MIRRORED = "mirrored"


@dataclass(frozen=True)
class Ended:
    """An arm that is not measured, and why."""

    arm: Arm
    #: ``skipped`` or ``failed``.
    outcome: str
    reason: str


class Job:
    """A kind of work. A machine begins a job and ends it; the parts of a job are never spread over
    machines."""


@dataclass(frozen=True)
class Look(Job):
    """Load arms of a case one by one: which of them run, how long a call takes, how much memory a
    process needs."""

    case: Case
    arms: tuple[Arm, ...]
    #: What a person is told meanwhile.
    what: str = "looking at it"
    #: Seconds after which it is given up, and nothing is known of the case.
    limit: float = inf


@dataclass(frozen=True)
class BlockSet(Job):
    """One life of the processes of some arms, which are visited in blocks.

    (case, replicate, group) names a block set within its run. A set without arms measures
    nothing: it stores what has ended.
    """

    case: Case
    replicate: int
    group: int
    arms: tuple[Arm, ...]
    blocks: int
    #: The run's; with the name of the set it fixes every order that is drawn.
    seed: int
    order: Order = Order.DRAWN
    #: Block sets of different rounds share no process, not even one that theirs are copies of ...
    round: int = 0
    #: ... but those of these backends.
    shared: frozenset[str] = frozenset()
    #: Arms that a look has shown not to run: stored with the set.
    ended: tuple[Ended, ...] = ()

    @property
    def draw(self) -> str:
        """What the random orders are drawn from."""
        case = self.case
        return f"{self.seed} {case.benchmark} {case.label} {self.replicate} {self.group}"


#: What is counted of a case: of each process its replicates, of each replicate the calls of each
#: count, of which the median is taken.
Copies = tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Count(Job):
    """The instructions of one call of a case, on each of some arms.

    (case, group) names it within its run.
    """

    case: Case
    group: int
    arms: tuple[Arm, ...]
    #: Backend -> what is counted.
    copies: Mapping[str, Copies] = field(hash=False)
    #: Backend -> seconds of one call, when nobody counts.
    seconds: Mapping[str, float] = field(hash=False)
    #: Calls before those that are counted.
    warm: int
    #: Arms that a look has shown not to run: stored with the counts.
    ended: tuple[Ended, ...] = ()


@dataclass(frozen=True)
class Track(Job):
    """What a tracking benchmark returns of a case, on each of some arms.

    (case, group) names it within its run.
    """

    case: Case
    #: The name of the metric of which it returns values.
    metric: str
    arms: tuple[Arm, ...]
    #: Processes of each arm: a value each.
    replicates: int
    group: int = 0
