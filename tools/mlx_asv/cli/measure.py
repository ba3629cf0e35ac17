"""What measures: `tour`, `sweep`, `count`, `track`, `confirm`, `gate` and `calibrate`.

They import what they run when they run: polars and scipy take a second, and `--help` needs neither.
"""

import sys
from math import expm1
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import click

from mlx_asv.metric import TIME

from .checkout import in_checkout, one_sentence
from .options import (
    DURATION,
    OF_TIME,
    PERCENTAGE,
    budget_option,
    jobs_option,
    names,
    the_backends,
    the_cases,
    the_reference,
    the_revisions,
    this_machine,
    threshold_option,
)

if TYPE_CHECKING:
    from mlx_asv.confirm.command import Asked

#: The change that matters when a sweep is confirmed, and the part of its budget that this gets.
CHANGE, CONFIRMING = expm1(TIME.threshold), 1 / 3

#: The status of a command that could not measure all that it was asked for.
NOT_MEASURED = 3


@click.command()
@click.argument("range", default="v0.5.0..HEAD")
@click.option(
    "-b", "--bench", multiple=True, default=("@tour",), show_default=True, help="As for asv run."
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="How many releases of the range.",
)
@budget_option("5m", "Wall time to measure.")
@click.option("--again", is_flag=True, help="Measure what an earlier tour has measured, too.")
@click.option("--begun", type=float, hidden=True, help="Unix time at which the set-up began.")
@this_machine
def tour(
    range: str,
    bench: tuple[str, ...],
    count: int,
    budget: float,
    again: bool,
    begun: float | None,
    machine: str | None,
) -> None:
    """Measure a few releases spread over RANGE, publish, and say what was found.

    A sweep, fresh replicates of what became slower, and counts of what is open then. An interrupted
    tour goes on with the same command.
    """
    began = time() if begun is None else begun
    in_checkout()
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS
    from mlx_asv.tour.command import Options, run_tour
    from mlx_asv.verdicts.accepted import AcceptedError

    options = Options(
        range=range, count=count, patterns=bench, budget=budget, again=again, begun=began
    )
    with one_sentence(*ERRORS, AcceptedError):
        status = run_tour(options, context_here(machine))
    sys.exit(status)


@click.command()
@the_revisions
@the_cases
@click.option("--tour", "the_tour", is_flag=True, help="The cases of the tour: -b @tour.")
@the_backends
@click.option(
    "--replicates",
    type=click.IntRange(min=3),
    default=3,
    show_default=True,
    help="Lives of the processes that every arm gets; wide ones get more while time is left.",
)
@budget_option("90m")
@click.option(
    "--target",
    type=PERCENTAGE,
    default="1%",
    show_default=True,
    help="Half-width of a 95 % interval that is narrow enough.",
)
@click.option(
    "--longest",
    type=DURATION,
    default="1000h",
    help="Leave out the cases of which one call takes longer than this on the reference.",
)
@the_reference
@this_machine
@click.option(
    "--confirm",
    "confirms",
    is_flag=True,
    help="Keep a third of the budget to measure what it finds slower or faster afresh.",
)
def sweep(
    revisions: tuple[str, ...],
    bench: tuple[str, ...],
    the_tour: bool,
    backends: str,
    replicates: int,
    budget: float,
    target: float,
    longest: float,
    reference: str | None,
    machine: str | None,
    confirms: bool,
) -> None:
    """Measure the releases in RANGE next to each other, in interleaved random blocks.

    Several may be given: ranges (A..B) and tags of releases; or sets of wheel files, each a path,
    several with commas, or a directory of them; or source trees, each a checkout DIR, or DIR@REF.
    An interrupted sweep goes on with the same command.
    """
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS
    from mlx_asv.sweep.command import Options
    from mlx_asv.sweep.command import sweep as run_sweep

    in_checkout()
    patterns = (*bench, *(["@tour"] if the_tour else []))
    kept = budget * CONFIRMING if confirms else 0.0
    options = Options(
        revisions=revisions,
        patterns=patterns,
        backends=names(backends),
        replicates=replicates,
        budget=budget - kept,
        target=target,
        longest=longest,
        reference=reference,
        confirms=confirms,
    )
    with one_sentence(*ERRORS):
        run_sweep(options, context_here(machine))
    if confirms:
        _confirm(None, threshold=CHANGE, budget=kept, machine=machine)


