"""Tables in text: of Markdown, or with columns between tabs or blanks, as copies of pages have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .columns import Column
from .labels import LABELS, SEPARATOR
from .model import DamagedRow, PrintedRow, PrintedTable

#: What mlx-benchmark prints around its tables.
_OUTPUT = re.compile(r"Namespace\(|Use MLX:|Running benchmarks")
_MARKUP = re.compile(r"[#*`]")
_VERSION = re.compile(r"\b(mlx|torch):? (\d+(?:\.\d+)+)")
_RULER = re.compile(r":?-+:?")


@dataclass(frozen=True)
class Stated:
    """What a document states of the measurement of a table; None for what it does not state."""

    machine: str | None = None
    release: str | None = None
    torch: str | None = None


@dataclass
class _Open:
    """A table whose rows are being read."""

    line: int
    stated: Stated
    separator: str
    first: str
    titles: tuple[str, ...]
    rows: list[PrintedRow] = field(default_factory=list)

    def is_row(self, text: str, follows: bool) -> bool:
        """Whether a line belongs to the table; `follows`: no blank line is before it."""
        if follows:
            return not text.startswith(("#", "**"))
        if self.separator != " ":
            return self.separator in text
        words = text.split()  # after a page break; anything else is the next table's heading
        return len(words) > 1 and (words[1] == "/" or bool(re.match(r"\d+\.\d+$|nan$", words[1])))


def tables(text: str, asked: Stated) -> Iterator[PrintedTable | DamagedRow]:
    """Every table of operations or models in a document, in order; or why it cannot be read.

    `asked`: what is said of all tables in place of what the document says. Every line from the
    header to a heading or other text is a row, across page breaks.
    """
    table: _Open | None = None
    heading = Stated()
    follows = False
    for line, text_of_line in enumerate(text.splitlines(), 1):
        stripped = text_of_line.strip()
        if not stripped:
            follows = False
            continue
        header = _header(stripped)
        if header is not None:
            if table is not None:
                yield _closed(table)
            separator, (first, *titles) = header
            stated = Stated(
                asked.machine or heading.machine,
                asked.release or heading.release,
                asked.torch or heading.torch,
            )
            table = _Open(line, stated, separator, first, tuple(titles))
            heading = Stated()
        elif table is not None and table.is_row(stripped, follows):
            cells = _row(stripped, table)
            if not all(_RULER.fullmatch(cell) for cell in cells):
                table.rows.append(PrintedRow(line, cells[0], tuple(cells[1:])))
        else:
            if table is not None:
                yield _closed(table)
                table = None
            if _looks_like_row(stripped):
                yield DamagedRow(line, "is a row, and no table's header is before it")
            elif not stripped.endswith(":") and not _OUTPUT.match(stripped):
                heading = stated_in(stripped)
        follows = True
    if table is not None:
        yield _closed(table)


def stated_in(heading: str) -> Stated:
    """Machine and versions in a heading.

    ``M1 Pro (16GB) - mlx: 0.5.0``, ``**M2**`` or ``A.1 Latency Using PyTorch on Nvidia A10``.
    """
    text = _MARKUP.sub("", heading)
    versions = dict(_VERSION.findall(text))
    text = re.sub(r".*\bUsing .* on ", "", _VERSION.sub("", text))
    machine = re.sub(r"\s+", " ", re.sub(r"\(\s*\)", "", text)).strip(" -")
    release = f"v{versions['mlx']}" if "mlx" in versions else None
    return Stated(machine or None, release, versions.get("torch"))


def _closed(table: _Open) -> PrintedTable | DamagedRow:
    stated = table.stated
    if stated.machine is None:
        return DamagedRow(table.line, "the table names no machine: --machine says which it was")
    if not table.rows:
        return DamagedRow(table.line, "the table has no rows")
    try:
        return PrintedTable(
            table.line,
            stated.machine,
            stated.release,
            stated.torch,
            table.first,
            table.titles,
            tuple(table.rows),
        )
    except DamagedRow as error:
        return error


def _header(text: str) -> tuple[str, list[str]] | None:
    """The separator of columns and their titles, if this line is a header.

    It is one if it begins like one and a column is known; then all must be.
    """
    if text.startswith("|"):
        separator, cells = "|", _between(text, "|")
    elif "\t" in text:
        separator, cells = "\t", _between(text, "\t")
    else:
        separator, cells = " ", re.findall(r"\S+/\S+ speedup|\S+", text)
    known = any(_is_column(cell) for cell in cells[1:])
    return (separator, cells) if known and cells[0] in LABELS else None


def _is_column(title: str) -> bool:
    try:
        Column.parse(title)
    except ValueError:
        return False
    return True


def _row(text: str, table: _Open) -> list[str]:
    """Label and cells of a line."""
    if table.separator == " ":
        return text.rsplit(None, len(table.titles))
    return _between(text, table.separator)


def _between(text: str, separator: str) -> list[str]:
    if separator == "|":
        text = text.removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in text.split(separator)]


def _looks_like_row(text: str) -> bool:
    """Whether a line outside of any table is one of a table that lost its header."""
    return f"{SEPARATOR}dim=" in text or f"{SEPARATOR}inputs-char-no=" in text
