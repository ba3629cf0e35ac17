import re
import shlex

import pytest
from mlx_asv.axes import Name
from mlx_asv.explain.again import command

ROW = {
    "benchmark": "convolutions.Conv2d.time_forward",
    "case": "1x9x9x3 8x3x3x3",
    "backend": "mlx_cpu",
    "before": "v0.30.0",
    "after": "v0.31.1",
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


@pytest.mark.parametrize(
    ("row", "metric"),
    [({**ROW, "metric": "instructions"}, None), ({**ROW, "metric": "time"}, "instructions")],
)
def test_counts_are_counted_again(row, metric):
    """By the command that counts: the two releases, that case and backend; of a step of time as
    well, if that is asked for."""
    words = shlex.split(command(row, name_of(row), metric))
    assert words[:5] == ["mlx-asv", "count", "v0.30.0", "v0.31.1", "-b"]
    assert words[6:] == ["--backends", "mlx_cpu"]
    assert re.fullmatch(words[5], str(name_of(row)))


def test_no_backend_is_named_where_there_is_none():
    """Of a suite without backends."""
    row = {**ROW, "backend": ""}
    assert "--backends" not in command(row, Name(ROW["benchmark"], (repr(ROW["case"]),)))
