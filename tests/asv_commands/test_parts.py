from mlx_asv.asv_commands.parts import Part, parts
from mlx_asv.axes import Axes
from mlx_asv.job import Case

BOTH = {"cpu": 0, "gpu": 1, "torch": 2}


def case(label, backends=BOTH):
    """A case of Sort."""
    return Case("ops.Sort.time_sort", "1", Axes.of(case=label), 60.0, backends)


def lacking(**releases):
    """``small_cpu=["v1"]``: what lacks results of which releases."""
    return {("ops.Sort.time_sort", *place.split("_")): tags for place, tags in releases.items()}


def test_cases_that_lack_the_same_are_one_part():
    """The larger part comes first; controls are beside what is measured, and lack nothing."""
    found = parts(
        [case("small"), case("large")],
        lacking(
            small_cpu=["v2", "v1"],
            small_gpu=["v1"],
            large_cpu=["v2", "v1"],
            large_gpu=["v2", "v1"],
            small_torch=["v1"],
            large_torch=["v1"],
        ),
        frozenset({"torch"}),
    )
    assert found == [
        Part(("v2", "v1"), (case("small", {"cpu": 0, "torch": 2}), case("large"))),
        Part(("v1",), (case("small", {"gpu": 1, "torch": 2}),)),
    ]
    assert found[0].cases[0].backends == {"cpu": 0, "torch": 2}


def test_what_lacks_nothing_is_in_no_part():
    """Nor are controls, of which results lack with every release but one."""
    left = lacking(small_cpu=[], small_gpu=[], small_torch=["v1"])
    assert parts([case("small")], left, frozenset({"torch"})) == []
