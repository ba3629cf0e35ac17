"""A table as Markdown, exactly as mlx-benchmark prints it; as CSV; as JSON."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .model import Cell, Kind, Table

#: The fewest characters of a cell.
_WIDTHS = {Kind.TIME: 6, Kind.SPEEDUP: 7, Kind.INTERVAL: 0}
#: The fewest characters of the ruler under a title.
_RULER = 6


def markdown(table: Table) -> str:
    """The table in Markdown, every blank where mlx-benchmark has it.

    The column of labels is as wide as the longest label, in a table of averages one wider; its
    title is four wider than that.
    """
    width = max((len(row.label) for row in table.rows), default=0) + table.average
    lines = [
        _line([table.first.ljust(width + 4), *(column.title for column in table.columns)]),
        "|".join(
            [
                "",
                "-" * (width + 6),
                *("-" * max(_RULER, len(column.title)) for column in table.columns),
                "",
            ]
        ),
    ]
    for row in table.rows:
        cells = (
            cell.text.rjust(_WIDTHS[column.kind])
            for column, cell in zip(table.columns, row.cells, strict=True)
        )
        lines.append(_line([row.label.ljust(width), *cells]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def as_csv(table: Table) -> str:
    """The texts of the cells, under the columns' titles."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([table.first, *(column.title for column in table.columns)])
    for row in table.rows:
        writer.writerow([row.label, *(cell.text for cell in row.cells)])
    return content.getvalue()


def as_json(table: Table) -> str:
    """The whole table as JSON, numbers beside their texts."""
    return json.dumps(document(table), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def document(table: Table) -> dict[str, Any]:
    """The table as an object for JSON; docs/tables.md describes it."""
    return {
        "machine": table.machine,
        "release": table.release,
        "published": table.document,
        "average": table.average,
        "title": table.title,
        "notes": list(table.notes),
        "first": table.first,
        "columns": [
            {
                "key": column.key,
                "title": column.title,
                "kind": column.kind.value,
                "backend": column.backend,
                "other": column.other,
            }
            for column in table.columns
        ],
        "rows": [
            {
                "label": row.label,
                "name": row.name,
                "case": row.case,
                "cases": row.cases,
                "of": row.of,
                "cells": [_cell(cell) for cell in row.cells],
            }
            for row in table.rows
        ],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """The cell's text, and whatever else the cell has."""
    known = {
        "value": cell.value,
        "low": cell.low,
        "high": cell.high,
        "significant": cell.significant,
        "wrong": cell.wrong,
    }
    return {"text": cell.text, **{key: value for key, value in known.items() if value is not None}}


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "markdown": markdown,
    "csv": as_csv,
    "json": as_json,
}


def render_all(tables: Sequence[Table], style: str) -> str:
    """Several tables in one text: as JSON a list, else each under its title."""
    if style == "json" and len(tables) != 1:
        documents = [document(table) for table in tables]
        return json.dumps(documents, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    heading = "### " if style == "markdown" else "# "
    return "\n".join(
        (f"{heading}{table.title}\n\n" if table.title else "") + FORMATS[style](table)
        for table in tables
    )
