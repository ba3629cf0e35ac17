"""`mlx-asv explain`: the evidence for one verdict, and a script to measure it elsewhere."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.analysis.cases import as_called, label_of
from mlx_asv.analysis.results import analysed, judgement, swept
from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Name
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.observations.store import CONFIRMATIONS, ObservationsError, read_machine
from mlx_asv.releases.upstream import compare_page
from mlx_asv.terminal import say
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.rule import Rule

from .again import command
from .evidence import Evidence, evidence, find, said_beside
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
    judged = judgement(project.swept, rule, step.machine)
    verdicts = judged.verdicts
    machines = swept(project.results, step.machine)
    cases = pl.concat(analysed(project.swept, machine, rule).cases for machine in machines)
    case = label_of(step.case, cases)
    try:
        rows = find(verdicts, step.benchmark, case, step.backend, step.release, step.metric)
    except LookupError as error:
        raise ObservationsError(str(error.args[0])) from error
    names = project.names()
    for row in rows:
        found = evidence(
            row,
            verdicts,
            read_machine(project.results, row["machine"]),
            read_machine(project.results, row["machine"], CONFIRMATIONS),
        )
        upstream = compare_page(project.lock, row["before"], row["after"])
        print_evidence(_as_called(found, cases), upstream, console, said_beside(row, judged))
        series = (row["benchmark"], row["case"], row["backend"])
        name = names.get(series, Name(row["benchmark"]))
        if _is_counted(found):
            again = command(row, name, INSTRUCTIONS.name)
            say(
                console,
                f"\nTo count its instructions again, in a checkout of this suite:\n\n{again}",
            )
        if found.metric.method:
            again = command(row, name)
            say(console, f"\nTo track it again, in a checkout of this suite:\n\n{again}")
            continue
        if step.metric != TIME.name:
            say(console, "Its script measures time: without --metric it is shown.")
            continue
        text = reproduction(project, row, name, verdict(found), console)
        if text and out is not None:
            out.write_text(text, encoding="utf-8")
            say(console, f"Script: {out}")
        elif text:
            say(console, "\nTo measure it on another machine:\n")
            say(console, text)


def _as_called(found: Evidence, cases: pl.DataFrame) -> Evidence:
    """With its cases as a person calls them."""
    verdict = as_called(pl.DataFrame([dict(found.verdict)], infer_schema_length=None), cases)
    moved = as_called(found.moved, cases)
    return replace(found, verdict={**found.verdict, "case": verdict["case"][0]}, moved=moved)


def _is_counted(found: Evidence) -> bool:
    """Whether the step has a verdict on instructions, its own or another one beside it."""
    reading = found.reading or {}
    return found.metric is INSTRUCTIONS or bool(reading.get(f"{INSTRUCTIONS.name}_verdict"))


def reproduction(project: Project, row: Row, name: Name, size: str, console: Console) -> str | None:
    """The script; None, once it is said why, if the benchmark cannot stand by itself."""
    given = ("benchmark", "case", "environment", "before", "after")
    try:
        return script(
            project.suite,
            project.lock,
            **{each: row[each] for each in given},
            described=project.describe(row["benchmark"], row["case"]),
            backend=project.facts.backend(row["backend"]),
            size=size,
        )
    except NoSource as reason:
        say(
            console,
            f"There is no script of it: {reason} In a checkout of this suite, "
            f"`{command(row, name)}` measures it.",
        )
        return None
