"""`asv run` by the engine: a sweep of the releases and cases that asv's arguments select."""

import re
from argparse import Namespace
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import polars as pl

from mlx_asv.asv_edge.asked_releases import asked_releases
from mlx_asv.asv_edge.errors import NothingSelected
from mlx_asv.asv_edge.existing import Skip, has_results, lacking
from mlx_asv.asv_edge.listing import Listing
from mlx_asv.engine.context import Context, context_here
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.reference import choose_reference
from mlx_asv.engine.revisions import Revisions
from mlx_asv.engine.selection import comparable, contents_of, install_all
from mlx_asv.engine.stop import stoppable
from mlx_asv.observations.store import Running
from mlx_asv.revision import Revision, in_order
from mlx_asv.sweep.command import Planned, measure, write_results
from mlx_asv.sweep.plan import SweepPlan
from mlx_asv.terminal import say

from .ending import say_durations, say_end, say_lost, say_quick
from .parts import Part, parts

#: The status of asv where a benchmark, or the installation of a release, has failed.
SOME_FAILED = 2

#: Replicates that every arm gets, and the most that one gets whose interval is still wider than
#: TARGET; of a quick run one.
REPLICATES, MOST, QUICK = 3, 10, 1

#: Half-width of a 95 % interval that is narrow enough, in log time.
TARGET = 0.01

#: Lets asv measure by itself what other arguments ask for; its exit status.
Theirs = Callable[[Namespace], int | None]


@dataclass(frozen=True)
class Asked:
    """What is going to be measured.

    `tags`: the releases, in asv's order; none that --skip-existing-commits leaves out. `parts`:
    what of it a sweep measures. `others`: asv's names of what no sweep measures.
    """

    tags: Sequence[str]
    reference: Revision
    listing: Listing
    parts: Sequence[Part]
    others: Sequence[str]


def run(args: Namespace, theirs: Theirs) -> int:
    """Measure, or go on where the same command was stopped; the exit status, which is asv's.

    Raises ERRORS, or asv's UserError.
    """
    context = context_here(args.machine, "asv")
    console = context.console
    try:
        with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
            asked = asked_for(args, context)
            if args.dry_run:
                _say_planned(asked, context)
                return 0
            status = _swept(args, asked, context, begin)
    except NothingSelected as error:
        say(console, f"asv measures by itself, one release after another: {error}")
        return theirs(args) or 0
    if asked.others and asked.tags:
        say(
            console,
            "asv measures by itself, one release after another, what does not time calls that "
            f"change with the release: {len(asked.others)} cases",
        )
        return status or theirs(_of_others(args, asked)) or 0
    return status


def asked_for(args: Namespace, context: Context) -> Asked:
    """What the arguments ask for; the reference is installed then, and benchmarks.json written."""
    suite, machine, skip = context.suite, context.machine, Skip.asked(args)
    selected = asked_releases(suite.conf, suite.repo, args)
    revisions = suite.repo.lock.revisions
    reference = choose_reference(context, in_order(revisions[tag] for tag in selected), None)
    tags = [tag for tag in selected if not (skip.commits and has_results(suite, machine, tag))]
    listing = suite.listing(
        suite.install(reference, partial(say, context.console)), args.bench or ()
    )
    cases = comparable(listing.selected(), context.controls)
    left = lacking(suite, machine, listing, tags, skip)
    found = [_beside(context, reference, each) for each in parts(cases, left, context.controls)]
    return Asked(tags, reference, listing, found, listing.names_of_others(context.controls))


def _beside(context: Context, reference: Revision, part: Part) -> Part:
    """A part; one of the reference alone has its neighbour, too: the release before it, or else the
    one after. Without another release there would be nothing to compare."""
    if part.releases != (reference.label,):
        return part
    every = [release.tag for release in context.suite.repo.selection.releases]
    place = every.index(reference.label)
    neighbour = every[max(place - 1, 0) : place] or every[place + 1 : place + 2]
    return replace(part, releases=(*neighbour, *part.releases))


def _swept(
    args: Namespace, asked: Asked, context: Context, begin: Callable[[Running], Running]
) -> int:
    """Measure the parts one after another, each with its results; the exit status."""
    if not asked.parts:
        say(context.console, "asv's results have all of it: nothing is left to measure.")
        return 0
    lock = context.suite.repo.lock
    labels = {label for part in asked.parts for label in part.releases}
    wanted = in_order({asked.reference, *(lock.revisions[label] for label in labels)})
    installed = install_all(context.suite, wanted, asked.reference, context.console)
    revisions = Revisions(installed, asked.reference)
    frames = []
    for part in asked.parts:
        plan = _plan(args, part, revisions, context)
        running = begin(Running(context.state / "sweeps" / plan.key))
        planned = Planned(plan, revisions, asked.listing)
        target = measure(context, planned, running, budget=inf, most=QUICK if args.quick else MOST)
        frames.append(running.read())
        if (frames[-1]["outcome"] == "ok").any():
            if args.quick:
                target = context.apart / target.name
            running.merge(target)
            if not args.quick:
                write_results(context, asked.listing)
            say(context.console, f"Observations: {context.shown(target)}")
        running.clear()
    observations = pl.concat(frames)
    say_lost(observations, args.show_stderr, context.console)
    say_durations(observations, args.durations, context.console)
    if args.quick:
        say_quick(observations, context.console)
    else:
        say_end(observations, labels, TARGET, context)
    outcomes = set(observations["outcome"])
    if "failed" in outcomes or "ok" not in outcomes or len(installed) < len(wanted):
        return SOME_FAILED
    return 0


def _plan(args: Namespace, part: Part, revisions: Revisions, context: Context) -> SweepPlan:
    """The plan of a part: its releases as far as they could be installed, and the reference."""
    wanted = {*part.releases, revisions.reference.label}
    installed = [each for each in revisions.installed if each.revision.label in wanted]
    return SweepPlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        releases=tuple(each.revision.label for each in installed),
        reference=revisions.reference.label,
        cases=part.cases,
        replicates=QUICK if args.quick else REPLICATES,
        target=TARGET,
        longest=inf,
        contents=contents_of(installed),
    )


def _say_planned(asked: Asked, context: Context) -> None:
    """Say what would be measured."""
    for part in asked.parts:
        backends = sorted({name for case in part.cases for name in case.backends if name})
        say(
            context.console,
            f"{len(part.cases)} cases{' on ' if backends else ''}{', '.join(backends)} "
            f"would be measured on {', '.join(part.releases)}, reference {asked.reference.label}:",
            *(f"  {case.name}" for case in part.cases),
        )
    if not asked.parts:
        say(context.console, "Nothing would be measured: asv's results have all of it.")
    if asked.others and asked.tags:
        say(context.console, f"asv would measure by itself: {', '.join(asked.others)}")


def _of_others(args: Namespace, asked: Asked) -> Namespace:
    """The arguments for asv to measure the rest, on the same releases."""
    rest = copy(args)
    rest.range, rest.steps, rest.date_period = list(asked.tags), None, None
    # A sweep has left results of them by now.
    rest.skip_existing_commits = False
    rest.bench = [f"^(?:{'|'.join(map(re.escape, asked.others))})$"]
    return rest
