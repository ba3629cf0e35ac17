"""Times as they were before they were printed: any that print as a table's do, speedups included.

Printed times are rounded, and speedups were computed before that, so the printed times do not give
the printed speedups back. A linear program finds times that give all of it: each printed number
says between which bounds a time, a mean of times or a ratio of two was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np
from mlx_asv.published.check import speedups_printed_as
from mlx_asv.published.columns import decimals
from scipy.optimize import linprog

#: How far from its bounds every number shall be, in parts of the distance between them.
INSIDE = 0.4


@dataclass(frozen=True)
class Printed:
    """A printed row. `of`: the labels of the rows that it is an average of; none if it is none."""

    label: str
    times: Mapping[str, str]
    speedups: Mapping[tuple[str, str], str]
    of: Sequence[str] = field(default_factory=tuple)


def recovered(rows: Sequence[Printed]) -> dict[str, dict[str, float]] | None:
    """Milliseconds of every row that is no average, by label and backend; nan where that is
    printed. None if no times print so."""
    details = [row for row in rows if not row.of]
    names = [
        (row.label, backend)
        for row in details
        for backend, text in row.times.items()
        if text != "nan"
    ]
    place = {name: number for number, name in enumerate(names)}
    count = len(names)
    upper: list[np.ndarray] = []
    bounds: list[float] = []

    def of(row: Printed, backend: str) -> np.ndarray:
        """A time as a sum of unknowns."""
        parts = row.of or (row.label,)
        found = np.zeros(count + 1)
        for part in parts:
            found[place[part, backend]] = 1 / len(parts)
        return found

    def between(expression: np.ndarray, low: float, high: float, width: float) -> None:
        """low <= expression <= high, by the part of the width that the last unknown is."""
        for sign, bound in ((1, high), (-1, -low)):
            line = sign * expression
            line[-1] += width
            upper.append(line)
            bounds.append(bound)

    for row in rows:
        for backend, text in row.times.items():
            if text != "nan":
                half = 0.5 * 10 ** -decimals(text)
                low, high = max(float(text) - half, 0), float(text) + half
                between(of(row, backend), low, high, high - low)
        for (this, other), text in row.speedups.items():
            if text == "nan%":
                continue
            low, high = (1 + percent / 100 for percent in speedups_printed_as(text))
            width = (high - low) * max(float(row.times[this]), 1e-3)
            ratio = of(row, other) - low * of(row, this)
            between(ratio, 0, np.inf, width)
            ratio = of(row, other) - high * of(row, this)
            between(ratio, -np.inf, 0, width)
    if not names:
        return {row.label: dict.fromkeys(row.times, nan) for row in details}
    kept = np.isfinite(bounds)
    found = linprog(
        [*[0.0] * count, -1.0],
        np.array(upper)[kept],
        np.array(bounds)[kept],
        bounds=[*[(0, None)] * count, (0, INSIDE)],
        method="highs",
    )
    if found.status != 0 or found.x[-1] <= 1e-6:
        return None
    return {
        row.label: {
            backend: nan if text == "nan" else float(found.x[place[row.label, backend]])
            for backend, text in row.times.items()
        }
        for row in details
    }
