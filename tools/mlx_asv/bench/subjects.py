"""What is measured: short cases of the real suite, each held up by something else."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.axes import listed_pattern
from mlx_asv.environments.installer import Installed
from mlx_asv.job import Case

BACKEND = "mlx_cpu"


@dataclass(frozen=True)
class Subject:
    """A case of an operation, and what limits its speed. No operation has two of them:
    asv records its wall time per operation."""

    operation: str
    label: str
    limit: str

    @property
    def pattern(self) -> str:
        """A regular expression for ``asv run -b``."""
        return listed_pattern(self.operation, self.label, BACKEND)


SUBJECTS = (
    Subject("SumAll", "1000000", "memory"),
    Subject("Gather", "64x256 10", "dispatch"),
    Subject("Conv2d", "100x28x28x3 8x3x3x3", "compute"),
    Subject("ReLU", "128x16x1024", "memory"),
    Subject("Scatter", "64x16 10", "dispatch"),
    Subject("MatMul", "32x1x1000 32x1000x128", "compute"),
    Subject("LeakyReLU", "128x16x1024", "memory"),
    Subject("Sigmoid", "128x16x1024", "compute"),
    Subject("Argmax", "64x128x1024 axis=2", "memory"),
    Subject("ScatterSum", "64x16 10", "dispatch"),
    Subject("Conv1d", "100x256x3 8x3x3", "compute"),
    Subject("BCE", "1000000 1000000", "memory"),
)


def cases(suite: Suite, installed: Installed, subjects: Sequence[Subject]) -> dict[Subject, Case]:
    """The suite's cases for `subjects`, as a revision has them.

    Raises SuiteError if it has none of them.
    """
    patterns = [subject.pattern for subject in subjects]
    found = suite.listing(installed, patterns, save=False).selected([BACKEND])
    named = {case.name: case for case in found}
    return {
        subject: named[f"{subject.operation} {subject.label}"]
        for subject in subjects
        if f"{subject.operation} {subject.label}" in named
    }
