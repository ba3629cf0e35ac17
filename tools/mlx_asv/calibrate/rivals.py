"""What others' rules say of the same observations: asv compare, asv publish, Apache Otava.

They get the raw seconds. Those were measured in interleaved blocks, which is better than what
`asv run` would have given them: their own way of measuring adds what the machine does from one
release to the next.
"""

import itertools
import json
import subprocess
import venv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from mlx_asv.asv_edge import rules
from mlx_asv.metric import TIME

from .history import ORDER

OTAVA = "apache-otava==0.8.0"

#: What `asv compare`, and asv's pages, take for worth telling.
ASV_FACTOR, ASV_THRESHOLD = 1.1, 0.05

#: A release's step, `flag` (1 slower, -1 faster), by case and position.
FLAGS = pl.Schema({"case": pl.String(), "position": pl.Int64(), "flag": pl.Int64()})

#: The samples of one case: of each release, oldest first, a list for each replicate.
Samples = Sequence[Sequence[Sequence[float]]]


class RivalError(Exception):
    """A rival could not be set up; says why."""


def samples(observations: pl.DataFrame) -> dict[str, Samples]:
    """Raw seconds per call by case."""
    measured = observations.filter(
        pl.col("outcome") == "ok", pl.col("role") != "twin", metric=TIME.name
    )
    found: dict[str, Samples] = {}
    for (case,), rows in measured.group_by(["case"], maintain_order=True):
        of_release = [rows.filter(pl.col("label") == label) for label in ORDER]
        found[str(case)] = [
            [
                part["value"].to_list()
                for part in each.sort("replicate").partition_by("replicate", maintain_order=True)
            ]
            for each in of_release
        ]
    return found


def asv_compare(every: Mapping[str, Samples], factor: float = ASV_FACTOR) -> pl.DataFrame:
    """``asv compare`` of each release with the one before: FLAGS."""

    def flagged(pooled: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
        for position, (before, after) in enumerate(itertools.pairwise(pooled), 1):
            if rules.better(before, after, factor):
                yield position, 1
            elif rules.better(after, before, factor):
                yield position, -1

    return _flags(every, flagged)


def asv_publish(every: Mapping[str, Samples], threshold: float = ASV_THRESHOLD) -> pl.DataFrame:
    """The steps that asv's pages find, if they are larger than `threshold`: FLAGS."""

    def flagged(pooled: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
        for position, ratio in rules.steps(pooled):
            if abs(ratio - 1) > threshold:
                yield position, 1 if ratio > 1 else -1

    return _flags(every, flagged)


def otava(every: Mapping[str, Samples], state: Path) -> pl.DataFrame:
    """Otava's change points, with its defaults; a point for each replicate of a release: FLAGS.

    It is installed in a virtualenv of its own under `state`: it needs other versions of NumPy and
    SciPy. Raises RivalError.
    """
    python = _otava_python((state / "otava").resolve())
    series = {
        case: [sorted(part)[len(part) // 2] for release in samples for part in release]
        for case, samples in every.items()
    }
    owners = {
        case: [position for position, release in enumerate(samples) for _ in release]
        for case, samples in every.items()
    }
    program = Path(__file__).with_name("otava_points.py")
    result = subprocess.run(
        [str(python), str(program)], input=json.dumps(series), capture_output=True, text=True
    )
    if result.returncode != 0:
        raise RivalError(f"Otava failed: {result.stderr.strip().splitlines()[-1]}")
    points = json.loads(result.stdout)
    rows = [
        (case, owners[case][index], 1 if change > 0 else -1)
        for case, found in points.items()
        for index, change in found
    ]
    return pl.DataFrame(rows, schema=FLAGS, orient="row").unique()


def _otava_python(path: Path) -> Path:
    python = path / "bin" / "python"
    done = path / "installed"
    if not done.exists():
        venv.create(path, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", OTAVA]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            why = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RivalError(f"{OTAVA} could not be installed: {why}")
        done.touch()
    return python


def _flags(
    every: Mapping[str, Samples],
    flagged: Callable[[Sequence[Sequence[float]]], Iterable[tuple[int, int]]],
) -> pl.DataFrame:
    """What `flagged` says of each case's releases, the replicates of each taken together."""
    rows = []
    for case, series in every.items():
        pooled = [[value for part in release for value in part] for release in series]
        rows += [(case, *step) for step in flagged(pooled)]
    return pl.DataFrame(rows, schema=FLAGS, orient="row")
