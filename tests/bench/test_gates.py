import io

import pytest
from mlx_asv.bench import lines
from mlx_asv.bench.gates import by_case, report
from mlx_asv.metric import UNKNOWN
from rich.console import Console

from tests.count.conftest import counter, made, package
from tests.sweep.conftest import releases

__all__ = ["made", "package", "releases"]


def gate(case, verdict, effect, instructions=1e6, seconds=2.0):
    """What is kept of a gate."""
    return {
        "case": case,
        "instructions": instructions,
        "verdict": verdict,
        "reason": None,
        "effect": effect,
        "twin": 0.0,
        "seconds": seconds,
    }


GATES = [
    gate("Sum", "same", 0.0001),
    gate("Sort", "inconclusive", 0.008, 3e4),
    gate("Sum", "more instructions", 0.02, 1.1e6, 4.0),
    gate("Sort", "same", -0.004, 3e4),
    gate("Sum", "same", -0.0003, 1e6),
]


def said(gates):
    """What is printed of gates."""
    console = Console(file=io.StringIO(), width=160)
    report(gates, console)
    return console.file.getvalue()


def test_a_row_for_each_case():
    """Its size, the gates by verdict, and how far equal sides differ, whichever is more."""
    of_sum, of_sort = by_case(GATES)
    assert (of_sum[0], *of_sum[2:4]) == ("Sum", "3", "2 same, 1 more instructions")
    assert of_sum[4:] == ("0.03%", "2.00%", "2")
    assert (of_sort[0], *of_sort[2:4]) == ("Sort", "2", "1 inconclusive, 1 same")
    assert of_sort[4:] == ("0.60%", "0.80%", "2")


def test_false_alarms_are_those_that_claim_a_change():
    """Of either direction; without an answer is what was not decided or not counted."""
    assert "5 gates of one case each" in said(GATES)
    assert "1 false alarms, 1 without an answer" in said(GATES)
    more = [gate("Sum", "fewer instructions", -0.02), gate("Sum", None, None, None)]
    assert "2 false alarms, 2 without an answer" in said([*GATES, *more])


def test_case_that_was_never_counted_has_a_row():
    """Of which nothing is known."""
    (row,) = by_case([gate("Sum", None, None, None)] * 2)
    assert row == ("Sum", UNKNOWN, "2", "2 not counted", UNKNOWN, UNKNOWN, "2")


@pytest.mark.skipif(counter() is None, reason="nothing counts instructions here")
def test_gates_are_run_and_go_on(made):
    """Real ones, of a release and itself: none claims a change. Killed while it wrote a line, the
    same command runs what is left."""
    project = made()
    out = project.path / "gates.jsonl"

    def run(gates):
        arguments = ("--release", "v1.1.0", "-b", "Work", "--backend", "", "--out", str(out))
        program = ("-m", "mlx_asv.bench.gates")
        return project.finish(project.start("--gates", str(gates), *arguments, python=program))

    assert "2 gates of one case each" in run(2)
    first = lines.read(out)
    with open(out, "a") as file:
        file.write('{"case": "Wo')
    assert "3 gates of one case each" in run(3)
    found = lines.read(out)
    assert found[:2] == first
    assert {each["case"] for each in found} == {
        f"Work times={times}" for times in (1000, 2000, 4000)
    }
    assert {each["verdict"] for each in found} <= {"same", "inconclusive"}
    for each in found:
        assert each["instructions"] > 100_000
        assert abs(each["effect"]) < 0.01
