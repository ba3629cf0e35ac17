"""Whose change a step is, as the analysis says it from observations and the suite's facts."""

from math import log

import polars as pl
from mlx_asv.analysis.machine import analyse
from mlx_asv.axes import Axes
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.verdicts.rule import Rule

from tests.facts import FACTS
from tests.site import played


def swept(dtype, change, backend=played.MLX, seed=1):
    """All benchmarks in a type, and some of them slower by a (log) change at v0.29.1."""
    axes = Axes.of(case="8x8", dtype=dtype)
    frame = played.swept(change, 0.0, case=axes.label, backend=backend, seed=seed)
    return frame.with_columns(axes=pl.lit(axes.json), sweep=pl.lit(f"2026-{seed:02}"))


def scopes(*frames):
    """Those of the slower steps at v0.29.1."""
    order = list(played.RELEASES)
    nothing = pl.DataFrame(schema=SCHEMA)
    found = analyse(pl.concat(frames), nothing, order, [], Rule(), FACTS.backends)
    slower = found.verdicts.filter(comparison="step", verdict="slower", after="v0.29.1")
    assert set(slower["benchmark"]) == set(played.SLOWER)
    return set(slower["scope"])


def test_a_value_of_a_third_axis_is_named():
    """Convolutions became slower in one type, and were measured in another."""
    slower, same = swept("bfloat16", log(1.2)), swept("float32", 0.0, seed=7)
    assert scopes(slower, same) == {"only bfloat16, one family"}


def test_in_every_type_it_is_none_of_them():
    """Both became slower."""
    both = swept("bfloat16", log(1.2)), swept("float32", log(1.2), seed=7)
    assert scopes(*both) == {"one family"}


def test_a_device_is_what_the_suite_says():
    """On the GPU alone, in one type; the same cases were measured on the CPU."""
    slower = swept("bfloat16", log(1.2), backend="mlx_gpu")
    assert scopes(slower, swept("bfloat16", 0.0, seed=7)) == {"gpu only, one family"}
