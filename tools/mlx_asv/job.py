"""What one machine does without interruption, as data: what is compared, and in what order.

Nothing in a job is of one machine: no path, no environment variable. So a job can be made on one
machine and run on another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["reference", "twin", "release", "control"]


@dataclass(frozen=True)
class Case:
    """One benchmark with one combination of its parameters, the backend left open."""

    benchmark: str
    version: str
    label: str
    #: Seconds that loading the case may take.
    timeout: float
    #: Backend -> position among the benchmark's combinations of parameters (None: it has none).
    backends: Mapping[str, int | None] = field(hash=False)

    @property
    def name(self) -> str:
        """What a person calls it: ``Softmax 1024x64x32x8 axis=-1``."""
        parts = self.benchmark.split(".")
        return f"{parts[-2] if len(parts) > 2 else parts[-1]} {self.label}".strip()


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
