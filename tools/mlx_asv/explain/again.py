"""The command that measures a step again, in a checkout of its suite."""

import shlex

from mlx_asv.axes import Name
from mlx_asv.metric import METRICS, TIME
from mlx_asv.verdicts.pairs import Row


def command(row: Row, name: Name, metric: str | None = None) -> str:
    """What measures a step again, and no other: `mlx-asv confirm`; where nothing disturbs the
    metric, the command that has measured it.

    `row`: of verdicts. `name`: asv's of its case and backend. `metric`: another one than the row's.
    """
    releases = (row["before"], row["after"])
    measured = METRICS[metric or row.get("metric", TIME.name)]
    if measured.undisturbed:
        words = ["mlx-asv", measured.command, *releases, "-b", name.pattern]
    else:
        words = ["mlx-asv", measured.command, name.pattern, *releases]
    if row["backend"]:
        words += ["--backends", row["backend"]]
    return shlex.join(words)
