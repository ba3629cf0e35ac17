from dataclasses import replace

from .played import case, planned


def test_run_that_tracks_is_told_by_its_id():
    """It sorts among the sweeps of the machine, and is none of them."""
    assert planned().kind == "-tracks"


def test_key_is_of_everything_that_changes_a_value():
    """Another build, reference or case are another run."""
    plan = planned()
    others = (
        replace(plan, contents=("wheels-1",)),
        replace(plan, reference="v1"),
        replace(plan, conditions={"OMP_NUM_THREADS": "2"}),
        planned(case("Sum", "cpu")),
    )
    assert len({plan.key, *(other.key for other in others)}) == 1 + len(others)
    assert planned().key == plan.key
