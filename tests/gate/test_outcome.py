import pytest
from mlx_asv.gate.outcome import Status, worst

from .found import FASTER, FEWER, LOST, MORE, SAME, SLOWER, UNCLEAR, counted, outcome


@pytest.mark.parametrize(
    ("found", "status", "strict"),
    [
        ([SAME, FASTER], Status.NOTHING_SLOWER, Status.NOTHING_SLOWER),
        ([SAME, SLOWER, LOST, UNCLEAR], Status.SLOWER, Status.SLOWER),
        ([SAME, LOST, UNCLEAR], Status.NOT_MEASURED, Status.NOT_MEASURED),
        ([SAME, UNCLEAR], Status.NOTHING_SLOWER, Status.INCONCLUSIVE),
        ([LOST], Status.NOT_MEASURED, Status.NOT_MEASURED),
        ([], Status.NOT_MEASURED, Status.NOT_MEASURED),
    ],
)
def test_status(found, status, strict):
    """Slower first, then what was not measured; a gate that measured nothing is never open."""
    assert outcome(*found).status(strict=False) == status
    assert outcome(*found).status(strict=True) == strict


def test_numbers_of_the_statuses():
    """Scripts rely on them."""
    assert {status.name: status.value for status in Status} == {
        "NOTHING_SLOWER": 0,
        "SLOWER": 1,
        "UNUSABLE": 2,
        "NOT_MEASURED": 3,
        "INCONCLUSIVE": 4,
    }


@pytest.mark.parametrize(
    ("found", "headline"),
    [
        ([SAME, SLOWER, (SLOWER[0], 0.3)], "Slower: 2 of 3 benchmarks, the largest +30.0%"),
        ([SAME, FASTER], "Nothing slower among 2 benchmarks; 1 faster"),
        (
            [SAME, LOST, UNCLEAR],
            "Nothing slower among 2 benchmarks; 1 could not be measured; 1 inconclusive",
        ),
        ([LOST], "Nothing was measured: all 1 benchmarks failed or found no time"),
        ([], "Nothing was measured: no benchmark that was selected runs here"),
    ],
)
def test_headline(found, headline):
    """The verdict in a line, with what it leaves open."""
    assert outcome(*found).headline == headline


def test_noise_and_power():
    """What the A/A arm showed, and the change that would have been seen."""
    found = outcome(SAME, SLOWER)
    assert found.noise == "A/A: median 0.2%, largest 0.2% of 2"
    assert found.detectable == "median +6.2%, largest +6.2%"
    assert outcome(LOST).noise == "A/A: not measured"
    assert outcome(LOST).detectable == "unknown: too few replicates"


def test_largest_change_comes_first():
    """Whatever the order of the findings."""
    found = outcome(SLOWER, (SLOWER[0], 0.5), (SLOWER[0], 0.2)).of(SLOWER[0])
    changes = [each.change.effect for _, each in found]
    assert changes == sorted(changes, reverse=True)


@pytest.mark.parametrize(
    ("found", "headline", "status"),
    [
        ([SAME, MORE], "More instructions: 1 of 2 benchmarks, the largest +12.34%", 1),
        (
            [SAME, FEWER, LOST],
            "Nothing executes more instructions among 2 benchmarks; 1 could not be measured; "
            "1 fewer instructions",
            3,
        ),
        ([SAME], "Nothing executes more instructions among 1 benchmarks", 0),
    ],
)
def test_outcome_by_counts(found, headline, status):
    """The same statuses, in the words and with the digits of the metric."""
    assert counted(*found).headline == headline
    assert counted(*found).status(strict=False) == status


@pytest.mark.parametrize(
    ("by_counts", "by_time", "status", "strict"),
    [
        ([SAME], [SAME], 0, 0),
        ([MORE], [SAME], 1, 1),
        ([SAME], [SLOWER], 1, 1),
        ([LOST], [SLOWER], 1, 1),
        ([MORE], [LOST], 1, 1),
        ([LOST], [UNCLEAR], 3, 3),
        ([SAME], [UNCLEAR], 0, 4),
        ([FEWER], [], 3, 3),
    ],
)
def test_worst_of_two_metrics(by_counts, by_time, status, strict):
    """Worse by either shuts the gate; then what was not measured, and what is undecided."""
    outcomes = [counted(*by_counts), outcome(*by_time)]
    for order in (outcomes, outcomes[::-1]):
        assert worst(order, strict=False) == status
        assert worst(order, strict=True) == strict
