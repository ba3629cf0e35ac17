"""How sure the speedups of a release are, for the rows of its table."""

from collections.abc import Mapping

import polars as pl

from .changes import Change, Changes
from .measured import Describe
from .rows import row_label


def changes(speedups: pl.DataFrame, describe: Describe) -> Mapping[str, Changes]:
    """For each release the changes of all cases; what is no row of a table has none.

    `speedups`: SPEEDUPS of one environment. `describe`: as of `History`. Names are those of the
    operations or models, as in the tables.
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
