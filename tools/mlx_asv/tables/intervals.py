"""The intervals of the speedups of each release, for the rows of its table."""

from collections.abc import Mapping

import polars as pl

from .changes import Change, Changes
from .measured import Describe
from .rows import row_label


def changes(speedups: pl.DataFrame, describe: Describe) -> Mapping[str, Changes]:
    """For each release the changes of all cases that have a row in a table.

    `speedups`: SPEEDUPS of one environment. `describe`: as for `History`. The names are those that
    tables have for operations and models.
    """
    cases = speedups.select("benchmark", "case").unique()
    labels = {subject: row_label(describe(*subject)) for subject in cases.iter_rows()}
    found: dict[str, dict[tuple[str, str | None, str, str], Change]] = {}
    for row in speedups.iter_rows(named=True):
        label = labels[row["benchmark"], row["case"]]
        if label is not None:
            change = Change(row["effect"], row["error"], row["df"])
            key = (label.name, label.case, row["this"], row["other"])
            found.setdefault(row["release"], {})[key] = change
    return found
