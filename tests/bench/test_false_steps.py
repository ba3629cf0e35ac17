import io

import polars as pl
from mlx_asv.bench.asv_side import AsvProject
from mlx_asv.bench.false_steps import Side, _between, compared, report
from rich.console import Console


class Played(AsvProject):
    """asv's table of any two releases."""

    def __init__(self) -> None:
        """Nothing is written."""

    def asv(self, *arguments: str) -> tuple[float, str]:
        """As asv prints it."""
        assert arguments[0] == "compare" and arguments[3:] == ("--factor", "1.1")
        return 0.0, (
            "All benchmarks:\n\n"
            "| Change   | Before [a]   | After [b]   |   Ratio | Benchmark (Parameter)          |\n"
            "|----------|--------------|-------------|---------|--------------------------------|\n"
            "| +        | 1.0±0.1ms    | 1.5±0.1ms   |    1.5  | ops.Sum.time_it('8x8', 'cpu')  |\n"
            "|          | 1.0±0.1ms    | 1.0±0.1ms   |    1    | ops.Sort.time_it('8x8', 'cpu') |\n"
            "| -        | 1.0±0.1ms    | 0.5±0.1ms   |    0.5  | ops.Tril.time_it('8x8', 'cpu') |\n"
        )


def test_marked_rows_are_steps() -> None:
    """Slower and faster ones, of each release against the one before."""
    names = ["ops.Sum.time_it('8x8', 'cpu')", "ops.Tril.time_it('8x8', 'cpu')"]
    assert list(compared(Played(), ["v1", "v2", "v3"], 1.1)) == [
        (name, *pair) for pair in (("v1", "v2"), ("v2", "v3")) for name in names
    ]


def test_only_neighbours_are_compared() -> None:
    """A verdict that passes a release over is on no step of the range."""
    rows = pl.DataFrame({"before": ["v1", "v1", "v2"], "after": ["v2", "v3", "v3"]})
    assert _between(rows, ["v1", "v2", "v3"]).rows() == [("v1", "v2"), ("v2", "v3")]


def test_false_steps_are_changes_of_what_has_not_changed() -> None:
    """A row for each rule, and where most are."""
    one, other = ("a", "v1", "v2"), ("b", "v1", "v2")
    console = Console(file=io.StringIO(), width=160)
    report([Side("asv itself", 3.0, {"rule": {one, other}})], {one, ("c", "v1", "v2")}, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2 steps of the same instructions" in printed
    assert "1 false steps" in printed
    assert "most of them in a (1)" in printed
