"""From times to a table: pure functions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

from mlx_asv.published.columns import BACKENDS
from mlx_asv.published.labels import Label

from .changes import Change, Changes, mean_change, percent
from .model import Cell, Column, Kind, Row, Table
from .speedups import Speedup, milliseconds, percentage, shown, speedup

#: The mark of an interval that includes zero, and the text where no interval is known.
NOT_SIGNIFICANT = "n.s."
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Times:
    """The times that a row is made from: milliseconds per call by backend; nan, or no entry, where
    there is no number.

    `label`: what is printed. `name`, `case`: the operation or model, and its case. An average has
    no `case`; it is over the rows `parts`, of the `out_of` rows that there are.
    """

    label: str
    name: str
    case: str | None
    milliseconds: Mapping[str, float]
    parts: tuple["Times", ...] = ()
    out_of: int = 1

    @classmethod
    def of(cls, label: Label, milliseconds: Mapping[str, float]) -> "Times":
        """The times of a row that is no average."""
        return cls(str(label), label.name, label.case, milliseconds)

    def of_backend(self, backend: str) -> float:
        """The milliseconds per call of a backend, or nan."""
        return self.milliseconds.get(backend, nan)


def averages(rows: Iterable[Times], group: Callable[[Times], Label]) -> list[Times]:
    """The means of the rows of each group, in the order of the groups' first rows.

    A mean is over the cases of which every backend of the group has a number: means over different
    cases cannot be compared.
    """
    groups: dict[Label, list[Times]] = {}
    for row in rows:
        groups.setdefault(group(row), []).append(row)
    return [_mean(label, members) for label, members in groups.items()]


def _mean(label: Label, members: Sequence[Times]) -> Times:
    backends = present(members)
    complete = [
        row for row in members if not any(isnan(row.of_backend(backend)) for backend in backends)
    ]
    means = {
        backend: sum(row.of_backend(backend) for row in complete) / len(complete)
        for backend in backends
        if complete
    }
    return replace(Times.of(label, means), parts=tuple(complete), out_of=len(members))


def present(rows: Sequence[Times]) -> list[str]:
    """The backends with any number, in the order of the columns; unknown ones last."""
    found = {
        backend for row in rows for backend, time in row.milliseconds.items() if not isnan(time)
    }
    return [*(name for name in BACKENDS if name in found), *sorted(found - set(BACKENDS))]


@dataclass(frozen=True)
class Style:
    """The differences between tables of operations and tables of models."""

    first: str
    speedups: tuple[Speedup, ...]
    #: How the backends' names are written.
    title: Callable[[str], str]


def build(
    style: Style,
    rows: Sequence[Times],
    machine: str,
    release: str | None,
    *,
    average: bool = False,
    changes: Changes | None = None,
    backends: Sequence[str] | None = None,
    title: str = "",
    notes: Sequence[str] = (),
) -> Table:
    """The table of `rows`.

    `changes`: adds columns of intervals; an interval that `changes` lacks is printed as unknown.
    `backends`: the columns of times; if left out, the backends with any number.
    """
    chosen = list(backends) if backends is not None else present(rows)
    columns = [Column(name, style.title(name), Kind.TIME, name) for name in chosen]
    for each in shown(style.speedups, chosen):
        columns += _speedup_columns(style, each, changes is not None)
    digits = {(each.this, each.other): each.digits for each in style.speedups}
    return Table(
        style.first,
        tuple(columns),
        tuple(_row(row, columns, digits, changes or {}) for row in rows),
        machine,
        release,
        average=average,
        title=title,
        notes=(*notes, *_partial(rows)),
    )


def _partial(rows: Sequence[Times]) -> list[str]:
    """A note that names the averages over fewer cases than have a number, if there are any."""
    found = [
        f"{row.label} {len(row.parts)} of {row.out_of}"
        for row in rows
        if len(row.parts) < row.out_of and row.out_of > 1
    ]
    return [f"averaged over the cases that all backends have: {', '.join(found)}"] if found else []


def _speedup_columns(style: Style, each: Speedup, honest: bool) -> list[Column]:
    key = f"{each.this}/{each.other}"
    name = f"{style.title(each.this)}/{style.title(each.other)}"
    found = [Column(key, f"{name} speedup", Kind.SPEEDUP, each.this, each.other)]
    if honest:
        found.append(
            Column(f"{key} interval", f"{name} 95 %", Kind.INTERVAL, each.this, each.other)
        )
    return found


def _row(
    row: Times,
    columns: Sequence[Column],
    digits: Mapping[tuple[str, str], int],
    changes: Changes,
) -> Row:
    cells = []
    for column in columns:
        this = row.of_backend(column.backend)
        if column.other is None:
            cells.append(Cell(milliseconds(this), None if isnan(this) else this))
            continue
        change = change_of(row, column.backend, column.other, changes)
        if column.kind == Kind.INTERVAL:
            cells.append(interval_cell(change))
            continue
        value = speedup(this, row.of_backend(column.other))
        text = percentage(value, digits[column.backend, column.other])
        known = interval_cell(change)
        cells.append(
            Cell(
                text,
                None if isnan(value) else value,
                known.low,
                known.high,
                known.significant,
            )
        )
    count = len(row.parts) if row.parts else 1
    return Row(row.label, row.name, row.case, tuple(cells), count, row.out_of)


def change_of(row: Times, this: str, other: str, changes: Changes) -> Change | None:
    """The change between two backends in a row; in an average from its cases. None: unknown."""
    if not row.parts:
        return changes.get((row.name, row.case, this, other))
    return mean_change(
        [changes.get((part.name, part.case, this, other)) for part in row.parts],
        [part.of_backend(this) for part in row.parts],
    )


def interval_cell(change: Change | None) -> Cell:
    """``+21 … +45 %``, ``-3.1 … +4.0 % n.s.`` or ``unknown``; with the numbers."""
    if change is None or change.half == float("inf"):
        return Cell(UNKNOWN)
    low, high = percent(change.low), percent(change.high)
    significant = low > 0 or high < 0
    digits = 1 if max(abs(low), abs(high)) < 10 else 0
    mark = "" if significant else f" {NOT_SIGNIFICANT}"
    text = f"{low:+.{digits}f} … {high:+.{digits}f} %{mark}"
    return Cell(text, None, low, high, significant)
