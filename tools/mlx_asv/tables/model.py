"""A table: columns, rows and cells of value and text, whatever it is made of or shown as."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class TableError(Exception):
    """There is no such table; says what there is."""


class Kind(StrEnum):
    """What a column holds."""

    #: Milliseconds per call.
    TIME = "time"
    #: Percent: how much less time `backend` takes than `other`, (other / this - 1) * 100.
    SPEEDUP = "speedup"
    #: The 95 % interval of the speedup before it.
    INTERVAL = "interval"


@dataclass(frozen=True)
class Column:
    """One column. `key` names it for programs, `title` is what is printed above it."""

    key: str
    title: str
    kind: Kind
    backend: str
    other: str | None = None


class Cell(NamedTuple):
    """A number, and how it is printed.

    `value`: in the column's unit, None where there is none. `low`, `high`: the 95 % interval of a
    speedup, in percent, where one is known; `significant`: whether it leaves out zero, None if it
    is unknown. `wrong`: why a published number is not what it claims to be.
    """

    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    significant: bool | None = None
    wrong: str | None = None


@dataclass(frozen=True)
class Row:
    """One row; as many cells as columns. `case`: None for an average over `cases` of `of`."""

    label: str
    name: str
    case: str | None
    cells: tuple[Cell, ...]
    cases: int = 1
    of: int = 1


@dataclass(frozen=True)
class Table:
    """`first`: the title of the column of labels. `notes`: sentences about all of it.

    `release` is None for published tables that state no version of MLX; `document` names the
    published document, None for what was measured here.
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
