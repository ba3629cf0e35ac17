"""`mlx-asv confirm`: releases measured afresh, two by two, on the cases that are in doubt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import log1p
from time import monotonic

import polars as pl
from rich.console import Console

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.engine.begin import command_line, session
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import beside_controls, one_release
from mlx_asv.engine.session import Session
from mlx_asv.engine.stop import stoppable
from mlx_asv.job import Case
from mlx_asv.observations.store import CONFIRMATIONS, Running, directory, read, read_machine
from mlx_asv.terminal import say
from mlx_asv.verdicts.command import judgement_of
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import FEWEST, StoppingRule

from .candidates import Doubtful, cases_of, doubtful
from .pair import Candidate, Design, Pair
from .run import run
from .words import table

#: Seconds that deciding a candidate takes, as a rule: ten replicates of two seconds.
ENOUGH = 20.0

#: What became of the candidates of a confirmation.
Findings = Mapping[Candidate, Finding]


@dataclass(frozen=True)
class Options:
    """How to measure."""

    #: The change that matters, as a part: 3 % is 0.03.
    threshold: float
    #: Seconds.
    budget: float
    machine: str | None = None

    @property
    def rule(self) -> StoppingRule:
        """When a pair is decided."""
        return StoppingRule(threshold=log1p(self.threshold))


@dataclass(frozen=True)
class Asked:
    """A pair that the user asks about."""

    pattern: str
    before: str
    after: str
    backends: tuple[str, ...] = ()


def confirm_asked(asked: Asked, options: Options, console: Console) -> Findings:
    """Decide every case that is asked for, or go on deciding; what became of each.

    This and the next raise what a sweep may (ERRORS), or AcceptedError.
    """
    suite = Suite()
    machine = suite.machine(options.machine)["machine"]
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        before = one_release(suite, asked.before, "BEFORE")
        after = one_release(suite, asked.after, "AFTER")
        if before == after:
            raise SuiteError(f"BEFORE and AFTER are both {before}: there is nothing to compare.")
        environs = {release: suite.install(release) for release in (before, after)}
        cases = beside_controls(suite, before, [asked.pattern], asked.backends)
        design = _design(suite, machine, before, after, cases, options.rule)
        return _kept(suite, design, environs, begin, options.budget, read([]), console)


def confirm_doubtful(options: Options, console: Console) -> list[Findings]:
    """Decide all that the machine's sweeps have found slower or faster; pair by pair.

    The newest release comes first. A pair gets its part of what is left of the budget, by the
    number of its candidates, or what deciding these takes: a budget that is too small for all
    leaves the oldest for the next time, and not all of them undecided.
    """
    suite = Suite()
    machine = suite.machine(options.machine)["machine"]
    rule = Rule(threshold=options.rule.threshold)
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        end = monotonic() + options.budget
        verdicts = judgement_of(suite.results, suite.order(), rule, machine).verdicts
        pairs = doubtful(verdicts, suite.environment.name, suite.order())
        earlier = read_machine(suite.results, machine, CONFIRMATIONS)
        left = sum(len(pair.series) for pair in pairs)
        console.print(f"{left} candidates on {machine}, of {len(pairs)} pairs of releases")
        every = suite.cases(pairs[0].after, [], [], save=False) if pairs else []
        found: list[Findings] = []
        for pair in pairs:
            if monotonic() >= end:
                break
            remaining, count = end - monotonic(), len(pair.series)
            part = min(remaining, max(remaining * count / left, ENOUGH * count))
            left -= count
            if ready := _ready(suite, machine, pair, every, options.rule, console):
                found.append(_kept(suite, *ready, begin, part, earlier, console))
    undecided = left + sum(not each.decided for part in found for each in part.values())
    if undecided:
        say(console, f"{undecided} are not decided: the same command goes on.")
    return found


def _ready(
    suite: Suite,
    machine: str,
    pair: Doubtful,
    cases: list[Case],
    rule: StoppingRule,
    console: Console,
) -> tuple[Design, dict[str, dict[str, str]]] | None:
    """The design of a confirmation, and its releases' environments; None, once it is said why, of
    a pair that cannot be measured any more."""
    wanted = cases_of(pair, cases, suite.settings.controls)
    if not wanted:
        why = "this suite has none of the benchmarks any more"
    else:
        try:
            environs = {tag: suite.install(tag) for tag in (pair.before, pair.after)}
        except SuiteError as error:
            why = str(error)
        else:
            return _design(suite, machine, pair.before, pair.after, wanted, rule), environs
    text = f"Left out: {pair.after} against {pair.before}: {why}"
    say(console, text)
    return None


def _design(
    suite: Suite, machine: str, before: str, after: str, cases: Sequence[Case], rule: StoppingRule
) -> Design:
    here = machine, suite.environment.name, suite.conditions
    return Design(*here, before, after, tuple(cases), rule)


def _kept(
    suite: Suite,
    design: Design,
    environs: Mapping[str, Mapping[str, str]],
    begin: Callable[[Running], Running],
    budget: float,
    earlier: pl.DataFrame,
    console: Console,
) -> Findings:
    """Run a confirmation, or what is left of it, and put its observations with the results.

    `earlier`: observations of other confirmations, of which those of this pair count.
    """
    running = begin(Running(suite.state / "confirmations" / design.key))
    with pair_session(suite, design, running, environs, budget, console) as current:
        findings = run(Pair(design, current, between(earlier, design)), budget)
    console.print(table(findings, design.before, design.after))
    if running.finished():
        target = (
            directory(suite.results, design.machine, CONFIRMATIONS) / f"{current.sweep.id}.parquet"
        )
        running.merge(target)
        say(console, f"Observations: {target}")
    running.clear()
    return findings


@contextmanager
def pair_session(
    suite: Suite,
    design: Design,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
    budget: float,
    console: Console,
) -> Iterator[Session]:
    """The processes that measure a pair, once it is said what is measured."""
    with session(suite, design, running, environs, console, FEWEST) as current:
        say(
            console,
            f"{len(design.cases)} cases, {design.after} against {design.before}, "
            f"budget {duration(budget)}, on {design.machine}",
        )
        yield current


def between(observations: pl.DataFrame, design: Design) -> pl.DataFrame:
    """Those of the block sets that measured the design's pair, where it is measured now."""
    roles = {"reference": design.before, "release": design.after}
    here = observations.filter(environment=design.environment)
    for role, release in roles.items():
        of_it = here.filter((pl.col("role") == role) & (pl.col("release") == release))
        here = here.join(of_it.select(_BLOCK_SET).unique(), on=_BLOCK_SET, how="semi")
    return here


#: Inside a machine and environment.
_BLOCK_SET = ("sweep", "benchmark", "version", "case", "replicate", "group")
