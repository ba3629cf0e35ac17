"""What became of a regression: open, recovered, accepted, or dismissed."""

from collections.abc import Sequence

import polars as pl

from mlx_asv.effects.changes import Pooled
from mlx_asv.metric import METRICS

from .accepted import Accepted
from .pairs import PAIR, SERIES, STEP, Row, compared, later
from .rule import Rule
from .verdict import is_worse

OPEN, ACCEPTED, DISMISSED = "open", "accepted", "dismissed"


def recoveries(
    pooled: Pooled, verdicts: pl.DataFrame, order: Sequence[str], rule: Rule
) -> pl.DataFrame:
    """The steps that are `slower`, or what the rule's metric calls it, and were made good: PAIR,
    with `recovered`: by which release.

    The first later release whose level is back: compared directly with the release before the
    step, it is within the threshold, and its interval leaves out the size of the step. Without
    the second condition one noisy release of many would be taken for a recovery.
    """
    regressions = verdicts.filter(is_worse() & (pl.col("comparison") == STEP))
    sign, bound = rule.metric.sign, "high" if rule.metric.more_is_worse else "low"
    pairs = later(pooled.levels, regressions, order)
    key = (*PAIR[:-1], "later")
    back = (
        compared(pooled, pairs.drop("place").unique())
        .rename({"after": "later"})
        .join(pairs.rename({"before_label": "before", "after_label": "later"}).unique(), on=key)
        .filter(sign * pl.col("effect") <= rule.threshold)
        .select(*key, bound, "place")
    )
    return (
        regressions.select(*PAIR, pl.col("effect").alias("size"))
        .join(back, on=PAIR[:-1])
        .filter(sign * pl.col(bound) < sign * pl.col("size"))
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

    `state` is null unless the verdict is a change for the worse, and "dismissed" if fresh
    replicates were decided otherwise (`confirmed`). Else a step is "recovered in" a release;
    "accepted" if an entry names its series and a release after `before`, up to `after`; or "open".
    A latest release worse than the best is what the steps between them are: accepted if all that
    are left are; where there is none, because it came little by little, an entry may name any
    release.
    """
    ledger = Ledger(accepted, order)
    found = verdicts.join(recovered, on=PAIR, how="left", maintain_order="left").with_row_index()
    worse = found.filter(is_worse())
    is_step = pl.col("comparison") == STEP
    states = {
        **{row["index"]: ledger.of_step(row) for row in worse.filter(is_step).to_dicts()},
        **{row["index"]: ledger.of_latest(row) for row in worse.filter(~is_step).to_dicts()},
    }
    state = pl.Series("state", [states.get(n) for n in range(found.height)], pl.String())
    stale = [entry for entry in accepted if entry not in ledger.used]
    return found.drop("index", "recovered").with_columns(state), stale


class Ledger:
    """The states of regressions while they are found, and the accepted entries that were used."""

    def __init__(self, accepted: Sequence[Accepted], order: Sequence[str]) -> None:
        self.accepted = accepted
        self.order = order
        self.used: set[Accepted] = set()
        #: Of each series: where its steps are that have not recovered, and their states.
        self._left: dict[tuple[str, ...], dict[int, str]] = {}

    def of_step(self, row: Row) -> str:
        """The state of a step."""
        if _dismissed(row):
            return DISMISSED
        if row["recovered"]:
            return f"recovered in {row['recovered']}"
        places = self._places(row)
        state = self._by_entries(row, places)
        self._left.setdefault(_series(row), {})[places[-1]] = state
        return state

    def of_latest(self, row: Row) -> str:
        """The state of a latest release that is worse than the best; after all steps."""
        if _dismissed(row):
            return DISMISSED
        places = self._places(row)
        left = self._left.get(_series(row), {})
        between = {state for place, state in left.items() if place in places}
        if between:
            return OPEN if OPEN in between else ACCEPTED
        return self._by_entries(row, places)

    def _by_entries(self, row: Row, places: range) -> str:
        name = f"{row['benchmark']} {row['case']} {row['backend']}"
        entries = {
            entry
            for entry in self.accepted
            if entry.matches(row["metric"], name, places, self.order)
        }
        self.used |= entries
        return ACCEPTED if entries else OPEN

    def _places(self, row: Row) -> range:
        """Those of the releases after `before`, up to `after`."""
        return range(self.order.index(row["before"]) + 1, self.order.index(row["after"]) + 1)


def _dismissed(row: Row) -> bool:
    return row["confirmed"] not in (None, METRICS[row["metric"]].worse)


def _series(row: Row) -> tuple[str, ...]:
    return tuple(row[key] for key in SERIES)
