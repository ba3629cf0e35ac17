"""`mlx-asv verdicts`: the verdicts of the analysis in files and in the terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.effects.lives import life_levels
from mlx_asv.facts import Backend
from mlx_asv.files import write_whole
from mlx_asv.observations.check import BadObservations, read_others
from mlx_asv.observations.store import ObservationsError
from mlx_asv.terminal import say
from mlx_asv.verdicts.accepted import AcceptedError
from mlx_asv.verdicts.document import as_json, as_parquet
from mlx_asv.verdicts.judge import Judgement, judge
from mlx_asv.verdicts.order import release_order
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known

from .machine import newest
from .results import Results, judgement, swept

#: The errors of judging; the text of each is a sentence for the user.
ERRORS = (ObservationsError, AcceptedError)

#: The formats of files, by the end of their names.
FORMATS: Mapping[str, Callable[[Judgement, Rule], bytes]] = {
    ".parquet": lambda judgement, rule: as_parquet(judgement),
    ".json": as_json,
}


def of_results(results: Results, machine: str | None, rule: Rule, console: Console) -> None:
    """Judge all machines whose observations lie in the results; print all of them, or one.

    The files lie beside the environments, not in the results: there asv takes every .json for one
    of its own. Raises ObservationsError or AcceptedError.
    """
    swept(results.path, machine)
    found = judgement(results, rule)
    targets = [results.state / "verdicts" / f"verdicts{ending}" for ending in FORMATS]
    _publish(found, machine, targets, rule, console)


def of_others(
    observations: Path,
    machine: str | None,
    target: Path,
    rule: Rule,
    backends: Mapping[str, Backend],
    console: Console,
) -> None:
    """Judge observations that others recorded, into one file. Raises ObservationsError.

    `backends`: what is known of them.
    """
    frame = read_others(observations)
    if frame.filter(_is_of(machine)).is_empty():
        raise ObservationsError(f"{observations} has no observations of {machine or 'anything'}.")
    try:
        order = release_order(frame)
    except BadObservations as error:
        raise ObservationsError(f"{observations}: {error}") from error
    found = judge(life_levels(newest(frame)), order, rule, known=Known.of(frame, backends))
    _publish(found, machine, [target], rule, console)


def _publish(
    found: Judgement,
    machine: str | None,
    targets: Sequence[Path],
    rule: Rule,
    console: Console,
) -> None:
    """Print what is asked for; write all, each file of the kind that its name says."""
    shown = replace(
        found,
        verdicts=found.verdicts.filter(_is_of(machine)),
        suite=found.suite.filter(_is_of(machine)),
    )
    print_judgement(shown, console)
    for path in targets:
        write_whole(path, FORMATS[path.suffix](found, rule))
        say(console, f"Verdicts: {path}")


def _is_of(machine: str | None) -> pl.Expr:
    return pl.lit(True) if machine is None else pl.col("machine") == machine
