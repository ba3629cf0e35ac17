from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.axes import Axes
from mlx_asv.job import Arm, BlockSet, Case, Order
from mlx_asv.measurement import blocks
from mlx_asv.measurement.arms import arms
from mlx_asv.measurement.blocks import (
    CALL_COST,
    NO_WARMING,
    TWO_CALLS,
    UNTIMED_CALLS,
    UNTIMED_SECONDS,
    VISIT_FACTOR,
    VISIT_LIMIT,
    VISIT_SECONDS,
    Blocks,
    Life,
    mirrored,
    plan_visit,
    visit_seconds,
)
from mlx_asv.measurement.process import Loaded, Skipped, Visited, WorkerFailed

CASE = Case(
    "ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 3, "gpu": 5, "torch": None}
)


def members(releases: int = 4, *backends: str) -> list[Arm]:
    """The arms of the case on these backends; the first release is the reference."""
    chosen = backends or ("cpu",)
    case = Case(CASE.benchmark, "1", Axes(), 60.0, {b: CASE.backends[b] for b in chosen})
    tags = [f"v{number}" for number in range(1, releases + 1)]
    return arms(case, tags, "v1", frozenset({"torch"}))


@dataclass
class Part:
    """What one process does: seconds of each call, and the exception that ends it, if any."""

    seconds: float = 0.004
    #: What the machine counts of each call.
    instructions: float | None = None
    #: Raised on loading.
    load: BaseException | None = None
    #: Raised in the visit of this number, from 0.
    visit: BaseException | None = None
    number: int = 0


