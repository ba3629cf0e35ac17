"""The analyses of the machines in a results directory, each kept until what it is made of changes.

Whoever asks gets the same frames: the commands, the tables and the pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl

from mlx_asv.facts import Facts
from mlx_asv.observations.store import CONFIRMATIONS, SWEEPS, ObservationsError, directory, read
from mlx_asv.verdicts.absolute import ABSOLUTE
from mlx_asv.verdicts.accepted import FILE, Accepted, read_accepted
from mlx_asv.verdicts.attribution import SUITE
from mlx_asv.verdicts.exactness import EXACTNESS
from mlx_asv.verdicts.judge import VERDICTS, Judgement
from mlx_asv.verdicts.rule import Rule

from .kept import digest, keep_frames, kept_frames, sources
from .machine import Analysis, analyse

_FRAMES = [field.name for field in fields(Analysis)]


@dataclass(frozen=True)
class Results:
    """The parts of a project that an analysis is made of.

    `path`: the results directory. `state`: the directory in which analyses are kept. `order`: the
    labels of all releases, oldest first. `facts`: what the suite says of itself.
    """

    path: Path
    state: Path
    order: Sequence[str]
    facts: Facts


def analysed(results: Results, machine: str, rule: Rule) -> Analysis:
    """The analysis of one machine: the one that is kept, if it is made of the same.

    Raises ObservationsError or AcceptedError.
    """
    sweeps, confirmations = (
        sorted(directory(results.path, machine, kind).glob("*.parquet"))
        for kind in (SWEEPS, CONFIRMATIONS)
    )
    accepted = results.path / FILE
    suite = sorted(results.facts.directory.rglob("*.py"))
    inputs = [*sweeps, *confirmations, accepted, *suite, *sources()]
    backends = results.facts.backends
    key = digest(inputs, pl.__version__, rule, *results.order, *backends.values())
    kept = results.state / "analysis" / machine / key
    if (frames := kept_frames(kept, _FRAMES)) is not None:
        return Analysis(**frames)
    found = analyse(
        read(sweeps),
        read(confirmations),
        results.order,
        read_accepted(accepted),
        rule,
        backends,
        results.facts.allowed,
    )
    keep_frames(kept, {name: getattr(found, name) for name in _FRAMES})
    return found


def judgement(results: Results, rule: Rule, machine: str | None = None) -> Judgement:
    """The verdicts on all machines that were swept, or on one. Raises ObservationsError (also
    where nothing was swept) or AcceptedError."""
    found = [analysed(results, name, rule) for name in swept(results.path, machine)]
    entries = read_accepted(results.path / FILE)
    return Judgement(
        pl.concat([pl.DataFrame(schema=VERDICTS), *(each.verdicts for each in found)]),
        pl.concat([pl.DataFrame(schema=SUITE), *(each.suite for each in found)]),
        [entry for entry in entries if all(_is_stale(entry, each) for each in found)],
        pl.concat([pl.DataFrame(schema=ABSOLUTE), *(each.absolute for each in found)]),
        pl.concat([pl.DataFrame(schema=EXACTNESS), *(each.exactness for each in found)]),
    )


def _is_stale(entry: Accepted, analysis: Analysis) -> bool:
    return any(Accepted(**row) == entry for row in analysis.stale.iter_rows(named=True))


def swept(results: Path, machine: str | None) -> list[str]:
    """The machines whose sweeps lie in `results`, or the one. Raises ObservationsError."""
    found = {path.parent.parent.name for path in results.glob(f"*/{SWEEPS}/*.parquet")}
    if machine is not None:
        found &= {machine}
    if not found:
        raise ObservationsError(
            f"There are no observations of {machine or 'any machine'} in {results.name}/: "
            "`mlx-asv sweep` makes them."
        )
    return sorted(found)
