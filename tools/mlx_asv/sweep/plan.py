"""What a sweep is going to measure, fixed before it starts, so that a killed one can go on."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from mlx_asv.files import write_atomically
from mlx_asv.measurement.arms import Case


class PlanError(Exception):
    """An unfinished sweep cannot be taken up; says what to do."""


#: The description of a running sweep, beside its block sets.
DESCRIPTION = "sweep.json"


@dataclass(frozen=True)
class Setting:
    """Where something is measured. With all that is asked for, it makes two runs the same one:
    the second goes on where the first was stopped."""

    #: What the ids of such runs end with; what a person calls one, and its files.
    kind: ClassVar[str] = ""
    what: ClassVar[str] = "sweep"
    parts: ClassVar[str] = "block sets"

    machine: str
    environment: str
    conditions: dict[str, str]

    @property
    def key(self) -> str:
        """A hash of all of it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Design(Setting):
    """What a sweep is going to measure."""

    releases: tuple[str, ...]
    reference: str
    cases: tuple[Case, ...]
    replicates: int
    target: float
    #: Seconds: cases of which the reference takes longer for one call are left out.
    longest: float


@dataclass(frozen=True)
class Sweep:
    """A sweep that was begun: what it drew, and what it found of the machine."""

    #: Its start, a part of its key and its kind: sorts by time.
    id: str
    seed: int
    #: Bytes of memory that its processes may hold together.
    memory: int
    command: str


def begun(path: Path, design: Setting, memory: int, command: str) -> tuple[Sweep, bool]:
    """The sweep of `design` under `path`, and whether an earlier run began it."""
    description = path / DESCRIPTION
    try:
        stored: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        return Sweep(**stored), True
    except FileNotFoundError:
        pass
    except (ValueError, TypeError) as error:
        raise PlanError(
            f"The unfinished sweep in {path} is damaged ({error}): remove the directory to start "
            "it anew."
        ) from error
    path.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    seed = random.SystemRandom().randrange(2**31)
    sweep = Sweep(f"{now}-{design.key[:6]}{design.kind}", seed, memory, command)
    write_atomically(description, json.dumps(asdict(sweep), indent=1))
    return sweep, False


def shuffled(cases: Sequence[Case], seed: int, replicate: int) -> list[Case]:
    """The order of the cases in a pass: no case always comes after the same other."""
    order = sorted(cases, key=lambda case: (case.benchmark, case.label))
    random.Random(f"{seed} cases {replicate}").shuffle(order)
    return order
