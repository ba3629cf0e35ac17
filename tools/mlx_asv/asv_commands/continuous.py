"""`asv continuous` by the engine: a gate that speaks as asv does."""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf

from mlx_asv.asv_edge.asked_releases import asked_pair
from mlx_asv.asv_edge.compared import Mark, print_compared, print_conclusion
from mlx_asv.asv_edge.errors import NothingSelected, SuiteError
from mlx_asv.engine.context import Context, context_here
from mlx_asv.gate.command import FEWEST_TO_GATE, Gate, Options, decided
from mlx_asv.gate.outcome import Outcome
from mlx_asv.measurement.counting_engine import engine
from mlx_asv.measurement.valgrind import NoCounter
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.terminal import say

from .judged import Judged, judged, rows

#: Lets asv measure by itself what other arguments ask for; its exit status.
Theirs = Callable[[Namespace], int | None]

#: The most replicates of a benchmark: without a budget they are the end of it.
MOST = 12

#: The exit statuses of asv: something is slower; something could not be measured.
SLOWER, SOME_FAILED = 1, 2


@dataclass
class Told:
    """What a gate has told: a row of asv's table for each benchmark."""

    found: list[Judged] = field(default_factory=list)

    def hear(self, args: Namespace, gate: Gate, outcomes: Sequence[Outcome]) -> None:
        """Print the table."""
        by_metric: Mapping[str, Outcome] = {each.metric.name: each for each in outcomes}
        self.found = judged(by_metric[TIME.name], by_metric.get(INSTRUCTIONS.name))
        print_compared(rows(self.found, gate.listing.names()), gate.labels, args)


def continuous(args: Namespace, theirs: Theirs) -> int:
    """Compare two releases, or go on comparing; the exit status: 1 only if something is slower, by
    fresh replicates or by counts where time cannot tell.

    Raises ERRORS, or asv's UserError.
    """
    if not args.factor >= 1:
        raise SuiteError(f"--factor {args.factor:g} is less than 1: it is how much slower matters.")
    context = context_here(args.machine, "asv")
    base, head = asked_pair(context.suite.conf, context.suite.repo, args)
    told = Told()
    options = Options(
        base=base,
        head=head,
        patterns=tuple(args.bench or ()),
        backends=(),
        threshold=args.factor - 1,
        budget=inf,
        metrics=(TIME.name,) if args.quick else _metrics(context),
        most=FEWEST_TO_GATE if args.quick else MOST,
        save=True,
    )
    try:
        outcomes = decided(options, context, partial(told.hear, args))
    except NothingSelected as error:
        say(context.console, f"asv measures by itself, one release after another: {error}")
        return theirs(args) or 0
    _say_worth(args, outcomes, context)
    marks = {each.mark for each in told.found}
    print_conclusion(Mark.WORSE in marks, Mark.BETTER in marks)
    if Mark.WORSE in marks:
        return SLOWER
    measured = any(each.measured for each in told.found)
    return 0 if measured and not any(each.failed for each in told.found) else SOME_FAILED


def _metrics(context: Context) -> tuple[str, ...]:
    """What decides: counts, where something counts here, and time."""
    try:
        engine()
    except NoCounter as error:
        say(context.console, f"Time alone decides. {error}")
        return (TIME.name,)
    return (INSTRUCTIONS.name, TIME.name)


def _say_worth(args: Namespace, outcomes: Sequence[Outcome], context: Context) -> None:
    """Say what the verdicts rest on, and what was not compared."""
    for outcome in outcomes:
        say(
            context.console,
            f"{outcome.metric.name.capitalize()}: {outcome.headline}. {outcome.noise}. "
            f"Smallest change that would be found: {outcome.detectable}.",
        )
    if args.quick:
        say(
            context.console,
            f"A quick comparison ends after {FEWEST_TO_GATE} replicates and counts nothing: its "
            "verdicts hold, but more are inconclusive.",
        )
