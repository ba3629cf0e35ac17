"""`mlx-asv table`: finds the table that is asked for, measured here or published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlx_asv.analysis.results import analysed
from mlx_asv.asv_edge.commands import this_machine
from mlx_asv.asv_edge.stored import Project
from mlx_asv.published.model import Document
from mlx_asv.published.store import read_published
from mlx_asv.releases.ranges import find
from mlx_asv.verdicts.rule import Rule

from .changes import Changes
from .intervals import changes as changes_of
from .measured import History, Measured, notes
from .model import Table, TableError
from .models import model_tables
from .operations import operation_table
from .published import machines, operation_tables, tables_of_models
from .rows import MODELS, OPERATIONS


@dataclass(frozen=True)
class Options:
    """What the user asked for; `document` is a published one."""

    machine: str | None = None
    release: str | None = None
    environment: str | None = None
    document: str | None = None
    average: bool = False
    honest: bool = False
    models: bool = False


def tables(options: Options, project: Project) -> list[Table]:
    """The table, or the tables of models, of a measured or a published machine.

    Raises TableError, PublishedError, ObservationsError, AcceptedError or RangeError.
    """
    here = sorted(path.parent.name for path in project.results.glob("*/machine.json"))
    documents = read_published(project.results)
    release = find(project.lock, options.release).tag if options.release else None
    machine = _machine(options, here, this_machine(), documents)
    if machine not in here or options.document:
        return _published(options, documents, machine, release)
    history = History(
        project.stored(machine),
        project.order,
        project.controls,
        project.describe,
        MODELS if options.models else OPERATIONS,
    )
    chosen = history.at(release, options.environment)
    changes = _changes(project, chosen) if options.honest else None
    said = notes(chosen)
    if options.models:
        return model_tables(chosen.rows, machine, chosen.release, changes=changes, notes=said)
    return [
        operation_table(
            chosen.rows,
            machine,
            chosen.release,
            average=options.average,
            changes=changes,
            notes=said,
        )
    ]


def _machine(
    options: Options, here: Sequence[str], this: str, documents: Sequence[Document]
) -> str:
    """The machine that is meant: one whose name, or the beginning of whose name alone, was given;
    without a name this machine, or the only one that has results."""
    if options.document:
        documents = [each for each in documents if each.name == options.document]
        if not documents:
            raise TableError(f"No document {options.document!r} was imported.")
        here = []
    if options.machine is None and (this in here or len(here) == 1):
        return this if this in here else here[0]
    known = [*here, *machines(documents)]
    asked = options.machine or ""
    meant = [name for name in known if name.startswith(asked)]
    if asked in known or len(meant) == 1:
        return asked if asked in known else meant[0]
    if not known:
        raise TableError("There are no results: `mlx-asv sweep` makes them.")
    wrong = "" if meant else f"There is no machine {asked!r}. "
    names = "".join(f"\n  {name}" for name in meant or known)
    raise TableError(f"{wrong}Choose one with --machine:{names}")


def _published(
    options: Options, documents: Sequence[Document], machine: str, release: str | None
) -> list[Table]:
    if options.models:
        return tables_of_models(
            documents,
            machine,
            release=release,
            document=options.document,
            honest=options.honest,
        )
    found = operation_tables(
        documents,
        machine,
        average=options.average,
        release=release,
        document=options.document,
        honest=options.honest,
    )
    if not found:
        kind = "averages" if options.average else "cases: --average shows its averages"
        raise TableError(f"What was published of {machine} has no {kind}.")
    if len(found) == 1:
        return found
    return [
        replace(table, title=f"{table.document}, {table.release or 'version not stated'}")
        for table in found
    ]


def _changes(project: Project, chosen: Measured) -> Changes:
    found = analysed(project.swept, chosen.machine, Rule()).speedups
    here = found.filter(environment=chosen.environment, release=chosen.release)
    return changes_of(here, project.describe).get(chosen.release, {})
