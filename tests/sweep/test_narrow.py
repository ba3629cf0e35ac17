"""The order of a sweep's work, on processes that are played: their clock, and no other, runs."""

from collections import Counter
from dataclasses import replace
from math import inf, isfinite, log

import polars as pl
import pytest
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine import loop
from mlx_asv.engine.budget import NothingFits
from mlx_asv.engine.progress import duration
from mlx_asv.job import Arm, BlockSet, Look
from mlx_asv.measurement.process import Skipped, WorkerFailed
from mlx_asv.metric import TIME
from mlx_asv.sweep.narrow import MOST_REPLICATES, Narrow
from mlx_asv.sweep.plan import SweepPlan

from tests.engine.played import InMemory, Machine, Watcher, case, here, play

RELEASES = ("v1", "v2", "v3")

SORT, SUM = case("Sort", "cpu", "torch"), case("Sum", "cpu", "torch")


def planned(*cases, target=0.01, longest=inf):
    """A sweep of these cases."""
    return SweepPlan(
        machine="box",
        environment="py",
        conditions={},
        releases=RELEASES,
        reference="v3",
        cases=cases,
        replicates=3,
        target=target,
        longest=longest,
    )


def narrow(plan, begun, budget=1e9, **more):
    """The policy of a sweep."""
    controls = frozenset({"torch"})
    return Narrow(plan=plan, begun=begun, controls=controls, loaders=1, budget=budget, **more)


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Runs, or goes on with, a sweep on a machine that is played."""

    def run(machine, *cases, budget=1e9, target=0.01, longest=inf, memory=10**9, **more):
        play(machine, monkeypatch)
        plan = planned(*cases, target=target, longest=longest)
        executor = here(machine, plan, tmp_path, memory)
        policy = narrow(plan, executor.begun, budget, **more)
        loop.run(policy, executor, executor.watcher, machine.clock)
        return executor.running, executor.watcher

    return run


def replicates(observations):
    """Replicates of each (class, backend, label)."""
    counts = observations.filter(outcome="ok").group_by("benchmark", "backend", "label")
    return {
        (row["benchmark"].split(".")[1], row["backend"], row["label"]): row["replicate"]
        for row in counts.agg(pl.col("replicate").n_unique()).iter_rows(named=True)
    }


ARMS = [("cpu", "v1"), ("cpu", "v2"), ("cpu", "v3"), ("cpu", "v3 (A/A)"), ("torch", "v3")]


def test_every_arm_gets_three_replicates_and_its_true_effect(sweep):
    """Releases, reference, twin and one control; narrow at once, so no more than three."""
    machine = Machine(seconds={("Sort", "v1"): 0.005, ("Sum", "v2"): 0.002})
    running, watcher = sweep(machine, SORT, SUM, target=0.05)
    observations = running.read()
    assert replicates(observations) == {(name, *arm): 3 for name in ("Sort", "Sum") for arm in ARMS}
    found = {
        (row["benchmark"].split(".")[1], row["label"]): row["effect"]
        for row in effects(life_levels(observations, TIME)).iter_rows(named=True)
        if row["backend"] == "cpu"
    }
    assert found["Sort", "v1"] == pytest.approx(log(5 / 4), abs=0.02)
    assert found["Sum", "v2"] == pytest.approx(log(1 / 2), abs=0.02)
    assert found["Sum", "v1"] == pytest.approx(0, abs=0.02)
    assert watcher.lost_arms == []


def test_what_is_still_wide_gets_more_replicates(sweep):
    """A noisy case goes on, with its reference beside it, after a quiet one is done."""
    running, _ = sweep(Machine(spread={"Sum": 0.04}), SORT, SUM, target=0.02)
    counts = replicates(running.read())
    assert all(counts["Sort", *arm] == 3 for arm in ARMS)
    most = max(counts["Sum", *arm] for arm in ARMS)
    assert 3 < most <= MOST_REPLICATES
    assert counts["Sum", "cpu", "v3"] == most


def test_without_a_budget_the_most_replicates_are_the_end(sweep):
    """What stays wide gets that many, and the time left is told as if all did."""
    running, watcher = sweep(
        Machine(spread={"Sum": 0.5}), SORT, SUM, target=0.02, budget=inf, most=4
    )
    counts = replicates(running.read())
    assert all(counts["Sort", *arm] == 3 for arm in ARMS)
    assert counts["Sum", "cpu", "v1"] == 4
    left = [each for _, each, _ in watcher.told[1:]]
    assert all(isfinite(each) for each in left)
    assert left[0] > left[-1] >= 0


def test_spare_time_goes_where_replicates_are_cheap(sweep):
    """After what every case gets, those go on that have had the least time."""
    machine = Machine(
        seconds={("Sort", release): 0.5 for release in RELEASES},
        spread={"Sort": 0.5, "Sum": 0.5},
    )
    running, _ = sweep(machine, case("Sort", "cpu"), case("Sum", "cpu"), target=0.001, budget=60.0)
    counts = replicates(running.read())
    assert 3 <= counts["Sort", "cpu", "v1"] <= 5
    assert counts["Sum", "cpu", "v1"] > 2 * counts["Sort", "cpu", "v1"]


def test_every_pass_has_new_processes(sweep):
    """What replicates of an arm share is not even the process that they are copies of."""
    machine = Machine()
    running, _ = sweep(machine, SORT, SUM, target=0.05)
    assert machine.renewed == max(replicates(running.read()).values())


def test_replicates_have_an_end(sweep):
    """An interval that never gets narrow does not keep the sweep for ever."""
    running, _ = sweep(Machine(spread={"Sort": 0.5}), SORT, target=0.001)
    assert max(replicates(running.read()).values()) == MOST_REPLICATES


def test_more_replicates_for_all_than_the_most_that_wide_ones_get(sweep):
    """Every arm has as many as were asked for, and the sweep ends: there are no more for any."""
    running, _ = sweep(Machine(spread={"Sort": 0.5}), SORT, target=0.001, budget=200.0, most=2)
    assert set(replicates(running.read()).values()) == {3}


def test_the_budget_is_for_whole_cases(sweep):
    """With time for half of it: the cheap ones have all their replicates, the dear one has none."""
    cases = [case(name, "cpu") for name in ("A", "B", "C", "D", "E", "F")]
    machine = Machine(seconds={("A", r): 0.3 for r in RELEASES})
    sweep(machine, *cases, target=0.05)
    whole = machine.now
    machine = Machine(seconds={("A", r): 0.3 for r in RELEASES})
    running, watcher = sweep(machine, *cases, target=0.051, budget=0.55 * whole)
    assert machine.now < 0.6 * whole
    counts = replicates(running.read())
    assert {name for name, *_ in counts} == set("BCDEF")
    assert min(counts.values()) >= 3
    assert watcher.said == [f"5 of 6 cases fit into {duration(0.55 * whole)}; left out: A small"]
    (planned,) = (each for each in watcher.told if each[0] == "planned")
    assert planned[1] < planned[2] < 0.55 * whole


@pytest.mark.parametrize("budget", [10.0, 100.0])
def test_a_budget_is_kept(sweep, budget):
    """Whatever `setup` costs before each call, and imports when processes are new: within a tenth,
    with three replicates of all that is measured, and little of it left over."""
    names = [f"Case{number:02}" for number in range(40)]
    machine = Machine(
        besides={name: 0.07 * number % 0.4 for number, name in enumerate(names)},
        spread=dict.fromkeys(names, 0.2),
        importing=0.1,
    )
    running, watcher = sweep(machine, *(case(name, "cpu") for name in names), budget=budget)
    counts = replicates(running.read())
    assert min(counts.values()) >= 3
    assert 0.7 * budget < machine.now <= 1.1 * budget
    measured = {name for name, *_ in counts}
    (said,) = watcher.said
    assert said.startswith(f"{len(measured)} of 40 cases fit into ")
    assert {name.split()[0] for name in said.partition("left out: ")[2].split(", ")} == {
        *names
    } - measured


def test_a_machine_that_becomes_slow_is_no_reason_for_half_a_case(sweep, monkeypatch):
    """Cases that are not begun are left out as well, by name; those that are begun go on."""
    names = [f"Case{number}" for number in range(8)]
    cases = [case(name, "cpu") for name in names]
    quick = Machine()
    sweep(quick, *cases, target=0.5)
    machine = Machine(slower=3.0)
    running, watcher = sweep(machine, *cases, target=0.51, budget=1.2 * quick.now)
    counts = replicates(running.read())
    assert set(counts.values()) == {3}
    assert machine.now <= 1.1 * 1.2 * quick.now
    left_out = [said for said in watcher.said if said.startswith("Left out, too: Case")]
    assert len({name for name, *_ in counts}) + len(left_out) == 8
    assert left_out


def test_looks_have_a_part_of_the_budget(sweep):
    """Of more cases than can be looked at in time each family has had one; nobody knows what the
    others take, and they are left out by name."""
    cases = [
        replace(case(name, "cpu"), benchmark=f"{family}.{name}.time_it")
        for family in ("first", "last")
        for name in map("Case{}".format, range(50))
    ]
    machine = Machine(besides={f"Case{number}": 0.1 for number in range(50)})
    running, watcher = sweep(machine, *cases, target=9.0, budget=60.0)
    looked = [text for _, _, text in watcher.steps if text.startswith("looking at case")]
    assert 2 < len(looked) < 40
    measured = running.read()["benchmark"].unique()
    assert {name.split(".")[0] for name in measured} == {"first", "last"}
    assert watcher.said[0].count(" small") == 100 - len(measured)
    assert machine.now <= 66.0


def test_a_budget_for_nothing(sweep):
    """Is refused before anything is measured, with what a case would take."""
    with pytest.raises(NothingFits) as raised:
        sweep(Machine(importing=1.0), SORT, SUM, budget=5.0)
    assert "None of 2 cases fits into 5 s: S" in str(raised.value)
    assert "alone takes about" in str(raised.value)


def test_it_goes_on_where_it_was(sweep):
    """A second run of a finished sweep measures nothing; of a part, only the rest."""
    machine = Machine()
    running, _ = sweep(machine, SORT, SUM, target=0.05)
    before = {path: path.read_bytes() for path in running.finished()}
    machine.started.clear()
    sweep(machine, SORT, SUM, target=0.05)
    assert machine.started == Counter()
    assert {path: path.read_bytes() for path in running.finished()} == before
    lost = running.finished()[2]
    lost.unlink()
    sweep(machine, SORT, SUM, target=0.05)
    assert set(running.finished()) == set(before)
    assert all(path.read_bytes() == before[path] for path in before if path != lost)


def test_what_the_budget_was_spent_on_before_counts(sweep):
    """A sweep that is continued has what is left of the budget, not a new one."""
    machine = Machine()
    running, _ = sweep(machine, SORT, SUM, target=0.05, budget=machine.now + 1e9)
    spent = machine.now
    for path in running.finished()[:1]:
        path.unlink()
    machine.started.clear()
    sweep(machine, SORT, SUM, target=0.05, budget=spent * 0.5)
    assert machine.started == Counter()


def test_an_arm_that_fails_is_tried_twice_in_all(sweep):
    """Its reason is stored; the other arms, and its other cases, are measured."""
    machine = Machine(broken={("Sort", "v1"): WorkerFailed("crashed: SIGSEGV")})
    running, watcher = sweep(machine, SORT, SUM, target=0.05)
    observations = running.read()
    failed = observations.filter(pl.col("outcome") != "ok")
    assert failed.select("benchmark", "label", "outcome", "reason").rows() == [
        ("ops.Sort.time_it", "v1", "failed", "crashed: SIGSEGV")
    ]
    assert machine.started["Sort", "v1 cpu"] == 2
    counts = replicates(observations)
    assert ("Sort", "cpu", "v1") not in counts
    assert counts["Sum", "cpu", "v1"] == counts["Sort", "cpu", "v2"] == 3
    assert watcher.lost_arms == [("Sort small", "v1 cpu", "failed", "crashed: SIGSEGV")]


def test_a_case_that_the_reference_does_not_run_is_left_out(sweep):
    """Nothing could be compared; why is stored once, and no other arm is started."""
    machine = Machine(broken={("Sort", "v3"): Skipped("no such API")})
    running, watcher = sweep(machine, SORT, SUM, target=0.05)
    rows = running.read().filter(benchmark=SORT.benchmark)
    assert rows.select("label", "role", "outcome", "reason").rows() == [
        ("v3", "reference", "skipped", "no such API")
    ]
    assert {arm for name, arm in machine.started if name == "Sort"} == {"v3 cpu"}
    assert len(watcher.lost_arms) == 1


def test_a_backend_that_the_reference_does_not_have_is_left_out(sweep):
    """The case's other backends are measured."""
    machine = Machine()
    start = machine.start

    def without_gpu(arm, *, again=False):
        player = start(arm)
        if arm.backend == "gpu":
            player.finish_load = lambda limit: (_ for _ in ()).throw(Skipped("no such device"))
        return player

    machine.start = without_gpu
    running, _ = sweep(machine, case("Sort", "cpu", "gpu"), target=0.05)
    observations = running.read()
    assert set(observations.filter(outcome="ok")["backend"]) == {"cpu"}
    skipped = observations.filter(outcome="skipped")
    assert skipped.select("backend", "label", "reason").rows() == [("gpu", "v3", "no such device")]