@dataclass
class Machine:
    """Processes that are played: what each does, and what was asked of them."""

    #: Label of an arm and backend -> what its processes do, one after the other.
    parts: dict[str, list[Part]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    alive: set["Player"] = field(default_factory=set)
    loading: int = 0
    most_loading: int = 0
    #: Seconds since the set began.
    now: float = 0.0

    def start(self, arm: Arm, *, again: bool = False) -> "Player":
        """A process of an arm."""
        life = self.started.count(str(arm))
        self.started.append(str(arm))
        played = self.parts.get(str(arm), [])
        player = Player(self, str(arm), played[life] if life < len(played) else Part())
        self.alive.add(player)
        return player


class Player:
    """A process that is not one."""

    def __init__(self, machine: Machine, name: str, part: Part) -> None:
        self.machine, self.name, self.part = machine, name, part
        self.visits = 0
        self.state = "idle"

    def start_load(self, suite: str, benchmark: str, index: int | None) -> None:
        assert self.state == "idle"
        self.state = "loading"
        self.machine.asked.append((self.name, suite, benchmark, index))
        self.machine.loading += 1
        self.machine.most_loading = max(self.machine.most_loading, self.machine.loading)

    def finish_load(self, limit: float) -> Loaded:
        assert self.state == "loading"
        self.machine.asked.append((self.name, limit))
        self.machine.loading -= 1
        if self.part.load:
            raise self.part.load
        self.state = "loaded"
        return Loaded(self.part.seconds, self.part.seconds, 1000)

    def visit(self, calls: int, untimed: int, limit: float) -> Visited:
        assert self.state == "loaded"
        assert self.machine.loading == 0
        self.machine.visited.append(self.name)
        self.machine.asked.append((self.name, calls, untimed, limit))
        self.machine.now += 1.0
        if self.part.visit and self.visits == self.part.number:
            raise self.part.visit
        self.visits += 1
        return Visited([self.part.seconds] * 3, 5, self.part.instructions)

    def begin_kill(self) -> None:
        self.machine.asked.append((self.name, "end"))

    def kill(self) -> None:
        self.machine.asked.append((self.name, "wait"))
        assert self in self.machine.alive
        self.machine.alive.remove(self)


def crash(why: str = "crashed: SIGSEGV") -> WorkerFailed:
    """The end of a process."""
    return WorkerFailed(why)


def prepared(
    found: Iterable[Arm],
    machine: Machine,
    blocks: int = 4,
    seed: int = 1,
    order: Order = Order.DRAWN,
    loaders: int = 1,
) -> Blocks:
    """A block set to be run."""
    job = BlockSet(
        case=CASE, replicate=0, group=0, arms=tuple(found), blocks=blocks, seed=seed, order=order
    )
    return Blocks(job, start=machine.start, suite="/suite", loaders=loaders)  # type: ignore[arg-type]


def run(
    found: Iterable[Arm],
    machine: Machine,
    blocks: int = 4,
    seed: int = 1,
    tell: Callable[[str], None] = lambda text: None,
    loaders: int = 1,
    order: Order = Order.DRAWN,
) -> dict[str, Life]:
    """Run a block set; what became of each arm. No process is ever left."""
    played = prepared(found, machine, blocks, seed, order, loaders)
    try:
        played.run(tell)
    finally:
        assert machine.alive == set()
    return {str(life.arm): life for life in played.lives}


def in_blocks(lives: dict[str, Life]) -> list[list[str]]:
    """Who was visited in each block, in order of position."""
    table: dict[int, dict[int, str]] = defaultdict(dict)
    for name, life in lives.items():
        for visit in life.visits:
            assert visit.position not in table[visit.block]
            table[visit.block][visit.position] = name
    return [[name for _, name in sorted(table[block].items())] for block in sorted(table)]


# -- blocks ----------------------------------------------------------------------------------


def test_every_arm_once_in_every_block() -> None:
    """A block is one visit of every arm, at the position that is written down."""
    machine = Machine()
    lives = run(members(5, "cpu", "torch"), machine)
    table = in_blocks(lives)
    assert len(table) == 4
    for block in table:
        assert sorted(block) == sorted(lives)
    assert [name for block in table for name in block] == machine.visited
    assert {life.outcome for life in lives.values()} == {"ok"}
    assert all([v.block for v in life.visits] == [0, 1, 2, 3] for life in lives.values())


def test_order_is_drawn_from_the_seed() -> None:
    """The same seed visits and loads in the same order, another in another."""

    def order(seed: int) -> tuple[list[str], list[str]]:
        machine = Machine()
        run(members(8), machine, 60, seed=seed)
        return machine.started, machine.visited

    assert order(1) == order(1)
    for one, other in zip(order(1), order(2), strict=True):
        assert one != other


def test_order_differs_between_blocks() -> None:
    """No arm has a place of its own: over many blocks each comes in every position."""
    table = in_blocks(run(members(4), Machine(), 60))
    assert any(a != b for a, b in pairwise(table))
    for position in range(5):
        assert len({block[position] for block in table}) == 5


def test_mirrored_order_is_as_given_and_backwards() -> None:
    """ABBA over two blocks, the mirror of that over the next two, whatever the seed."""
    found = members(2)
    forth = [str(arm) for arm in found]
    for seed in (1, 2):
        table = in_blocks(run(found, Machine(), 8, seed=seed, order=Order.MIRRORED))
        assert [block == forth for block in table] == [
            *(True, False, False, True),
            *(False, True, True, False),
        ]
        assert all(block in (forth, forth[::-1]) for block in table)


@given(
    arms=st.integers(1, 9),
    rounds=st.integers(1, 4),
    drift=st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=2),
)
def test_mirrored_order_cancels_drift(arms: int, rounds: int, drift: list[float]) -> None:
    """What gets evenly slower from visit to visit hits all arms alike after two blocks, and what
    gets slower from block to block, and ever faster, after any number of them."""
    felt = np.zeros(arms)
    for block in range(2 * rounds):
        for position, arm in enumerate(mirrored(range(arms), "", block)):
            felt[arm] += drift[0] * (position + block * arms) + drift[1] * block**2
    np.testing.assert_allclose(felt, felt.mean(), atol=1e-9)


def test_mirrored_order_of_what_is_left() -> None:
    """An arm that is lost leaves the order of the others as it is."""
    machine = Machine({"v2 cpu": [Part(load=Skipped("no fp8"))]})
    found = members(3)
    table = in_blocks(run(found, machine, 2, order=Order.MIRRORED))
    left = [str(arm) for arm in found if arm.release != "v2"]
    assert table == [left, left[::-1]]


