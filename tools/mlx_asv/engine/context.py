"""What commands that measure are told of where they run: made once, by the command line."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mlx_asv.asv_edge.suite import Suite


@dataclass(frozen=True, kw_only=True)
class Context:
    """The suite, the machine and the terminal of a command that measures."""

    suite: Suite
    #: asv's description of this machine, its name included.
    description: Mapping[str, str]
    #: What the user typed.
    command: str
    #: The directory in which the user typed the command: that of the asv.conf.json.
    checkout: Path
    console: Console

    @property
    def machine(self) -> str:
        """asv's name of this machine."""
        return self.description["machine"]

    @property
    def environment(self) -> str:
        """asv's name of the environment, with the build."""
        return str(self.suite.environment.name)

    @property
    def conditions(self) -> dict[str, str]:
        """Threads, cores, compiler and build, which are recorded with every observation."""
        return self.suite.conditions

    @property
    def controls(self) -> frozenset[str]:
        """Backends that do not change with the release."""
        return self.suite.settings.controls

    @property
    def loaders(self) -> int:
        """Processes that load at the same time."""
        return loaders(self.suite.build)

    @property
    def results(self) -> Path:
        """The results directory."""
        return self.checkout / self.suite.results

    @property
    def state(self) -> Path:
        """The directory of unfinished measurements."""
        return self.suite.state

    @property
    def apart(self) -> Path:
        """Where observations of wheel files and source trees lie: they are no results to keep."""
        return self.state / "observations" / self.machine

    def shown(self, path: Path) -> Path:
        """A path as the user would type it."""
        return path.relative_to(self.checkout) if path.is_relative_to(self.checkout) else path


def context_here(machine: str | None, program: str = "mlx-asv") -> Context:
    """The suite in the directory in which the user has typed a command of a program, and this
    machine, under another of its names perhaps. Raises SuiteError."""
    checkout = Path.cwd()
    suite = Suite(checkout)
    return Context(
        suite=suite,
        description=suite.machine(machine),
        command=shlex.join([program, *sys.argv[1:]]),
        checkout=checkout,
        console=Console(),
    )


def loaders(build: str) -> int:
    """Processes that load at the same time: on a GPU they take turns."""
    return (os.cpu_count() or 1) if build in ("", "cpu") else 1
