from itertools import islice, pairwise
from math import log

import polars as pl
import pytest
from mlx_asv.confirm.pair import ROUND
from mlx_asv.measurement.process import Skipped, WorkerFailed
from mlx_asv.observations.schema import SCHEMA

from tests.engine.played import Machine, case

from .played import SORT, SUM

LABELS = {"v1": "reference", "v1 (A/A)": "twin", "v2": "release"}


def decide(pair, number=0):
    """Measure a candidate until it is settled; what was known at each look."""
    return list(pair.looks(pair.candidates()[number]))


def in_blocks(observed):
    """The labels of each block in order of position: (replicate, block) -> labels."""
    rows = observed.filter(outcome="ok", metric="time").sort("replicate", "block", "position")
    found = rows.group_by("replicate", "block", maintain_order=True).agg("label", "backend")
    return {(r, b): list(zip(*rest, strict=True)) for r, b, *rest in found.iter_rows()}


# -- what is measured ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "decision"), [(0.0044, "slower"), (0.0036, "faster"), (0.004, "same")]
)
def test_known_change_is_decided(played, seconds, decision):
    """On a few replicates, each of which is a look."""
    looks = decide(played(Machine({("Sum", "v2"): seconds}), SUM))
    assert [look.change.replicates for look in looks] == list(range(len(looks)))
    assert [look.settled for look in looks] == [False] * (len(looks) - 1) + [True]
    assert looks[-1].decision == decision
    assert looks[-1].change.effect == pytest.approx(log(seconds / 0.004), abs=0.01)
    assert looks[-1].twin.effect == pytest.approx(0, abs=0.01)
    assert len(looks) <= 6
    assert looks[-1].controls["torch"] < 0.02


def test_only_the_pair_and_the_controls_are_measured(played):
    """In the documented schema: before is the reference, after the release, and a twin."""
    pair = played(Machine(), SORT)
    decide(pair)
    observed = pair.running.read()
    assert observed.schema == pl.Schema(SCHEMA)
    arms = set(observed.select("backend", "label", "role").iter_rows())
    expected = {("cpu", label, role) for label, role in LABELS.items()}
    assert arms == expected | {("torch", "v2", "control")}
    assert set(observed["group"]) == {0}
    assert all(sweep.endswith("-confirm") for sweep in observed["sweep"])


def test_each_backend_is_a_group_of_its_own(played):
    """So each is decided by itself, and is a block set by itself."""
    pair = played(Machine(), SORT)
    assert [(each.backend, each.group) for each in pair.candidates()] == [("cpu", 0), ("gpu", 1)]
    decide(pair, 0)
    decide(pair, 1)
    observed = pair.running.read().filter(pl.col("role") != "control")
    assert set(observed.select("group", "backend").iter_rows()) == {(0, "cpu"), (1, "gpu")}


def test_blocks_are_mirrored_with_the_controls_at_the_ends(played):
    """ABBA inside each replicate; every arm of the pair has its turn in the middle."""
    pair = played(
        Machine(spread={"Sum": 0.02}),
        case("Sum", "cpu", "torch", "numpy"),
        controls=frozenset({"torch", "numpy"}),
    )
    decide(pair)
    table = in_blocks(pair.running.read())
    assert len(table) % ROUND == 0
    middles = set()
    for replicate in {replicate for replicate, _ in table}:
        order = [labels for (number, _), labels in table.items() if number == replicate]
        assert order[1] == order[2] == order[0][::-1]
        assert order[3] == order[0]
        for labels in order:
            assert [backend for _, backend in labels[1:-1]] == ["cpu"] * 3
            assert {labels[0][1], labels[-1][1]} == {"torch", "numpy"}
        middles.add(order[0][2])
    assert {label for label, _ in middles} == set(LABELS)


def test_every_replicate_has_new_processes(played):
    """Not even the process that they are copies of is shared."""
    machine = Machine()
    looks = decide(played(machine, SUM))
    replicates = looks[-1].change.replicates
    assert machine.renewed == replicates
    assert machine.started["Sum", "v2 cpu"] == machine.started["Sum", "v1 (A/A) cpu"] == replicates
    assert machine.started["Sum", "v1 cpu"] == replicates + 1  # and the look at it


