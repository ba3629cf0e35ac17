"""What a page points to beyond the site: upstream's pages, and what somebody else can run."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.explain.script import script
from tools.explain.standalone import NoSource
from tools.releases.lock import Lock

from .words import change, interval

#: A row of verdicts.
Row = Mapping[str, Any]


def web(link: str | None) -> str | None:
    """A link to a web page; None for anything else, such as a script or a path."""
    return link if link is not None and link.startswith(("https://", "http://")) else None


def upstream_compare(lock: Lock, before: str, after: str) -> str | None:
    """Upstream's page with every change between two releases; None if upstream has none."""
    if web(lock.upstream) is None:
        return None
    return f"{lock.upstream}/compare/{quote(before)}...{quote(after)}"


def upstream_release(lock: Lock, release: str) -> str | None:
    """Upstream's page about a release."""
    if web(lock.upstream) is None:
        return None
    return f"{lock.upstream}/releases/tag/{quote(release)}"


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
