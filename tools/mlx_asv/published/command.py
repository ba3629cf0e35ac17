"""`mlx-asv import`: documents with published numbers, into the results."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.releases.lock import Lock
from mlx_asv.releases.ranges import RangeError, find
from mlx_asv.terminal import from_here, say

from .check import averages, speedups
from .model import DamagedRow, Document, PrintedTable
from .snippets import snippets
from .store import DIRECTORY, PublishedError, read_published, write_document
from .text import Stated, tables

#: Damaged rows that are named.
SHOWN = 20


@dataclass(frozen=True)
class Options:
    """What the user says of a document. `wrong`: lines known to be wrong, with the reason."""

    name: str | None = None
    title: str | None = None
    stated: Stated = field(default_factory=Stated)
    wrong: Mapping[int, str] = field(default_factory=dict)


def import_document(
    path: Path, options: Options, results: Path, lock: Lock, console: Console
) -> Document:
    """Read a document, write it into the results, print a summary of it.

    A document of the same name is replaced. Raises PublishedError, and then nothing is written.
    """
    document = read_text(path, options, lock)
    for other in read_published(results):
        if other.sha256 == document.sha256 and other.name != document.name:
            raise PublishedError(
                f"{path} was imported as {other.name!r}: its numbers would be there twice. "
                f"--name {other.name} reads it again."
            )
    written = write_document(results, document)
    _print(document, written, console)
    return document


def read_text(path: Path, options: Options, lock: Lock) -> Document:
    """The tables of a document; where it has none, the figures in its text.

    Raises PublishedError, which names every line that cannot be read.
    """
    name = options.name or path.stem
    if not re.fullmatch(r"[\w.-]+", name):
        raise PublishedError(f"{name!r} cannot be a file's name in {DIRECTORY}: choose a --name.")
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PublishedError(f"{path} cannot be read: {error}.") from error
    stated = options.stated
    if stated.release is not None:
        stated = Stated(stated.machine, _known(stated.release, lock, "--release"), stated.torch)
    found = list(tables(text, stated)) or list(snippets(text, stated))
    damaged = [each for each in found if isinstance(each, DamagedRow)]
    if damaged:
        lines = "".join(f"\n  {path}, {row}" for row in damaged[:SHOWN])
        more = f"\n  and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
        raise PublishedError(f"Nothing was imported: correct these lines.{lines}{more}")
    read = [each for each in found if isinstance(each, PrintedTable)]
    if not read:
        raise PublishedError(
            f"{path} has no table of mlx-benchmark's form: its header begins with Operation "
            "or Model and names backends, such as mlx_gpu."
        )
    for table in read:
        if table.release is not None:
            _known(table.release, lock, f"{path}, line {table.line}")
    lines_read = {row.line for table in read for row in table.rows}
    if lost := sorted(set(options.wrong) - lines_read):
        raise PublishedError(f"--wrong {lost[0]}: no row was read from that line of {path}.")
    return Document(
        name,
        options.title or path.name,
        path.name,
        hashlib.sha256(content).hexdigest(),
        tuple(read),
        options.wrong,
    )


def _known(release: str, lock: Lock, where: str) -> str:
    """The tag of a release that the lock file has."""
    try:
        return find(lock, release).tag
    except RangeError as error:
        raise PublishedError(f"{where}: {error}") from error


@dataclass(frozen=True)
class Counts:
    """How many rows, times and speedups a document has; `nan` and `wrong` of its cells are no
    number, or known to be wrong."""

    rows: int = 0
    times: int = 0
    speedups: int = 0
    nan: int = 0
    wrong: int = 0


def counted(document: Document, of: Sequence[PrintedTable] | None = None) -> Counts:
    """Count all tables of a document, or the tables `of`."""
    rows = times = speedups = nan = wrong = 0
    for table in document.tables if of is None else of:
        for row, label, numbers in table.read():
            rows += 1
            for column, text, number in zip(table.columns, row.cells, numbers, strict=True):
                times += column.other is None
                speedups += column.other is not None
                nan += number is None
                wrong += document.why_wrong(row, label, column, text) is not None
    return Counts(rows, times, speedups, nan, wrong)


def _print(document: Document, path: Path, console: Console) -> None:
    shown = Table(title=Text(document.title))
    shown.add_column("machine", overflow="fold")
    shown.add_column("MLX")
    for name in ("rows", "times", "speedups", "nan", "wrong"):
        shown.add_column(name, justify="right")
    measured = dict.fromkeys((table.machine, table.release) for table in document.tables)
    for machine, release in measured:
        here = [t for t in document.tables if (t.machine, t.release) == (machine, release)]
        counts = counted(document, here)
        shown.add_row(
            Text(machine),
            release or "not stated",
            *map(str, (counts.rows, counts.times, counts.speedups, counts.nan, counts.wrong)),
        )
    console.print(shown)
    derived = {
        "speedups do not follow from their times": [
            check for table in document.tables for check in speedups(table)
        ],
        "averages do not follow from their rows": list(averages(document)),
    }
    for what, checks in derived.items():
        doubts = [check for check in checks if not check.follows]
        say(console, f"{len(doubts)} of {len(checks)} {what}{':' if doubts else ''}")
        for doubt in doubts:
            say(console, f"  {doubt}")
    say(console, f"Published, not measured here: {from_here(path)}")
