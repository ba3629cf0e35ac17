"""Files of before: without the columns that were ADDED; and those written before a row named its
metric, with `seconds` of a visit, and `rss` beside it.

They are converted when they are read, and never rewritten.
"""

from typing import Any

import polars as pl

from mlx_asv.metric import MEMORY, TIME

from . import schema
from .schema import ARM, BLOCK_SET

_NEW = ("axes", "metric", "value", *schema.ADDED)

#: The columns of an old file. `seconds`: per call. `rss`: bytes, of the whole life, in each row.
SCHEMA: dict[str, Any] = {
    **{name: kind for name, kind in schema.SCHEMA.items() if name not in _NEW},
    "seconds": pl.Float64,
    "rss": pl.Int64,
}

#: What says something of a visit, and nothing of a life.
_OF_A_VISIT = ("block", "position", "started", "calls", "timed")


def is_old(frame: pl.DataFrame) -> bool:
    """Whether a table has times in `seconds`."""
    return "seconds" in frame.columns and "value" not in frame.columns


def converted(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the old SCHEMA as rows of today's: times, lost arms; then the memory of each life."""
    is_time = (pl.col("outcome") == "ok") | pl.col("seconds").is_not_null()
    times = frame.with_columns(
        metric=pl.when(is_time).then(pl.lit(TIME.name)), value=pl.col("seconds")
    )
    lives = frame.filter(pl.col("outcome") == "ok", pl.col("rss").is_not_null())
    memory = lives.unique([*BLOCK_SET, *ARM], keep="first", maintain_order=True).with_columns(
        pl.lit(None, frame.schema[name]).alias(name) for name in _OF_A_VISIT
    )
    memory = memory.with_columns(metric=pl.lit(MEMORY.name), value=pl.col("rss").cast(pl.Float64))
    return complete(pl.concat([times, memory]).with_columns(axes=pl.lit(None, pl.String())))


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the schema in order; those that were ADDED are null where there are none."""
    added = [
        pl.lit(None, schema.SCHEMA[name]).alias(name)
        for name in schema.ADDED
        if name not in frame.columns
    ]
    return frame.with_columns(added).select(list(schema.SCHEMA))
