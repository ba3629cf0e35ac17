"""Where the user has typed a command that measures."""

import shlex
import sys
from pathlib import Path

from rich.console import Console

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.engine.context import Context


def context_here(machine: str | None) -> Context:
    """The suite in the directory of the command, and this machine, under another of its names
    perhaps. Raises SuiteError."""
    checkout = Path.cwd()
    suite = Suite(checkout)
    return Context(
        suite=suite,
        description=suite.machine(machine),
        command=shlex.join(["mlx-asv", *sys.argv[1:]]),
        checkout=checkout,
        console=Console(),
    )
