"""What a page gives somebody who wants to measure a step: a program, or a command."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlx_asv.axes import Name
from mlx_asv.explain.script import script
from mlx_asv.explain.standalone import NoSource
from mlx_asv.releases.lock import Lock

from .words import change, interval

#: A row of verdicts.
Row = Mapping[str, Any]


def reproduction(row: Row, name: Name, suite: Path, lock: Lock) -> str:
    """What somebody else runs to measure a step: a program that needs nothing but Python and pip,
    or, where the benchmark cannot stand by itself, a command for a checkout.

    `row`: of `published` verdicts. `name`: asv's of its case and backend. `suite`: the directory
    of the benchmarks.
    """
    names = ("benchmark", "case", "backend", "environment", "before", "after")
    given = {name: str(row[name]) for name in names}
    size = f"{change(row['effect'])} ({interval(row['low'], row['high']) or 'no interval'})"
    if name.of_class and all(text.isprintable() for text in given.values()):
        try:
            return script(suite, lock, **given, size=size)
        except NoSource:
            pass
    return f"# In a checkout of this suite; measures both releases afresh.\n{command(row, name)}\n"


def command(row: Row, name: Name) -> str:
    """`mlx-asv confirm` of a step, and of no other."""
    words = ["mlx-asv", "confirm", name.pattern, row["before"], row["after"]]
    if row["backend"]:
        words += ["--backends", row["backend"]]
    return shlex.join(words)
