"""Whether printed numbers follow from each other: speedups from times, averages from cases.

Speedups and averages were computed before the times were rounded for printing. So a printed
speedup follows if *some* times, printed as the times of its row are, give it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from .columns import decimals
from .labels import Label, averages_over
from .model import Document, PrintedTable

#: A machine and a release of MLX.
_Where = tuple[str, str | None]


@dataclass(frozen=True)
class Check:
    """A printed number that is derived from others of its document.

    `line`, `label`, `column`: where the number is. `expected`: what it should be, as one number
    or as the least and the most.
    """

    line: int
    label: str
    column: str
    printed: str
    expected: str
    follows: bool

    def __str__(self) -> str:
        return f"line {self.line}: {self.label}, {self.column}: {self.printed}, not {self.expected}"


def speedups(table: PrintedTable) -> Iterator[Check]:
    """Every printed speedup of two printed times: whether any times that print so give it."""
    at = {column.backend: n for n, column in enumerate(table.columns) if column.other is None}
    for row, _, numbers in table.read():
        for title, column, text, number in zip(
            table.titles, table.columns, row.cells, numbers, strict=True
        ):
            if column.other is None or not {column.backend, column.other} <= set(at):
                continue
            cells = (at[column.backend], at[column.other])
            this, other = (numbers[cell] for cell in cells)
            if number is None or this is None or other is None:
                follows = number is None and (this is None or other is None)
                yield Check(row.line, row.label, title, text, "nan%", follows)
                continue
            halves = [0.5 * 10 ** -decimals(row.cells[cell]) for cell in cells]
            shortest = this - halves[0]
            low = 100 * ((other - halves[1]) / (this + halves[0]) - 1)
            high = 100 * ((other + halves[1]) / shortest - 1) if shortest > 0 else inf
            least, most = speedups_printed_as(text)
            digits = decimals(text) + 1
            expected = f"{low:.{digits}f} to {high:.{digits}f}%"
            yield Check(row.line, row.label, title, text, expected, low <= most and least <= high)


def speedups_printed_as(text: str) -> tuple[float, float]:
    """The least and the largest percentage that is printed as `text`.

    Whole numbers are cut off, others rounded; "+0%" is above zero and "0%" is not.
    """
    number = float(text.removesuffix("%"))
    if digits := decimals(text):
        half = 0.5 * 10**-digits
        return number - half, number + half
    if number == 0:
        return (0, 1) if text.startswith("+") else (-1, 0)
    return (number, number + 1) if number > 0 else (number - 1, number)


def averages(document: Document) -> Iterator[Check]:
    """Every printed average whose rows are in the document: whether it is their mean.

    Half a unit of the last digit is allowed for the rounding of the average, half for that of the
    rows. Averages with a nan among their rows are passed over.
    """
    times: dict[_Where, dict[Label, dict[str, float | None]]] = {}
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
                follows = abs(mean - number) <= 10**-digits * (1 + 1e-6)
                yield Check(row.line, row.label, title, text, f"{mean:.{digits + 1}f}", follows)
