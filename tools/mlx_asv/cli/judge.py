"""What says which release made what slower, and why: `verdicts` and `explain`."""

from math import log1p
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from mlx_asv.metric import METRICS, TIME, Metric

from .checkout import in_checkout, one_sentence
from .options import threshold_option

if TYPE_CHECKING:
    from mlx_asv.verdicts.rule import Rule


def _rule(threshold: float | None, metric: Metric | None) -> "Rule":
    """With a threshold, a part of one, for that metric or (None) for all; without one the usual,
    of which an analysis may be kept."""
    from mlx_asv.verdicts.rule import Rule

    return Rule() if threshold is None else Rule(log1p(threshold), only=metric)


@click.command()
@click.option("--machine", help="Print this machine's only; files hold all.")
@click.option(
    "--metric", type=click.Choice(list(METRICS)), help="Print this metric's only; files hold all."
)
@click.option(
    "--summary",
    is_flag=True,
    help="Print figures of all steps instead: how many have an answer, by time and by "
    "instructions, what equal releases differ by, the largest steps in instructions.",
)
@threshold_option(None, "Smaller changes do not matter.")
@click.option(
    "--observations",
    type=click.Path(path_type=Path),
    help="Parquet that others recorded, as docs/observations.md says; needs --out.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where their verdicts go: .parquet or .json."
)
def verdicts(
    machine: str | None,
    metric: str | None,
    summary: bool,
    threshold: float | None,
    observations: Path | None,
    out: Path | None,
) -> None:
    """Say which release made what slower or faster, from all that sweeps have observed."""
    from mlx_asv.analysis.command import ERRORS, FORMATS, Asked, of_others, of_results
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError

    only, console = METRICS[metric] if metric else None, Console()
    rule, asked = _rule(threshold, only), Asked(machine, only, summary)
    if (observations is None) != (out is None):
        raise click.UsageError("--observations and --out go together.")
    if out is not None and out.suffix not in FORMATS:
        raise click.UsageError(f"--out {out}: its name must end in {' or '.join(FORMATS)}.")
    with (
        one_sentence(SuiteError, *ERRORS),
        one_sentence(OSError, about="The verdicts could not be written"),
    ):
        if observations is not None and out is not None:
            in_a_suite = Path("asv.conf.json").exists()
            facts = Project.here().facts if in_a_suite else None
            of_others(observations, asked, out, rule, facts, console)
        else:
            in_checkout()
            of_results(Project.here().swept, asked, rule, console)


@click.command()
@click.argument("benchmark")
@click.argument("case")
@click.argument("backend")
@click.argument("release")
@click.option("--machine", help="Of this machine only; of all if left out.")
@click.option(
    "--metric",
    type=click.Choice(list(METRICS)),
    default=TIME.name,
    show_default=True,
    help="What was measured.",
)
@threshold_option(None, "As for mlx-asv verdicts.")
@click.option(
    "--script", "out", type=click.Path(path_type=Path), help="Write the script into this file."
)
def explain(
    benchmark: str,
    case: str,
    backend: str,
    release: str,
    metric: str,
    machine: str | None,
    threshold: float | None,
    out: Path | None,
) -> None:
    """Show why RELEASE has the verdict it has on BENCHMARK, CASE and BACKEND.

    All replicates, the controls, the A/A arm, what else moved; and a script that measures the two
    releases on another machine.
    """
    from mlx_asv.analysis.command import ERRORS
    from mlx_asv.asv_edge.stored import Project
    from mlx_asv.asv_edge.suite import SuiteError
    from mlx_asv.explain.command import Step
    from mlx_asv.explain.command import explain as run_explain

    in_checkout()
    rule = _rule(threshold, METRICS[metric])
    with (
        one_sentence(SuiteError, *ERRORS),
        one_sentence(OSError, about="The script could not be written"),
    ):
        step = Step(
            benchmark=benchmark,
            case=case,
            backend=backend,
            release=release,
            metric=metric,
            machine=machine,
        )
        run_explain(Project.here(), step, rule, out, Console())
