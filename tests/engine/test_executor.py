import pytest
from mlx_asv.engine.plan import Plan
from mlx_asv.job import Arm, BlockSet, Ended, Job, Look
from mlx_asv.measurement.process import Skipped, WorkerFailed
from mlx_asv.observations.store import read

from tests.engine.played import Machine, case, here, play

SORT = case("Sort", "cpu", "torch")
ARMS = (Arm("cpu", "v2", "reference"), Arm("cpu", "v1", "release"))
PLAN = Plan("box", "py", {})


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Begins, or goes on with, a run of a plan on a machine that is played."""

    def begin(machine):
        play(machine, monkeypatch)
        return here(machine, PLAN, tmp_path)

    return begin


def block_set(executor, **changes):
    """A block set of two arms."""
    asked = {"case": SORT, "replicate": 0, "group": 0, "arms": ARMS, "blocks": 2}
    return BlockSet(**{**asked, "seed": executor.begun.seed, **changes})


# -- looks -----------------------------------------------------------------------------------


def test_look_tells_what_loading_takes(begin):
    """Seconds of a call and of loading, memory, for each backend that runs."""
    machine = Machine(seconds={("Sort", "v2"): 0.02}, spread={"Sort": 0.0})
    found = begin(machine).run(Look(SORT, ARMS[:1]))
    assert (found.subject, found.seconds) == (SORT.subject, 0.1)
    assert found.probe.seconds == {"cpu": 0.02}
    assert found.probe.loading == {"cpu": 0.1}
    assert found.probe.rss == {"cpu": 1000}
    assert found.probe.missing == {}


def test_look_at_what_does_not_run_says_why(begin):
    """A skip at once, a failure after a second try."""
    for error, outcome, tries in (
        (Skipped("no such API"), "skipped", 1),
        (WorkerFailed("crashed"), "failed", 2),
    ):
        machine = Machine(broken={("Sort", "v2"): error})
        found = begin(machine).run(Look(SORT, ARMS[:1]))
        assert found.probe.missing == {"cpu": (outcome, str(error))}
        assert machine.started["Sort", "v2 cpu"] == tries


def test_look_is_kept(begin):
    """A later run of the plan is told what an earlier one has seen, and takes no time for it."""
    seen = begin(Machine()).run(Look(SORT, ARMS[:1]))
    (told,) = begin(Machine()).finished()
    assert (told.subject, told.probe) == (seen.subject, seen.probe)
    assert told.seconds == 0


def test_look_of_an_older_version_is_had_again(begin):
    """A file that does not say whose look it was tells nothing."""
    executor = begin(Machine())
    (executor.running.path / "probe-0123.json").write_text('{"seconds": {}}')
    assert list(executor.finished()) == []


# -- block sets ------------------------------------------------------------------------------


def test_block_set_is_on_the_disk(begin):
    """With what ended before it; what could not be measured is told."""
    executor = begin(Machine())
    ended = Ended(Arm("cpu", "v1", "reference"), "skipped", "no such API")
    found = executor.run(block_set(executor, arms=ARMS[:1], ended=(ended,)))
    (path,) = executor.running.finished()
    assert read([path]).equals(found.observations)
    assert found.observations.filter(outcome="ok", metric="time").height == 2
    assert executor.watcher.lost_arms == [("Sort small", "v1 cpu", "skipped", "no such API")]
    assert set(found.observations["sweep"]) == {executor.begun.id}


def test_arms_that_never_lived_are_kept_too(begin):
    """A block set without any visit: only reasons, and no process."""
    machine = Machine()
    executor = begin(machine)
    ended = Ended(Arm("cpu", "v1", "reference"), "skipped", "no such API")
    frame = executor.run(block_set(executor, arms=(), ended=(ended,))).observations
    assert frame.select("outcome", "reason", "life").rows() == [("skipped", "no such API", 0.0)]
    assert not machine.started
    assert machine.renewed == 0


def test_finished_block_set_is_told(begin):
    """By the same name, with the seconds that its processes lived."""
    machine = Machine()
    executor = begin(machine)
    found = executor.run(block_set(executor, replicate=3, group=1))
    assert (found.replicate, found.group) == (3, 1)
    assert found.seconds == machine.now > 0
    (told,) = begin(Machine()).finished()
    assert (told.replicate, told.group) == (3, 1)
    assert told.seconds == found.observations["life"][0]
    assert told.observations.equals(found.observations)


def test_block_sets_of_different_rounds_share_no_process(begin):
    """Of one round they may be copies of the same."""
    machine = Machine()
    executor = begin(machine)
    renewed = []
    for replicate, number in enumerate((0, 0, 1, 1, 2)):
        executor.run(block_set(executor, replicate=replicate, round=number))
        renewed.append(machine.renewed)
    assert renewed == [1, 1, 2, 2, 3]


def test_kind_of_job_that_nobody_knows_is_refused(begin):
    """As an error of the program."""
    with pytest.raises(TypeError, match="Job is no kind of job"):
        begin(Machine()).run(Job())
