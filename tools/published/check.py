"""Whether printed numbers follow from each other: speedups from times, averages from cases.

Numbers were rounded when they were printed, after what is derived was computed. So a derived one
follows if *some* times that print as these do give it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .columns import decimals
from .labels import Label, averages_over
from .model import Document, PrintedTable

#: A machine and a release.
Place = tuple[str, str | None]


@dataclass(frozen=True)
class Doubt:
    """A printed number that does not follow: `line`, `label`, `column` say which; `printed`.

    `expected` is what would: a number, or the lowest and the highest.
    """

    line: int
    label: str
    column: str
    printed: str
    expected: str

    def __str__(self) -> str:
        return (
            f"line {self.line}: {self.label}, {self.column}: {self.printed}, not {self.expected}"
        )


def doubtful_speedups(table: PrintedTable) -> Iterator[Doubt]:
    """The speedups that no times give which print as the row's do."""
    place = {column.backend: n for n, column in enumerate(table.columns) if column.other is None}
    for row, _, numbers in table.read():
        for title, column, text, number in zip(
            table.titles, table.columns, row.cells, numbers, strict=True
        ):
            if column.other is None or number is None:
                continue
            if column.backend not in place or column.other not in place:
                continue
            cells = (place[column.backend], place[column.other])
            if (this := numbers[cells[0]]) is None or (other := numbers[cells[1]]) is None:
                yield Doubt(row.line, row.label, title, text, "nan%")
                continue
            halves = [0.5 * 10 ** -decimals(row.cells[cell]) for cell in cells]
            low = 100 * ((other - halves[1]) / (this + halves[0]) - 1)
            shortest = this - halves[0]
            high = 100 * ((other + halves[1]) / shortest - 1) if shortest > 0 else float("inf")
            least, most = speedups_printed_as(text)
            if most < low or high < least:
                digits = decimals(text)
                yield Doubt(
                    row.line, row.label, title, text, f"{low:.{digits}f} to {high:.{digits}f}%"
                )


def speedups_printed_as(text: str) -> tuple[float, float]:
    """The least and the largest percentage that is printed so: whole numbers are cut off, others
    rounded; "+0%" is above zero and "0%" is not."""
    number = float(text.removesuffix("%"))
    if digits := decimals(text):
        half = 0.5 * 10**-digits
        return number - half, number + half
    if number == 0:
        return (0, 1) if text.startswith("+") else (-1, 0)
    return (number, number + 1) if number > 0 else (number - 1, number)


def doubtful_averages(document: Document) -> Iterator[Doubt]:
    """The averages that are not the mean of the document's own rows about the same, as printed.

    Half a unit of the last digit is allowed for the rounding of the average, half for that of the
    rows. Averages of which the document gives no rows, or a nan among them, are passed over.
    """
    times: dict[Place, dict[Label, dict[str, float | None]]] = {}
    for table in document.tables:
        rows = times.setdefault((table.machine, table.release), {})
        for _, label, numbers in table.read():
            for column, number in zip(table.columns, numbers, strict=True):
                if column.other is None:
                    rows.setdefault(label, {})[column.backend] = number
    for table in document.tables:
        rows = times[table.machine, table.release]
        for row, label, numbers in table.read():
            parts = [found for other, found in rows.items() if averages_over(label, other)]
            for title, column, text, number in zip(
                table.titles, table.columns, row.cells, numbers, strict=True
            ):
                values = [part.get(column.backend) for part in parts]
                known = [value for value in values if value is not None]
                if column.other or number is None or not known or len(known) < len(values):
                    continue
                mean, digits = sum(known) / len(known), decimals(text)
                if abs(mean - number) > 10**-digits * (1 + 1e-6):
                    yield Doubt(row.line, row.label, title, text, f"{mean:.{digits}f}")
