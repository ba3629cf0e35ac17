"""`mlx-asv verdicts`: the verdicts of the analysis in files and in the terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.facts import Facts
from mlx_asv.files import write_whole
from mlx_asv.metric import Metric
from mlx_asv.observations.check import BadObservations, read_others
from mlx_asv.observations.store import ObservationsError
from mlx_asv.terminal import say
from mlx_asv.verdicts.accepted import AcceptedError
from mlx_asv.verdicts.document import as_json, as_parquet
from mlx_asv.verdicts.judge import Judgement, judge
from mlx_asv.verdicts.order import release_order
from mlx_asv.verdicts.reading import readings
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known

from .cases import judged_as_called
from .figures import figures
from .machine import newest
from .results import Results, analysed, judgement, swept
from .summary import print_figures

#: The errors of judging; the text of each is a sentence for the user.
ERRORS = (ObservationsError, AcceptedError)

#: The formats of files, by the end of their names.
FORMATS: Mapping[str, Callable[[Judgement, Rule], bytes]] = {
    ".parquet": lambda judgement, rule: as_parquet(judgement),
    ".json": as_json,
}


@dataclass(frozen=True)
class Asked:
    """What is printed of what was judged.

    `machine`: this one's verdicts alone; None: all. `metric`: likewise. `summary`: the figures of
    all steps, in place of the verdicts.
    """

    machine: str | None = None
    metric: Metric | None = None
    summary: bool = False


def of_results(results: Results, asked: Asked, rule: Rule, console: Console) -> None:
    """Judge all machines whose observations lie in the results; print what is asked for.

    The files lie beside the environments, not in the results: there asv takes every .json for one
    of its own. Raises ObservationsError or AcceptedError.
    """
    machines = swept(results.path, asked.machine)
    found = judgement(results, rule)
    targets = [results.state / "verdicts" / f"verdicts{ending}" for ending in FORMATS]
    analyses = [analysed(results, name, rule) for name in machines]
    cases = pl.concat(each.cases for each in analyses)
    _print(found, (each.series for each in analyses), cases, asked, console)
    _write(found, targets, rule, console)


def of_others(
    observations: Path,
    asked: Asked,
    target: Path,
    rule: Rule,
    facts: Facts | None,
    console: Console,
) -> None:
    """Judge observations that others recorded, into one file. Raises ObservationsError.

    `facts`: what is known of their suite.
    """
    frame = read_others(observations)
    if frame.filter(_is_of(asked.machine)).is_empty():
        of_what = asked.machine or "anything"
        raise ObservationsError(f"{observations} has no observations of {of_what}.")
    try:
        order = release_order(frame)
    except BadObservations as error:
        raise ObservationsError(f"{observations}: {error}") from error
    levels = life_levels(newest(frame))
    found = judge(levels, order, rule, known=known_of(frame, facts))
    _print(found, (series(each) for each in [levels]), frame, asked, console)
    _write(found, [target], rule, console)


def known_of(observations: pl.DataFrame, facts: Facts | None) -> Known:
    """What is known of observations: nothing of a suite without facts."""
    if facts is None:
        return Known.of(observations, {})
    return Known.of(observations, facts.backends, facts.allowed)


def _print(
    found: Judgement,
    measured: Iterable[pl.DataFrame],
    cases: pl.DataFrame,
    asked: Asked,
    console: Console,
) -> None:
    """Print what is asked for. `measured`: SERIES, in parts, made only where they are needed.
    `cases`: with the axes of each."""
    of_it = _is_of(asked.machine)
    shown = replace(
        found,
        verdicts=found.verdicts.filter(of_it),
        suite=found.suite.filter(of_it),
        absolute=found.absolute.filter(of_it),
        exactness=found.exactness.filter(of_it),
    )
    shown = judged_as_called(shown, cases)
    if asked.summary:
        known = pl.concat(measured).filter(of_it)
        print_figures(figures(readings(shown.verdicts), known), console)
    else:
        print_judgement(shown, console, asked.metric)


def _write(found: Judgement, targets: Sequence[Path], rule: Rule, console: Console) -> None:
    """Write all, each file of the kind that its name says."""
    for path in targets:
        write_whole(path, FORMATS[path.suffix](found, rule))
        say(console, f"Verdicts: {path}")


def _is_of(machine: str | None) -> pl.Expr:
    return pl.lit(True) if machine is None else pl.col("machine") == machine
