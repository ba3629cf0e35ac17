"""Packages that benchmarks need besides those of asv's environment.

asv would make every requirement a part of the environment's name, under which results are filed.
What may change without a new name is listed in ``requirements.txt`` of the benchmark directory;
all versions, those of dependencies too, are pinned in ``constraints.txt`` there.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .pip import TIMEOUT, last_error, pip_install

REQUIREMENTS, CONSTRAINTS = "requirements.txt", "constraints.txt"


class RequirementsError(Exception):
    """The requirements could not be installed; the text says why and what to do."""


@dataclass(frozen=True)
class Requirements:
    """The requirements of the benchmarks in a directory."""

    directory: Path

    @property
    def file(self) -> Path:
        """The file that lists the required packages, one in each line."""
        return self.directory / REQUIREMENTS

    @property
    def constraints(self) -> Path | None:
        """The versions of all packages; None if the directory does not pin any."""
        path = self.directory / CONSTRAINTS
        return path if path.exists() else None

    @property
    def lines(self) -> list[str]:
        """The required packages, such as ``transformers==5.0.0``."""
        if not self.file.exists():
            return []
        lines = (line.partition("#")[0].strip() for line in self.file.read_text().splitlines())
        return [line for line in lines if line]

    def install(self, python: Path, tell: Callable[[str], None]) -> None:
        """Install the requirements into the virtualenv of `python`, unless the same were installed.

        `tell` hears what is going to be installed. Raises RequirementsError.
        """
        if not self.lines:
            return
        files = (self.file, self.constraints)
        wanted = "".join(path.read_text() for path in files if path is not None)
        stamp = python.parent.parent / REQUIREMENTS
        if stamp.exists() and stamp.read_text() == wanted:
            return
        tell(f"Installing {', '.join(self.lines)}")
        pinned = {"PIP_CONSTRAINT": str(self.constraints)} if self.constraints else {}
        try:
            result = pip_install(python, ["-r", str(self.file)], {**os.environ, **pinned})
        except subprocess.TimeoutExpired:
            raise self._error(f"pip did not finish within {TIMEOUT} s") from None
        if result.returncode != 0:
            reason = last_error(result.stdout + result.stderr) or f"status {result.returncode}"
            raise self._error(reason)
        stamp.write_text(wanted)

    def _error(self, reason: str) -> RequirementsError:
        return RequirementsError(
            f"{self.file} could not be installed: {reason}. Check the network, and run the "
            "command again."
        )
