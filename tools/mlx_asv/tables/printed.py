"""Published tables as they were printed: cells, times, and the notes that belong to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from mlx_asv.published.columns import Column as PrintedColumn
from mlx_asv.published.model import Document, PrintedTable

from .build import UNKNOWN, Times
from .model import Cell, Column, Kind, Row, Table

#: A note on every published table.
NOTE = "published, not measured here"
#: The text of an interval whose speedup was measured wrongly.
WRONG = "measured wrongly"


@dataclass(frozen=True)
class Published:
    """A printed table and its document."""

    document: Document
    printed: PrintedTable

    @property
    def where(self) -> str:
        """Document, machine and release, by which a person finds the table."""
        release = self.printed.release or "version not stated"
        return f"{self.document.name}, {self.printed.machine}, {release}"


def as_printed(each: Published, *, honest: bool = False) -> Table:
    """The table with the very cells that were printed."""
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
                value = number * printed.milliseconds
            cells.append(Cell(text, value, wrong=wrong))
            if honest and column.other is not None:
                cells.append(Cell(WRONG if wrong else UNKNOWN))
        rows.append(Row(row.label, label.name, label.case, tuple(cells)))
    notes = [note(each), *reasons(rows)]
    if (printed.unit, printed.calls) != ("ms", 1):
        notes.append(f"times are {printed.unit} for {printed.calls:,} calls")
    return Table(
        printed.first,
        tuple(columns),
        tuple(rows),
        printed.machine,
        printed.release,
        document.name,
        printed.is_average,
        notes=tuple(notes),
    )


def times(printed: PrintedTable) -> list[Times]:
    """The times of a printed table, as rows to compute with."""
    return [
        Times(
            row.label,
            label.name,
            label.case,
            {
                column.backend: nan if number is None else number * printed.milliseconds
                for column, number in zip(printed.columns, numbers, strict=True)
                if column.other is None
            },
        )
        for row, label, numbers in printed.read()
    ]


def note(each: Published) -> str:
    """The note below a published table."""
    return f"{NOTE}: {each.where}"


def _columns(title: str, column: PrintedColumn, honest: bool) -> list[Column]:
    if column.other is None:
        return [Column(column.backend, title, Kind.TIME, column.backend)]
    key = f"{column.backend}/{column.other}"
    found = [Column(key, title, Kind.SPEEDUP, column.backend, column.other)]
    if honest:
        name = f"{title.removesuffix(' speedup')} 95 %"
        found.append(Column(f"{key} interval", name, Kind.INTERVAL, column.backend, column.other))
    return found


def reasons(rows: Sequence[Row]) -> list[str]:
    """A note for each reason why numbers are wrong, with the operations that it concerns."""
    about: dict[str, list[str]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.wrong and row.name not in about.setdefault(cell.wrong, []):
                about[cell.wrong].append(row.name)
    return [f"{WRONG}: {', '.join(names)}: {reason}" for reason, names in about.items()]