def test_visit_is_the_median_of_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a visit: when, how many calls, seconds per call and in all."""
    monkeypatch.setattr(blocks, "time", lambda: 12345.0)
    found = Visited([0.003, 0.001, 0.009, 0.002, 0.004], 4)
    monkeypatch.setattr(Player, "visit", lambda *args: found)
    lives = run(members(1), Machine(), 1)
    for position, name in enumerate(in_blocks(lives)[0]):
        (visit,) = lives[name].visits
        assert (visit.block, visit.position, visit.started) == (0, position, 12345.0)
        assert (visit.calls, visit.seconds) == (20, 0.003)
        assert visit.timed == pytest.approx(4 * 0.019)


def test_log_seconds_of_blocks_and_arms() -> None:
    """The table that tells who is precise: a row for each block, a column for each arm."""
    found = members(2)
    machine = Machine({"v2 cpu": [Part(0.5)], "v1 (A/A) cpu": [Part(visit=crash(), number=1)]})
    played = prepared(found, machine)
    assert played.log_seconds().shape == (0, 3)
    played.run(lambda text: None)
    # The twin's second process was there from the third block on.
    expected = np.log([[0.004, 0.004, 0.5]] * 4)
    expected[:2, 1] = np.nan
    assert [str(arm) for arm in found] == ["v1 cpu", "v1 (A/A) cpu", "v2 cpu"]
    np.testing.assert_allclose(played.log_seconds(), expected)


def test_progress_is_told() -> None:
    """Somebody who looks on sees which process loads, and which is visited in which block."""
    told: list[str] = []
    machine = Machine()
    run(members(2), machine, tell=told.append)
    loading = [f"loading {arm}, {n} of 3" for n, arm in enumerate(machine.started, 1)]
    assert told[:3] == loading
    visits = [f"block {n // 3 + 1}, {arm}" for n, arm in enumerate(machine.visited)]
    assert told[3:] == visits
    assert len(visits) == 4 * 3


# -- loading ---------------------------------------------------------------------------------


def test_each_process_loads_its_case() -> None:
    """The combination of parameters is the backend's; the limit is the case's."""
    machine = Machine()
    run(members(1, "gpu", "torch"), machine)
    where = ("/suite", CASE.benchmark)
    assert ("v1 gpu", *where, 5) in machine.asked
    assert ("v1 (A/A) gpu", *where, 5) in machine.asked
    assert ("v1 torch", *where, None) in machine.asked
    assert ("v1 gpu", 60.0) in machine.asked


@given(
    loaders=st.integers(1, 12),
    releases=st.integers(1, 9),
    failing=st.sets(st.integers(1, 9)),
    twice=st.booleans(),
)
def test_no_more_load_at_once_than_may(
    loaders: int, releases: int, failing: set[int], twice: bool
) -> None:
    """A few processes load at the same time, second chances included, and never more."""
    lost = [Part(load=crash())] * (1 + twice)
    machine = Machine({f"v{number} cpu": list(lost) for number in failing})
    run(members(releases), machine, loaders=loaders)
    assert machine.most_loading == min(loaders, releases + 1)


def test_second_chance_on_loading() -> None:
    """A process that fails to load is started once more, and is then like any other."""
    machine = Machine({"v2 cpu": [Part(load=crash())]})
    lives = run(members(2), machine)
    assert lives["v2 cpu"].outcome == "ok"
    assert len(lives["v2 cpu"].visits) == 4
    assert machine.started.count("v2 cpu") == 2


def test_failing_to_load_twice_ends_an_arm() -> None:
    """The reason is the last; the others are measured all the same."""
    machine = Machine({"v2 cpu": [Part(load=crash("first")), Part(load=crash("second"))]})
    lives = run(members(3), machine)
    assert (lives["v2 cpu"].outcome, lives["v2 cpu"].reason) == ("failed", "second")
    assert machine.started.count("v2 cpu") == 2
    assert "v2 cpu" not in machine.visited
    assert [len(block) for block in in_blocks(lives)] == [3] * 4


@pytest.mark.parametrize("first", [[], [Part(load=crash())]])
def test_skipped_arm_is_not_tried_again(first: list[Part]) -> None:
    """That a case does not apply is an answer, also of the second process."""
    machine = Machine({"v2 cpu": [*first, Part(load=Skipped("no fp8"))]})
    lives = run(members(3), machine)
    assert (lives["v2 cpu"].outcome, lives["v2 cpu"].reason) == ("skipped", "no fp8")
    assert machine.started.count("v2 cpu") == len(first) + 1
    assert [len(block) for block in in_blocks(lives)] == [3] * 4


def test_memory_of_the_process_is_kept() -> None:
    """Every arm that was loaded has its bytes; one that was not has none."""
    machine = Machine({"v2 cpu": [Part(load=Skipped("no fp8"))]})
    lives = run(members(2), machine)
    assert {name: life.rss for name, life in lives.items()} == {
        "v1 cpu": 1000,
        "v1 (A/A) cpu": 1000,
        "v2 cpu": None,
    }


# -- failing later ---------------------------------------------------------------------------


def test_second_chance_in_a_visit() -> None:
    """What the lost process observed goes: another one does not continue it."""
    machine = Machine({"v2 cpu": [Part(0.001, visit=crash(), number=2), Part(0.002)]})
    lives = run(members(3), machine, 6)
    found = lives["v2 cpu"]
    assert (found.outcome, found.reason) == ("ok", None)
    assert [(visit.block, visit.seconds) for visit in found.visits] == [
        (3, 0.002),
        (4, 0.002),
        (5, 0.002),
    ]
    assert len(lives["v1 cpu"].visits) == 6
    assert max(Counter(machine.visited[:8]).values()) == 2  # not again in the block it failed in


@pytest.mark.parametrize(
    "second",
    [Part(load=crash("second")), Part(visit=crash("second")), Part(visit=Skipped("second"))],
)
def test_failing_again_ends_an_arm(second: Part) -> None:
    """There is one second chance in a set, whether for loading or for visits."""
    machine = Machine({"v2 cpu": [Part(visit=crash("first"), number=1), second]})
    lives = run(members(3), machine)
    found = lives["v2 cpu"]
    assert (found.outcome, found.reason, found.visits) == ("failed", "second", [])
    assert machine.started.count("v2 cpu") == 2
    assert [len(block) for block in in_blocks(lives)] == [3] * 4


def test_second_chance_is_spent_on_loading() -> None:
    """An arm that needed it to load fails at its first bad visit."""
    machine = Machine({"v2 cpu": [Part(load=crash()), Part(visit=crash("bad visit"), number=1)]})
    lives = run(members(2), machine)
    assert (lives["v2 cpu"].outcome, lives["v2 cpu"].reason) == ("failed", "bad visit")


@pytest.mark.parametrize("part", [Part(load=Skipped("no fp8")), Part(load=crash("no GPU"))])
def test_set_without_a_reference_is_not_measured(part: Part) -> None:
    """With nothing to compare with, there is nothing to observe."""
    machine = Machine({"v1 cpu": [part, part]})
    lives = run(members(3), machine)
    assert lives["v1 cpu"].outcome != "ok"
    assert machine.visited == []


def test_set_ends_when_its_reference_is_lost() -> None:
    """The block in which it is lost is the last."""
    parts = [Part(visit=crash(), number=1), Part(load=crash("no more"))]
    lives = run(members(3), Machine({"v1 cpu": parts}), 60)
    assert (lives["v1 cpu"].outcome, lives["v1 cpu"].reason) == ("failed", "no more")
    assert [len(block) for block in in_blocks(lives)] == [3, 3]


def test_reference_of_one_backend_lost() -> None:
    """Another backend's arms go on with their own reference."""
    machine = Machine({"v1 gpu": [Part(load=crash()), Part(load=crash())]})
    lives = run(members(2, "cpu", "gpu"), machine)
    assert [len(lives[name].visits) for name in ("v1 cpu", "v1 (A/A) cpu", "v2 cpu")] == [4] * 3


