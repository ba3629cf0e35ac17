from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.axes import Axes
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.arms import arms, grouped

RELEASES = tuple(f"v{number}" for number in range(1, 4))
CONTROLS = frozenset({"torch", "numpy"})


def case(*backends: str, benchmark: str = "ops.Sort.time_sort", label: str = "100x100") -> Case:
    """A case on these backends."""
    return Case(
        benchmark,
        "1",
        Axes.of(case=label) if label else Axes(),
        60.0,
        {name: i for i, name in enumerate(backends)},
    )


def roles(found: list[Arm], backend: str) -> list[tuple[str, str]]:
    """Role and label of the arms of a backend, in order."""
    return [(arm.role, arm.label) for arm in found if arm.backend == backend]


# -- names -----------------------------------------------------------------------------------


def test_twin_is_told_apart() -> None:
    """The two arms of the reference have the same release and another label."""
    found = arms(case("cpu"), RELEASES, "v2", CONTROLS)
    assert [str(arm) for arm in found] == ["v1 cpu", "v2 cpu", "v2 (A/A) cpu", "v3 cpu"]
    assert [arm.release for arm in found] == ["v1", "v2", "v2", "v3"]


def test_suite_without_backends() -> None:
    """The one backend of a suite that has none is not named."""
    assert str(arms(case(""), RELEASES, "v2", CONTROLS)[0]) == "v1"


def test_cases_and_arms_are_keys() -> None:
    """Both are found again by what is in them, mappings and all."""
    assert {case("cpu"): 1}[case("cpu")] == 1
    assert len({*arms(case("cpu"), RELEASES, "v2", CONTROLS)} | {Arm("", "v1", "twin")}) == 5


# -- arms ------------------------------------------------------------------------------------


def test_every_release_on_every_backend_and_the_reference_twice() -> None:
    """Each backend has its own reference and its twin."""
    found = arms(case("cpu", "gpu"), RELEASES, "v3", CONTROLS)
    expected = [("release", "v1"), ("release", "v2"), ("reference", "v3"), ("twin", "v3 (A/A)")]
    assert roles(found, "cpu") == roles(found, "gpu") == expected
    assert len(found) == 8


def test_control_is_one_arm_beside_the_newest_release() -> None:
    """A control does not change with the release: one arm, named after the newest."""
    found = arms(case("torch", "cpu"), RELEASES, "v1", CONTROLS)
    assert roles(found, "torch") == [("control", "v3")]
    assert len(roles(found, "cpu")) == 4


def test_reference_alone_has_its_twin() -> None:
    """With nothing to compare, the sweep still measures its own noise."""
    found = arms(case("cpu"), ["v1"], "v1", CONTROLS)
    assert roles(found, "cpu") == [("reference", "v1"), ("twin", "v1 (A/A)")]


# -- groups ----------------------------------------------------------------------------------


def test_all_in_one_group_when_they_fit() -> None:
    """With enough memory everything is measured in the same blocks, each arm once."""
    found = arms(case("gpu", "torch", "cpu"), RELEASES, "v2", CONTROLS)
    (group,) = grouped(found, {"cpu": 10, "gpu": 20, "torch": 30}, 150)
    assert Counter(group) == Counter(found)


def test_second_group_has_the_reference_again() -> None:
    """When one more arm does not fit, it goes on beside another process of the reference."""
    found = arms(case("cpu"), RELEASES, "v1", CONTROLS)
    groups = grouped(found, {"cpu": 10}, 39)
    assert [[arm.label for arm in group] for group in groups] == [
        ["v1", "v1 (A/A)", "v2"],
        ["v1", "v3"],
    ]


def test_pair_that_does_not_fit_is_a_group() -> None:
    """Less than one arm beside its reference cannot be compared, so that much is tried."""
    found = arms(case("cpu"), RELEASES, "v1", CONTROLS)
    groups = grouped(found, {"cpu": 10}, 5)
    assert [[arm.label for arm in group] for group in groups] == [
        ["v1", "v1 (A/A)"],
        ["v1", "v2"],
        ["v1", "v3"],
    ]


def test_controls_take_their_room_in_the_first_group() -> None:
    """A control needs memory as well: what it needs is not given to others of its group."""
    found = arms(case("cpu", "torch"), RELEASES, "v1", CONTROLS)
    groups = grouped(found, {"cpu": 10, "torch": 15}, 40)
    assert [[str(arm) for arm in group] for group in groups] == [
        ["v1 cpu", "v1 (A/A) cpu", "v3 torch"],
        ["v1 cpu", "v2 cpu", "v3 cpu"],
    ]


backends = st.lists(
    st.sampled_from(["cpu", "gpu", "vulkan", "numpy", "torch"]), min_size=1, unique=True
).filter(lambda names: set(names) - CONTROLS)
needed = st.integers(1, 100)
needs_of_all = st.fixed_dictionaries(
    dict.fromkeys(("cpu", "gpu", "vulkan", "numpy", "torch"), needed)
)


@given(
    names=backends,
    releases=st.integers(1, 6),
    reference=st.integers(1, 6),
    needs=needs_of_all,
    memory=st.integers(1, 1000),
)
def test_groups(
    names: list[str], releases: int, reference: int, needs: dict[str, int], memory: int
) -> None:
    """Every arm once, each with its reference beside it, and all of a group fit if a pair does."""
    tags = [f"v{number}" for number in range(1, releases + 1)]
    found = arms(case(*names), tags, f"v{min(reference, releases)}", CONTROLS)
    groups = grouped(found, needs, memory)

    members = [arm for group in groups for arm in group]
    once = Counter(arm for arm in members if arm.role != "reference")
    assert once == Counter(arm for arm in found if arm.role != "reference")
    for group in groups:
        assert len(set(group)) == len(group)
        own = {arm.backend for arm in group if arm.role == "reference"}
        compared = {arm.backend for arm in group if arm.role in ("release", "twin")}
        assert own == compared  # none is missing, none is there for nothing
        assert own
    controls = [arm for arm in found if arm.role == "control"]
    assert {arm for arm in groups[0] if arm.role == "control"} == set(controls)

    of_controls = sum(needs[arm.backend] for arm in controls)
    pairs = [2 * needs[arm.backend] for arm in found if arm.role != "control"]
    if max(pairs) + of_controls <= memory:
        assert all(sum(needs[arm.backend] for arm in group) <= memory for group in groups)
    if sum(needs[arm.backend] for arm in found) <= memory:
        assert len(groups) == 1


@given(releases=st.integers(1, 9), needs=needed, memory=st.integers(1, 1000))
def test_no_more_groups_than_needed(releases: int, needs: int, memory: int) -> None:
    """Arms of one backend fill their groups: each further one costs a process of the reference."""
    tags = [f"v{number}" for number in range(1, releases + 1)]
    found = arms(case("cpu"), tags, "v1", CONTROLS)
    groups = grouped(found, {"cpu": needs}, memory)
    beside = max(1, memory // needs - 1)
    assert [len(group) - 1 for group in groups[:-1]] == [beside] * (len(groups) - 1)
    assert len(groups) == -(-releases // beside)
