import re
import shlex

import pytest
from mlx_asv.axes import Name
from mlx_asv.site.links import command, reproduction

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


@pytest.mark.parametrize("case", ["1x8 8x3", "$(rm -rf /)", "'; true #", "a|b [c] (d)\\", "a\nb"])
def test_command_is_one_for_this_case_alone(case):
    """The shell passes the name as it is; as a regular expression it finds that name."""
    name = name_of({**ROW, "case": case})
    words = shlex.split(command({**ROW, "case": case}, name))
    assert words[:2] == ["mlx-asv", "confirm"]
    assert words[3:] == ["v0.30.0", "v0.31.1", "--backends", "mlx_cpu"]
    assert re.fullmatch(words[2], f"{ROW['benchmark']}({case!r}, 'mlx_cpu')")


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
    words = shlex.split(text.splitlines()[1])
    assert words[:5] == ["mlx-asv", "count", "v0.30.0", "v0.31.1", "-b"]
    assert words[6:] == ["--backends", "mlx_cpu"]
