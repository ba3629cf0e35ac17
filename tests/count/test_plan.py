from dataclasses import replace

from .played import planned


def test_run_of_counts_is_told_by_its_id():
    """It sorts among the sweeps of the machine, and is none of them."""
    assert planned().kind == "-counts"


def test_key_is_of_everything_that_changes_a_count():
    """Another engine, another build or a longer limit are other counts."""
    plan = planned()
    others = (
        replace(plan, conditions={"counter": "another"}),
        replace(plan, contents=("wheels-1",)),
        replace(plan, longest=0.2),
        replace(plan, reference="v1"),
    )
    assert len({plan.key, *(other.key for other in others)}) == 1 + len(others)
    assert planned().key == plan.key
