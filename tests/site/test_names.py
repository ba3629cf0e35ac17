import re

import polars as pl
import pytest
from mlx_asv.axes import Name, family_of
from mlx_asv.site.names import file_name


@pytest.mark.parametrize("text", ["mlx_cpu", "linux-x86_64-2core-vm", "v0.31.1"])
def test_plain_names_stay(text):
    """They read well in a URL."""
    assert file_name(text) == text


@pytest.mark.parametrize(
    "text", ["", "..", "a/b", "<script>", "M1 Max", "Größe", "a" * 300, ".hidden", "a\nb"]
)
def test_other_names_become_plain_ones_that_differ(text):
    """Safe on every file system, and different for texts that differ in what was left out."""
    found = file_name(text)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}|[0-9a-f]{8}", found)
    assert found != file_name(text + "/")


def test_benchmarks_are_called_by_their_operation():
    """The method is left out where it is the usual one."""
    assert Name("convolutions.Conv2d.time_forward").short == "Conv2d"
    assert Name("sorting.Sort.time_rows").short == "Sort.time_rows"
    assert Name("time_sum").short == "time_sum"
    assert Name("suite.time_sum").short == "time_sum"
    names = pl.DataFrame({"b": ["convolutions.Conv2d.time_forward", "time_sum"]})
    assert names.select(family_of("b"))["b"].to_list() == ["convolutions", "time_sum"]
