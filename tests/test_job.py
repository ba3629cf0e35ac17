import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath

import pytest
from mlx_asv.axes import Axes
from mlx_asv.job import Arm, BlockSet, Case, Count, Ended, Job, Look, Order, Track

CASE = Case(
    "ops.linear.Sort.time_sort", "1", Axes.of(case="100x100 axis=-1"), 60.0, {"cpu": 0, "gpu": None}
)
ARMS = (Arm("cpu", "v2", "reference"), Arm("cpu", "v2", "twin"), Arm("cpu", "v1", "release"))

#: One of each kind.
JOBS = {
    Look: Look(CASE, ARMS[:1], "looking at case 1 of 2"),
    BlockSet: BlockSet(
        case=CASE,
        replicate=2,
        group=1,
        arms=ARMS,
        blocks=4,
        seed=42,
        order=Order.MIRRORED,
        round=3,
        shared=frozenset({"torch"}),
        ended=(Ended(Arm("gpu", "v2", "reference"), "skipped", "no such device"),),
    ),
    Count: Count(
        case=CASE,
        group=1,
        arms=ARMS,
        copies={"cpu": (((200, 200),), ((400, 400),))},
        seconds={"cpu": 0.001},
        warm=4,
        ended=(Ended(Arm("gpu", "v2", "reference"), "skipped", "no such device"),),
    ),
    Track: Track(case=CASE, metric="error", arms=ARMS, replicates=3),
}


def parts(value):
    """All that is in a value: (name, what)."""
    if is_dataclass(value):
        for field in fields(value):
            yield field.name, getattr(value, field.name)
            yield from parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key), each
            yield from parts(each)
    elif isinstance(value, tuple | frozenset):
        for each in value:
            yield "", each
            yield from parts(each)


@pytest.mark.parametrize("kind", Job.__subclasses__())
def test_every_kind_of_job_can_be_sent_to_another_machine(kind):
    """As bytes; it is the same job there."""
    job = JOBS[kind]
    assert pickle.loads(pickle.dumps(job)) == job


@pytest.mark.parametrize("kind", Job.__subclasses__())
def test_nothing_in_a_job_is_of_one_machine(kind):
    """No path and no environment variable, under whatever name: plain values only."""
    plain = (str, int, float, type(None), dict, tuple, frozenset)
    for name, value in parts(JOBS[kind]):
        assert not isinstance(value, PurePath)
        assert isinstance(value, plain) or type(value).__module__ in (
            "mlx_asv.job",
            "mlx_asv.axes",
        ), (name, value)
        assert not {"environ", "path", "directory"} & set(name.lower().split("_"))
        assert not (isinstance(value, str) and value.startswith("/")), (name, value)


def test_draw_is_of_one_block_set():
    """Whatever names a block set changes the orders that it draws."""
    job = JOBS[BlockSet]
    others = [
        BlockSet(**{**vars(job), **change})
        for change in ({"replicate": 9}, {"group": 9}, {"seed": 9})
    ]
    assert len({each.draw for each in (job, *others)}) == 4


# -- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("benchmark", "label", "name"),
    [
        ("ops.Sort.time_sort", "100x100", "Sort 100x100"),
        ("ops.linear.Sort.time_sort", "100x100 axis=-1", "Sort 100x100 axis=-1"),
        ("ops.time_sort", "", "time_sort"),
        ("time_sort", "small", "time_sort small"),
    ],
)
def test_case_is_called_by_its_class(benchmark, label, name):
    """A person reads the class, or the function of a module, and the parameters."""
    assert Case(benchmark, "1", Axes.of(case=label), 60.0, {}).name == name
