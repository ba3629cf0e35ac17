"""From levels to verdicts: all of the analysis, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.effects.changes import pool
from mlx_asv.metric import METRICS

from .absolute import ABSOLUTE, absolute, with_crossing
from .accepted import Accepted
from .attribution import PLACE, SUITE, attributed, control_movement, suite_movements
from .exactness import exactness
from .fresh import FRESH, with_fresh
from .history import recoveries, with_states
from .inference import detectable, p_values, q_values
from .pairs import PAIR, SERIES, comparisons, in_order
from .rule import Rule, decide
from .scope import Known

VERDICTS = pl.Schema(
    {
        **{key: pl.String() for key in (*PAIR, "comparison", "verdict", "reason", "state")},
        **{key: pl.Float64() for key in ("effect", "low", "high", "error", "df")},
        **{key: pl.Float64() for key in ("p", "q", "mde", "spread")},
        **{key: pl.Int32() for key in ("choices", "replicates", "blocks")},
        "paired": pl.Boolean(),
        "control_backend": pl.String(),
        **{key: pl.Float64() for key in ("control", "control_low", "control_high")},
        "suite_wide": pl.Boolean(),
        "scope": pl.String(),
        **{name: kind for name, kind in FRESH.items() if name not in PAIR},
    }
)


#: Of no comparisons: as they are decided, and of those that have recovered.
_EMPTY = pl.DataFrame(schema={n: kind for n, kind in VERDICTS.items() if n != "state"})
_NONE_RECOVERED = pl.DataFrame(schema={key: pl.String() for key in (*PAIR, "recovered")})


@dataclass(frozen=True)
class Judgement:
    """`verdicts`: VERDICTS. `suite`: SUITE. `stale`: entries that are about no open regression.
    `absolute`: ABSOLUTE, by series, oldest release first. `exactness`: EXACTNESS."""

    verdicts: pl.DataFrame
    suite: pl.DataFrame
    stale: Sequence[Accepted]
    absolute: pl.DataFrame
    exactness: pl.DataFrame


def judge(
    levels: pl.DataFrame,
    order: Sequence[str],
    rule: Rule | None = None,
    accepted: Sequence[Accepted] = (),
    fresh: pl.DataFrame | None = None,
    known: Known | None = None,
) -> Judgement:
    """Verdicts on all that `life_levels` gave; `order`: labels of releases, oldest first.

    `fresh` (FRESH): what was measured again. Machines, environments and metrics are judged one by
    one: what is the noise of one is none of another. Each metric by its own `rule.of`. `known`:
    what backends and cases are.
    """
    rule = rule or Rule()
    again = pl.DataFrame(schema=FRESH) if fresh is None else fresh
    parts = [
        _judged(of_it, order, rule.of(metric), again, known or Known())
        for place in levels.partition_by(PLACE, maintain_order=True)
        for metric in METRICS.values()
        if (of_it := place.filter(metric=metric.name)).height
    ]
    decided = pl.concat([_EMPTY, *(part[0] for part in parts)])
    suite = pl.concat([pl.DataFrame(schema=SUITE), *(part[1] for part in parts)])
    recovered = pl.concat([_NONE_RECOVERED, *(part[2] for part in parts)])
    alone = pl.concat([pl.DataFrame(schema=ABSOLUTE), *(part[3] for part in parts)])
    verdicts, stale = with_states(decided, recovered, accepted, order)
    judged = verdicts.select(list(VERDICTS))
    return Judgement(judged, suite, stale, alone, exactness(judged, known or Known()))


def _judged(
    levels: pl.DataFrame, order: Sequence[str], rule: Rule, again: pl.DataFrame, known: Known
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Verdicts without states, the suite's movements, recoveries, and what is said of each release
    by itself; of the rule's metric on one machine."""
    pooled = pool(levels)
    alone = absolute(levels, known, rule.replicates)
    compared = with_crossing(comparisons(pooled, order), alone)
    controls = control_movement(levels, compared)
    decided = decide(
        inferred(compared, rule).join(controls, on=PAIR, how="left", maintain_order="left"), rule
    )
    suite = suite_movements(compared, order, rule)
    found = attributed(with_fresh(decided, again), suite, known)
    recovered = recoveries(pooled, found, order, rule, alone)
    ordered = in_order(alone.rename({"release": "after"}), order, *SERIES)
    by_itself = ordered.rename({"after": "release"}).select(list(ABSOLUTE))
    return found.select(list(_EMPTY.columns)), suite, recovered, by_itself


def inferred(compared: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """`compared` with `p`, `q` and `mde`. The q-values are those of all these comparisons."""
    effect, error, df, choices = (
        compared[name].to_numpy() for name in ("effect", "error", "df", "choices")
    )
    least = compared.select(_least(rule)).to_series().to_numpy()
    p = p_values(effect, error, df, choices)
    columns = {"p": p, "q": q_values(p), "mde": detectable(error, df, least, choices)}
    return compared.with_columns(
        pl.Series(name, values, pl.Float64()) for name, values in columns.items()
    )


def _least(rule: Rule) -> pl.Expr:
    """The smallest effect that the rule calls a change: over the threshold, and so many times the
    spread of equal releases; the threshold alone where the spread is unknown."""
    spread = pl.when(pl.col("spread").is_finite()).then("spread").fill_null(0.0)
    return pl.max_horizontal(pl.lit(rule.threshold), rule.spreads * spread)
