import shlex

import pytest
from mlx_asv.axes import Name
from mlx_asv.explain.again import command
from mlx_asv.site.links import reproduction

ROW = {
    "benchmark": "convolutions.Conv2d.time_forward",
    "case": "1x9x9x3 8x3x3x3",
    "backend": "mlx_cpu",
    "environment": "py3.11-MLX_BUILDcpu",
    "before": "v0.30.0",
    "after": "v0.31.1",
    "effect": 0.1,
    "low": 0.05,
    "high": 0.15,
}


def name_of(row):
    """asv's name of its case and backend."""
    return Name(row["benchmark"], (repr(row["case"]), repr(row["backend"])))


def test_reproduction_is_a_program_where_the_benchmark_can_stand_by_itself(project):
    """It needs no checkout; what it is to show stands in its first line."""
    text = reproduction(ROW, name_of(ROW), project)
    compile(text, "reproduction", "exec")
    assert "Conv2d 1x9x9x3 8x3x3x3 on mlx_cpu" in text and "+10.5 %" in text


@pytest.mark.parametrize(
    "change",
    [
        {"benchmark": "convolutions.Unknown.time_forward"},
        {"benchmark": "time_sum"},
        {"backend": "mlx_cpu\nraise SystemExit"},
        {"case": "no shapes"},
    ],
)
def test_reproduction_is_a_command_where_it_cannot(project, change):
    """No such operation, no case of shapes, or a name that would be more than a comment."""
    row = {**ROW, **change}
    text = reproduction(row, name_of(row), project)
    assert text.startswith("# In a checkout") and command(row, name_of(row)) in text


def test_counts_are_counted_again(project):
    """By the command that counts: the two releases, that case and backend."""
    row = {**ROW, "metric": "instructions"}
    text = reproduction(row, name_of(row), project)
    assert text.splitlines()[1] == command(row, name_of(row))
    assert shlex.split(command(row, name_of(row)))[:2] == ["mlx-asv", "count"]
