"""What is going to be measured, fixed before it starts, so that a killed run can go on."""

import hashlib
import json
import random
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from mlx_asv.files import write_atomically


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
        text = json.dumps(asdict(self), sort_keys=True, default=repr)  # axes are no dictionaries
        return hashlib.sha256(text.encode()).hexdigest()[:12]


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
