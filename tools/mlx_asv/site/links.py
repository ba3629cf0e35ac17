"""What a page gives somebody who wants to measure a step: a program, or a command."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlx_asv.explain.script import script
from mlx_asv.explain.standalone import NoSource
from mlx_asv.releases.lock import Lock

from .words import change, interval

#: A row of verdicts.
Row = Mapping[str, Any]


def reproduction(row: Row, suite: Path, lock: Lock) -> str:
    """What somebody else runs to measure a step: a program that needs nothing but Python and pip,
    or, where the benchmark cannot stand by itself, a command for a checkout.

    `row`: of `published` verdicts. `suite`: the directory of the benchmarks.
    """
    names = ("benchmark", "case", "backend", "environment", "before", "after")
    given = {name: str(row[name]) for name in names}
    size = f"{change(row['effect'])} ({interval(row['low'], row['high']) or 'no interval'})"
    if row["benchmark"].count(".") >= 2 and all(text.isprintable() for text in given.values()):
        try:
            return script(suite, lock, **given, size=size)
        except NoSource:
            pass
    return f"# In a checkout of this suite; measures both releases afresh.\n{command(row)}\n"


def command(row: Row) -> str:
    """`mlx-asv confirm` of a step, and of no other."""
    benchmark = f"{row['benchmark']}('{row['case']}', '{row['backend']}')"
    words = ["mlx-asv", "confirm", _exactly(benchmark), row["before"], row["after"]]
    if row["backend"]:
        words += ["--backends", row["backend"]]
    return shlex.join(words)


def _exactly(name: str) -> str:
    """A regular expression that finds this name, readable where it can be."""
    return "".join(f"\\{c}" if c in r"\.^$*+?{}[]|()" else c for c in name)
