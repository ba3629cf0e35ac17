"""What a job has found, as a policy is told it."""

from dataclasses import dataclass

import polars as pl

from .probe import Probe


@dataclass(frozen=True)
class Found:
    """What became of a job: `seconds` of wall time."""

    benchmark: str
    #: The case's label.
    case: str
    seconds: float


@dataclass(frozen=True)
class Looked(Found):
    """What a look at a case has told."""

    probe: Probe


@dataclass(frozen=True)
class Measured(Found):
    """The observations of a block set."""

    replicate: int
    group: int
    observations: pl.DataFrame


def measured(observations: pl.DataFrame, seconds: float | None = None) -> Measured:
    """The observations of one block set, by what they say themselves; unless it is said how long
    the job took, as long as its processes lived."""
    first = observations.row(0, named=True)
    return Measured(
        benchmark=first["benchmark"],
        case=first["case"],
        seconds=first["life"] if seconds is None else seconds,
        replicate=first["replicate"],
        group=first["group"],
        observations=observations,
    )
