"""Documents in the results directory: TOML, a line for each row, every number as printed.

No JSON: asv takes each .json file in the results directory for a result file of its own.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlx_asv.files import write_atomically

from .labels import LABELS
from .model import UNITS, DamagedRow, Document, PrintedRow, PrintedTable

#: In the results directory.
DIRECTORY = "published"
#: Of the files; another number is read differently.
FORMAT = 1


class PublishedError(Exception):
    """A document cannot be read or imported; says which line, and why."""


def read_published(results: Path) -> list[Document]:
    """All documents that were imported, by name. Raises PublishedError."""
    return [read_document(path) for path in sorted((results / DIRECTORY).glob("*.toml"))]


def read_document(path: Path) -> Document:
    """One imported document. Raises PublishedError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise PublishedError(f"{path} has format {content['format']}, not {FORMAT}.")
        return Document(
            path.stem,
            content["title"],
            content["file"],
            content["sha256"],
            tuple(_table(entry) for entry in content["tables"]),
            {int(line): reason for line, reason in content.get("wrong", {}).items()},
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PublishedError(f"{path} cannot be read: {error}.") from error
    except DamagedRow as error:
        raise PublishedError(f"{path} is damaged: of {error}.") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PublishedError(
            f"{path} is damaged ({error!r}): restore it from git, or import the document again."
        ) from error


def _table(entry: dict[str, Any]) -> PrintedTable:
    first, *titles = entry["columns"]
    unit = entry.get("unit", "ms")
    if first not in LABELS or unit not in UNITS:
        raise ValueError(f"{first!r} or {unit!r}")
    return PrintedTable(
        entry["line"],
        entry["machine"],
        entry.get("release"),
        entry.get("torch"),
        first,
        tuple(titles),
        tuple(PrintedRow(line, label, tuple(cells)) for line, label, *cells in entry["rows"]),
        unit,
        entry.get("calls", 1),
    )


def write_document(results: Path, document: Document) -> Path:
    """Write a document, whole or not at all; returns its path."""
    path = results / DIRECTORY / f"{document.name}.toml"
    text = "\n".join(_lines(document)) + "\n"
    tomllib.loads(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    return path


def _lines(document: Document) -> Iterator[str]:
    yield "# Published, not measured here: docs/tables.md. `mlx-asv import` writes this file."
    yield f"format = {FORMAT}"
    for key in ("title", "file", "sha256"):
        yield f"{key} = {_quoted(getattr(document, key))}"
    if document.wrong:
        yield ""
        yield "[wrong]"
        for line, reason in sorted(document.wrong.items()):
            yield f"{line} = {_quoted(reason)}"
    for table in document.tables:
        yield ""
        yield "[[tables]]"
        yield f"line = {table.line}"
        yield f"machine = {_quoted(table.machine)}"
        for key in ("release", "torch"):
            if (value := getattr(table, key)) is not None:
                yield f"{key} = {_quoted(value)}"
        if (table.unit, table.calls) != ("ms", 1):
            yield f"unit = {_quoted(table.unit)}"
            yield f"calls = {table.calls}"
        yield f"columns = {_quoted([table.first, *table.titles])}"
        yield "rows = ["
        for row in table.rows:
            yield f"  {_quoted([row.line, row.label, *row.cells])},"
        yield "]"


def _quoted(value: str | list[Any]) -> str:
    """TOML's basic strings are JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
