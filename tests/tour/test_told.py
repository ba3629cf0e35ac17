from math import log
from typing import Any

import polars as pl
from mlx_asv.tour.told import told
from mlx_asv.verdicts.judge import VERDICTS

STEP = {
    "machine": "box",
    "environment": "py",
    "benchmark": "family.Softmax.time_forward",
    "version": "1",
    "case": "8x8",
    "backend": "mlx_cpu",
    "metric": "time",
    "before": "v1",
    "after": "v2",
    "comparison": "step",
    "verdict": "same",
    "effect": 0.0,
    "low": -0.01,
    "high": 0.01,
}


def verdicts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Steps, with what is given of each."""
    return pl.DataFrame([{**STEP, **row} for row in rows], schema=VERDICTS)


def named(operation: str, **of_it: Any) -> dict[str, Any]:
    """A step of an operation."""
    return {"benchmark": f"family.{operation}.time_forward", **of_it}


SLOWER = {"verdict": "slower", "effect": log(1.5)}
MORE = {"metric": "instructions", "verdict": "more instructions", "effect": log(1.25)}
VAGUE = {"verdict": "inconclusive"}


def test_three_sentences() -> None:
    """How much has an answer; what time has found, confirmed or not; what instructions have."""
    found = verdicts(
        named("Softmax", **SLOWER, confirmed="slower", fresh_effect=log(1.4)),
        named("Sort", verdict="slower", effect=log(2)),
        named("ReLU", verdict="faster", effect=log(0.5)),
        named("Tril", **VAGUE),
        named("Tril", **MORE),
        named("Gather", **VAGUE),
    )
    assert told(found) == [
        "Of 5 steps from one release to the next, in 5 cases, 80 % have an answer: 60 % by time, "
        "20 % by instructions.",
        "Slower: Sort (+100.0% with v2, candidate), Softmax (+40.0% with v2, confirmed); "
        "faster: ReLU (-50.0% with v2, candidate).",
        "More instructions: Tril (+25.00% with v2); fewer instructions: nothing.",
    ]


def test_what_was_not_found_again_is_not_told() -> None:
    """Fresh replicates have the last word."""
    found = verdicts({**SLOWER, "confirmed": "same", "fresh_effect": 0.0})
    assert told(found)[1:] == [
        "Slower: nothing; faster: nothing.",
        "Instructions: nothing is known.",
    ]


def test_a_case_is_named_where_an_operation_has_several() -> None:
    """Else nobody could tell which."""
    found = verdicts(named("Sort", **SLOWER), named("Sort", case="2x2"))
    assert told(found)[1].startswith("Slower: Sort 8x8 (+50.0%")


def test_of_many_changes_the_largest_are_named() -> None:
    """And the number of the others."""
    found = verdicts(*(named(f"Op{n}", verdict="slower", effect=n / 10) for n in range(1, 11)))
    said = told(found)[1]
    assert "Op10" in said and "Op5" in said and "Op4" not in said
    assert ", and 4 more; faster: nothing." in said


def test_comparisons_with_the_best_are_no_steps() -> None:
    """Of a single release there is none."""
    assert told(verdicts({"comparison": "best"})) == ["No release could be compared with another."]
    assert told(verdicts()) == ["No release could be compared with another."]
