"""Plans: what is going to be measured, fixed before it begins, so that a killed run can go on."""

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
class Plan:
    """What is going to be measured, and where. Two runs of equal plans are the same run: the second
    goes on where the first was stopped."""

    #: What the ids of such runs end with; what a person calls one, and its files.
    kind: ClassVar[str] = ""
    what: ClassVar[str] = "sweep"
    parts: ClassVar[str] = "block sets"

    machine: str
    environment: str
    conditions: dict[str, str]

    @property
    def key(self) -> str:
        """A hash of the whole plan."""
        text = json.dumps(asdict(self), sort_keys=True, default=repr)  # axes are no dictionaries
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Begun:
    """What was fixed when a run of a plan began: its seed, its id, the memory of the machine."""

    #: Its start, a part of its key and its kind: sorts by time.
    id: str
    seed: int
    #: Bytes of memory that its processes may hold together.
    memory: int
    command: str


def begin(path: Path, plan: Plan, *, memory: int, command: str) -> tuple[Begun, bool]:
    """The run of `plan` under `path`, and whether an earlier command began it. Raises PlanError."""
    description = path / DESCRIPTION
    try:
        stored: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        return Begun(**stored), True
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
    begun = Begun(id=f"{now}-{plan.key[:6]}{plan.kind}", seed=seed, memory=memory, command=command)
    write_atomically(description, json.dumps(asdict(begun), indent=1))
    return begun, False
