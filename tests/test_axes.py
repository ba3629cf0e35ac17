import json
import pickle
import re
from itertools import product

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mlx_asv.axes import (
    SEPARATOR,
    Axes,
    Combination,
    Name,
    combinations,
    family_of,
    listed_pattern,
    operation_of,
    plain,
)

from tests.benchmarks import published
from tests.checkout import committed, tracked

DESCRIBED = {
    name: entry
    for name, entry in json.loads(committed("results/benchmarks.json")).items()
    if isinstance(entry, dict)
}


class Shown:
    """A value whose repr may be anything."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


#: Short ones that are made of what joins, quotes and brackets values.
text = st.text("a1'\"\\,=([{ n", max_size=6)
scalar = text | st.integers(-3, 30) | st.floats() | st.booleans() | st.none() | st.binary()
value = st.recursive(
    scalar | st.builds(Shown, text), lambda inner: st.lists(inner, max_size=3).map(tuple)
)
#: Two combinations of the same parameters.
pairs = st.integers(1, 3).flatmap(
    lambda count: st.tuples(*[st.lists(value, min_size=count, max_size=count)] * 2)
)


def axes_of(values: list[object]) -> Axes:
    """With the names n, nn, ..."""
    return Axes({"n" * (place + 1): repr(each) for place, each in enumerate(values)})


def before(values: tuple[str, ...]) -> str:
    """How labels were rendered when the results in git were made."""
    return ", ".join(map(plain, values))


# -- labels ----------------------------------------------------------------------------------


@given(pairs)
@example(([1], ["1"]))
@example((["a", "b, c"], ["a, b", "c"]))
@example(([1, "x"], ["1", "x"]))
@example((["n=1"], [1]))
@example((["'a'"], ["a"]))
@example((["(1", "2)", "x"], ["(1", "2), x", ""]))
@example(([Shown("<a"), "b>"], [Shown("<a, b>"), ""]))
def test_two_cases_of_a_benchmark_have_two_labels(both: tuple[list[object], list[object]]) -> None:
    """Whatever their values are, and however they are written."""
    one, other = map(axes_of, both)
    assert (one.label == other.label) == (one == other)


def test_labels_that_were_published_are_as_they_were() -> None:
    """Every combination that asv has described, and every case in the record of published names."""
    seen = set()
    for name, entry in DESCRIBED.items():
        for each in combinations(entry, "backend"):
            position = entry["param_names"].index("backend")
            assert each.name.params is not None
            rest = each.name.params[:position] + each.name.params[position + 1 :]
            assert each.axes.label == before(rest)
            seen.add((name, each.axes.label))
    assert len(seen) > 300
    for operation in published.recorded()["operations"].values():
        for case in operation["cases"]:
            assert Axes.of(case=case).label == case


def test_labels_of_all_observations_are_as_they_were() -> None:
    """Every case in the results in git; the oldest of them have one axis, and do not name it."""
    cases = {
        (row["case"], row.get("axes"))
        for path in tracked("results/*.parquet")
        for row in pl.read_parquet(path)
        .select(cs.by_name("case", "axes", require_all=False))
        .unique()
        .to_dicts()
    }
    assert len(cases) > 100
    for case, axes in cases:
        assert (Axes.of(case=case) if axes is None else Axes.from_json(axes)).label == case


@pytest.mark.parametrize(
    ("axes", "label"),
    [
        (Axes(), ""),
        (Axes.of(case="64x128 axis=0"), "64x128 axis=0"),
        (Axes.of(case="1000000"), "1000000"),
        (Axes.of(size=1000000), "size=1000000"),
        (Axes.of(dtype="int16", size=10_000), "int16, 10000"),
        (Axes.of(dtype="int16", size="10000"), "int16, '10000'"),
        (Axes.of(a="a", b="b, c"), "a, 'b, c'"),
        (Axes.of(a="a, b", b="c"), "'a, b', c"),
        (Axes.of(a="a, b"), "a, b"),
        (Axes.of(a="(1, 2)"), "(1, 2)"),
        (Axes.of(a=(1, 2)), "a=(1, 2)"),
        (Axes.of(shape=(2, 3), mode=None), "(2, 3), None"),
        (Axes.of(dtype=float, size=1), "dtype=<class 'float'>, 1"),
    ],
)
def test_a_label_reads_well(axes: Axes, label: str) -> None:
    """Text without quotes and numbers as they are, unless they could be something else."""
    assert axes.label == label


@pytest.mark.parametrize(
    ("axes", "text"),
    [
        (Axes.of(case="3000", dtype="float16"), "3000, float16"),
        (Axes.of(case="3000"), "3000"),
        (Axes.of(size=3000), "size=3000"),
        (Axes.of(a="a, b", b="c"), "'a, b', c"),
    ],
)
def test_a_person_reads_numbers_without_quotes(axes: Axes, text: str) -> None:
    """Though the label keeps them; all else is as in the label."""
    assert axes.text == text


# -- axes ------------------------------------------------------------------------------------


@given(st.dictionaries(text, text))
def test_json_keeps_everything(values: dict[str, str]) -> None:
    """Names, values and their order come back; so do they from another process."""
    axes = Axes(values)
    found = Axes.from_json(axes.json)
    assert found == axes and list(found.items()) == list(values.items())
    assert pickle.loads(pickle.dumps(axes)) == axes
    assert hash(found) == hash(axes)


@pytest.mark.parametrize("text", ["", "[]", "1", '{"a": 1}', "{"])
def test_json_of_something_else_is_an_error(text: str) -> None:
    """Not axes that mean something else."""
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        Axes.from_json(text)


def test_order_tells_cases_apart() -> None:
    """Two parameters with the same values in another order are another benchmark's."""
    assert Axes.of(a=1, b=2) != Axes.of(b=2, a=1)