@click.command()
@the_revisions
@the_cases
@the_backends
@jobs_option("How many are counted side by side: counts do not mind.")
@budget_option("10h")
@click.option(
    "--longest",
    type=DURATION,
    default="0.1s",
    show_default=True,
    help="Leave out the cases of which one call takes longer than this on the reference.",
)
@the_reference
@this_machine
def count(
    revisions: tuple[str, ...],
    bench: tuple[str, ...],
    backends: str,
    jobs: int,
    budget: float,
    longest: float,
    reference: str | None,
    machine: str | None,
) -> None:
    """Count the instructions of one call, exactly and beside any load.

    The processor counts, where it may be asked, or Valgrind. RANGE is whatever `mlx-asv sweep`
    takes. An interrupted count goes on with the same command.
    """
    from mlx_asv.count.command import Options
    from mlx_asv.count.command import count as run_count
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS

    in_checkout()
    options = Options(
        revisions=revisions,
        patterns=bench,
        backends=names(backends),
        jobs=jobs,
        budget=budget,
        longest=longest,
        reference=reference,
    )
    with one_sentence(*ERRORS):
        run_count(options, context_here(machine))


@click.command()
@the_revisions
@the_cases
@the_backends
@jobs_option("How many processes run side by side: nothing is timed.")
@budget_option("2h")
@the_reference
@this_machine
def track(
    revisions: tuple[str, ...],
    bench: tuple[str, ...],
    backends: str,
    jobs: int,
    budget: float,
    reference: str | None,
    machine: str | None,
) -> None:
    """Record what benchmarks compute themselves: errors, and growth of memory.

    Benchmarks called track_error and track_growth. RANGE is whatever `mlx-asv sweep` takes.
    Interrupted, it goes on with the same command.
    """
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS
    from mlx_asv.track.command import Options
    from mlx_asv.track.command import track as run_track

    in_checkout()
    options = Options(
        revisions=revisions,
        patterns=bench,
        backends=names(backends),
        jobs=jobs,
        budget=budget,
        reference=reference,
    )
    with one_sentence(*ERRORS):
        run_track(options, context_here(machine))


@click.command()
@click.argument("benchmark", required=False)
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--backends", default="", help="Comma-separated; all if left out. Controls are always there."
)
@threshold_option(OF_TIME, "The change that matters.")
@budget_option("10m")
@this_machine
def confirm(
    benchmark: str | None,
    before: str | None,
    after: str | None,
    backends: str,
    threshold: float,
    budget: float,
    machine: str | None,
) -> None:
    """Measure releases afresh, two by two, until it is decided which is slower.

    Without arguments: all that this machine's sweeps have found slower or faster. With them: BEFORE
    and AFTER, whatever `mlx-asv sweep` takes, on what matches BENCHMARK (as asv run -b does).
    Interrupted, it goes
    on with the same command. The status is 3 if something could not be measured.
    """
    in_checkout()
    if benchmark is None:
        if backends:
            raise click.UsageError("--backends goes with BENCHMARK BEFORE AFTER.")
        _confirm(None, threshold=threshold, budget=budget, machine=machine)
    elif before is None or after is None:
        raise click.UsageError("A BENCHMARK goes with the releases BEFORE and AFTER.")
    else:
        from mlx_asv.confirm.command import Asked

        asked = Asked(pattern=benchmark, before=before, after=after, backends=names(backends))
        _confirm(asked, threshold=threshold, budget=budget, machine=machine)


