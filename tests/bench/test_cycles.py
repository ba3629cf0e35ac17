import io
import math
import shutil

import polars as pl
import pytest
from mlx_asv.bench import lines
from mlx_asv.bench.cycles import VALUES, report
from rich.console import Console

from tests.count.conftest import counter, made, package
from tests.sweep.conftest import MACHINE, releases

__all__ = ["made", "package", "releases"]

#: Steps of four cases: by how much time and instructions changed, and cycles.
CHANGES = {
    "a": (0.1, 0.4, 0.01),
    "b": (0.2, 0.3, 0.02),
    "c": (0.3, 0.2, 0.03),
    "d": (-0.1, 0.1, -0.1),
}


def steps(changes):
    """Confirmed steps of v1 to v2."""
    return pl.DataFrame(
        [
            {
                "benchmark": "ops.Sum.time_it",
                "case": case,
                "backend": "cpu",
                "before": "v1",
                "after": "v2",
                "time_effect": time,
                "instructions_effect": instructions,
                "seconds": 0.001,
            }
            for case, (time, instructions, _) in changes.items()
        ]
    )


def values(changes):
    """The estimated cycles of both releases."""
    rows = [
        ("ops.Sum.time_it", case, "cpu", release, 1e6 * math.exp(change))
        for case, (*_, cycles) in changes.items()
        for release, change in (("v1", 0.0), ("v2", cycles))
    ]
    return pl.DataFrame(rows, schema=VALUES, orient="row")


def said(steps, values):
    """What is printed of them."""
    console = Console(file=io.StringIO(), width=160)
    report(steps, values, console)
    return console.file.getvalue()


def test_ranks_are_compared_with_those_of_time():
    """Cycles rank these as time does; instructions the other way round but for one, and say of
    one more that it got slower."""
    text = said(steps(CHANGES), values(CHANGES))
    assert "4 of 4 confirmed steps were counted" in text
    assert "Time with instructions: Spearman +0.20" in text
    assert "in the same direction 75%" in text
    assert "Time with cycles: Spearman +1.00" in text
    assert "in the same direction 100%" in text


def test_step_counted_on_one_release_is_none():
    """Neither is one that nobody counted."""
    only_before = values(CHANGES).filter((pl.col("case") != "a") | (pl.col("release") == "v1"))
    text = said(steps(CHANGES), only_before)
    assert "3 of 4 confirmed steps were counted" in text
    assert "Time with instructions: Spearman +0.50" in text


def test_few_steps_have_no_ranks():
    """How many there are is said all the same."""
    text = said(steps(CHANGES), VALUES.to_frame())
    assert text.strip() == "0 of 4 confirmed steps were counted"


@pytest.mark.skipif(
    counter() is None or shutil.which("valgrind") is None, reason="there is no Valgrind here"
)
def test_confirmed_steps_are_counted(made):
    """Real ones: a tenth more work, swept, confirmed and counted, is a tenth more cycles. Killed
    while it wrote a line, the same command counts what is left."""
    project = made()
    work = ("..v1.1.0", "-b", r"Work.*\([12]000")
    assert "2 candidates" in project.sweep(*work, "--target", "5%", "--confirm")
    assert "2 more instructions" in project.count(*work, "--jobs", "2")
    out = project.path / "cycles.jsonl"

    def run():
        program = ("-m", "mlx_asv.bench.cycles")
        arguments = ("--machine", MACHINE, "--out", str(out))
        return project.finish(project.start(*arguments, python=program))

    assert "2 of 2 confirmed steps were counted" in run()
    whole = out.read_bytes()
    counted = lines.read(out)
    found = {(case, release): cycles for _, case, _, release, cycles in counted}
    assert len(found) == 4
    for case in ("times=1000", "times=2000"):
        assert found[case, "v1.1.0"] / found[case, "v1.0.0"] == pytest.approx(1.1, abs=0.01)
    out.write_bytes(whole[:-20])
    assert "2 of 2 confirmed steps were counted" in run()
    kept = whole[:-20].rfind(b"\n") + 1
    assert out.read_bytes()[:kept] == whole[:kept]
    assert {tuple(each[:4]) for each in lines.read(out)} == {tuple(each[:4]) for each in counted}
