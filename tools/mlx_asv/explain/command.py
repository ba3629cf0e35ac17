"""`mlx-asv explain`: the evidence for one verdict, and a script to measure it elsewhere."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from mlx_asv.analysis.results import judgement
from mlx_asv.asv_edge.stored import Project
from mlx_asv.metric import TIME
from mlx_asv.observations.store import CONFIRMATIONS, ObservationsError, read_machine
from mlx_asv.releases.upstream import compare_page
from mlx_asv.terminal import say
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.rule import Rule

from .evidence import evidence, find
from .report import print_evidence, verdict
from .script import script
from .standalone import NoSource


@dataclass(frozen=True)
class Step:
    """What is to be explained: a release of a series, on one machine or (None) on all."""

    benchmark: str
    case: str
    backend: str
    release: str
    metric: str = TIME.name
    machine: str | None = None


def explain(project: Project, step: Step, rule: Rule, out: Path | None, console: Console) -> None:
    """Print the evidence of each machine that measured the step, then the script (or into `out`).

    Raises AcceptedError or ObservationsError, which also says that there is no such verdict.
    """
    verdicts = judgement(project.swept, rule, step.machine).verdicts
    try:
        rows = find(verdicts, step.benchmark, step.case, step.backend, step.release, step.metric)
    except LookupError as error:
        raise ObservationsError(str(error.args[0])) from error
    for row in rows:
        found = evidence(
            row,
            verdicts,
            read_machine(project.results, row["machine"]),
            read_machine(project.results, row["machine"], CONFIRMATIONS),
        )
        print_evidence(found, compare_page(project.lock, row["before"], row["after"]), console)
        if step.metric != TIME.name:
            say(console, "Its script measures time: without --metric it is shown.")
            continue
        text = reproduction(project, row, verdict(found), console)
        if text and out is not None:
            out.write_text(text, encoding="utf-8")
            say(console, f"Script: {out}")
        elif text:
            say(console, "\nTo measure it on another machine:\n")
            say(console, text)


def reproduction(project: Project, row: Row, size: str, console: Console) -> str | None:
    """The script; None, once it is said why, if the benchmark cannot stand by itself."""
    names = ("benchmark", "case", "environment", "before", "after")
    try:
        return script(
            project.suite,
            project.lock,
            **{name: row[name] for name in names},
            described=project.describe(row["benchmark"], row["case"]),
            backend=project.facts.backend(row["backend"]),
            size=size,
        )
    except NoSource as reason:
        say(
            console,
            f"There is no script of it: {reason} In a checkout of this suite, `mlx-asv confirm "
            f"'{row['benchmark']}' {row['before']} {row['after']}` measures it.",
        )
        return None