def test_nothing_loads() -> None:
    """A case that runs on no arm ends, with a reason for each."""
    found = members(3)
    parts = {str(arm): [Part(load=crash())] * 2 for arm in found}
    lives = run(found, Machine(parts))
    assert {life.outcome for life in lives.values()} == {"failed"}


# -- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 8])
def test_every_arm_is_visited_once_in_every_block(count: int) -> None:
    """As many blocks as were asked for."""
    lives = run(members(3), Machine(), count)
    assert {len(life.visits) for life in lives.values()} == {count}


def test_set_knows_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it counts, loading as well."""
    machine = Machine()
    monkeypatch.setattr(blocks, "monotonic", lambda: machine.now)
    load = Player.finish_load

    def slow(self: Player, limit: float) -> Loaded:
        machine.now += 10.0
        return load(self, limit)

    monkeypatch.setattr(Player, "finish_load", slow)
    played = prepared(members(3), machine, blocks=2)
    played.run(lambda text: None)
    assert played.seconds == 4 * 10.0 + 2 * 4 * 1.0


def test_processes_end_together() -> None:
    """All are told to end before one is waited for: they give back gigabytes side by side."""
    machine = Machine()
    run(members(3), machine)
    ends = [what[1] for what in machine.asked if what[1] in ("end", "wait")]
    assert ends == ["end"] * 4 + ["wait"] * 4


@pytest.mark.parametrize(
    "part",
    [
        Part(load=KeyboardInterrupt()),
        Part(visit=KeyboardInterrupt()),
        Part(visit=KeyboardInterrupt(), number=1),
        Part(visit=OSError("no space left on device")),
    ],
)
@pytest.mark.parametrize("loaders", [1, 3])
def test_interrupt_leaves_no_process(part: Part, loaders: int) -> None:
    """Ctrl-C, or an error of ours, ends every process before it goes on its way."""
    reason = type(part.load or part.visit)
    assert reason is not type(None)
    with pytest.raises(reason):  # and `run` looks at what is alive
        run(members(4), Machine({"v2 cpu": [part]}), loaders=loaders)


def test_process_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are there already are ended."""
    machine = Machine()
    start = machine.start

    def begin(arm: Arm, *, again: bool = False) -> Player:
        if len(machine.started) == 3:
            raise OSError("no more processes")
        return start(arm)

    monkeypatch.setattr(machine, "start", begin)
    with pytest.raises(OSError, match="no more processes"):
        run(members(4), machine, loaders=2)
    assert len(machine.started) == 3


