"""`mlx-asv gate`: BASE against HEAD, measured until it is clear whether something is worse."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log1p
from pathlib import Path
from time import monotonic
from typing import ClassVar

from mlx_asv.asv_edge.listing import Listing
from mlx_asv.confirm.measure import measure
from mlx_asv.confirm.plan import PairPlan
from mlx_asv.confirm.words import table
from mlx_asv.count.measure import measure as count
from mlx_asv.count.plan import CountPlan
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import beside_controls, contents_of, environs_of
from mlx_asv.engine.session import Counting
from mlx_asv.engine.stop import stoppable
from mlx_asv.environments.installer import Installed
from mlx_asv.files import write_atomically
from mlx_asv.job import Case
from mlx_asv.measurement.counting_engine import engine
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say
from mlx_asv.verdicts.sequential import StoppingRule

from .counts import findings
from .document import as_json
from .markdown import markdown
from .outcome import Outcome, Status, worst

#: What the two sides are called.
SIDES = ("BASE", "HEAD")

#: Replicates on which a slowdown is claimed that keeps somebody from merging.
FEWEST_TO_GATE = 5

#: Changes that matter here if nobody says otherwise, as parts: what may keep somebody from merging.
THRESHOLDS = {TIME.name: 0.05, INSTRUCTIONS.name: 0.01}

#: Seconds of the longest call that is counted.
LONGEST_COUNTED = 0.1


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    base: str
    head: str
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    #: The change that matters, as a part: 5 % is 0.05; None: each metric's own of THRESHOLDS.
    threshold: float | None
    #: Seconds.
    budget: float
    strict: bool = False
    markdown: Path | None = None
    json: Path | None = None
    #: Names of the metrics that decide; counts come first, they take the less time.
    metrics: tuple[str, ...] = (TIME.name,)
    #: The most replicates of a case: what is undecided then is inconclusive.
    most: int = StoppingRule.most
    #: Write asv's benchmarks.json, too.
    save: bool = False

    def threshold_of(self, metric: str) -> float:
        """The change of a metric that matters, a log ratio."""
        return log1p(THRESHOLDS[metric] if self.threshold is None else self.threshold)


@dataclass(frozen=True)
class GatePlan(PairPlan):
    """What a gate is going to measure."""

    kind: ClassVar[str] = "-gate"
    what: ClassVar[str] = "gate"


@dataclass(frozen=True)
class GateCountPlan(CountPlan):
    """What a gate is going to count."""

    kind: ClassVar[str] = "-gate-counts"
    what: ClassVar[str] = "gate"


@dataclass(frozen=True)
class Gate:
    """A gate whose two sides are installed.

    `begin` must be told what has begun. `runs`: what was measured, kept until the outcome is told.
    """

    options: Options
    context: Context
    sides: tuple[Installed, Installed]
    #: The suite as BASE has it, and the cases of it that are compared.
    listing: Listing
    cases: tuple[Case, ...]
    begin: Callable[[Running], Running]
    runs: list[Running]

    @property
    def labels(self) -> tuple[str, str]:
        """The names of BASE and HEAD."""
        base, head = self.sides
        return base.revision.label, head.revision.label

    @property
    def environs(self) -> dict[str, Mapping[str, str]]:
        """The environment of each side's processes."""
        return environs_of(self.sides)

    def running(self, plan: GatePlan | GateCountPlan) -> Running:
        """The place of what is measured by a plan."""
        self.runs.append(self.begin(Running(self.context.state / "gates" / plan.key)))
        return self.runs[-1]


def gate(options: Options, context: Context) -> Status:
    """Measure, or go on measuring, and say whether something is worse.

    Raises what a sweep may (ERRORS).
    """
    console = context.console
    outcomes = decided(options, context, _written)
    status = worst(outcomes, options.strict)
    for outcome in outcomes:
        say(console, outcome.headline)
        say(
            console,
            f"Noise: {outcome.noise}. Smallest change that would be found: {outcome.detectable}.",
        )
    seconds = sum(outcome.seconds for outcome in outcomes)
    say(console, f"{duration(seconds)}, status {status.value}")
    return status


