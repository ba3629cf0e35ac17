"""What one machine does without interruption, as data: what is compared, and in what order.

Nothing in a job is of one machine: no path, no environment variable. So a job can be made on one
machine and run on another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .axes import Axes, Name

Role = Literal["reference", "twin", "release", "control"]


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
        """The combination, as it is read and stored."""
        return self.axes.label

    @property
    def name(self) -> str:
        """What a person calls it: ``Softmax 1024x64x32x8 axis=-1``."""
        return f"{Name(self.benchmark).operation} {self.label}".strip()


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
