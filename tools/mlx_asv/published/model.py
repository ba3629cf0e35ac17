"""Published documents, tables and rows as printed, and the figures that are in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .columns import Column
from .labels import LABELS, Label
from .wrong import measured_wrongly

#: Seconds that a time of 1 stands for.
UNITS = {"ms": 1e-3, "s": 1.0}


class DamagedRow(Exception):
    """A line of a document is no row of its table; says why. `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True)
class PrintedRow:
    """One line of a table: its label, and its cells as printed, one for each column."""

    line: int
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class PrintedTable:
    """A table of one machine and release, with every number as printed.

    `line`: the number of the header's line. `release`: this project's name of the MLX release,
    None where the document states none. `torch`: a version of PyTorch. `first`: the title of the
    first column, a key of LABELS. `titles`: the titles of the other columns. A time is in `unit`
    (a key of UNITS) for `calls` calls.

    Raises DamagedRow for the first row that cannot be read.
    """

    line: int
    machine: str
    release: str | None
    torch: str | None
    first: str
    titles: tuple[str, ...]
    rows: tuple[PrintedRow, ...]
    unit: str = "ms"
    calls: int = 1

    def __post_init__(self) -> None:
        for _ in self.read():
            pass

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns behind the label, read from their titles."""
        try:
            found = tuple(Column.parse(title) for title in self.titles)
        except ValueError as error:
            raise DamagedRow(self.line, f"{error}") from error
        if len(set(found)) < len(found):
            raise DamagedRow(self.line, "has a column twice")
        return found

    @property
    def milliseconds(self) -> float:
        """The milliseconds per call that a printed time of 1 stands for."""
        return UNITS[self.unit] * 1e3 / self.calls

    @property
    def is_average(self) -> bool:
        """Whether all rows of the table are means."""
        return all(label.is_average for _, label, _ in self.read())

    def read(self) -> Iterator[tuple[PrintedRow, Label, tuple[float | None, ...]]]:
        """Every row with its label and its numbers; None where nan is printed."""
        seen: dict[Label, int] = {}
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise DamagedRow(
                    row.line, f"has {len(row.cells)} numbers, its table {len(self.columns)} columns"
                )
            try:
                label = LABELS[self.first].parse(row.label)
                pairs = zip(self.columns, row.cells, strict=True)
                numbers = tuple(column.number(cell) for column, cell in pairs)
            except ValueError as error:
                raise DamagedRow(row.line, f"{error}") from error
            if (before := seen.setdefault(label, row.line)) != row.line:
                raise DamagedRow(row.line, f"{row.label!r} is in line {before}, too")
            yield row, label, numbers


@dataclass(frozen=True)
class Document:
    """A document that was read.

    `name`: what the results call the document. `file`, `sha256`: the name and the hash of the file
    that was read. `wrong`: lines whose numbers are known to be wrong, with the reason.
    """

    name: str
    title: str
    file: str
    sha256: str
    tables: tuple[PrintedTable, ...]
    wrong: Mapping[int, str] = field(default_factory=dict)

    def why_wrong(self, row: PrintedRow, label: Label, column: Column, text: str) -> str | None:
        """Why a printed number is not what its label says; None if nothing is known against it.

        A speedup is wrong if either of its sides is.
        """
        if row.line in self.wrong:
            return self.wrong[row.line]
        if text.startswith("nan"):
            return "an error became nan"
        backends = [backend for backend in (column.backend, column.other) if backend]
        reasons = [measured_wrongly(label, backend) for backend in backends]
        return next((reason for reason in reasons if reason), None)


@dataclass(frozen=True)
class Figure:
    """One printed time.

    `name`: of the operation or model. `case`: this suite's label of the case (of a model, what
    the document says); None for an average. `milliseconds`: per call, None where nan is printed.
    `release`: None if the document states none: such a figure is nowhere on the release axis.
    `wrong`: why the time is not what its label says.
    """

    document: str
    line: int
    machine: str
    release: str | None
    is_model: bool
    name: str
    case: str | None
    backend: str
    milliseconds: float | None
    wrong: str | None


def figures(documents: Sequence[Document]) -> Iterator[Figure]:
    """Every time in the documents, once, in the order of printing."""
    for document in documents:
        for table in document.tables:
            for row, label, numbers in table.read():
                for column, text, number in zip(table.columns, row.cells, numbers, strict=True):
                    if column.other is None:
                        yield Figure(
                            document.name,
                            row.line,
                            table.machine,
                            table.release,
                            table.first == "Model",
                            label.name,
                            label.case,
                            column.backend,
                            None if number is None else number * table.milliseconds,
                            document.why_wrong(row, label, column, text),
                        )
