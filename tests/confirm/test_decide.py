import pytest
from mlx_asv.confirm.decide import BUDGET_SPENT, DOES_NOT_FIT, Decide
from mlx_asv.confirm.pair import Pair
from mlx_asv.engine import loop
from mlx_asv.job import BlockSet, Look, Order
from mlx_asv.measurement.process import Skipped
from mlx_asv.verdicts.sequential import StoppingRule

from tests.engine.played import InMemory, Machine, Watcher, case, play

from .played import SORT, SUM, planned


def confirm(pair, budget=1e9):
    """Run a confirmation; (class, backend) -> what became of it, and what was told."""
    policy = Decide(pair=pair.pair, budget=budget)
    loop.run(policy, pair.executor, pair.watcher, pair.executor.clock)
    found = policy.findings
    named = {(c.case.benchmark.split(".")[1], c.backend): f for c, f in found.items()}
    return named, pair.watcher


def test_every_case_is_decided(played):
    """On all of its backends, each with as many replicates as it needs, the short one first."""
    seconds = {("Sum", "v1"): 0.001, ("Sum", "v2"): 0.0012}
    found, watcher = confirm(played(Machine(seconds, spread={"Sort": 0.01}), SORT, SUM))
    assert list(found) == [("Sum", "cpu"), ("Sort", "cpu"), ("Sort", "gpu")]
    assert [each.decision for each in found.values()] == ["slower", "same", "same"]
    assert sorted(line.split(",")[0] for line in watcher.said) == [
        "Sort small cpu: same",
        "Sort small gpu: same",
        "Sum small cpu: slower",
    ]


def test_progress(played):
    """After every replicate: the part of the candidates that is done, and the interval so far."""
    found, watcher = confirm(played(Machine(spread={"Sum": 0.02}), SORT, SUM), budget=1e6)
    total = sum(each.change.replicates for each in found.values())
    assert len(watcher.told) == total
    fractions = [fraction for fraction, *_ in watcher.told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == pytest.approx(2 / 3)
    left = [seconds for _, seconds, _ in watcher.told]
    assert left == sorted(left, reverse=True)
    widest = [text for *_, text in watcher.told]
    assert widest[:6] == [""] * 6
    assert widest[6].startswith("±") and widest[6].endswith(" small cpu")


def test_no_replicate_begins_after_the_budget(played):
    """What was decided stays; what has three replicates is inconclusive, the rest not measured."""
    machine = Machine(spread={"B": 0.5})
    found, _ = confirm(played(machine, case("A", "cpu"), case("B", "cpu")), budget=10.0)
    assert found["A", "cpu"].decision == "same"
    b = found["B", "cpu"]
    assert (b.decision, b.reason) == ("inconclusive", BUDGET_SPENT)
    assert b.change.replicates >= 3
    found, _ = confirm(played(Machine(spread={"C": 0.5}), case("C", "cpu")), budget=0.0)
    c = found["C", "cpu"]
    assert (c.decision, c.reason, c.change.replicates) == (None, DOES_NOT_FIT, 0)


def test_replicates_come_in_rounds(played):
    """Every candidate has its n-th before one has its next: the budget starves none."""
    machine = Machine(spread={"Sum": 0.5, "Sort": 0.5})
    found, _watcher = confirm(played(machine, SORT, SUM), budget=60.0)
    counts = [each.change.replicates for each in found.values()]
    assert max(counts) - min(counts) <= 1 < max(counts)


def test_what_the_budget_was_spent_on_before_counts(played):
    """A confirmation that is continued has what is left of the budget, not a new one."""
    machine = Machine(spread={"Sum": 0.5})
    pair = played(machine, SUM)
    first, _ = confirm(pair, budget=6.0)
    started = dict(machine.started)
    again, _ = confirm(played(machine, SUM), budget=5.0)
    assert again == first
    assert dict(machine.started) == started


def test_what_scatters_for_ever_is_inconclusive(played):
    """There is an upper bound of replicates, whatever is left of the budget."""
    rule = StoppingRule(most=8)
    found, _ = confirm(played(Machine(spread={"Sum": 0.2}), SUM, rule=rule))
    only = found["Sum", "cpu"]
    assert (only.decision, only.reason) == ("inconclusive", None)
    assert only.change.replicates == 8


@pytest.mark.parametrize("release", ["v1", "v2"])
def test_what_cannot_be_measured_does_not_stop_the_rest(played, release):
    """It has a reason and no decision; the others are decided."""
    machine = Machine(broken={("Sum", release): Skipped("no such API")})
    found, watcher = confirm(played(machine, case("Sum", "cpu"), case("Sort", "cpu")))
    assert found["Sum", "cpu"].decision is None
    assert found["Sum", "cpu"].reason == f"{release} cpu skipped: no such API"
    assert found["Sort", "cpu"].decision == "same"
    assert any("not measured" in line and "no such API" in line for line in watcher.said)


# -- the policy by itself: no file, no clock, no process ---------------------------------------


def decided(machine, plan, monkeypatch, earlier=(), budget=1e9):
    """An executor without files that has run the policy of a confirmation, and the policy."""
    play(machine, monkeypatch)
    executor = InMemory(machine, plan, earlier)
    controls = frozenset({"torch"})
    pair = Pair(plan=plan, begun=executor.begun, controls=controls, loaders=1)
    policy = Decide(pair=pair, budget=budget)
    loop.run(policy, executor, Watcher(), machine.clock)
    return executor, policy


def test_replicates_are_rounds_that_share_the_controls(monkeypatch):
    """Mirrored, and each with new processes but those of the controls."""
    plan = planned(SUM)
    executor, policy = decided(Machine({("Sum", "v2"): 0.0044}), plan, monkeypatch)
    look, *replicates = executor.jobs
    assert isinstance(look, Look)
    assert len(replicates) == policy.findings[policy.pair.candidates()[0]].change.replicates
    assert [job.replicate for job in replicates] == list(range(len(replicates)))
    assert len({job.round for job in replicates}) == len(replicates)
    assert {job.order for job in replicates} == {Order.MIRRORED}
    assert {job.shared for job in replicates} == {frozenset({"torch"})}


def test_what_is_told_before_is_not_asked_for(monkeypatch):
    """A confirmation whose looks and replicates are told comes to the same end."""
    plan = planned(SORT, SUM)
    whole, policy = decided(Machine(spread={"Sum": 0.01}), plan, monkeypatch)
    for count in (1, 3, len(whole.found)):
        done = whole.found[:count]
        rest, again = decided(Machine(spread={"Sum": 0.01}), plan, monkeypatch, done)
        asked = {job.draw for job in rest.jobs if isinstance(job, BlockSet)}
        known = {job.draw for job in whole.jobs[:count] if isinstance(job, BlockSet)}
        assert not asked & known
        assert all(each.settled for each in again.findings.values())
    assert rest.jobs == []
    assert again.findings == policy.findings


def test_seconds_that_are_told_count_towards_the_budget(monkeypatch):
    """Those of an earlier run, too."""
    plan = planned(SUM)
    whole, _ = decided(Machine(spread={"Sum": 0.5}), plan, monkeypatch, budget=20.0)
    spent = sum(each.seconds for each in whole.found)
    rest, policy = decided(Machine(), plan, monkeypatch, whole.found, budget=spent)
    assert rest.jobs == []
    assert {each.reason for each in policy.findings.values()} == {BUDGET_SPENT}
