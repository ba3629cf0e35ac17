"""What a page gives somebody who wants to measure a step: a program, or a command."""

from collections.abc import Mapping
from typing import Any

from mlx_asv.asv_edge.stored import Project
from mlx_asv.axes import Name
from mlx_asv.explain.again import command
from mlx_asv.explain.script import script
from mlx_asv.explain.standalone import NoSource
from mlx_asv.metric import METRICS, TIME

from .words import change, interval

#: A row of verdicts.
Row = Mapping[str, Any]

#: What a script is given as it stands in a row.
GIVEN = ("benchmark", "case", "environment", "before", "after")


def reproduction(row: Row, name: Name, project: Project) -> str:
    """What somebody else runs to measure a step: a program that needs nothing but Python and pip,
    or, where the benchmark cannot stand by itself, or of another metric than time, a command for a
    checkout.

    `row`: of `published` verdicts. `name`: asv's of its case and backend.
    """
    given = {each: str(row[each]) for each in GIVEN}
    metric = METRICS[row.get("metric", TIME.name)]
    sizes = interval(row["low"], row["high"], metric) or "no interval"
    size = f"{change(row['effect'], metric)} ({sizes})"
    backend = project.facts.backend(row["backend"])
    printable = all(text.isprintable() for text in (backend.name, *given.values()))
    if metric is TIME and name.of_class and printable:
        try:
            return script(
                project.suite,
                project.lock,
                **given,
                described=project.describe(row["benchmark"], row["case"]),
                backend=backend,
                size=size,
            )
        except NoSource:
            pass
    return f"# In a checkout of this suite; measures both releases afresh.\n{command(row, name)}\n"