def test_what_takes_too_long_on_the_reference_is_left_out(sweep):
    """--longest is judged by the reference: a release that became slow is what is looked for."""
    machine = Machine(seconds={("Sum", "v3"): 0.5, ("Sort", "v1"): 0.5})
    running, _ = sweep(machine, SORT, SUM, target=0.05, longest=0.1)
    observations = running.read()
    counts = replicates(observations)
    assert {name for name, *_ in counts} == {"Sort"}
    assert counts["Sort", "cpu", "v1"] == 3
    (reason,) = observations.filter(outcome="skipped")["reason"].unique()
    assert "one call takes 0.50 s, longer than --longest 0.1s" in reason


def test_arms_that_do_not_fit_in_memory_go_in_groups(sweep):
    """Each group has the reference; every release has its effect."""
    machine = Machine(seconds={("Sort", "v1"): 0.008}, rss=100)
    running, _ = sweep(machine, case("Sort", "cpu"), target=0.05, memory=250)
    observations = running.read()
    by_group = observations.group_by("group").agg(pl.col("label").unique().sort())
    groups = dict(by_group.sort("group").iter_rows())
    assert len(groups) == 3
    assert all("v3" in labels and len(labels) == 2 for labels in groups.values())
    table = effects(life_levels(observations, TIME)).filter(label="v1")
    assert table["effect"].item() == pytest.approx(log(2), abs=0.02)


