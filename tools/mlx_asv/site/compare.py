"""mlx-benchmark's tables of every place and release, and of what others published."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import polars as pl

from mlx_asv.published.model import Document, figures
from mlx_asv.tables.changes import Changes
from mlx_asv.tables.intervals import changes as changes_of
from mlx_asv.tables.measured import Describe, History, Measured, notes
from mlx_asv.tables.model import Cell, Table, TableError
from mlx_asv.tables.models import model_tables
from mlx_asv.tables.operations import operation_table
from mlx_asv.tables.published import machines, operation_tables, tables_of_models
from mlx_asv.tables.rows import MODELS, OPERATIONS

from .places import Place

CASES, AVERAGES = "every case", "averages of operations"


def comparisons(place: Place, describe: Describe) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each release of a place with its tables, `compact`; with intervals where it was swept.

    `describe`: what the suite says of a benchmark's case.
    """
    order = place.releases
    stored = _stored(place)
    controls = place.points.filter("control")["backend"].unique().to_list()
    changes = changes_of(place.speedups, describe)
    kinds = {OPERATIONS: _operations, MODELS: _models}
    histories = {kind: History(stored, order, controls, describe, kind) for kind in kinds}
    for release in order:
        found = []
        for kind, tables in kinds.items():
            try:
                chosen = histories[kind].at(release)
            except TableError:
                continue  # no operations, or no models
            found += tables(place, chosen, changes.get(release))
        yield release, found


def _operations(place: Place, found: Measured, changes: Changes | None) -> list[dict[str, Any]]:
    return [
        compact(
            operation_table(
                found.rows,
                place.title,
                found.release,
                average=average,
                changes=changes,
                notes=notes(found),
            ),
            AVERAGES if average else CASES,
        )
        for average in (False, True)
    ]


def _models(place: Place, found: Measured, changes: Changes | None) -> list[dict[str, Any]]:
    tables = model_tables(
        found.rows, place.title, found.release, changes=changes, notes=notes(found)
    )
    return [compact(table, f"models, {table.title}") for table in tables]


def _stored(place: Place) -> pl.DataFrame:
    """What was measured, as asv's results have it; controls beside the newest release."""
    own = pl.col("release").is_in(list(place.releases))
    newest = pl.lit(place.releases[-1] if place.releases else None, pl.String())
    return place.points.select(
        "benchmark",
        "case",
        "backend",
        machine=pl.lit(""),  # the page says where
        environment=pl.lit(""),
        release=pl.when(own).then("release").otherwise(newest),
        value=pl.col("value"),
    )


def published(documents: Sequence[Document]) -> dict[str, list[dict[str, Any]]]:
    """The tables that were published of each machine, as `compact` ones."""
    found: dict[str, list[dict[str, Any]]] = {}
    for machine in machines(documents):
        tables: list[tuple[Table, str]] = []
        for kind, average in ((CASES, False), (AVERAGES, True)):
            with suppress(TableError):  # no operations
                listed = operation_tables(documents, machine, average=average)
                tables += [(table, kind) for table in listed]
        with suppress(TableError):  # no models
            tables += [
                (table, f"models, {table.title}") for table in tables_of_models(documents, machine)
            ]
        found[machine] = [
            compact(table, f"{kind} ({table.document}, {table.release or 'version not stated'})")
            for table, kind in tables
        ]
    return found


def compact(table: Table, name: str) -> dict[str, Any]:
    """What the page shows: `name`, `first` (title of the labels), `columns` (title and kind),
    `rows` (label, then cells: a text, or a text and why the number is wrong), `notes`."""
    return {
        "name": name,
        "first": table.first,
        "columns": [[column.title, column.kind.value] for column in table.columns],
        "rows": [[row.label, *map(_cell, row.cells)] for row in table.rows],
        "notes": list(table.notes),
    }


def _cell(cell: Cell) -> str | list[str]:
    return [cell.text, cell.wrong] if cell.wrong else cell.text


def published_cases(documents: Sequence[Document]) -> dict[str, dict[str, list[list[Any]]]]:
    """Operation -> case -> figures: machine, backend, seconds, release, document, why wrong."""
    found: dict[str, dict[str, list[list[Any]]]] = {}
    for each in figures(documents):
        if each.case is not None and each.milliseconds is not None:
            seconds = float(f"{each.milliseconds / 1e3:.6g}")
            row = [each.machine, each.backend, seconds, each.release, each.document, each.wrong]
            found.setdefault(each.name, {}).setdefault(each.case, []).append(row)
    return found


def titles(documents: Sequence[Document]) -> Mapping[str, str]:
    """What each document is called."""
    return {document.name: document.title for document in documents}