def _confirm(
    asked: "Asked | None",
    *,
    threshold: float,
    budget: float,
    machine: str | None,
) -> None:
    """Confirm a pair, or all candidates; ends with NOT_MEASURED if something was not measured."""
    from mlx_asv.confirm.command import Options, confirm_asked, confirm_doubtful
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS
    from mlx_asv.verdicts.accepted import AcceptedError

    options = Options(threshold, budget)
    with one_sentence(*ERRORS, AcceptedError):
        context = context_here(machine)
        if asked is None:
            parts = confirm_doubtful(options, context)
        else:
            parts = [confirm_asked(asked, options, context)]
    if any(finding.decision is None for part in parts for finding in part.values()):
        sys.exit(NOT_MEASURED)


class Unusable(click.ClickException):
    """A gate that could not be run: neither open nor shut."""

    exit_code = 2


@click.command()
@click.argument("base")
@click.argument("head")
@click.option(
    "-b",
    "--bench",
    multiple=True,
    help="As for asv run; may be repeated. [@tour]",
)
@the_backends
@click.option(
    "--metric",
    type=click.Choice(["time", "instructions", "both"]),
    default="time",
    show_default=True,
    help="What decides: time, or counts of instructions, which no other program disturbs.",
)
@click.option(
    "--threshold",
    type=PERCENTAGE,
    help="A smaller change may pass.  [of time 5%, of instructions 1%]",
)
@budget_option("10m", "Wall time to measure.")
@click.option("--strict", is_flag=True, help="Status 4 if something stays inconclusive.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write a summary there.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write all of it there.")
@this_machine
def gate(
    base: str,
    head: str,
    bench: tuple[str, ...],
    backends: str,
    metric: str,
    threshold: float | None,
    budget: float,
    strict: bool,
    markdown: Path | None,
    as_json: Path | None,
    machine: str | None,
) -> None:
    """Say whether HEAD is slower than BASE, or does more: two revisions.

    A release is its tag; wheel files are a path, several with commas, or a directory of them; a
    source tree is a checkout DIR, or DIR@REF. Status: 0 nothing slower, 1 slower, 2 it cannot be
    run, 3 something could not be measured, 4 inconclusive (with --strict).
    """
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS
    from mlx_asv.gate.command import BY_METRIC, Options
    from mlx_asv.gate.command import gate as run_gate

    options = Options(
        base=base,
        head=head,
        patterns=bench or ("@tour",),
        backends=names(backends),
        threshold=threshold,
        budget=budget,
        strict=strict,
        markdown=markdown,
        json=as_json,
        metrics=tuple(BY_METRIC) if metric == "both" else (metric,),
    )
    errors = (*ERRORS, click.ClickException, OSError)
    with one_sentence(*errors, ending=Unusable):
        in_checkout()
        status = run_gate(options, context_here(machine))
    sys.exit(status)


@click.command()
@budget_option("40m")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/calibration"),
    show_default=True,
    help="Where the report goes, named after the machine.",
)
@click.option("--release", default="HEAD", help="What is measured. [the newest]")
@click.option("--kernels", default="", help="Comma-separated; all if left out.")
@this_machine
def calibrate(budget: float, out: Path, release: str, kernels: str, machine: str | None) -> None:
    """Measure how often the verdicts of this machine are wrong, and what they find.

    Histories of one release that is slowed down on purpose, judged by the tool's rule, by asv's
    and by Otava's. Interrupted, it goes on with the same command.
    """
    from mlx_asv.calibrate.command import Options
    from mlx_asv.calibrate.command import calibrate as run_calibrate
    from mlx_asv.calibrate.rivals import RivalError
    from mlx_asv.engine.context import context_here
    from mlx_asv.engine.session import ERRORS

    in_checkout()
    options = Options(budget=budget, out=out, release=release, kernels=names(kernels))
    with one_sentence(*ERRORS, RivalError):
        run_calibrate(options, context_here(machine))
