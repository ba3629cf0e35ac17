import io

import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.track.summary import print_summary
from rich.console import Console


def row(label, role, value=None, case="small", replicate=0, metric="error", **more):
    """A value, or an arm that has none."""
    base = dict.fromkeys(SCHEMA, None)
    base |= dict.fromkeys(("sweep", "machine", "environment", "version"), "x")
    base |= {"benchmark": "ops.Sum.track_error", "case": case, "backend": "cpu", "group": 0}
    base |= {"replicate": replicate, "label": label, "release": label[:2], "role": role}
    return {**base, "outcome": "ok", "metric": metric, "value": value, **more}


def pair(case, factor=1.0, metric="error"):
    """The reference and its twin, so many times apart."""
    return [
        row(label, role, value, case, replicate, metric)
        for label, role, value in (
            ("v2", "reference", 1e-6),
            ("v2 (A/A)", "twin", 1e-6 * factor),
        )
        for replicate in range(3)
    ]


def shown(*rows):
    """What is printed of a run."""
    frame = pl.DataFrame(list(rows), schema=SCHEMA)
    console = Console(file=io.StringIO(), width=160)
    print_summary(frame, life_levels(frame), console)
    return console.file.getvalue().splitlines()


def test_values_that_repeat():
    """Are said to, of each metric by itself."""
    assert shown(*pair("a"), *pair("b"), *pair("c", metric="growth")) == [
        "The same release twice (A/A): 2 of 2 errors are equal.",
        "The same release twice (A/A): 1 of 1 bytes are equal.",
    ]


def test_values_that_do_not_repeat():
    """How many, and how far the furthest is off."""
    (line,) = shown(*pair("a"), *pair("b", 1.5))
    assert line == (
        "The same release twice (A/A): 1 of 2 errors are equal, the others differ by 1.5 times at "
        "most."
    )


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_nothing_tracked(outcome):
    """Is said, after the reasons."""
    lost = row("v1", "release", metric=None, outcome=outcome, reason="it returned nan")
    assert shown(lost) == [
        f"Not tracked: ops.Sum.track_error small on cpu: {outcome}: it returned nan",
        "Nothing was tracked.",
    ]
