import pytest
from mlx_asv.engine.budget import NothingFits
from mlx_asv.engine.policy import Done, Planned, Said
from mlx_asv.job import Ended, Look

from tests.engine.played import ask_all, case

from .played import Machine, planned, policy

SORT, SUM = case("Sort", "cpu", "gpu", "torch"), case("Sum", "cpu", "torch")
TORCH = frozenset({"torch"})


def names(jobs):
    """The classes of the benchmarks of jobs."""
    return [job.case.benchmark.split(".")[1] for job in jobs]


def test_every_case_is_looked_at_before_any_is_counted():
    """On the reference; so the quickest can come first."""
    machine = Machine(seconds={"Sort": 0.03, "Sum": 0.001})
    ask_all(policy(planned(SORT, SUM), controls=TORCH), machine)
    assert names(machine.jobs) == ["Sort", "Sum", "Sum", "Sort"]
    looks = machine.jobs[:2]
    assert all(isinstance(job, Look) for job in looks)
    assert {arm.release for look in looks for arm in look.arms} == {"v2"}


def test_all_arms_but_controls_are_counted():
    """A control does not change with the release: the twin tells what equal code differs by."""
    machine = Machine()
    ask_all(policy(planned(SORT, releases=("v1", "v2", "v3")), controls=TORCH), machine)
    (job,) = machine.counts
    labels = {"v1", "v2", "v3", "v3 (A/A)"}
    assert {(arm.backend, arm.label) for arm in job.arms} == {
        (backend, label) for backend in ("cpu", "gpu") for label in labels
    }
    assert set(job.copies) == set(job.seconds) == {"cpu", "gpu"}


def test_backend_on_which_the_reference_does_not_run_has_ended():
    """Its reason is stored with the counts of the others."""
    machine = Machine(missing={"Sort": {"gpu": ("skipped", "no device")}})
    ask_all(policy(planned(SORT), controls=TORCH), machine)
    (job,) = machine.counts
    assert {arm.backend for arm in job.arms} == {"cpu"}
    assert [(each.arm.backend, each.outcome, each.reason) for each in job.ended] == [
        ("gpu", "skipped", "no device")
    ]


def test_case_that_does_not_run_is_stored_without_counts():
    """And takes no time of the budget."""
    missing = {"cpu": ("failed", "crashed")}
    machine = Machine(missing={"Sum": missing})
    asked = policy(planned(SUM), controls=TORCH, budget=0.6)
    ask_all(asked, machine)
    (job,) = machine.counts
    assert job.arms == ()
    (ended,) = job.ended
    assert isinstance(ended, Ended) and ended.reason == "crashed"
    assert asked.left_out == []


def test_case_that_takes_long_is_told_and_not_counted():
    """As a skip that says what would count it."""
    machine = Machine(seconds={"Sum": 0.3})
    ask_all(policy(planned(SUM, longest=0.1), controls=TORCH), machine)
    (job,) = machine.counts
    assert job.arms == ()
    assert [(each.outcome, each.reason) for each in job.ended] == [
        ("skipped", "one call takes 0.30 s, longer than --longest 0.1s")
    ]


def test_what_does_not_fit_in_memory_is_in_groups():
    """Each with the reference of its run; what has ended is stored once."""
    machine = Machine(missing={"Sort": {"gpu": ("skipped", "no device")}})
    plan = planned(SORT, releases=("v1", "v2", "v3"))
    ask_all(policy(plan, memory=2, controls=TORCH), machine)
    assert [job.group for job in machine.counts] == [0, 1, 2]
    for job in machine.counts:
        assert sum(arm.role == "reference" for arm in job.arms) == 1
    others = [arm.label for job in machine.counts for arm in job.arms if arm.role != "reference"]
    assert sorted(others) == ["v1", "v2", "v3 (A/A)"]
    assert [len(job.ended) for job in machine.counts] == [1, 0, 0]


def test_load_leaves_out_nothing():
    """What a call takes is asked of the processor: the clock shows other programs, too."""
    machine = Machine(clock=3.0)
    ask_all(policy(planned(SUM, longest=0.1), controls=TORCH), machine)
    (counted,) = machine.counts
    assert counted.arms and not counted.ended
    assert set(counted.seconds.values()) == {0.004}


def test_budget_leaves_out_the_longest():
    """Before anything is counted: what does not fit is named, and no part of it is counted."""
    machine = Machine(seconds={"Sort": 0.09, "Sum": 0.001}, lasts=2.0)
    asked = policy(
        planned(SORT, SUM, releases=("v1", "v2", "v3")), budget=60.0, memory=2, controls=TORCH
    )
    news = ask_all(asked, machine)
    assert set(names(machine.counts)) == {"Sum"}
    assert [each.benchmark for each in asked.left_out] == [SORT.benchmark]
    assert news[0] == Said("1 of 2 cases fit into 60 s; left out: Sort small")


def test_budget_for_nothing_is_refused():
    """With what the quickest would take."""
    with pytest.raises(NothingFits, match="None of 1 cases fits into 1 s: Sum small alone takes"):
        ask_all(policy(planned(SUM), controls=TORCH, budget=1.0), Machine())


def test_budget_learns_how_long_sets_take():
    """What the first took corrects the guess of the next."""
    cases = [case(f"Sum{number}", "cpu") for number in range(6)]
    quick, slow = Machine(lasts=0.5), Machine(lasts=50.0)
    for machine, counted in ((quick, 6), (slow, 2)):
        asked = policy(planned(*cases), budget=103.0)
        ask_all(asked, machine)
        assert len(machine.counts) == counted
        assert len(asked.left_out) == 6 - counted


def test_an_earlier_run_is_gone_on_with():
    """What was looked at and counted is not again, and has spent its part of the budget."""
    first = Machine()
    plan = planned(SORT, SUM)
    ask_all(policy(plan, controls=TORCH), first)
    looks = [Machine().run(job) for job in first.jobs if isinstance(job, Look)]
    done, rest = first.counts
    earlier = [first.stored(done, replicate) for replicate in (1, 0)]
    machine = Machine()
    ask_all(policy(plan, controls=TORCH), machine, [*looks, *earlier])
    assert machine.jobs == [rest]
    spent = policy(plan, controls=TORCH, budget=first.lasts + 1.5)
    ask_all(spent, Machine(), [*looks, *earlier])
    assert [each.subject for each in spent.left_out] == [rest.case.subject]


def test_half_a_set_is_counted_again():
    """The first replicate, which is stored last, is not there: the run was killed before."""
    first = Machine()
    plan = planned(SUM)
    ask_all(policy(plan, controls=TORCH), first)
    (job,) = first.counts
    machine = Machine()
    ask_all(policy(plan, controls=TORCH), machine, [first.stored(job, 1)])
    assert machine.counts == [job]


def test_news():
    """What it will take, before the first set; after each how far it is, in the end all."""
    news = ask_all(policy(planned(SORT, SUM), controls=TORCH, budget=500.0), Machine())
    planned_news = [each for each in news if isinstance(each, Planned)]
    done = [each for each in news if isinstance(each, Done)]
    assert len(planned_news) == 1 and planned_news[0].left == 499.0
    assert len(done) == 2
    assert 0 < done[0].fraction < done[1].fraction == 1.0
    assert done[0].left > done[1].left == 0
