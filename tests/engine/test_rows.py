import json

import polars as pl
from mlx_asv.axes import Axes
from mlx_asv.engine.plan import Begun, Plan
from mlx_asv.engine.rows import rows, value_rows
from mlx_asv.job import Arm, BlockSet, Case, Track
from mlx_asv.measurement.blocks import Life, Visit
from mlx_asv.measurement.values import Valued
from mlx_asv.metric import ERROR
from mlx_asv.observations.schema import OUTCOMES, ROLES, SCHEMA

CASE = Case("ops.Sort.time_sort", "7", Axes.of(case="small"), 60.0, {"cpu": 0})
CONDITIONS = {"OMP_NUM_THREADS": "2", "MLX_BUILD": "cpu"}
PLAN = Plan("box", "py3.11", CONDITIONS)
BEGUN = Begun("20260101T000000Z-abcdef", 42, 8_000_000_000, "mlx-asv sweep")

JOB = BlockSet(case=CASE, replicate=2, group=1, arms=(), blocks=2, seed=42)

VISITS = [
    Visit(0, 1, 1.7e9, 12, 0.001, 0.012, instructions=4_000_000.5, cycles=None),
    Visit(1, 0, 1.8e9, 10, 0.002, 0.02),
]
LIVES = [
    Life(Arm("cpu", "v1", "reference"), VISITS, rss=1000),
    Life(Arm("cpu", "v1", "twin"), VISITS[:1], rss=1001),
    Life(Arm("cpu", "v2", "release"), [], "failed", "crashed: SIGSEGV", 1002),
    Life(Arm("torch", "v2", "control"), [], "skipped", "no such dtype"),
    Life(Arm("gpu", "v2", "release"), [], rss=1003),
]


def stored() -> pl.DataFrame:
    """The lives in the types of the schema."""
    return pl.DataFrame(rows(JOB, LIVES, plan=PLAN, begun=BEGUN, seconds=12.5), schema=SCHEMA)


def test_row_for_each_visit_and_each_arm_that_was_lost() -> None:
    """A visit is a row; an arm that failed or was skipped is one; one not visited is none."""
    every = stored()
    found = every.filter(pl.col("metric").ne_missing("memory"))
    found = found.select("backend", "label", "role", "outcome", "block")
    assert found.rows() == [
        ("cpu", "v1", "reference", "ok", 0),
        ("cpu", "v1", "reference", "ok", 1),
        ("cpu", "v1 (A/A)", "twin", "ok", 0),
        ("cpu", "v2", "release", "failed", None),
        ("torch", "v2", "control", "skipped", None),
    ]
    assert set(found["role"]) == set(ROLES)
    assert set(found["outcome"]) == set(OUTCOMES)


def test_row_for_the_memory_of_each_life() -> None:
    """Of what was visited; it is of no block. A visit's value is its time."""
    memory = stored().filter(metric="memory")
    assert memory.select("label", "value").rows() == [("v1", 1000.0), ("v1 (A/A)", 1001.0)]
    for name in ("block", "position", "started", "calls", "timed", "instructions", "cycles"):
        assert memory[name].null_count() == memory.height
    assert set(stored().filter(pl.col("block").is_not_null())["metric"]) == {"time"}


def test_visit_fills_every_column() -> None:
    """Nothing of a visit is left out, and nothing is stored that the schema does not have."""
    first = rows(JOB, LIVES, plan=PLAN, begun=BEGUN, seconds=12.5)[0]
    assert set(first) == set(SCHEMA)
    assert stored().row(0, named=True) == {
        "sweep": BEGUN.id,
        "machine": "box",
        "environment": "py3.11",
        "conditions": json.dumps(CONDITIONS, sort_keys=True),
        "benchmark": "ops.Sort.time_sort",
        "version": "7",
        "case": "small",
        "backend": "cpu",
        "release": "v1",
        "label": "v1",
        "role": "reference",
        "replicate": 2,
        "group": 1,
        "block": 0,
        "position": 1,
        "seed": 42,
        "started": 1.7e9,
        "calls": 12,
        "metric": "time",
        "value": 0.001,
        "axes": CASE.axes.json,
        "timed": 0.012,
        "instructions": 4_000_000.5,
        "cycles": None,
        "life": 12.5,
        "outcome": "ok",
        "reason": None,
    }


def test_lost_arm_has_its_reason_and_no_measurement() -> None:
    """Why an arm could not be measured is kept, with null for what there is not."""
    failed, skipped = stored().filter(pl.col("outcome") != "ok").rows(named=True)
    assert (failed["reason"], failed["metric"]) == ("crashed: SIGSEGV", None)
    assert (skipped["reason"], skipped["metric"]) == ("no such dtype", None)
    for name in ("block", "position", "started", "calls", "value", "timed"):
        assert failed[name] is None
        assert skipped[name] is None


def test_twin_has_the_release_of_the_reference() -> None:
    """It is the same release under another label."""
    twin = stored().filter(role="twin").row(0, named=True)
    assert (twin["release"], twin["label"]) == ("v1", "v1 (A/A)")


def test_conditions_are_the_same_text_in_any_order() -> None:
    """What identifies where it was measured does not depend on how it was put together."""
    other = Plan("box", "py3.11", dict(reversed(CONDITIONS.items())))
    one = rows(JOB, LIVES, plan=PLAN, begun=BEGUN, seconds=1.0)[0]["conditions"]
    assert rows(JOB, LIVES, plan=other, begun=BEGUN, seconds=1.0)[0]["conditions"] == one


def test_values_of_a_replicate() -> None:
    """A row for each arm that has it, of the metric, as the metric records it; and the reasons."""
    arms = [Arm("cpu", "v2", "reference"), Arm("cpu", "v1", "release"), Arm("cpu", "v0", "release")]
    job = Track(case=CASE, metric="error", arms=tuple(arms), replicates=2)
    valued = [
        Valued(arms[0], (1e-6, 0.0)),
        Valued(arms[1], (2e-6,)),
        Valued(arms[2], outcome="failed", reason="it returned nan"),
    ]
    found = [
        pl.DataFrame(
            value_rows(
                job,
                ERROR,
                valued,
                plan=PLAN,
                begun=BEGUN,
                replicate=replicate,
                started=1.7e9,
                seconds=2.0,
            ),
            schema=SCHEMA,
        )
        for replicate in (0, 1)
    ]
    columns = ("label", "metric", "value", "outcome", "replicate")
    assert found[0].select(columns).rows() == [
        ("v2", "error", 1e-6, "ok", 0),
        ("v1", "error", 2e-6, "ok", 0),
        ("v0", None, None, "failed", 0),
    ]
    assert found[1].select(columns).rows() == [
        ("v2", "error", 2.0**-53, "ok", 1),
        ("v0", None, None, "failed", 1),
    ]
    assert set(found[0]["block"]) == set(found[0]["calls"]) == {None}
    assert set(found[0]["life"]) == {2.0} and set(found[0]["started"]) == {1.7e9}
