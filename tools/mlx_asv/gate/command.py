"""`mlx-asv gate`: BASE against HEAD, measured until it is clear whether something is slower."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import log1p
from pathlib import Path
from time import monotonic
from typing import ClassVar

from mlx_asv.confirm.measure import measure
from mlx_asv.confirm.plan import PairPlan
from mlx_asv.confirm.words import table
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import beside_controls, contents_of, environs_of
from mlx_asv.engine.stop import stoppable
from mlx_asv.files import write_atomically
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say
from mlx_asv.verdicts.sequential import StoppingRule

from .document import as_json
from .markdown import markdown
from .outcome import Outcome, Status

#: What the two sides are called.
SIDES = ("BASE", "HEAD")

#: Replicates on which a slowdown is claimed that keeps somebody from merging.
FEWEST_TO_GATE = 5


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    base: str
    head: str
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    #: The change that matters, as a part: 5 % is 0.05.
    threshold: float
    #: Seconds.
    budget: float
    strict: bool = False
    markdown: Path | None = None
    json: Path | None = None


@dataclass(frozen=True)
class GatePlan(PairPlan):
    """What a gate is going to measure."""

    kind: ClassVar[str] = "-gate"
    what: ClassVar[str] = "gate"


def gate(options: Options, context: Context) -> Status:
    """Measure, or go on measuring, and say whether something is slower.

    Raises what a sweep may (ERRORS).
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        plan, environs = planned(options, context)
        running = begin(Running(context.state / "gates" / plan.key))
        outcome = judged(options, context, plan=plan, environs=environs, running=running)
        status = outcome.status(options.strict)
        context.console.print(table(outcome.findings, plan.before, plan.after))
        for path, text in (
            (options.markdown, markdown(outcome)),
            (options.json, as_json(outcome, options.strict)),
        ):
            if path is not None:
                write_atomically(path, text)
    running.clear()
    for line in (
        outcome.headline,
        f"Noise: {outcome.noise}. Smallest change that would be found: {outcome.detectable}.",
        f"{duration(outcome.seconds)}, status {status.value}",
    ):
        say(context.console, line)
    return status


def planned(options: Options, context: Context) -> tuple[GatePlan, dict[str, Mapping[str, str]]]:
    """What is going to be measured, with the environment of each side's processes."""
    suite = context.suite
    pair = suite.asker.pair(options.base, options.head, SIDES)
    base, head = sides = [suite.install(each, partial(say, context.console)) for each in pair]
    plan = GatePlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        before=base.revision.label,
        after=head.revision.label,
        cases=tuple(beside_controls(suite, base, options.patterns, options.backends)),
        rule=StoppingRule(log1p(options.threshold), fewest_for_a_change=FEWEST_TO_GATE),
        contents=contents_of(sides),
    )
    return plan, environs_of(sides)


def judged(
    options: Options,
    context: Context,
    *,
    plan: GatePlan,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
) -> Outcome:
    """Decide every benchmark that runs here, or as many as the budget lets."""
    began = monotonic()
    _, policy = measure(context, plan, running=running, environs=environs, budget=options.budget)
    inapplicable = policy.pair.inapplicable()
    return Outcome(
        base=plan.before,
        head=plan.after,
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
    )
