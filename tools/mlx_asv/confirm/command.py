"""`mlx-asv confirm`: releases measured afresh, two by two, on the cases that are in doubt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isclose, log1p
from pathlib import Path
from time import monotonic

import polars as pl

from mlx_asv.analysis.results import judgement
from mlx_asv.asv_edge.stored import Project
from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.selection import beside_controls, contents_of, environs_of
from mlx_asv.engine.stop import stoppable
from mlx_asv.environments.installer import Installed
from mlx_asv.job import Case
from mlx_asv.metric import TIME
from mlx_asv.observations.store import CONFIRMATIONS, Running, directory, read, read_machine
from mlx_asv.terminal import say
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import StoppingRule

from .candidates import Doubtful, cases_of, doubtful
from .measure import measure
from .pair import Candidate
from .plan import PairPlan, between
from .words import table

#: Seconds that deciding a candidate takes, as a rule: ten replicates of two seconds.
ENOUGH = 20.0

#: What became of the candidates of a confirmation.
Findings = Mapping[Candidate, Finding]


@dataclass(frozen=True)
class Options:
    """What the user asked for, whichever the pairs are."""

    #: The change of time that matters, as a part of one.
    threshold: float
    #: Seconds.
    budget: float

    @property
    def rule(self) -> StoppingRule:
        """When a pair is decided."""
        return StoppingRule(log1p(self.threshold))

    @property
    def judging(self) -> Rule:
        """What a candidate is: as `mlx-asv verdicts` says, if no other threshold is asked for."""
        usual = isclose(self.rule.threshold, TIME.threshold)
        return Rule() if usual else Rule(self.rule.threshold)


@dataclass(frozen=True)
class Asked:
    """A pair that the user asks about."""

    pattern: str
    before: str
    after: str
    backends: tuple[str, ...] = ()


def confirm_asked(asked: Asked, options: Options, context: Context) -> Findings:
    """Decide every case that is asked for, or go on deciding; what became of each.

    This and the next raise what a sweep may (ERRORS), or AcceptedError.
    """
    suite = context.suite
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        pair = suite.asker.pair(asked.before, asked.after, ("BEFORE", "AFTER"))
        before, after = (suite.install(each, partial(say, context.console)) for each in pair)
        listing = suite.listing(before, [asked.pattern], save=False)
        cases = beside_controls(listing, context.controls, asked.backends)
        plan = _plan(context, (before, after), cases, options.rule)
        return _kept(
            context,
            plan,
            environs=environs_of((before, after)),
            begin=begin,
            budget=options.budget,
            earlier=read([]),
            folder=_with_results(context) if pair[0].is_release else context.apart,
        )


def confirm_doubtful(
    options: Options, context: Context, which: pl.Expr | None = None
) -> list[Findings]:
    """Decide all that the machine's sweeps have found slower or faster; pair by pair.

    `which`: the verdicts that are worth it, all if left out.

    The newest release comes first. A pair gets its part of what is left of the budget, by the
    number of its candidates, or what deciding these takes: a budget that is too small for all
    leaves the oldest for the next time, and not all of them undecided.
    """
    suite, console, machine = context.suite, context.console, context.machine
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        end = monotonic() + options.budget
        verdicts = judgement(Project.of(suite.conf).swept, options.judging, machine).verdicts
        wanted = verdicts if which is None else verdicts.filter(which)
        pairs = doubtful(wanted, context.environment, suite.order())
        earlier = read_machine(context.results, machine, CONFIRMATIONS)
        left = sum(len(pair.series) for pair in pairs)
        console.print(f"{left} candidates on {machine}, of {len(pairs)} pairs of releases")
        every = _every(context, pairs[0].after) if pairs else []
        found: list[Findings] = []
        for pair in pairs:
            if monotonic() >= end:
                break
            remaining, count = end - monotonic(), len(pair.series)
            part = min(remaining, max(remaining * count / left, ENOUGH * count))
            left -= count
            if ready := _ready(context, pair, every, options.rule):
                plan, environs = ready
                found.append(
                    _kept(
                        context,
                        plan,
                        environs=environs,
                        begin=begin,
                        budget=part,
                        earlier=earlier,
                        folder=_with_results(context),
                    )
                )
    undecided = left + sum(not each.decided for part in found for each in part.values())
    if undecided:
        say(console, f"{undecided} are not decided: the same command goes on.")
    return found


def _ready(
    context: Context, pair: Doubtful, cases: list[Case], rule: StoppingRule
) -> tuple[PairPlan, dict[str, Mapping[str, str]]] | None:
    """The plan of a confirmation, and its releases' environments; None, once it is said why, of
    a pair that cannot be measured any more."""
    wanted = cases_of(pair, cases, context.controls)
    if not wanted:
        why = "this suite has none of the benchmarks any more"
    else:
        try:
            before, after = (_installed(context, tag) for tag in (pair.before, pair.after))
        except SuiteError as error:
            why = str(error)
        else:
            return _plan(context, (before, after), wanted, rule), environs_of((before, after))
    say(context.console, f"Left out: {pair.after} against {pair.before}: {why}")
    return None


def _every(context: Context, release: str) -> list[Case]:
    """All cases of the suite, as a release has them."""
    return context.suite.listing(_installed(context, release), save=False).selected()


def _installed(context: Context, release: str) -> Installed:
    return context.suite.install(context.suite.repo.lock.revisions[release])


def _plan(
    context: Context,
    pair: tuple[Installed, Installed],
    cases: Sequence[Case],
    rule: StoppingRule,
) -> PairPlan:
    before, after = (each.revision.label for each in pair)
    return PairPlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        before=before,
        after=after,
        cases=tuple(cases),
        rule=rule,
        contents=contents_of(pair),
    )


def _with_results(context: Context) -> Path:
    """Where the confirmations of releases lie."""
    return directory(context.results, context.machine, CONFIRMATIONS)


def _kept(
    context: Context,
    plan: PairPlan,
    *,
    environs: Mapping[str, Mapping[str, str]],
    begin: Callable[[Running], Running],
    budget: float,
    earlier: pl.DataFrame,
    folder: Path,
) -> Findings:
    """Run a confirmation, or what is left of it, and put its observations into `folder`.

    `earlier`: observations of other confirmations, of which those of this pair count.
    """
    running = begin(Running(context.state / "confirmations" / plan.key))
    begun, policy = measure(
        context,
        plan,
        running=running,
        environs=environs,
        budget=budget,
        earlier=between(earlier, plan),
    )
    context.console.print(table(policy.findings, plan.before, plan.after))
    if running.finished():
        target = folder / f"{begun.id}.parquet"
        running.merge(target)
        say(context.console, f"Observations: {context.shown(target)}")
    running.clear()
    return policy.findings
