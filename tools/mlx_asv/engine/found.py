"""The findings of jobs, which policies are told."""

from dataclasses import dataclass

import polars as pl

from mlx_asv.job import Subject

from .probe import Probe


@dataclass(frozen=True)
class Found:
    """The finding of a job. `seconds`: the wall time that the job took."""

    subject: Subject
    seconds: float


@dataclass(frozen=True)
class Looked(Found):
    """The finding of a look at a case; none if it took too long."""

    probe: Probe | None


@dataclass(frozen=True)
class Measured(Found):
    """The observations of a block set."""

    replicate: int
    group: int
    observations: pl.DataFrame


def measured(observations: pl.DataFrame, seconds: float | None = None) -> Measured:
    """The finding that is made of the observations of one block set.

    `seconds`: of the job; if it is left out, the life of the block set's processes.
    """
    first = observations.row(0, named=True)
    return Measured(
        subject=(first["benchmark"], first["case"]),
        seconds=first["life"] if seconds is None else seconds,
        replicate=first["replicate"],
        group=first["group"],
        observations=observations,
    )
