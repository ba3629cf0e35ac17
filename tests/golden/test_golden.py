"""Nothing that is published changes by itself: the same observations, the same values."""

from math import isclose
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from .snapshot import Snapshot, stored

#: Processors differ in the last digits of a matrix solution. An end of an interval near zero is the
#: difference of two such numbers, in log units.
CLOSE = 1e-9
NEAR_ZERO = {"series": 0.0, "verdicts": 1e-12}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the commands make of the fixed observations now."""
    path: Path = tmp_path_factory.mktemp("golden")
    return Snapshot(path).all()


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    """What they made of it when it was written down."""
    return stored()


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Where `new` lacks something of `old`, or has another value; what is new is no difference."""
    if isinstance(old, dict):
        if not isinstance(new, dict):
            return [f"{where}: {new!r} is no object"]
        missing = [f"{where}/{key} is gone" for key in old if key not in new]
        return missing + [
            each
            for key in old
            if key in new
            for each in differences(old[key], new[key], f"{where}/{key}")
        ]
    if isinstance(old, list):
        if not isinstance(new, list) or len(new) != len(old):
            return [f"{where}: {new!r} is not as long as {old!r}"]
        return [
            each
            for place, (one, other) in enumerate(zip(old, new, strict=True))
            for each in differences(one, other, f"{where}/{place}")
        ]
    if isinstance(old, float) and isinstance(new, float):
        return [] if isclose(old, new, rel_tol=CLOSE) else [f"{where}: {old!r} is {new!r}"]
    return [] if old == new and type(old) is type(new) else [f"{where}: {old!r} is {new!r}"]


@pytest.mark.parametrize("name", ["series", "verdicts"])
def test_every_row_of_a_frame_is_as_before(
    name: str, found: dict[str, Any], before: dict[str, Any]
) -> None:
    """All rows, and all columns that were there, have the values that were written down."""
    old, new = before[name], found[name]
    if "metric" in new.columns:
        new = new.filter(pl.col("metric") == "time")
    assert_frame_equal(new.select(old.columns), old, rel_tol=CLOSE, abs_tol=NEAR_ZERO[name])


@pytest.mark.parametrize("name", ["suite", "results", "tables", "pages"])
def test_everything_else_is_as_before(
    name: str, found: dict[str, Any], before: dict[str, Any]
) -> None:
    """asv's result files, tables, and the data of the pages have the values of before."""
    assert differences(before[name], found[name], name)[:20] == []


def test_a_changed_value_is_a_difference(before: dict[str, Any]) -> None:
    """The comparison sees one number of many that is another."""
    (first, *_), pages = before["pages"], before["pages"]
    assert differences(pages, {**pages, first: None})
    assert differences({"a": [1.0, {"b": 2.0}]}, {"a": [1.0, {"b": 2.1}]}) == ["/a/1/b: 2.0 is 2.1"]
    assert differences({"a": 1}, {"a": 1, "b": 2}) == []