def test_progress_names_the_widest_interval_still_open(sweep):
    """Once there are replicates to judge by."""
    _, watcher = sweep(Machine(spread={"Sum": 0.04}), SORT, SUM, target=0.02)
    fractions = [each[0] for each in watcher.told if each[0] != "planned"]
    assert all(0 < fraction <= 1 for fraction in fractions)
    assert any("Sum" in each[2] and "±" in each[2] for each in watcher.told[-3:])


def test_the_reference_is_tried_again_in_the_next_replicate(sweep):
    """It may have been killed for memory once; without it the case would be lost."""
    machine = Machine()
    start = machine.start
    doomed = iter([False, True, True])  # the look at the case, and two chances in replicate 0

    def unlucky(arm: Arm, *, again=False):
        player = start(arm)
        if arm.role == "reference" and next(doomed, False):
            player.finish_load = lambda limit: (_ for _ in ()).throw(WorkerFailed("was killed"))
        return player

    machine.start = unlucky
    running, _ = sweep(machine, case("Sort", "cpu"), target=0.05)
    counts = replicates(running.read())
    assert counts["Sort", "cpu", "v3"] >= 2
    assert counts["Sort", "cpu", "v1"] >= 2


# -- the policy by itself: no file, no clock, no process ---------------------------------------


