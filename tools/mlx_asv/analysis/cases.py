"""What cases are called: in results by their label, to a person by the text of their axes."""

import polars as pl

from mlx_asv.axes import Axes

#: What identifies a case on a machine, and what else it is called.
_CALLED = pl.Schema(dict.fromkeys(("benchmark", "case", "called"), pl.String()))


def called(cases: pl.DataFrame) -> pl.DataFrame:
    """What a person calls cases (CASES, of one machine or several) that have another label."""
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


def label_of(case: str, cases: pl.DataFrame) -> str:
    """The label of a case that a person may have called otherwise."""
    found = called(cases).filter(called=case)["case"].unique()
    return str(found[0]) if found.len() == 1 and case not in cases["case"] else case
