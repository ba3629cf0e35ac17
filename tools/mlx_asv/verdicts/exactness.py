"""Whether the results of an operation became more or less exact at the step of another metric.

It is a fact beside the step, and not its cause: errors are of other cases, small or hard ones.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from mlx_asv.axes import Axes, Name, plain
from mlx_asv.facts import CaseFacts
from mlx_asv.metric import ERROR, factor

from .pairs import STEP
from .published import published
from .reading import KEY
from .scope import Known
from .verdict import is_change

#: A step, of whatever metric but errors, and the largest change of an error of the same operation,
#: element type and mode, on the same backend and between the same releases: its effect and case,
#: and what a person calls that.
EXACTNESS = pl.Schema(
    {
        **{key: pl.String() for key in KEY},
        "error_effect": pl.Float64(),
        **dict.fromkeys(("error_benchmark", "error_case", "error_called"), pl.String()),
    }
)

#: Axes that are the same of a case and of its error, with the values where a case does not say.
_SHARED = {"dtype": CaseFacts.dtype, "mode": CaseFacts.mode}
#: What a step and a change of an error have in common.
_COMMON = ("machine", "environment", "backend", "before", "after", "operation", *_SHARED)


def exactness(verdicts: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The steps beside which an error has changed, by the rule of errors: EXACTNESS."""
    of_error = pl.col("metric") == ERROR.name
    steps = published(verdicts.filter(comparison=STEP))
    changed = steps.filter(of_error, is_change())
    if changed.is_empty():
        return pl.DataFrame(schema=EXACTNESS)
    errors = (
        _described(changed, known)
        .sort(pl.col("effect").abs(), descending=True, maintain_order=True)
        .unique(_COMMON, keep="first", maintain_order=True)
        .select(
            *_COMMON,
            pl.col("effect").alias("error_effect"),
            pl.col("benchmark").alias("error_benchmark"),
            pl.col("case").alias("error_case"),
            pl.col("called").alias("error_called"),
        )
    )
    others = steps.filter(~of_error).unique(KEY, maintain_order=True)
    return (
        _described(others, known)
        .join(errors, on=_COMMON, maintain_order="left")
        .select(list(EXACTNESS))
    )


def _described(steps: pl.DataFrame, known: Known) -> pl.DataFrame:
    """With the operation, and the axes that it shares with its error."""
    rows = []
    for benchmark, case in steps.select("benchmark", "case").unique().iter_rows():
        axes = known.case({"benchmark": benchmark, "case": case})
        name = Name(benchmark)
        rows.append(
            {
                "benchmark": benchmark,
                "case": case,
                "operation": f"{name.family}.{name.operation}",
                "called": f"{name.operation} {axes.text}".strip(),
                **{axis: _value(axes, axis, usual) for axis, usual in _SHARED.items()},
            }
        )
    names = ("benchmark", "case", "operation", "called", *_SHARED)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()))
    return steps.join(frame, on=("benchmark", "case"), maintain_order="left")


def _value(axes: Axes, axis: str, usual: str) -> str:
    return plain(axes[axis]) if axis in axes else usual


def told(row: Mapping[str, Any]) -> str:
    """``40 times more exact``: of a row of EXACTNESS."""
    effect = row["error_effect"]
    word = ERROR.worse if effect * ERROR.sign > 0 else ERROR.better
    return f"{factor(effect)} times {word}"


def sentence(row: Mapping[str, Any]) -> str:
    """``its results are 40 times more exact since the same release (RowSum 4x16384, float16)``."""
    return f"its results are {told(row)} since the same release ({row['error_called']})"