def decided(
    options: Options, context: Context, tell: Callable[["Gate", Sequence[Outcome]], None]
) -> list[Outcome]:
    """Measure, or go on measuring: the outcome by each metric.

    `tell` hears them before what was measured is removed. Raises ERRORS.
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        gate = opened(options, context, begin)
        began = monotonic()
        outcomes: list[Outcome] = []
        for metric in options.metrics:
            left = options.budget - (monotonic() - began)
            outcomes.append(BY_METRIC[metric](gate, left))
        tell(gate, outcomes)
    for running in gate.runs:
        running.clear()
    return outcomes


def _written(gate: Gate, outcomes: Sequence[Outcome]) -> None:
    """Print the findings, and write the files that are asked for."""
    options = gate.options
    for outcome in outcomes:
        gate.context.console.print(table(outcome.findings, *gate.labels))
    for path, text in (
        (options.markdown, markdown(outcomes)),
        (options.json, as_json(outcomes, options.strict)),
    ):
        if path is not None:
            write_atomically(path, text)


def opened(options: Options, context: Context, begin: Callable[[Running], Running]) -> Gate:
    """A gate with its two sides installed, and the cases that BASE has."""
    suite = context.suite
    pair = suite.asker.pair(options.base, options.head, SIDES)
    base, head = (suite.install(each, partial(say, context.console)) for each in pair)
    listing = suite.listing(base, options.patterns, save=options.save)
    cases = tuple(beside_controls(listing, context.controls, options.backends))
    return Gate(options, context, (base, head), listing, cases, begin, [])


def by_time(gate: Gate, budget: float) -> Outcome:
    """Decide every benchmark that runs here, or as many as the budget lets."""
    context, (before, after) = gate.context, gate.labels
    plan = GatePlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        before=before,
        after=after,
        cases=gate.cases,
        rule=StoppingRule(
            gate.options.threshold_of(TIME.name),
            most=gate.options.most,
            fewest_for_a_change=FEWEST_TO_GATE,
        ),
        contents=contents_of(gate.sides),
    )
    began = monotonic()
    running = gate.running(plan)
    _, policy = measure(context, plan, running=running, environs=gate.environs, budget=budget)
    inapplicable = policy.pair.inapplicable()
    return Outcome(
        base=before,
        head=after,
        machine=plan.machine,
        conditions=plan.conditions,
        threshold=plan.rule.threshold,
        seconds=monotonic() - began,
        findings={
            candidate: found
            for candidate, found in policy.findings.items()
            if candidate not in inapplicable
        },
        inapplicable=inapplicable,
        observations=running.read(),
    )


def by_counts(gate: Gate, budget: float) -> Outcome:
    """Count every benchmark that runs here, on both sides, or as many as the budget lets."""
    context, (before, after) = gate.context, gate.labels
    counting = engine()
    plan = GateCountPlan.here(
        context,
        counting,
        releases=(before, after),
        reference=before,
        cases=gate.cases,
        longest=LONGEST_COUNTED,
        contents=contents_of(gate.sides),
    )
    began = monotonic()
    running = gate.running(plan)
    count(
        context,
        plan,
        counting=Counting(counting, os.cpu_count() or 1),
        running=running,
        environs=gate.environs,
        budget=budget,
    )
    threshold = gate.options.threshold_of(INSTRUCTIONS.name)
    observations = running.read()
    found, inapplicable = findings(observations, plan, context.controls, threshold)
    return Outcome(
        base=before,
        head=after,
        machine=plan.machine,
        conditions=plan.conditions,
        threshold=threshold,
        seconds=monotonic() - began,
        findings=found,
        inapplicable=inapplicable,
        metric=INSTRUCTIONS,
        observations=observations,
    )


#: How each metric decides.
BY_METRIC: Mapping[str, Callable[[Gate, float], Outcome]] = {
    INSTRUCTIONS.name: by_counts,
    TIME.name: by_time,
}
