"""What of a tour is done, so that the same command goes on where it was."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlx_asv.engine.context import Context
from mlx_asv.files import write_atomically


@dataclass(frozen=True)
class Stages:
    """The stages of one tour that have ended: a file of their names, and what each has left.

    A stage whose observations somebody has removed is to be done again.
    """

    path: Path

    @classmethod
    def of(cls, context: Context, releases: Sequence[str], patterns: Sequence[str]) -> "Stages":
        """Those of a tour of the releases and cases on this machine, as it is set up now."""
        what = [context.machine, context.environment, context.conditions, *releases, "", *patterns]
        key = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
        return cls(context.state / "tours" / f"{key}.json")

    def forget(self) -> None:
        """Nothing is done."""
        self.path.unlink(missing_ok=True)

    def has(self, stage: str) -> bool:
        """Whether a stage has ended, and what it left is there."""
        left = self._ended().get(stage)
        return left is not None and all(Path(each).exists() for each in left)

    def end(self, stage: str, *left: Path) -> None:
        """A stage has ended, and left these files."""
        ended = {**self._ended(), stage: [str(each) for each in left]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json.dumps(ended))

    def _ended(self) -> dict[str, list[str]]:
        try:
            found: dict[str, list[str]] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found