def test_axes_are_a_mapping() -> None:
    """From the name of a parameter to asv's repr of its value."""
    axes = Axes.of(case="8x8", size=3)
    assert (axes["case"], axes["size"], len(axes), "dtype" in axes) == ("'8x8'", "3", 2, False)
    assert axes.shown == {"case": "8x8", "size": "3"}
    assert axes.without("case") == Axes.of(size=3)
    with pytest.raises(KeyError):
        axes["dtype"]


# -- combinations ----------------------------------------------------------------------------


def test_combinations_are_in_asvs_order() -> None:
    """The last parameter changes first; the backend is taken out, wherever it stands."""
    benchmark = {
        "name": "ops.Sort.time_it",
        "param_names": ["backend", "dtype"],
        "params": [["'cpu'", "'gpu'"], ["'f4'", "'f8'"]],
    }
    found = list(combinations(benchmark, "backend"))
    expected = product(("cpu", "gpu"), ("f4", "f8"))
    assert [(each.backend, each.axes.label) for each in found] == list(expected)
    assert str(found[1].name) == "ops.Sort.time_it('cpu', 'f8')"
    without = list(combinations(benchmark, None))
    assert [(each.backend, each.axes.label) for each in without][1] == ("", "cpu, f8")


def test_a_benchmark_without_parameters_is_one_case() -> None:
    """Its label is empty, and it has no backend."""
    benchmark = {"name": "time_it", "param_names": [], "params": []}
    assert list(combinations(benchmark, "backend")) == [Combination(Name("time_it"), Axes(), "")]


# -- names -----------------------------------------------------------------------------------


@given(st.lists(scalar.map(repr), min_size=1, max_size=4).map(tuple))
def test_a_name_is_read_as_it_was_written(params: tuple[str, ...]) -> None:
    """Commas and brackets inside of a value part nothing."""
    name = Name("family.Class.method", params)
    assert Name.parse(str(name)) == name


def test_every_name_of_the_suite_is_read_back() -> None:
    """As asv matches it with `-b`."""
    for entry in DESCRIBED.values():
        for each in combinations(entry, "backend"):
            assert Name.parse(str(each.name)) == each.name


def test_no_name() -> None:
    """Parameters that do not end are none."""
    with pytest.raises(ValueError, match="no name such as"):
        Name.parse("family.Class.method('a'")


@pytest.mark.parametrize(
    ("name", "family", "operation", "method", "short"),
    [
        ("linear.MatMul.time_forward", "linear", "MatMul", "time_forward", "MatMul"),
        ("sorting.Sort.time_rows", "sorting", "Sort", "time_rows", "Sort.time_rows"),
        ("ops.deep.Sort.time_forward", "ops", "Sort", "time_forward", "deep.Sort"),
        ("suite.time_sum", "suite", "time_sum", "time_sum", "time_sum"),
        ("time_sum", "time_sum", "time_sum", "time_sum", "time_sum"),
    ],
)
def test_parts_of_a_name(name: str, family: str, operation: str, method: str, short: str) -> None:
    """The same whether a name has parameters, and in a column of names."""
    for each in (Name(name), Name(name, ("'a.b'",))):
        assert (each.family, each.operation, each.method) == (family, operation, method)
        assert each.short == short
    frame = pl.DataFrame({"benchmark": [name]})
    found = frame.select(f=family_of("benchmark"), o=operation_of("benchmark"))
    assert found.row(0) == (family, operation)


@given(st.lists(text.map(repr), max_size=3).map(tuple))
def test_a_pattern_finds_its_name(params: tuple[str, ...]) -> None:
    """As a whole, and no name that only begins like it."""
    name = Name("family.Class.time_it", params or None)
    assert re.fullmatch(name.pattern, str(name))
    assert not re.search(name.pattern, f"family.Class.time_its{str(name)[20:]}")
    assert not re.search(name.pattern, f"family_Class.time_it{str(name)[20:]}")


def test_a_list_names_cases_of_a_class() -> None:
    """With any method, on the backends whose whole names match."""
    found = listed_pattern("Sum", "8x8 axis=0", "cpu|mlx_.*")
    assert re.search(found, "reductions.Sum.time_forward('8x8 axis=0', 'mlx_gpu')")
    assert re.search(found, "Sum.time_forward('8x8 axis=0', 'cpu')")
    assert not re.search(found, "reductions.Sum.time_forward('8x8 axis=0', 'cpu2')")
    assert not re.search(found, "reductions.SumAll.time_forward('8x8 axis=0', 'cpu')")
    assert not re.search(found, "reductions.Sum.time_forward('8x8 axis=01', 'cpu')")


def test_separator_is_asvs() -> None:
    """asv joins parameters so, and `-b` is matched against that."""
    (name,) = {str(Name("a.b", ("1", "2")))}
    assert name == f"a.b(1{SEPARATOR}2)"