# -- a visit ---------------------------------------------------------------------------------


@given(seconds=st.floats(1e-7, 1e3))
def test_visit_is_short_and_warm_where_that_matters(seconds: float) -> None:
    """Short calls fill the time of a visit, after some that fill the caches; long ones are few."""
    calls, untimed = plan_visit(seconds)
    if seconds >= NO_WARMING:
        assert (calls, untimed) == (1, 0)
    elif seconds >= TWO_CALLS:
        assert (calls, untimed) == (2, 1)
    else:
        assert 1 <= untimed <= UNTIMED_CALLS
        assert untimed == UNTIMED_CALLS or untimed * seconds >= UNTIMED_SECONDS * (1 - 1e-9)
        assert (untimed - 1) * seconds < UNTIMED_SECONDS
        assert calls >= 3
        each = seconds + CALL_COST
        assert calls == 3 or abs(calls * each - VISIT_SECONDS) <= each / 2 * 1.001
    assert visit_seconds(seconds) > seconds * (calls + untimed)


@given(seconds=st.floats(1e-7, 1e3), besides=st.floats(0, 1e3))
def test_setup_counts(seconds: float, besides: float) -> None:
    """A visit takes as long as it should with it, and not many times as long."""
    calls, untimed = plan_visit(seconds, besides)
    whole = seconds + max(besides, CALL_COST)
    assert visit_seconds(seconds, besides) == pytest.approx((calls + untimed) * whole + 0.0005)
    assert calls * whole <= max(3 * TWO_CALLS, 1.5 * VISIT_SECONDS, 2 * whole)
    if besides <= CALL_COST:
        assert plan_visit(seconds, besides) == plan_visit(seconds)


