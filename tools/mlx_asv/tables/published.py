"""The published tables of a machine: as printed, or computed from the times as printed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mlx_asv.published.labels import ModelLabel, OperationLabel
from mlx_asv.published.model import Document, PrintedTable
from mlx_asv.published.wrong import measured_wrongly

from .model import Cell, Column, Kind, Row, Table, TableError
from .models import model_tables
from .operations import operation_table
from .printed import WRONG, Published, as_printed, note, reasons, times


def machines(documents: Sequence[Document]) -> list[str]:
    """All machines of all documents, in the order of printing."""
    return list(dict.fromkeys(t.machine for document in documents for t in document.tables))


def operation_tables(
    documents: Sequence[Document],
    machine: str,
    *,
    average: bool,
    release: str | None = None,
    document: str | None = None,
    honest: bool = False,
) -> list[Table]:
    """The tables of operations that a machine's documents print, oldest document first.

    Averages that a document does not print are computed from its cases.
    """
    found = _of(documents, machine, release, document, "Operation")
    wanted = [each for each in found if each.printed.is_average == average]
    tables = [as_printed(each, honest=honest) for each in wanted]
    if average:
        told = {(each.document.name, each.printed.release) for each in wanted}
        tables += [
            _computed_averages(each, honest)
            for each in found
            if (each.document.name, each.printed.release) not in told
        ]
    return tables


def tables_of_models(
    documents: Sequence[Document],
    machine: str,
    *,
    release: str | None = None,
    document: str | None = None,
    honest: bool = False,
) -> list[Table]:
    """The four tables of models, all computed from the rows that are no averages."""
    found = []
    for each in _of(documents, machine, release, document, "Model"):
        printed = each.printed
        details = [row for row in times(printed) if not ModelLabel.parse(row.label).is_average]
        if details:
            tables = model_tables(
                details,
                machine,
                printed.release,
                changes={} if honest else None,
                backends=_backends(printed),
                notes=[note(each), "computed from the times as printed"],
            )
            found += [replace(table, document=each.document.name) for table in tables]
    return found


def _of(
    documents: Sequence[Document],
    machine: str,
    release: str | None,
    name: str | None,
    first: str,
) -> list[Published]:
    found = [
        Published(document, printed)
        for document in documents
        for printed in document.tables
        if printed.machine == machine
        and printed.first == first
        and name in (None, document.name)
        and release in (None, printed.release)
    ]
    if not found:
        named = [text for text in (name, release) if text]
        raise TableError(
            f"No published table of {'models' if first == 'Model' else 'operations'} is of "
            f"{', '.join([machine, *named])}."
        )
    return found


def _computed_averages(each: Published, honest: bool) -> Table:
    """The averages that a document does not print; wrong where the cases are wrong."""
    printed = each.printed
    table = operation_table(
        times(printed),
        printed.machine,
        printed.release,
        average=True,
        changes={} if honest else None,
        backends=_backends(printed),
    )

    def why(row: Row, column: Column) -> str | None:
        sides = [backend for backend in (column.backend, column.other) if backend]
        reasons = (measured_wrongly(OperationLabel(row.name), backend) for backend in sides)
        return next((reason for reason in reasons if reason), None)

    rows = [_marked(row, table.columns, why) for row in table.rows]
    notes = (note(each), "computed from the times as printed", *reasons(rows))
    return replace(table, rows=tuple(rows), document=each.document.name, notes=notes)


def _marked(row: Row, columns: Sequence[Column], why: Callable[[Row, Column], str | None]) -> Row:
    cells = []
    for column, cell in zip(columns, row.cells, strict=True):
        wrong = why(row, column)
        if wrong and column.kind == Kind.INTERVAL:
            cells.append(Cell(WRONG))
        else:
            cells.append(cell._replace(wrong=wrong))
    return replace(row, cells=tuple(cells))


def _backends(printed: PrintedTable) -> list[str]:
    return [column.backend for column in printed.columns if column.other is None]
