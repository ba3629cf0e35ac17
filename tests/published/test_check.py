import pytest
from mlx_asv.published.check import averages, speedups, speedups_printed_as

from tests.published.test_model import document, table


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("+33%", (33, 34)),
        ("-22%", (-23, -22)),
        ("+0%", (0, 1)),
        ("0%", (-1, 0)),
        ("+187.8%", (187.75, 187.85)),
    ],
)
def test_what_prints_as_a_speedup(text, bounds):
    """Whole numbers are cut off towards zero, others rounded."""
    assert speedups_printed_as(text) == pytest.approx(bounds)


def doubts(gpu, mps, speedup):
    """The doubts about a row."""
    (check,) = speedups(table(("ReLU", gpu, mps, speedup)))
    return [] if check.follows else [str(check)]


@pytest.mark.parametrize(
    ("gpu", "mps", "speedup"),
    [
        ("1.77", "2.36", "+33%"),
        ("1.04", "1.32", "+27%"),  # 26.9 % from what is printed, 27.x from some times before that
        ("0.03", "0.03", "-25%"),
        ("0.00", "22.86", "+1138326%"),
        ("13.14", "13.12", "0%"),
        ("1.00", "nan", "nan%"),
    ],
)
def test_speedup_of_some_times_that_print_so_follows(gpu, mps, speedup):
    """The times were rounded after it was computed."""
    assert doubts(gpu, mps, speedup) == []


@pytest.mark.parametrize("speedup", ["+50%", "+31%", "-33%", "+0%"])
def test_speedup_of_no_such_times_does_not(speedup):
    """It is named with its line, and what it could be."""
    (doubt,) = doubts("1.77", "2.36", speedup)
    assert doubt.startswith(f"line 2: ReLU, mlx_gpu/mps speedup: {speedup}, not 32.7 to 34.0%")


def test_number_from_nan_does_not_follow():
    """An error has no speedup."""
    (doubt,) = doubts("1.00", "nan", "+10%")
    assert doubt.endswith("not nan%")


def mean_of(mean, *cases):
    """What is said of a mean of cases."""
    titles = ("mlx_gpu",)
    cases = [(f"ReLU / dim={n}", text) for n, text in enumerate(cases, 1)]
    both = document(table(*cases, titles=titles), table(("ReLU", mean), titles=titles))
    return [(check.expected, check.follows) for check in averages(both)]


def test_average_follows_up_to_rounding():
    """Half a unit of its own, half of its parts."""
    assert mean_of("1.50", "1.00", "2.00") == [("1.500", True)]
    assert mean_of("1.51", "1.00", "2.00") == [("1.500", True)]
    assert mean_of("1.52", "1.00", "2.00") == [("1.500", False)]


def test_average_without_its_cases_is_passed_over():
    """Nothing is known of it; nor is there of one with a nan."""
    assert mean_of("1.50") == []
    assert mean_of("1.50", "nan", "2.00") == []


def test_average_of_another_machine_is_passed_over():
    """Only the same machine and release."""
    titles = ("mlx_gpu",)
    other = table(("ReLU", "9.00"), titles=titles, release="v0.5.0")
    both = document(table(("ReLU / dim=1", "1.00"), titles=titles), other)
    assert list(averages(both)) == []
