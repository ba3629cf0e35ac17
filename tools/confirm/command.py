"""`mlx-asv confirm`: two releases, measured afresh on the cases that are in doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p
from pathlib import Path

from rich.console import Console

from tools.asv_edge.suite import Suite, SuiteError
from tools.measurement.zygotes import Workers
from tools.observations.store import Running
from tools.sweep.command import (
    command_line,
    comparable,
    loaders,
    one_release,
    stoppable,
    taken_up,
)
from tools.sweep.exclusive import exclusive
from tools.sweep.progress import Display, duration

from .evidence import Finding
from .pair import Candidate, Design, Pair
from .run import run
from .sequential import FEWEST, Rule
from .words import table


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    pattern: str
    before: str
    after: str
    backends: tuple[str, ...]
    #: The change that matters, as a part: 3 % is 0.03.
    threshold: float
    #: Seconds.
    budget: float
    machine: str | None = None


def directory(results: Path, machine: str) -> Path:
    """Where the finished confirmations of a machine lie: not among its sweeps, whose series have
    no part of what was measured because of what they showed."""
    return results / machine / "confirmations"


def confirm(options: Options, console: Console) -> Mapping[Candidate, Finding]:
    """Decide every case that is asked for, or go on deciding; what became of each.

    Raises SuiteError, AnotherSweep, PlanError, SweepStopped or ObservationsError, each with one
    sentence for the user.
    """
    suite = Suite()
    machine = suite.machine(options.machine)["machine"]
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        design, environs = designed(suite, machine, options)
        running = begin(Running(suite.state / "confirmations" / design.key))
        target, findings = measure(suite, design, environs, running, options.budget, console)
        observed = bool(running.finished())
        if observed:
            running.merge(target)
    running.clear()
    console.print(table(findings, design.before, design.after))
    if observed:
        console.print(f"Observations: {target}", highlight=False, soft_wrap=True)
    return findings


def designed(
    suite: Suite, machine: str, options: Options
) -> tuple[Design, dict[str, dict[str, str]]]:
    """What is going to be measured, with the environment of each release's processes."""
    before = one_release(suite, options.before, "BEFORE")
    after = one_release(suite, options.after, "AFTER")
    if before == after:
        raise SuiteError(f"BEFORE and AFTER are both {before}: there is nothing to compare.")
    environs = {release: suite.install(release) for release in (before, after)}
    controls = suite.settings.controls
    # Whichever backends are in doubt, the controls are measured beside them.
    backends = [*options.backends, *controls] if options.backends else []
    cases = comparable(suite.cases(before, [options.pattern], backends, save=False), controls)
    design = Design(
        machine,
        suite.environment.name,
        suite.conditions,
        before,
        after,
        tuple(cases),
        Rule(threshold=log1p(options.threshold)),
    )
    return design, environs


def measure(
    suite: Suite,
    design: Design,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
    budget: float,
    console: Console,
) -> tuple[Path, Mapping[Candidate, Finding]]:
    """Run the confirmation, or what is left of it; where its observations belong, and what it
    found."""
    plan, logs = taken_up(running, design, "confirmation", "replicates", console)
    console.print(
        f"{len(design.cases)} cases, {design.after} against {design.before}, "
        f"budget {duration(budget)}, on {design.machine}",
        highlight=False,
        soft_wrap=True,
    )
    with (
        Display(console, FEWEST) as display,
        Workers(suite.python, suite.directory, logs, suite.imports) as workers,
    ):
        pair = Pair(
            design,
            plan,
            running,
            environs,
            suite.settings.controls,
            workers,
            suite.directory,
            loaders(suite.build),
            display,
        )
        findings = run(pair, budget, display)
    return directory(suite.results, design.machine) / f"{plan.id}.parquet", findings
