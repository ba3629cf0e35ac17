"""`mlx-asv verdicts`: from observations to verdicts in files and in the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.effects.lives import life_levels
from mlx_asv.files import write_whole
from mlx_asv.observations.check import BadObservations, read_others
from mlx_asv.observations.store import (
    CONFIRMATIONS,
    SWEEPS,
    ObservationsError,
    read,
    read_machine,
)
from mlx_asv.terminal import say

from .accepted import FILE, AcceptedError, read_accepted
from .document import as_json, as_parquet
from .fresh import fresh
from .judge import Judgement, judge
from .order import release_order, releases
from .report import print_judgement
from .rule import Rule
from .sequential import StoppingRule

#: What judging may raise, each with one sentence for the user.
ERRORS = (SuiteError, ObservationsError, AcceptedError)

#: What a file can be, by the end of its name.
FORMATS: Mapping[str, Callable[[Judgement, Rule], bytes]] = {
    ".parquet": lambda judgement, rule: as_parquet(judgement),
    ".json": as_json,
}


def of_this_suite(machine: str | None, rule: Rule, console: Console) -> None:
    """Judge all machines whose observations lie in the results; print all of them, or one.

    The files lie beside the environments, not in the results: there asv takes every .json for one
    of its own. Raises SuiteError, ObservationsError or AcceptedError.
    """
    suite = Suite()
    swept(suite.results, machine)
    judgement = judgement_of(suite.results, suite.order(), rule)
    targets = [suite.state / "verdicts" / f"verdicts{ending}" for ending in FORMATS]
    _publish(judgement, machine, targets, rule, console)


def judgement_of(
    results: Path, order: Sequence[str], rule: Rule, machine: str | None = None
) -> Judgement:
    """Verdicts on all machines whose observations lie in `results`, or on one of them.

    `order`: all releases, oldest first. Raises ObservationsError or AcceptedError.
    """
    accepted = read_accepted(results / FILE)
    machines = swept(results, machine)
    observations, confirmations = (
        pl.concat([read([]), *(read_machine(results, name, kind) for name in machines)])
        for kind in (SWEEPS, CONFIRMATIONS)
    )
    if unknown := set(releases(observations)) - set(order):
        raise ObservationsError(
            f"The lock file does not know {', '.join(sorted(unknown))}, of which there are "
            "observations: `mlx-asv releases update` refreshes it."
        )
    again = fresh(confirmations, StoppingRule(threshold=rule.threshold))
    return judge(life_levels(observations), order, rule, accepted, again)


def swept(results: Path, machine: str | None) -> list[str]:
    """The machines whose sweeps lie in `results`, or the one. Raises ObservationsError."""
    found = {path.parent.parent.name for path in results.glob(f"*/{SWEEPS}/*.parquet")}
    if machine is not None:
        found &= {machine}
    if not found:
        raise ObservationsError(
            f"There are no observations of {machine or 'any machine'} in {results}: "
            "`mlx-asv sweep` makes them."
        )
    return sorted(found)


def of_others(
    observations: Path, machine: str | None, target: Path, rule: Rule, console: Console
) -> None:
    """Judge observations that others recorded, into one file. Raises ObservationsError."""
    frame = read_others(observations)
    if frame.filter(_is_of(machine)).is_empty():
        raise ObservationsError(f"{observations} has no observations of {machine or 'anything'}.")
    try:
        order = release_order(frame)
    except BadObservations as error:
        raise ObservationsError(f"{observations}: {error}") from error
    judgement = judge(life_levels(frame), order, rule)
    _publish(judgement, machine, [target], rule, console)


def _publish(
    judgement: Judgement,
    machine: str | None,
    targets: Sequence[Path],
    rule: Rule,
    console: Console,
) -> None:
    """Print what is asked for; write all, each file of the kind that its name says."""
    shown = replace(
        judgement,
        verdicts=judgement.verdicts.filter(_is_of(machine)),
        suite=judgement.suite.filter(_is_of(machine)),
    )
    print_judgement(shown, console)
    for path in targets:
        write_whole(path, FORMATS[path.suffix](judgement, rule))
        say(console, f"Verdicts: {path}")


def _is_of(machine: str | None) -> pl.Expr:
    return pl.lit(True) if machine is None else pl.col("machine") == machine
