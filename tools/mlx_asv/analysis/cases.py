"""What cases are called: in results by their label, to a person by the text of their axes."""

from dataclasses import replace

import polars as pl

from mlx_asv.axes import Axes
from mlx_asv.verdicts.judge import Judgement

#: What identifies a case on a machine, and what else it is called.
_CALLED = pl.Schema(dict.fromkeys(("benchmark", "case", "called"), pl.String()))


def called(cases: pl.DataFrame) -> pl.DataFrame:
    """What a person calls cases that have another label.

    `cases`: `benchmark`, `case` and `axes` of each, as CASES and observations have them.
    """
    told = cases.select("benchmark", "case", "axes").drop_nulls().unique(maintain_order=True)
    texts = [(name, case, Axes.from_json(axes).text) for name, case, axes in told.iter_rows()]
    others = [row for row in texts if row[1] != row[2]]
    return pl.DataFrame(others, schema=_CALLED, orient="row").unique(("benchmark", "case"))


def as_called(frame: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """The same rows, whose `case` is what a person calls it."""
    return (
        frame.join(called(cases), on=("benchmark", "case"), how="left", maintain_order="left")
        .with_columns(pl.coalesce("called", "case").alias("case"))
        .select(frame.columns)
    )


def judged_as_called(found: Judgement, cases: pl.DataFrame) -> Judgement:
    """The same, to be printed."""
    return replace(
        found,
        verdicts=as_called(found.verdicts, cases),
        absolute=as_called(found.absolute, cases),
        exactness=as_called(found.exactness, cases),
    )


def label_of(case: str, cases: pl.DataFrame) -> str:
    """The label of a case that a person may have called otherwise."""
    found = called(cases).filter(called=case)["case"].unique()
    return str(found[0]) if found.len() == 1 and case not in cases["case"] else case
