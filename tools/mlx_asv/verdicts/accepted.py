"""Regressions that somebody has accepted: a small file in git, with a reason for each.

[[accepted]]
pattern = "sorting.Sort.* mlx_cpu$"
release = "v0.31.0"
reason = "Sort is stable since this release"
link = "https://github.com/ml-explore/mlx/pull/1234"
metric = "time"
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mlx_asv.metric import METRICS, TIME

#: The name of the file in the results directory.
FILE = "accepted.toml"


class AcceptedError(Exception):
    """The file cannot be used; says where and why, in one sentence."""


@dataclass(frozen=True)
class Accepted:
    """One entry: the regressions at `release` of all series that `pattern` finds.

    `pattern`: a regular expression, searched in "benchmark case backend". `release`: the label of
    the release that made it worse. `reason`, `link`: why that is all right, and where it is said.
    `metric`: what got worse; time, where an entry does not say.
    """

    pattern: str
    release: str
    reason: str
    link: str
    metric: str = TIME.name

    def matches(self, metric: str, series: str, positions: range, order: Sequence[str]) -> bool:
        """Whether the entry is about a series whose `metric` got worse at one of `positions`."""
        if metric != self.metric:
            return False
        at = self.release in order and order.index(self.release) in positions
        return at and re.search(self.pattern, series) is not None


def read_accepted(path: Path) -> list[Accepted]:
    """The entries of a file; none if it is not there. Raises AcceptedError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AcceptedError(f"{path} is not TOML: {error}.") from error
    entries = content.pop("accepted", [])
    if content:
        raise AcceptedError(f"{path} has {_named(content)}: there are only [[accepted]] tables.")
    if not isinstance(entries, list):
        raise AcceptedError(f"{path}: accepted is a list of tables: write [[accepted]].")
    return [_entry(path, number, entry) for number, entry in enumerate(entries, 1)]


def _entry(path: Path, number: int, entry: Any) -> Accepted:
    where = f"{path}, entry {number}"
    names = {field.name for field in fields(Accepted)}
    if not isinstance(entry, dict):
        raise AcceptedError(f"{where} is no table: write [[accepted]].")
    if missing := names - {"metric"} - set(entry):
        raise AcceptedError(f"{where} has no {_named(missing)}.")
    if unknown := set(entry) - names:
        raise AcceptedError(f"{where} has {_named(unknown)}: there are only {_named(names)}.")
    entry = {"metric": TIME.name, **entry}
    if empty := {name for name in names if not (isinstance(entry[name], str) and entry[name])}:
        raise AcceptedError(f"{where}: {_named(empty)} must be a text that is not empty.")
    try:
        re.compile(entry["pattern"])
    except re.error as error:
        raise AcceptedError(
            f"{where}: {entry['pattern']!r} is no regular expression: {error}."
        ) from error
    if entry["metric"] not in METRICS:
        raise AcceptedError(
            f"{where}: {entry['metric']!r} is no metric: there are only {_named(METRICS)}."
        )
    return Accepted(**entry)


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
