"""Tables of published numbers: as printed, or computed from the times as printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan

from tools.published.columns import Column as PrintedColumn
from tools.published.labels import Label, ModelLabel, OperationLabel
from tools.published.model import UNITS, Document, PrintedTable
from tools.published.wrong import measured_wrongly

from .build import UNKNOWN, Times
from .model import Cell, Column, Kind, Row, Table, TableError
from .models import model_tables
from .operations import operation_table

#: Below every table.
NOTE = "published, not measured here"
#: In place of an interval.
WRONG = "measured wrongly"


@dataclass(frozen=True)
class Published:
    """A printed table, and the document that it is in."""

    document: Document
    printed: PrintedTable

    @property
    def where(self) -> str:
        """How a person finds it."""
        release = self.printed.release or "version not stated"
        return f"{self.document.name}, {self.printed.machine}, {release}"


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
    wanted = [each for each in found if _is_average(each.printed) == average]
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
        details = [
            row
            for row in times(printed)
            if ModelLabel.parse(row.label).length and ModelLabel.parse(row.label).batch
        ]
        if details:
            tables = model_tables(
                details,
                machine,
                printed.release,
                changes={} if honest else None,
                backends=_backends(printed),
                notes=[_note(each), "computed from the times as printed"],
            )
            found += [replace(table, document=each.document.name) for table in tables]
    return found


def as_printed(each: Published, *, honest: bool = False) -> Table:
    """The very cells of a printed table."""
    document, printed = each.document, each.printed
    columns: list[Column] = []
    for title, column in zip(printed.titles, printed.columns, strict=True):
        columns += _columns(title, column, honest)
    rows = []
    for row, label, numbers in printed.read():
        cells: list[Cell] = []
        for column, text, number in zip(printed.columns, row.cells, numbers, strict=True):
            wrong = document.why_wrong(row, label, column, text)
            value = number
            if number is not None and column.other is None:
                value = number * UNITS[printed.unit] * 1e3 / printed.calls
            cells.append(Cell(text, value, wrong=wrong))
            if honest and column.other is not None:
                cells.append(Cell(WRONG if wrong else UNKNOWN))
        rows.append(Row(row.label, label.name, label.case, tuple(cells)))
    notes = [_note(each), *_reasons(rows)]
    if (printed.unit, printed.calls) != ("ms", 1):
        notes.append(f"times are {printed.unit} for {printed.calls:,} calls")
    return Table(
        printed.first,
        tuple(columns),
        tuple(rows),
        printed.machine,
        printed.release,
        document.name,
        _is_average(printed),
        notes=tuple(notes),
    )


def times(printed: PrintedTable) -> list[Times]:
    """The times of a printed table, as rows to compute with."""
    scale = UNITS[printed.unit] * 1e3 / printed.calls
    return [
        Times(
            row.label,
            label.name,
            label.case,
            {
                column.backend: nan if number is None else number * scale
                for column, number in zip(printed.columns, numbers, strict=True)
                if column.other is None
            },
        )
        for row, label, numbers in printed.read()
    ]


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
    """What the document does not print: the averages of its cases, wrong where they are."""
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
    notes = (_note(each), "computed from the times as printed", *_reasons(rows))
    return replace(table, rows=tuple(rows), document=each.document.name, notes=notes)


def _marked(row: Row, columns: Sequence[Column], why: Callable[[Row, Column], str | None]) -> Row:
    cells = []
    for column, cell in zip(columns, row.cells, strict=True):
        wrong = why(row, column)
        if wrong and column.kind == Kind.INTERVAL:
            cells.append(Cell(WRONG))
        else:
            cells.append(replace(cell, wrong=wrong))
    return replace(row, cells=tuple(cells))


def _columns(title: str, column: PrintedColumn, honest: bool) -> list[Column]:
    if column.other is None:
        return [Column(column.backend, title, Kind.TIME, column.backend)]
    key = f"{column.backend}/{column.other}"
    found = [Column(key, title, Kind.SPEEDUP, column.backend, column.other)]
    if honest:
        name = f"{title.removesuffix(' speedup')} 95 %"
        found.append(Column(f"{key} interval", name, Kind.INTERVAL, column.backend, column.other))
    return found


def _backends(printed: PrintedTable) -> list[str]:
    return [column.backend for column in printed.columns if column.other is None]


def _is_average(printed: PrintedTable) -> bool:
    labels: list[Label] = [label for _, label, _ in printed.read()]
    if printed.first == "Model":
        return any(
            label.length is None or label.batch is None
            for label in labels
            if isinstance(label, ModelLabel)
        )
    return all(label.case is None for label in labels)


def _note(each: Published) -> str:
    return f"{NOTE}: {each.where}"


def _reasons(rows: Sequence[Row]) -> list[str]:
    """What was measured wrongly, each reason once, with the operations that it is about."""
    about: dict[str, list[str]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.wrong and row.name not in about.setdefault(cell.wrong, []):
                about[cell.wrong].append(row.name)
    return [f"{WRONG}: {', '.join(names)}: {reason}" for reason, names in about.items()]
