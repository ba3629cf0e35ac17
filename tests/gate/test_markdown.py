from math import log

from mlx_asv.axes import Axes
from mlx_asv.confirm.pair import Candidate
from mlx_asv.gate.markdown import markdown
from mlx_asv.gate.outcome import Outcome
from mlx_asv.job import Case

from .found import (
    FASTER,
    FEWER,
    LOST,
    MORE,
    SAME,
    SLOWER,
    UNCLEAR,
    counted,
    finding,
    outcome,
)


def test_order_of_what_is_told():
    """The verdict in the first line, then what is broken, slower, faster, unclear, unchanged."""
    text = markdown([outcome(SAME, FASTER, SLOWER, UNCLEAR, LOST, inapplicable=["no such device"])])
    assert text.startswith("**Slower: 1 of 5 benchmarks, the largest +12.0%** (v2 against v1)\n")
    marks = [
        "### Not measured",
        "### Slower",
        "### Faster",
        "### Inconclusive",
        "<details><summary>1 unchanged</summary>",
        "<details><summary>1 do not apply here</summary>",
        "Noise: A/A: median 0.2%",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "| Op4 small | mlx_cpu | v2 mlx_cpu failed: crashed with SIGSEGV |" in text
    assert "| Op2 small | mlx_cpu | +12.0% | +10.9% to +13.1% | +0.2% | 5 |" in text
    assert "Smallest change that would be called slower in 80 % of such runs: median +6.2%" in text


def test_empty_parts_are_left_out():
    """Nothing slower, nothing broken: no heading for it."""
    text = markdown([outcome(SAME)])
    assert "###" not in text
    assert "do not apply" not in text


def test_names_cannot_be_markup():
    """Neither HTML, nor a column of the table, nor a line."""
    case = Case("ops.X.time_it", "1", Axes.of(case="<script>a|b`\n# c"), 60.0, {"<b>": 0})
    evil = Outcome(
        "<img>",
        "a\n# b",
        "box",
        {},
        log(1.05),
        1.0,
        {Candidate(case, "<b>", 0): finding(*SLOWER)},
        {},
    )
    text = markdown([evil])
    for raw in ("<script>", "<img>", "<b>", "\n# "):
        assert raw not in text
    assert "a\\|b\\`" in text


def test_counts_in_their_own_words():
    """The verdict, the sections and the digits are the metric's; time follows on its own."""
    text = markdown([counted(MORE, FEWER), outcome(SAME)])
    assert text.startswith("**More instructions: 1 of 2 benchmarks, the largest +12.34%** (v2 ")
    places = [
        text.index(mark)
        for mark in (
            "### More instructions",
            "### Fewer instructions",
            "Smallest change that would be called more instructions",
            "A change matters from +1.00% on",
            "**Nothing slower among 1 benchmarks** (v2 against v1)",
            "A change matters from +5.0% on",
        )
    ]
    assert places == sorted(places)
    assert "| Op0 small | mlx_cpu | +12.34% |" in text