def test_short_cases_come_first(played):
    """By what a replicate takes on the earlier release, controls included."""
    machine = Machine({("Slow", "v1"): 0.5, ("Fast", "v1"): 1e-4, ("Some", "v1"): 0.02})
    cases = [case(name, "cpu", "torch") for name in ("Slow", "Fast", "Some")]
    pair = played(machine, *cases)
    seconds = [pair.pair.seconds(each) for each in pair.candidates()]
    assert seconds == sorted(seconds)
    assert [each.case.benchmark.split(".")[1] for each in pair.candidates()] == [
        "Fast",
        "Some",
        "Slow",
    ]


# -- on the disk -----------------------------------------------------------------------------


def test_every_replicate_is_on_the_disk_before_the_next_begins(played):
    """Whoever stops asking keeps what was measured so far, and nothing else is begun."""
    machine = Machine(spread={"Sum": 0.02})
    pair = played(machine, SUM)
    looks = pair.looks(pair.candidates()[0])
    for number in range(4):
        started = sum(machine.started.values())
        assert next(looks).change.replicates == number
        assert len(pair.running.finished()) == number
        assert sum(machine.started.values()) - started == (4 if number else 0)


def test_it_goes_on_where_it_was(played):
    """What is on the disk is looked at first, and never measured again."""
    machine = Machine(spread={"Sum": 0.03})
    pair = played(machine, SUM)
    *_, first = islice(pair.looks(pair.candidates()[0]), 3)
    before = {path: path.read_bytes() for path in pair.running.finished()}
    again = played(machine, SUM)
    looks = decide(again)
    assert looks[0] == first
    assert [here.change.replicates for here in looks][:2] == [2, 3]
    assert {path: path.read_bytes() for path in before} == before
    assert again.running.read()["sweep"].n_unique() == 1
    replicates = again.running.read()["replicate"].unique().sort().to_list()
    assert all(b - a == 1 for a, b in pairwise(replicates))
    machine.started.clear()
    assert decide(played(machine, SUM)) == looks[-1:]
    assert not machine.started


# -- what goes wrong -------------------------------------------------------------------------


def test_what_the_later_release_does_not_have_is_told(played):
    """After one replicate, with the reason; without a decision."""
    pair = played(Machine(broken={("Sum", "v2"): Skipped("no such API")}), case("Sum", "cpu"))
    looks = decide(pair)
    assert len(looks) == 2
    assert (looks[-1].decision, looks[-1].reason) == (None, "v2 cpu skipped: no such API")
    assert pair.watcher.lost_arms == [("Sum small", "v2 cpu", "skipped", "no such API")]


def test_later_release_that_crashes_is_tried_in_two_replicates(played):
    """Twice in each; a pair of which one cannot be measured is not decided."""
    machine = Machine(broken={("Sum", "v2"): WorkerFailed("crashed: SIGSEGV")})
    looks = decide(played(machine, case("Sum", "cpu")))
    assert machine.started["Sum", "v2 cpu"] == 4
    assert (looks[-1].decision, looks[-1].reason) == (None, "v2 cpu failed: crashed: SIGSEGV")


@pytest.mark.parametrize("error", [Skipped("no such API"), WorkerFailed("crashed: SIGSEGV")])
def test_what_the_earlier_release_does_not_run_is_not_begun(played, error):
    """The look at it says why; that is kept, once, and said again when it goes on."""
    machine = Machine(broken={("Sum", "v1"): error})
    for _ in range(2):
        pair = played(machine, SUM)
        (only,) = decide(pair)
        outcome = "skipped" if isinstance(error, Skipped) else "failed"
        assert (only.decision, only.reason) == (None, f"v1 cpu {outcome}: {error}")
        assert pair.running.read().select("label", "role", "outcome", "reason").rows() == [
            ("v1", "reference", outcome, str(error))
        ]
    assert ("Sum", "v2 cpu") not in machine.started


def test_control_that_is_lost_is_not_tried_again(played):
    """The pair is decided without it, and it is told once."""
    machine = Machine(broken={("Sum", "v2"): Skipped("no torch")})
    start = machine.start

    def only_torch(arm, *, again=False):
        player = start(arm, again=again)
        if arm.backend == "cpu":
            player.finish_load = lambda limit: type(player).finish_load(player, limit)
            player.machine = Machine({("Sum", "v2"): 0.005})
        return player

    machine.start = only_torch
    pair = played(machine, SUM)
    looks = decide(pair)
    assert looks[-1].decision == "slower"
    assert looks[-1].controls == {}
    assert pair.watcher.lost_arms == [("Sum small", "v2 torch", "skipped", "no torch")]
