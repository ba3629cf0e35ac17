"""What became of a regression: open, recovered, or accepted."""

from collections.abc import Sequence

import polars as pl

from .accepted import Accepted
from .pairs import PAIR, STEP, compared, later
from .rule import Rule, Verdict

OPEN, ACCEPTED = "open", "accepted"


def recoveries(
    levels: pl.DataFrame, verdicts: pl.DataFrame, order: Sequence[str], rule: Rule
) -> pl.DataFrame:
    """The steps that are `slower` and were made good, as PAIR, with `recovered`: by which release.

    The first later release whose level is back: compared directly with the release before the
    step, it is within the threshold, and its interval leaves out the size of the step. Without
    the second condition one noisy release of many would be taken for a recovery.
    """
    regressions = verdicts.filter(
        (pl.col("verdict") == Verdict.SLOWER.value) & (pl.col("comparison") == STEP)
    )
    pairs = later(levels, regressions, order)
    key = (*PAIR[:-1], "later")
    back = (
        compared(levels, pairs.drop("place").unique())
        .rename({"after": "later"})
        .join(pairs.rename({"before_label": "before", "after_label": "later"}).unique(), on=key)
        .filter(pl.col("effect") <= rule.threshold)
        .select(*key, "high", "place")
    )
    return (
        regressions.select(*PAIR, pl.col("effect").alias("size"))
        .join(back, on=PAIR[:-1])
        .filter(pl.col("high") < pl.col("size"))
        .sort(*PAIR, "place")
        .unique(PAIR, keep="first", maintain_order=True)
        .select(*PAIR, pl.col("later").alias("recovered"))
    )


def with_states(
    verdicts: pl.DataFrame,
    recovered: pl.DataFrame,
    accepted: Sequence[Accepted],
    order: Sequence[str],
) -> tuple[pl.DataFrame, list[Accepted]]:
    """`verdicts` with `state`, and the entries that are about no open regression: stale.

    `state`: null unless `slower`; "recovered in" a release; "accepted" if an entry names a release
    after `before`, up to `after`, and the series; else "open".
    """
    is_slower = pl.col("verdict") == Verdict.SLOWER.value
    is_step = pl.col("comparison") == STEP
    found = verdicts.join(recovered, on=PAIR, how="left", maintain_order="left")
    place = {label: number for number, label in enumerate(order)}
    used: set[Accepted] = set()
    states: list[str | None] = []
    for row in found.select(
        *PAIR,
        pl.when(is_slower & is_step).then("recovered").alias("recovered"),
        is_slower.alias("slower"),
    ).iter_rows(named=True):
        series = f"{row['benchmark']} {row['case']} {row['backend']}"
        places = range(place[row["before"]] + 1, place[row["after"]] + 1)
        if not row["slower"]:
            states.append(None)
        elif row["recovered"]:
            states.append(f"recovered in {row['recovered']}")
        else:
            entries = {entry for entry in accepted if entry.matches(series, places, order)}
            used |= entries
            states.append(ACCEPTED if entries else OPEN)
    stale = [entry for entry in accepted if entry not in used]
    return found.drop("recovered").with_columns(pl.Series("state", states, pl.String())), stale