def played(machine, plan, monkeypatch, earlier=(), budget=1e9):
    """An executor without files that has run the policy of a sweep."""
    play(machine, monkeypatch)
    executor = InMemory(machine, plan, earlier)
    loop.run(narrow(plan, executor.begun, budget), executor, Watcher(), machine.clock)
    return executor


def test_cases_are_looked_at_before_anything_is_measured(monkeypatch):
    """On the reference alone, which says what the rest will take."""
    ran = played(Machine(), planned(SORT, SUM, target=0.05), monkeypatch).jobs
    assert [type(job) for job in ran] == [Look] * 2 + [BlockSet] * 6
    assert {str(arm) for job in ran[:2] for arm in job.arms} == {"v3 cpu"}
    assert [job.what for job in ran[:2]] == ["looking at case 1 of 2", "looking at case 2 of 2"]


def test_passes_are_rounds(monkeypatch):
    """Each case once in each, in an order of its own; what a round measures has processes of its
    own."""
    cases = [case(name, "cpu") for name in "ABCDEF"]
    ran = played(Machine(), planned(*cases, target=0.05), monkeypatch).jobs
    sets = [job for job in ran if isinstance(job, BlockSet)]
    assert [job.round for job in sets] == [job.replicate for job in sets]
    passes = [[job.case for job in sets if job.round == number] for number in range(3)]
    assert all(Counter(each) == Counter(cases) for each in passes)
    assert passes[0] != passes[1]


def test_what_is_told_before_is_not_asked_for(monkeypatch):
    """Whichever jobs an earlier run has finished, in whatever order they are told: the rest is
    what it would have been."""
    plan = planned(SORT, SUM, target=0.05)
    whole = played(Machine(), plan, monkeypatch)
    for done in (whole.found[:3], whole.found[:5][::-1], whole.found[2:4]):
        rest = played(Machine(), plan, monkeypatch, earlier=done).jobs
        skipped = {(each.subject, getattr(each, "replicate", None)) for each in done}
        expected = [
            job
            for job in whole.jobs
            if (job.case.subject, getattr(job, "replicate", None)) not in skipped
        ]
        assert [(job.case, getattr(job, "draw", None)) for job in rest] == [
            (job.case, getattr(job, "draw", None)) for job in expected
        ]


def test_seconds_that_are_told_count_towards_the_budget(monkeypatch):
    """Those of an earlier run, too."""
    plan = planned(SORT, SUM, target=0.05)
    whole = played(Machine(), plan, monkeypatch)
    spent = sum(each.seconds for each in whole.found[:4])
    assert played(Machine(), plan, monkeypatch, whole.found[:4], budget=spent / 1.2).jobs == []
