import re

import polars as pl
import pytest
from mlx_asv.site.names import family_of, file_name, short


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
    assert short("convolutions.Conv2d.time_forward") == "Conv2d"
    assert short("sorting.Sort.time_rows") == "Sort.time_rows"
    assert short("time_sum") == "time_sum"
    assert short("suite.time_sum") == "time_sum"
    names = pl.DataFrame({"b": ["convolutions.Conv2d.time_forward", "time_sum"]})
    assert names.select(family_of("b"))["b"].to_list() == ["convolutions", "time_sum"]
