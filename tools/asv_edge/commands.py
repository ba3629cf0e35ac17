"""Running asv's own commands, and reading what they stored."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.machine import MachineCollection
from asv.results import iter_results
from asv.util import UserError

#: asv's commands, which `mlx-asv` offers too.
ASV_COMMANDS = (
    *("check", "compare", "continuous", "find", "machine", "preview", "profile", "publish"),
    *("rm", "run", "setup", "show", "update"),
)


def asv(*arguments: str) -> int:
    """Run ``asv ARGUMENTS`` in a process of its own, in this terminal; its exit status."""
    return subprocess.run([sys.executable, "-m", "asv", *arguments], check=False).returncode


def ensure_machine() -> None:
    """Let asv describe this machine once, without asking."""
    if not os.path.exists(MachineCollection.get_machine_file_path()):
        subprocess.run(
            [sys.executable, "-m", "asv", "machine", "--yes"], check=True, capture_output=True
        )


@dataclass(frozen=True)
class Point:
    """One stored result; `seconds` is NaN when it was skipped, None when it failed."""

    machine: str
    environment: str
    benchmark: str
    params: tuple[str, ...]
    release: str
    seconds: float | None


def stored_points(config: str = "asv.conf.json") -> Iterator[Point]:
    """Every result in the results directory, except those of an older benchmark version."""
    conf = Config.load(config)
    try:
        benchmarks: Any = Benchmarks.load(conf)
    except UserError:
        return
    for results in iter_results(conf.results_dir):
        for name in results.get_result_keys(benchmarks):
            params = benchmarks[name]["params"]
            values = results.get_result_value(name, params)
            for combination, value in zip(product(*params), values, strict=True):
                yield Point(
                    results.params["machine"],
                    Path(results._filename).stem.removeprefix(f"{results.commit_hash}-"),
                    name,
                    tuple(text.strip("'") for text in combination),
                    results.commit_hash,
                    value,
                )


def measured(points: Sequence[Point]) -> list[Point]:
    """Those that hold a number."""
    return [p for p in points if p.seconds is not None and not math.isnan(p.seconds)]
