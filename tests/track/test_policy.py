from mlx_asv.engine.policy import Done, Planned
from mlx_asv.track.policy import REPLICATES

from tests.engine.played import ask_all

from .played import Machine, case, planned, policy

SORT, SUM = case("Sort", "cpu", "gpu", "torch"), case("Sum", "cpu", "torch")
GROWS = case("Step", "cpu", method="track_growth")
TORCH = frozenset({"torch"})


def test_all_arms_but_controls_are_tracked():
    """Of the metric that the benchmark's method names, several times each."""
    machine = Machine()
    ask_all(policy(planned(SORT, GROWS, releases=("v1", "v2", "v3")), controls=TORCH), machine)
    sort, grows = machine.jobs
    labels = {"v1", "v2", "v3", "v3 (A/A)"}
    assert {(arm.backend, arm.label) for arm in sort.arms} == {
        (backend, label) for backend in ("cpu", "gpu") for label in labels
    }
    assert (sort.metric, grows.metric) == ("error", "growth")
    assert sort.replicates == REPLICATES >= 2


def test_cases_are_in_the_order_of_the_suite():
    """Nobody knows which is quick."""
    machine = Machine()
    ask_all(policy(planned(SUM, SORT)), machine)
    assert [job.case for job in machine.jobs] == [SUM, SORT]


def test_budget_leaves_cases_out():
    """It learns from the first how long they take."""
    machine = Machine(lasts=10.0)
    asked = policy(planned(*(case(f"Sum{number}", "cpu") for number in range(5))), budget=25.0)
    ask_all(asked, machine)
    assert [job.case.benchmark for job in machine.jobs] == [
        "ops.Sum0.track_error",
        "ops.Sum1.track_error",
    ]
    assert len(asked.left_out) == 3


def test_an_earlier_run_is_gone_on_with():
    """What is whole is not tracked again; of what is half, all is."""
    first = Machine()
    plan = planned(SORT, SUM, GROWS)
    ask_all(policy(plan), first)
    done, half, rest = first.jobs
    earlier = [first.stored(done, replicate) for replicate in (2, 1, 0)]
    machine = Machine()
    ask_all(policy(plan), machine, [*earlier, first.stored(half, 2)])
    assert machine.jobs == [half, rest]


def test_news():
    """What it will take, then how far it is, in the end all of it."""
    news = ask_all(policy(planned(SORT, SUM), budget=500.0), Machine())
    assert [type(each) for each in news] == [Planned, Done, Done]
    assert 0 < news[1].fraction < news[2].fraction == 1.0
