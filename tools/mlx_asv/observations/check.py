"""Observations that others recorded: read as they are documented, or refused with the row.

docs/observations.md describes the columns; old files, with `seconds`, are taken as well. Rows are
counted from 0, as polars does.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from mlx_asv.by_metric import measurable
from mlx_asv.metric import METRICS

from . import old
from .schema import ADDED, ARM, BLOCK_SET, OUTCOMES, ROLES, SCHEMA
from .store import ObservationsError

#: What no row may lack.
ALWAYS = (*BLOCK_SET, "backend", "release", "label", "role", "outcome")
#: What the statistics read; the others may be missing.
NEEDED = (*BLOCK_SET, "backend", "release", "label", "role", "block", "metric", "value", "outcome")
#: Of an old file.
NEEDED_OF_OLD = (*(name for name in NEEDED if name not in ("metric", "value")), "seconds")


class BadObservations(Exception):
    """A table is no table of observations; says which row or column, and why, in one sentence."""


def read_others(path: Path) -> pl.DataFrame:
    """The observations in a file of somebody else's, checked, in the types of the schema.

    Raises ObservationsError, which names the file, with the row and the reason.
    """
    try:
        return checked(pl.read_parquet(path, glob=False))
    except BadObservations as error:
        raise ObservationsError(f"{path}: {error}") from error
    except (PolarsError, PanicException, OSError) as error:
        raise ObservationsError(
            f"{path} cannot be read as Parquet ({str(error).splitlines()[0]})."
        ) from error


def checked(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` in the types of the schema; columns that nobody needs and it lacks are null.

    Other columns are left out. Raises BadObservations for the first thing that is wrong.
    """
    if old.is_old(frame):
        typed = _typed(frame, old.SCHEMA, NEEDED_OF_OLD)
        _refuse_names(typed)
        _refuse_seconds(typed)
        _refuse_design(typed, ("block", *ARM))
        return old.converted(typed)
    typed = _typed(frame, SCHEMA, NEEDED)
    _refuse_names(typed)
    _refuse_values(typed)
    _refuse_counts(typed)
    _refuse_design(typed, ("block", *ARM, "metric"))
    return typed


def _refuse_names(frame: pl.DataFrame) -> None:
    """What identifies a row, and words of which only some have a meaning."""
    for name in ALWAYS:
        _refuse(frame, pl.col(name).is_null(), f"has no {name}")
    _refuse_unknown(frame, "role", ROLES)
    _refuse_unknown(frame, "outcome", OUTCOMES)


def _refuse_seconds(frame: pl.DataFrame) -> None:
    """Old files: what was measured is a time, of a visit."""
    measured = pl.col("outcome") == "ok"
    _refuse(frame, measured & pl.col("block").is_null(), "is ok and has no block")
    is_time = (pl.col("seconds") > 0) & pl.col("seconds").is_finite()
    _refuse(
        frame,
        measured & ~is_time.fill_null(False),
        "is ok, and its seconds are {}: a time is positive and finite",
        "seconds",
    )


def _refuse_values(frame: pl.DataFrame) -> None:
    """What was measured is a value of a metric: of visits, or one of a life."""
    measured = pl.col("outcome") == "ok"
    _refuse(frame, measured & pl.col("metric").is_null(), "is ok and has no metric")
    _refuse_unknown(frame, "metric", tuple(METRICS))
    _refuse(
        frame,
        measured & ~measurable("value").fill_null(False),
        "is ok, and its value is {}: one is finite, and positive where ratios are compared",
        "value",
    )
    alone = pl.len().over(*BLOCK_SET, *ARM, "metric", "outcome") == 1
    _refuse(
        frame,
        measured & pl.col("block").is_null() & ~alone,
        "is ok and has no block, and is not the only value of its arm's life",
    )


def _refuse_counts(frame: pl.DataFrame) -> None:
    """What the machine's counters say of a visit, or null."""
    for name in ADDED:
        is_count = (pl.col(name) > 0) & pl.col(name).is_finite()
        _refuse(frame, ~is_count, f"has {{}} {name}: a count is positive and finite, or null", name)


def _refuse_design(frame: pl.DataFrame, visit: tuple[str, ...]) -> None:
    """Rows that cannot stand beside each other; `visit` identifies one in its block set."""
    key = (*BLOCK_SET, *visit)
    _refuse(
        frame,
        (pl.col("outcome") == "ok") & (pl.int_range(pl.len()).over(*key, "outcome") > 0),
        f"repeats an earlier row: there is one for each {', '.join(key)}",
    )
    one_role = pl.struct("role", "release").n_unique().over(*BLOCK_SET, *ARM) == 1
    _refuse(frame, ~one_role, "has an arm ({}) with two roles or two releases", "label")
    has_reference = (pl.col("role") == "reference").any().over(BLOCK_SET)
    _refuse(
        frame,
        ~has_reference,
        f"is of a block set ({', '.join(BLOCK_SET)}) without a row of role reference",
    )


def _typed(frame: pl.DataFrame, schema: Mapping[str, Any], needed: Iterable[str]) -> pl.DataFrame:
    """The columns of the schema in its types."""
    if missing := [name for name in needed if name not in frame.columns]:
        raise BadObservations(f"there is no column {', '.join(missing)}.")
    columns = []
    for name, kind in schema.items():
        if name not in frame.columns:
            columns.append(pl.Series(name, [None] * frame.height, dtype=kind))
            continue
        found = frame[name]
        if not _is_like(found.dtype, kind):
            raise BadObservations(f"column {name} is {found.dtype}, not {kind()}.")
        columns.append(found.cast(kind, strict=False))
        lost = columns[-1].is_null() & found.is_not_null()
        for row in lost.arg_true().head(1):
            raise BadObservations(f"row {row}: {name} is {found[row]}, which is no {kind()}.")
    return pl.DataFrame(columns)


def _is_like(found: pl.DataType, kind: type[pl.DataType]) -> bool:
    """Whether a column of a type means the same: any width of integers, any sort of text."""
    if found == pl.Null:
        return True
    if kind == pl.String:
        return found in (pl.String, pl.Categorical, pl.Enum)
    return found.is_integer() or (kind == pl.Float64 and found.is_float())


def _refuse_unknown(frame: pl.DataFrame, name: str, known: tuple[str, ...]) -> None:
    _refuse(frame, ~pl.col(name).is_in(known), f"has {name} {{!r}}, not {_or(known)}", name)


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _refuse(frame: pl.DataFrame, wrong: pl.Expr, what: str, shown: str = "label") -> None:
    """Raise for the first row that is `wrong`; `what` may show the value of a column."""
    found = frame.with_row_index("row").filter(wrong).head(1)
    for row in found.iter_rows(named=True):
        raise BadObservations(f"row {row['row']} {what.format(row[shown])}.")
