"""What a tour has found, in three sentences."""

from collections.abc import Sequence

import polars as pl

from mlx_asv.axes import Name
from mlx_asv.metric import INSTRUCTIONS, TIME, Metric
from mlx_asv.verdicts.answers import answered, share
from mlx_asv.verdicts.pairs import STEP, Row
from mlx_asv.verdicts.published import published
from mlx_asv.verdicts.reading import readings
from mlx_asv.verdicts.verdict import is_better, is_worse

#: Changes that a sentence names; of more it says how many there are.
NAMED = 6


def told(verdicts: pl.DataFrame) -> list[str]:
    """How many steps have an answer; what became slower or faster; what executes more or less.

    `verdicts`: VERDICTS, of the steps that a tour has measured.
    """
    steps = published(verdicts.filter(comparison=STEP))
    if steps.is_empty():
        return ["No release could be compared with another."]
    return [_answers(verdicts), *(_changes(steps, metric) for metric in (TIME, INSTRUCTIONS))]


def _answers(verdicts: pl.DataFrame) -> str:
    steps = readings(verdicts)
    row = answered(steps).row(0, named=True)
    whole, either = row["steps"], row["either"]
    parts = [
        f"{share(row[metric.name], whole)} by {metric.name}"
        for metric in (TIME, INSTRUCTIONS)
        if row[metric.name] is not None
    ]
    cases = steps.select("benchmark", "case", "backend").n_unique()
    return (
        f"Of {whole} steps from one release to the next, in {cases} cases, {share(either, whole)} "
        f"have an answer: {', '.join(parts)}."
    )


def _changes(steps: pl.DataFrame, metric: Metric) -> str:
    """``Slower: Softmax (+171.0% with v0.25.2, confirmed), and 3 more; faster: nothing.``"""
    of_it = steps.filter(metric=metric.name)
    if of_it.is_empty():
        return f"{metric.name.capitalize()}: nothing is known."
    several, size = _with_several_cases(of_it), pl.col("effect").abs()
    worse, better = (
        _named(
            of_it.filter(which).sort(size, descending=True, maintain_order=True), metric, several
        )
        for which in (is_worse(), is_better())
    )
    first, second = metric.changes
    return f"{first.capitalize()}: {worse}; {second}: {better}."


def _named(changes: pl.DataFrame, metric: Metric, several: Sequence[str]) -> str:
    rows = changes.to_dicts()
    shown = [_change(row, metric, several) for row in rows[:NAMED]]
    if more := len(rows) - len(shown):
        shown.append(f"and {more} more")
    return ", ".join(shown) or "nothing"


def _change(row: Row, metric: Metric, several: Sequence[str]) -> str:
    name = Name(row["benchmark"]).operation
    if row["benchmark"] in several:
        name += f" {row['case']}"
    said = f"{metric.change(row['effect'])} with {row['after']}"
    return f"{name} ({', '.join(filter(None, (said, row['standing'])))})"


def _with_several_cases(steps: pl.DataFrame) -> list[str]:
    """The benchmarks of which the operation alone does not say what was measured."""
    cases = steps.group_by("benchmark").agg(pl.struct("case", "backend").n_unique())
    return cases.filter(pl.col("case") > 1)["benchmark"].to_list()
