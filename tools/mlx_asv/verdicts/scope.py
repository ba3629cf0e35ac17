"""What the steps of a release that moved one way have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from mlx_asv.axes import Axes, Name, plain
from mlx_asv.facts import Backend
from mlx_asv.metric import METRICS

from .pairs import Row

#: The whole suite moved; one family alone did.
ALL, FAMILY = "all", "one family"


@dataclass(frozen=True)
class Known:
    """What is known of backends and cases beside their names.

    `backends`: by name, as the suite says. `axes`: of each (benchmark, case); of one that is not
    there, as in observations of before axes were stored, nothing is known but its label. `allowed`:
    the limit of each (benchmark, case) that has its own.
    """

    backends: Mapping[str, Backend] = field(default_factory=dict)
    axes: Mapping[tuple[str, str], Axes] = field(default_factory=dict)
    allowed: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        observations: pl.DataFrame,
        backends: Mapping[str, Backend],
        allow: Callable[[str, Axes], float | None] | None = None,
    ) -> "Known":
        """With the axes that observations tell. `allow`: what the suite says of a case's limit."""
        told = observations.select("benchmark", "case", "axes").drop_nulls().unique()
        axes = {(name, case): Axes.from_json(text) for name, case, text in told.iter_rows()}
        own = [m.name for m in METRICS.values() if m.limit is not None and m.limit.most is None]
        limited = observations.filter(pl.col("metric").is_in(own)).select("benchmark", "case")
        allowed = {
            key: most
            for key in limited.unique().iter_rows()
            if allow is not None and key in axes and (most := allow(key[0], axes[key])) is not None
        }
        return cls(backends, axes, allowed)

    def backend(self, row: Row) -> Backend:
        """That of a step."""
        return self.backends.get(row["backend"]) or Backend(row["backend"])

    def case(self, row: Row) -> Axes:
        """The axes of a step's case."""
        return self.axes.get(_case(row)) or Axes.of(case=row["case"])


def scope_of(moved: Sequence[Row], measured: Sequence[Row], known: Known) -> str | None:
    """What the steps that moved one way at a release have in common, of all that were measured.

    "all": the whole suite moved. "gpu only", "compile only": no backend of another device, or none
    that is not compiled, moved, and some of the same cases were measured on one. "only bfloat16":
    every case that moved has this value of an axis, and some were measured with another value and
    all else the same. "one family": no other family moved, and others were measured. Joined with
    commas; null if none of these.
    """
    if any(row["suite_wide"] for row in moved):
        return ALL
    found = [*_backends(moved, measured, known), *_values(moved, measured, known)]
    if len(_families(moved)) == 1 < len(_families(measured)):
        found.append(FAMILY)
    return ", ".join(found) or None


def _backends(moved: Sequence[Row], measured: Sequence[Row], known: Known) -> list[str]:
    cases = set(map(_case, moved))
    mine = [known.backend(row) for row in moved]
    beside = [known.backend(row) for row in measured if _case(row) in cases]
    devices = {backend.device for backend in mine}
    found = []
    if len(devices) == 1 and all(devices) and {each.device for each in beside} - {*devices, ""}:
        found.append(f"{devices.pop()} only")
    if all(each.compiled for each in mine) and not all(each.compiled for each in beside):
        found.append("compile only")
    return found


def _values(moved: Sequence[Row], measured: Sequence[Row], known: Known) -> list[str]:
    """Of each axis that cases have beside another: the value that all that moved have."""
    mine = [known.case(row) for row in moved]
    found = []
    for axis in mine[0]:
        values = {axes.get(axis) for axes in mine}
        if len(values) > 1 or any(len(axes) == 1 for axes in mine):
            continue
        rest = {_rest(row, known, axis) for row in moved}
        others = {
            known.case(row).get(axis) for row in measured if _rest(row, known, axis) in rest
        } - {None, *values}
        if others:
            found.append(f"only {plain(mine[0][axis])}")
    return found


def _rest(row: Row, known: Known, axis: str) -> tuple[str, str, Axes]:
    """What is the same of cases that differ in an axis alone."""
    return row["benchmark"], row["backend"], known.case(row).without(axis)


def _case(row: Row) -> tuple[str, str]:
    return row["benchmark"], row["case"]


def _families(rows: Sequence[Row]) -> set[str]:
    return {Name(row["benchmark"]).family for row in rows}
