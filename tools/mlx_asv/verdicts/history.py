"""The state of a regression: open, recovered, accepted, or dismissed."""

from collections.abc import Sequence

import polars as pl

from mlx_asv.effects.changes import Pooled
from mlx_asv.metric import METRICS

from .absolute import with_crossing
from .accepted import Accepted
from .pairs import PAIR, SERIES, STEP, Row, compared, later
from .rule import Rule
from .verdict import is_worse

OPEN, ACCEPTED, DISMISSED = "open", "accepted", "dismissed"


def recoveries(
    pooled: Pooled,
    verdicts: pl.DataFrame,
    order: Sequence[str],
    rule: Rule,
    alone: pl.DataFrame,
) -> pl.DataFrame:
    """The steps for the worse that a later release, `recovered`, has made good: PAIR, `recovered`.

    A release has made a step good if, compared directly with the release before the step, it is
    within the threshold and on the same side of the limit (by `alone`, ABSOLUTE), and its interval
    leaves out the size of the step. Without the last condition one noisy release of many would be
    taken for a recovery. The first one counts.
    """
    regressions = verdicts.filter(is_worse() & (pl.col("comparison") == STEP))
    sign, bound = rule.metric.sign, "high" if rule.metric.more_is_worse else "low"
    pairs = later(pooled.levels, regressions, order)
    key = (*PAIR[:-1], "later")
    back = (
        with_crossing(compared(pooled, pairs.drop("position").unique()), alone)
        .rename({"after": "later"})
        .join(pairs.rename({"before_label": "before", "after_label": "later"}).unique(), on=key)
        .filter(sign * pl.col("effect") <= rule.threshold, ~pl.col("crosses"))
        .select(*key, bound, "position")
    )
    return (
        regressions.select(*PAIR, pl.col("effect").alias("size"))
        .join(back, on=PAIR[:-1])
        .filter(sign * pl.col(bound) < sign * pl.col("size"))
        .sort(*PAIR, "position")
        .unique(PAIR, keep="first", maintain_order=True)
        .select(*PAIR, pl.col("later").alias("recovered"))
    )


def with_states(
    verdicts: pl.DataFrame,
    recovered: pl.DataFrame,
    accepted: Sequence[Accepted],
    order: Sequence[str],
) -> tuple[pl.DataFrame, list[Accepted]]:
    """`verdicts` with `state`; and the stale entries, which are about no open regression.

    `state` is null for all but changes for the worse. It is "dismissed" if fresh replicates were
    decided otherwise (`confirmed`). Any other step is "recovered in" a release; "accepted" if an
    entry names its series and a release after `before`, up to `after`; or "open".
    A latest release that is worse than the best is as the steps between the two are: "open" if one
    of them is open, "accepted" if all that have not recovered are accepted. If there is no such
    step, because the change came little by little, an entry may name any release between the two.
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
    """Finds the states of regressions, and notes which accepted entries were used."""

    def __init__(self, accepted: Sequence[Accepted], order: Sequence[str]) -> None:
        self.accepted = accepted
        self.order = order
        self.used: set[Accepted] = set()
        #: Series -> position of each step that has not recovered -> its state.
        self._left: dict[tuple[str, ...], dict[int, str]] = {}

    def of_step(self, row: Row) -> str:
        """The state of a step."""
        if _dismissed(row):
            return DISMISSED
        if row["recovered"]:
            return f"recovered in {row['recovered']}"
        positions = self._positions(row)
        state = self._by_entries(row, positions)
        self._left.setdefault(_series(row), {})[positions[-1]] = state
        return state

    def of_latest(self, row: Row) -> str:
        """The state of a latest release that is worse than the best. All steps must be known."""
        if _dismissed(row):
            return DISMISSED
        positions = self._positions(row)
        left = self._left.get(_series(row), {})
        between = {state for position, state in left.items() if position in positions}
        if between:
            return OPEN if OPEN in between else ACCEPTED
        return self._by_entries(row, positions)

    def _by_entries(self, row: Row, positions: range) -> str:
        name = f"{row['benchmark']} {row['case']} {row['backend']}"
        entries = {
            entry
            for entry in self.accepted
            if entry.matches(row["metric"], name, positions, self.order)
        }
        self.used |= entries
        return ACCEPTED if entries else OPEN

    def _positions(self, row: Row) -> range:
        """The positions of the releases after `before`, up to `after`."""
        return range(self.order.index(row["before"]) + 1, self.order.index(row["after"]) + 1)


def _dismissed(row: Row) -> bool:
    return row["confirmed"] not in (None, METRICS[row["metric"]].worse)


def _series(row: Row) -> tuple[str, ...]:
    return tuple(row[key] for key in SERIES)
