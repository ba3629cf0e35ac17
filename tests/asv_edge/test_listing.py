import pytest
from mlx_asv.asv_edge.listing import DEFAULT_TIMEOUT, TRACKED, Listing
from mlx_asv.asv_edge.suite import SuiteError


class Found(dict):
    """What asv has found, as its Benchmarks keep it: the selected ones, and all."""

    def __init__(self, every, selection):
        super().__init__({name: every[name] for name in selection})
        self._all_benchmarks = every
        self.benchmark_selection = {**dict.fromkeys(every), **selection}


def benchmark(kind="time", timeout=None, **params):
    """asv's description of a benchmark with these parameters."""
    values = [[repr(each) for each in of_it] for of_it in params.values()]
    described = {"type": kind, "version": "1", "param_names": list(params), "params": values}
    return {**described, **({"timeout": timeout} if timeout else {})}


EVERY = {
    "ops.Sort.time_forward": benchmark(case=["8", "16"], backend=["cpu", "mlx"], timeout=5.0),
    "ops.Sort.track_error": benchmark("track", case=["8"], backend=["mlx"]),
    "ops.Sort.track_peak": benchmark("track", case=["8"], backend=["mlx"]),
    "ops.Sum.track_peak": benchmark("track", case=["8"], backend=["mlx"]),
    "ops.time_nothing": benchmark(),
}
for name, described in EVERY.items():
    described["name"] = name


def listing(selection=None, patterns=()):
    """All that there is, of which these combinations are selected; or everything."""
    chosen = selection if selection is not None else dict.fromkeys(EVERY)
    return Listing(Found(EVERY, chosen), "backend", patterns)


def test_every_case_of_every_time_benchmark():
    """With asv's position of each backend among the combinations; selected or not."""
    for each in (listing(), listing({})):
        assert [(case.name, dict(case.backends)) for case in each.every()] == [
            ("Sort 8", {"cpu": 0, "mlx": 1}),
            ("Sort 16", {"cpu": 2, "mlx": 3}),
            ("time_nothing", {"": None}),
        ]


def test_timeouts_are_the_benchmarks():
    """Or asv's default."""
    assert [case.timeout for case in listing().every()] == [5.0, 5.0, DEFAULT_TIMEOUT]


def test_combinations_that_are_selected():
    """On all backends, or on those that are asked for."""
    found = listing({"ops.Sort.time_forward": [0, 1, 3]})
    cases = [(case.name, set(case.backends)) for case in found.selected()]
    assert cases == [("Sort 8", {"cpu", "mlx"}), ("Sort 16", {"mlx"})]
    cases = [(case.name, set(case.backends)) for case in found.selected(["cpu"])]
    assert cases == [("Sort 8", {"cpu"})]


@pytest.mark.parametrize(
    ("selection", "backends", "why"),
    [
        (None, ["tpu"], "There is no backend tpu: choose from cpu, mlx."),
        ({}, [], "No time benchmark matches Srot: `asv run"),
        ({"ops.time_nothing": None}, ["cpu"], "No time benchmark matches Srot and cpu"),
        ({"ops.Sort.track_error": [0]}, [], "No time benchmark matches Srot"),
    ],
)
def test_nothing_selected_is_one_sentence(selection, backends, why):
    """A misspelt name is not an empty sweep."""
    with pytest.raises(SuiteError) as error:
        listing(selection, ["Srot"]).selected(backends)
    assert why in str(error.value)


def test_descriptions_are_asvs():
    """By name, of all benchmarks."""
    assert listing({}).benchmarks == EVERY


def test_benchmarks_that_track_a_metric():
    """By the name of their method; those of no metric are told apart, if they are selected."""
    for each in (listing(), listing({})):
        (case,) = each.every(TRACKED)
        assert (case.benchmark, dict(case.backends)) == ("ops.Sort.track_error", {"mlx": 0})
    (case,) = listing().selected(["mlx"], TRACKED)
    assert case.benchmark == "ops.Sort.track_error"
    assert listing().of_no_metric() == {"track_peak": 2}
    assert listing({"ops.Sort.track_peak": [0]}).of_no_metric() == {"track_peak": 1}
    assert listing({"ops.Sort.track_error": [0]}).of_no_metric() == {}


def test_nothing_that_tracks_a_metric():
    """Is said as of what is timed."""
    with pytest.raises(SuiteError, match=r"^No benchmark that tracks a metric matches Sum: "):
        listing({"ops.Sum.track_peak": [0]}, ["Sum"]).selected(kind=TRACKED)


def test_places_and_names_are_of_what_is_timed():
    """asv's position and name of each case on a backend, selected or not."""
    places, names = listing({}).places(), listing({}).names()
    assert places == {
        ("ops.Sort.time_forward", "8", "cpu"): 0,
        ("ops.Sort.time_forward", "8", "mlx"): 1,
        ("ops.Sort.time_forward", "16", "cpu"): 2,
        ("ops.Sort.time_forward", "16", "mlx"): 3,
        ("ops.time_nothing", "", ""): 0,
    }
    assert {place: str(name) for place, name in names.items()} == {
        ("ops.Sort.time_forward", "8", "cpu"): "ops.Sort.time_forward('8', 'cpu')",
        ("ops.Sort.time_forward", "8", "mlx"): "ops.Sort.time_forward('8', 'mlx')",
        ("ops.Sort.time_forward", "16", "cpu"): "ops.Sort.time_forward('16', 'cpu')",
        ("ops.Sort.time_forward", "16", "mlx"): "ops.Sort.time_forward('16', 'mlx')",
        ("ops.time_nothing", "", ""): "ops.time_nothing",
    }


def test_what_no_sweep_measures_is_named():
    """What is tracked, and what is selected on controls alone; none of what is not selected."""
    found = listing({"ops.Sort.time_forward": [0, 3], "ops.Sort.track_error": None})
    assert found.names_of_others(frozenset({"cpu"})) == [
        "ops.Sort.time_forward('8', 'cpu')",
        "ops.Sort.track_error('8', 'mlx')",
    ]
    assert listing({"ops.time_nothing": None}).names_of_others(frozenset()) == []
