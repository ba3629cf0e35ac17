"""A table: columns, rows, and cells of a number and its text, before it has any format."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class TableError(Exception):
    """There is no such table; says what there is."""


class Kind(StrEnum):
    """The kinds of columns."""

    #: Milliseconds per call.
    TIME = "time"
    #: Percent: how much less time `backend` takes than `other`, (other / this - 1) * 100.
    SPEEDUP = "speedup"
    #: The 95 % interval of the speedup in the column before.
    INTERVAL = "interval"


@dataclass(frozen=True)
class Column:
    """One column. `key`: its name for programs. `title`: the text above it."""

    key: str
    title: str
    kind: Kind
    backend: str
    other: str | None = None


class Cell(NamedTuple):
    """A number, and how it is printed.

    `value`: the number in the column's unit, None where there is none. `low`, `high`: the 95 %
    interval of a speedup, in percent, None if unknown. `significant`: whether the interval excludes
    zero, None if unknown. `wrong`: why a published number is not what its label says.
    """

    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    significant: bool | None = None
    wrong: str | None = None


@dataclass(frozen=True)
class Row:
    """One row, with a cell for each column. `case`: None for an average, over `cases` of `of`."""

    label: str
    name: str
    case: str | None
    cells: tuple[Cell, ...]
    cases: int = 1
    of: int = 1


@dataclass(frozen=True)
class Table:
    """A table of one machine.

    `first`: the title of the column of labels. `notes`: sentences about the whole table. `release`:
    None for published tables that state no version of MLX. `document`: the name of the published
    document, None for a table that was measured here.
    """

    first: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    machine: str
    release: str | None
    document: str | None = None
    average: bool = False
    title: str = ""
    notes: tuple[str, ...] = ()
