"""How figures are shown and kept: percentages, goals, tables, and the JSON file."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from mlx_asv.files import write_atomically


def percent(log: float, digits: int = 1) -> str:
    """A log ratio as a change in percent: log 1.05 is ``5.0``; ``∞`` where nothing is known."""
    return f"{math.expm1(log):.{digits}%}".rstrip("%") if math.isfinite(log) else "∞"


def share(part: int, whole: int) -> str:
    """``7 of 8 (88 %)``."""
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "none"


@dataclass(frozen=True)
class Goal:
    """Something a table is to show, and whether it does."""

    text: str
    reached: bool
    value: str

    def __str__(self) -> str:
        return f"goal: {self.text}: {'reached' if self.reached else 'not reached'} ({self.value})"


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1
) -> Table:
    """A table whose first `left` columns are text, the others numbers; a row "" is a line."""
    shown = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for number, column in enumerate(columns):
        shown.add_column(column, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        if row:
            shown.add_row(*row)
        else:
            shown.add_section()
    return shown


class Figures:
    """The raw figures of each table, with when and how it was measured, in one JSON file.

    A table that is measured again replaces its earlier figures and no other's.
    """

    def __init__(self, path: Path, how: Mapping[str, Any]) -> None:
        self._path = path
        self._how = how

    def save(self, name: str, figures: Mapping[str, Any], goals: Sequence[Goal]) -> None:
        """Write a table's figures, units in their names or in the code that names them."""
        try:
            tables = json.loads(self._path.read_text(encoding="utf-8"))["tables"]
        except (OSError, ValueError, KeyError):
            tables = {}
        tables[name] = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            **self._how,
            "goals": [{"goal": g.text, "reached": g.reached, "value": g.value} for g in goals],
            **figures,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(finite({"version": 1, "tables": tables}), indent=1, allow_nan=False)
        write_atomically(self._path, text + "\n")


def finite(value: Any) -> Any:
    """`value` with null for what is infinite or no number, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value
