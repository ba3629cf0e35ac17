"""`mlx-asv sweep`: from a range and a selection to observations and asv's results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.asv_edge.series_results import write_series
from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.engine.begin import command_line, session
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import comparable, install_all, one_release
from mlx_asv.engine.stop import stoppable
from mlx_asv.observations.store import Running, directory, read_machine
from mlx_asv.terminal import say

from .plan import Design
from .run import Run
from .summary import print_summary


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    range: str
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    replicates: int
    #: Seconds.
    budget: float
    #: Half-width of a 95 % interval, in log time (1 % is 0.01).
    target: float
    #: Seconds of one call of a case that is worth its time.
    longest: float = inf
    machine: str | None = None
    reference: str | None = None


def sweep(options: Options, console: Console) -> Path:
    """Measure, or go on measuring; the file of observations.

    Raises ERRORS.
    """
    suite = Suite()
    machine = suite.machine(options.machine)
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        design, environs = designed(suite, machine["machine"], options, console)
        running = begin(Running(suite.state / "sweeps" / design.key))
        target = measure(suite, design, environs, running, options, console)
        observations = running.merge(target)
        write_results(suite, machine)
    running.clear()
    print_summary(observations, options.target, console)
    results = suite.results / machine["machine"]
    say(
        console,
        f"Observations: {target}\nasv's results: {results} (`asv publish`, `asv compare A B`)",
    )
    return target


def designed(
    suite: Suite, machine: str, options: Options, console: Console
) -> tuple[Design, dict[str, dict[str, str]]]:
    """What is going to be measured, with the environment of each release's processes."""
    chosen = suite.releases(options.range)
    reference = choose_reference(suite, machine, chosen, options.reference)
    wanted = [tag for tag in suite.order() if tag in {*chosen, reference}]
    environs = install_all(suite, wanted, reference, console)
    cases = comparable(
        suite.cases(reference, options.patterns, options.backends), suite.settings.controls
    )
    design = Design(
        machine,
        suite.environment.name,
        suite.conditions,
        tuple(environs),
        reference,
        tuple(cases),
        options.replicates,
        options.target,
        options.longest,
    )
    return design, environs


def measure(
    suite: Suite,
    design: Design,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
    options: Options,
    console: Console,
) -> Path:
    """Run the sweep, or what is left of it; where its observations belong."""
    with session(suite, design, running, environs, console, options.replicates) as current:
        say(
            console,
            f"{len(design.cases)} cases, {len(environs)} releases, reference {design.reference}, "
            f"budget {duration(options.budget)}, on {design.machine}",
        )
        Run(design, current, options.budget).run()
    return directory(suite.results, design.machine) / f"{current.sweep.id}.parquet"


def choose_reference(suite: Suite, machine: str, chosen: Sequence[str], asked: str | None) -> str:
    """The release that every sweep of this machine shares: the first sweep's, for ever.

    A series continues an earlier one through it, so another cannot be asked for later.
    """
    observed = read_machine(suite.results, machine)
    stored = observed.filter(pl.col("role") == "reference")["release"].unique().to_list()
    if asked is not None:
        asked = one_release(suite, asked, "--reference")
    if stored and asked not in (None, stored[0]):
        raise SuiteError(
            f"The reference of {machine} is {stored[0]}: its earlier sweeps line up with later "
            "ones through it. Leave out --reference, or use another --machine name."
        )
    return str(stored[0]) if stored else asked or chosen[-1]


def write_results(suite: Suite, machine: dict[str, str]) -> None:
    """Write asv's results from all that was ever observed on this machine."""
    levels = life_levels(read_machine(suite.results, machine["machine"]))
    here = levels.filter(pl.col("environment") == suite.environment.name)
    table = series(here, confidence=0.99).filter(pl.col("role") != "twin")
    write_series(suite, machine, table)
