"""What a sweep has found that fresh replicates have not yet decided."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import polars as pl

from mlx_asv.job import Case
from mlx_asv.metric import TIME
from mlx_asv.verdicts.rule import Doubt
from mlx_asv.verdicts.verdict import is_better, is_worse


@dataclass(frozen=True)
class Doubtful:
    """A pair of releases, and the series of which one of them may be slower than the other."""

    before: str
    after: str
    #: (benchmark, version, case, backend).
    series: frozenset[tuple[str, str, str, str]]


def doubtful(verdicts: pl.DataFrame, environment: str, order: Sequence[str]) -> list[Doubtful]:
    """The pairs with a `slower` or `faster` that is not decided on fresh replicates, newest first;
    and those whose step is large and clear of zero, but could be chance among so many.

    `verdicts`: of one machine (docs/verdicts.md). What was measured in another environment cannot
    be measured again in this one. Of the latest release against the best only `slower` counts; of
    the metrics only time.
    """
    verdicts = verdicts.filter(metric=TIME.name)
    slower = is_worse()
    faster_step = is_better() & (pl.col("comparison") == "step")
    chance = (pl.col("reason") == Doubt.MANY_COMPARISONS.value) & (pl.col("comparison") == "step")
    found = verdicts.filter(
        slower | faster_step | chance, pl.col("confirmed").is_null(), environment=environment
    )
    pairs = found.partition_by("before", "after", as_dict=True)
    return sorted(
        (
            Doubtful(
                str(before),
                str(after),
                frozenset(rows.select("benchmark", "version", "case", "backend").iter_rows()),
            )
            for (before, after), rows in pairs.items()
        ),
        key=lambda pair: (order.index(pair.after), order.index(pair.before)),
        reverse=True,
    )


def cases_of(pair: Doubtful, cases: Sequence[Case], controls: Set[str]) -> list[Case]:
    """Those of `cases` that are in doubt, on the backends that are, beside the controls."""
    backends: dict[tuple[str, str, str], set[str]] = {}
    for benchmark, version, label, backend in pair.series:
        backends.setdefault((benchmark, version, label), set()).add(backend)
    found = []
    for case in cases:
        if wanted := backends.get((case.benchmark, case.version, case.label)):
            found.append(replace(case, backends=_only(case.backends, wanted | controls)))
    return found


def _only(backends: Mapping[str, int | None], wanted: Set[str]) -> dict[str, int | None]:
    return {name: index for name, index in backends.items() if name in wanted}