@given(one=st.floats(1e-7, 1e3), other=st.floats(1e-7, 1e3))
def test_longer_calls_are_never_more(one: float, other: float) -> None:
    """The longer a call takes, the fewer are timed."""
    shorter, longer = sorted((one, other))
    assert plan_visit(shorter)[0] >= plan_visit(longer)[0]
    assert plan_visit(shorter)[1] >= plan_visit(longer)[1]


def asked_of(machine: Machine, name: str) -> list[tuple[object, ...]]:
    """Calls, untimed calls and limit of each visit of an arm."""
    return [what[1:] for what in machine.asked if what[0] == name and len(what) == 4][1:]


def test_visit_is_planned_from_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a call takes is known from loading at first, then from the last visit."""
    monkeypatch.setattr(Player, "visit", _twice_as_fast(Player.visit))
    machine = Machine({"v2 cpu": [Part(seconds=8 * TWO_CALLS)]})
    run(members(2), machine, 5)
    seconds = [8 * TWO_CALLS / 2**number for number in range(5)]
    assert [what[:2] for what in asked_of(machine, "v2 cpu")] == [plan_visit(s) for s in seconds]


def _twice_as_fast(
    visit: Callable[..., tuple[list[float], int]],
) -> Callable[..., tuple[list[float], int]]:
    def faster(self: Player, *asked: object) -> tuple[list[float], int]:
        self.part.seconds /= 2
        return visit(self, *asked)

    return faster


@pytest.mark.parametrize("seconds", [1e-4, 0.9 * TWO_CALLS, NO_WARMING, 1.0, 30.0])
def test_limit_of_a_visit_leaves_room(seconds: float) -> None:
    """A visit may take many times what it should, and a short one some seconds anyway."""
    machine = Machine({"v2 cpu": [Part(seconds)]})
    run(members(2), machine, 1)
    ((calls, untimed, limit),) = asked_of(machine, "v2 cpu")
    assert (calls, untimed) == plan_visit(seconds)
    assert limit == max(VISIT_LIMIT, VISIT_FACTOR * seconds * (calls + untimed))


def test_an_arm_that_fails_in_the_last_block_has_one_more() -> None:
    """Its second process is visited like those of the others, and no arm is visited after that."""
    machine = Machine({"v2 cpu": [Part(visit=WorkerFailed("crashed"), number=1)]})
    lives = run(members(3), machine, 2)
    assert {life.outcome for life in lives.values()} == {"ok"}
    assert [len(block) for block in in_blocks(lives)] == [3, 3, 4]


def test_an_arm_restarted_as_the_reference_is_lost_has_failed() -> None:
    """It has no data, and a reason."""
    parts = {
        "v1 cpu": [Part(visit=crash(), number=1), Part(load=crash("no more"))],
        "v2 cpu": [Part(visit=crash("crashed"), number=1)],
    }
    lives = run(members(3), Machine(parts), 2)
    assert (lives["v2 cpu"].outcome, lives["v2 cpu"].reason) == ("failed", "crashed")


def test_visit_keeps_what_the_machine_counted() -> None:
    """Per call, as the worker says; nothing where the machine counts nothing."""
    machine = Machine(parts={"v2 cpu": [Part(instructions=4_000.5)]})
    lives = run(members(2), machine)
    assert {visit.instructions for visit in lives["v2 cpu"].visits} == {4_000.5}
    assert {visit.instructions for visit in lives["v1 cpu"].visits} == {None}
    assert {visit.cycles for life in lives.values() for visit in life.visits} == {None}
