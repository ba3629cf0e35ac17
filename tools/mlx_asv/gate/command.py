"""`mlx-asv gate`: BASE against HEAD, measured until it is clear whether something is slower."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import log1p
from pathlib import Path
from time import monotonic
from typing import ClassVar

from rich.console import Console

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.confirm.command import pair_session
from mlx_asv.confirm.pair import Design, Pair
from mlx_asv.confirm.run import run
from mlx_asv.confirm.words import table
from mlx_asv.engine.begin import command_line
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import beside_controls
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
    machine: str | None = None


@dataclass(frozen=True)
class GateDesign(Design):
    """What a gate is going to measure."""

    kind: ClassVar[str] = "-gate"
    what: ClassVar[str] = "gate"

    #: Where both sides are installed: a new build under an old name is another gate.
    contents: tuple[str, ...] = ()


def gate(options: Options, console: Console) -> Status:
    """Measure, or go on measuring, and say whether something is slower.

    Raises what a sweep may (ERRORS), or AskedError.
    """
    suite = Suite()
    machine = suite.machine(options.machine)["machine"]
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        design, environs = designed(suite, machine, options, console)
        running = begin(Running(suite.state / "gates" / design.key))
        outcome = measure(suite, design, environs, running, options, console)
        status = outcome.status(options.strict)
        console.print(table(outcome.findings, design.before, design.after))
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
        say(console, line)
    return status


def designed(
    suite: Suite, machine: str, options: Options, console: Console
) -> tuple[GateDesign, dict[str, Mapping[str, str]]]:
    """What is going to be measured, with the environment of each side's processes."""
    pair = suite.asker.pair(options.base, options.head, SIDES)
    base, head = (suite.installed(revision, partial(say, console)) for revision in pair)
    cases = beside_controls(suite, base, options.patterns, options.backends)
    rule = StoppingRule(threshold=log1p(options.threshold), fewest_for_a_change=FEWEST_TO_GATE)
    design = GateDesign(
        machine=machine,
        environment=suite.environment.name,
        conditions=suite.conditions,
        before=base.revision.label,
        after=head.revision.label,
        cases=tuple(cases),
        rule=rule,
        contents=tuple(str(each.overlay.path) for each in (base, head)),
    )
    return design, {each.revision.label: each.environ for each in (base, head)}


def measure(
    suite: Suite,
    design: GateDesign,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
    options: Options,
    console: Console,
) -> Outcome:
    """Decide every benchmark that runs here, or as many as the budget lets."""
    began = monotonic()
    with pair_session(suite, design, running, environs, options.budget, console) as current:
        pair = Pair(design, current)
        inapplicable = pair.inapplicable()
        findings = {
            candidate: found
            for candidate, found in run(pair, options.budget).items()
            if candidate not in inapplicable
        }
    return Outcome(
        *(design.before, design.after, design.machine, design.conditions),
        *(design.rule.threshold, monotonic() - began, findings, inapplicable),
    )
