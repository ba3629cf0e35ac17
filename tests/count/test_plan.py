from dataclasses import replace
from types import SimpleNamespace

from mlx_asv.count.plan import COUNTER, CountPlan

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


def test_what_counts_is_a_condition():
    """Beside those of the machine, whoever counts: a count, a gate."""
    context = SimpleNamespace(machine="box", environment="py", conditions={"threads": "1"})
    counter = SimpleNamespace(name="played")
    given = {"reference": "v2", "longest": 0.1}
    plan = CountPlan.here(context, counter, releases=iter(["v1", "v2"]), cases=iter([]), **given)
    assert plan.conditions == {"threads": "1", COUNTER: "played"}
    assert (plan.releases, plan.cases, plan.contents) == (("v1", "v2"), (), ())
