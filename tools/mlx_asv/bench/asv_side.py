"""asv's own timing: real ``asv run``, in a project of its own, and the intervals it stores."""

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from time import monotonic
from typing import Any

from mlx_asv.asv_edge.own_way import ASV, KEY
from mlx_asv.engine.context import Context
from mlx_asv.job import Case

#: Two-sided quantiles of a normal distribution.
Z_95, Z_99 = 1.959964, 2.575829


class AsvFailed(Exception):
    """asv ended with an error; says what it printed last."""


@dataclass(frozen=True)
class Stored:
    """What asv keeps of one case: the median, and its 99 % interval, in seconds per call.

    A bound is None or infinite when asv had too few samples for one.
    """

    seconds: float
    low: float | None
    high: float | None
    samples: int | None

    @property
    def half(self) -> float:
        """Half of the 95 % interval of log seconds, as for a normal distribution; maybe inf."""
        if self.low is None or self.high is None or self.low <= 0 or not math.isfinite(self.high):
            return math.inf
        return (math.log(self.high) - math.log(self.low)) / 2 * Z_95 / Z_99


def log_ratio(before: Stored, after: Stored) -> tuple[float, float]:
    """Log of after / before, and half of its 95 % interval: the two are independent."""
    return math.log(after.seconds / before.seconds), math.hypot(before.half, after.half)


@dataclass(frozen=True)
class Ended:
    """A command of asv that has ended: wall seconds, exit status, and what it printed."""

    seconds: float
    status: int
    said: str


class AsvProject:
    """A directory in which ``asv run`` measures the suite with the checkout's environments.

    `engine`: who measures, asv itself or mlx-asv.
    """

    def __init__(
        self, path: Path, context: Context, patterns: Sequence[str], engine: str = ASV
    ) -> None:
        self.path = path
        self._chosen = [argument for pattern in patterns for argument in ("-b", pattern)]
        path.mkdir(parents=True, exist_ok=True)
        for lock in context.checkout.glob("*.lock.json"):
            (path / lock.name).unlink(missing_ok=True)
            (path / lock.name).symlink_to(lock)
        suite = context.suite
        changes = {
            "version": 1,  # of the file's format; asv takes it off when it reads one
            "plugins": [".mlx_asv.asv_edge.plugin"],
            "sweep": {**getattr(suite.conf, "sweep", {}), KEY: engine},
            "benchmark_dir": suite.directory,
            "env_dir": str(Path(suite.conf.env_dir).absolute()),
            "results_dir": "results",
            "html_dir": "html",
        }
        said = {name: value for name, value in vars(suite.conf).items() if name != "directory"}
        (path / "asv.conf.json").write_text(json.dumps({**said, **changes}))

    def run(self, release: str) -> tuple[float, dict[str, Any]]:
        """``asv run RELEASE``: its wall seconds, and the result file. Raises AsvFailed."""
        seconds, _ = self.asv("run", release, *self._chosen)
        files = list(self.path.glob(f"results/*/{release}-*.json"))
        if len(files) != 1:
            raise AsvFailed(f"asv run {release} left {len(files)} files of results.")
        found: dict[str, Any] = json.loads(files[0].read_text(encoding="utf-8"))
        files[0].unlink()
        return seconds, found

    def run_all(self, releases: str) -> float:
        """``asv run RANGE``: its wall seconds; the results stay. Raises AsvFailed."""
        return self.asv("run", releases, *self._chosen)[0]

    def asv(self, *arguments: str) -> tuple[float, str]:
        """Wall seconds of a command of asv, and what it printed. Raises AsvFailed."""
        ended = self.ended(*arguments)
        if ended.status:
            last = "\n".join(ended.said.strip().splitlines()[-20:])
            said = " ".join(("asv", *arguments[:2]))
            raise AsvFailed(f"{said} ended with status {ended.status}:\n{last}")
        return ended.seconds, ended.said

    def ended(self, *arguments: str) -> "Ended":
        """How a command of asv has ended."""
        began = monotonic()
        result = subprocess.run(
            [sys.executable, "-m", "asv", *arguments],
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return Ended(monotonic() - began, result.returncode, result.stdout)


def stored(document: Mapping[str, Any], case: Case, backend: str) -> Stored | None:
    """What a result file says of a case; None if it holds no number."""
    columns = _columns(document, case)
    index = case.backends[backend] or 0

    def value(column: str) -> Any:
        return (columns.get(column) or {}).get(index)

    seconds = value("result")
    if seconds is None or not seconds > 0:  # NaN: skipped
        return None
    return Stored(seconds, value("stats_ci_99_a"), value("stats_ci_99_b"), value("stats_repeat"))


def wall(document: Mapping[str, Any], case: Case) -> float:
    """Seconds that asv spent on the operation of `case`, starting its processes included."""
    row = document["results"][case.benchmark]
    seconds: float = dict(zip(document["result_columns"], row, strict=False))["duration"]
    return seconds


def _columns(document: Mapping[str, Any], case: Case) -> dict[str, dict[int, Any]]:
    """The columns of a case's benchmark that have a value for each combination of parameters.

    asv leaves out what is null at a row's end.
    """
    row = document["results"].get(case.benchmark, [])
    return {
        column: dict(enumerate(values))
        for column, values in zip_longest(document["result_columns"], row)
        if isinstance(values, list)
    }
