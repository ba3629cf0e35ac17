import io
import math
import random
import webbrowser
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.tour import show, spread, steps
from rich.console import Console

from tests.facts import row, stored

ORDER = ["v0.8.0", "v0.9.0", "v0.10.0", "v0.11.0"]


def point(release: str, seconds: float | None, **changes: str) -> dict[str, Any]:
    """A stored result of one series, unless something of it is changed."""
    series = {"machine": "m", "benchmark": "b.B.time", "case": "1x1", "backend": "mlx"}
    return row(release=release, value=seconds, **{**series, **changes})


def found(points: list[dict[str, Any]]) -> list[tuple[str, str, float]]:
    """The steps in short."""
    shown = steps(stored(points), ORDER).select("before", "after", pl.col("ratio").round(9))
    return shown.rows()


# -- spread ----------------------------------------------------------------------------------


@given(size=st.integers(1, 300), count=st.integers(1, 400))
def test_spread_is_even_and_has_both_ends(size: int, count: int) -> None:
    """As many tags as wanted, in order, each once, the first and the last among them."""
    tags = [str(i) for i in range(size)]
    chosen = [int(tag) for tag in spread(tags, count)]
    assert len(chosen) == min(size, count)
    assert chosen == sorted(set(chosen))
    assert chosen[-1] == size - 1
    if count > 1:
        assert chosen[0] == 0
        gaps = [b - a for a, b in pairwise(chosen)]
        assert not gaps or max(gaps) - min(gaps) <= 2  # rounding, once at each end


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, "g"), (2, "ag"), (3, "adg"), (4, "aceg"), (7, "abcdefg"), (99, "abcdefg")],
)
def test_spread_over_seven(count: int, chosen: str) -> None:
    """One is the newest, two are the ends, more lie evenly between them."""
    assert spread("abcdefg", count) == list(chosen)


# -- steps -----------------------------------------------------------------------------------


def test_steps_go_from_release_to_release_slowest_change_first() -> None:
    """Each release is compared with the one measured before it, in order of release."""
    points = [point("v0.8.0", 4.0), point("v0.9.0", 2.0), point("v0.10.0", 3.0)]
    assert found(points) == [("v0.9.0", "v0.10.0", 1.5), ("v0.8.0", "v0.9.0", 0.5)]


def test_order_of_the_points_does_not_matter() -> None:
    """Results come from files in any order; the releases' order counts."""
    points = [point(tag, seconds) for tag, seconds in zip(ORDER, (1.0, 2.0, 1.0, 3.0), strict=True)]
    expected = found(points)
    assert expected == [
        ("v0.10.0", "v0.11.0", 3.0),
        ("v0.8.0", "v0.9.0", 2.0),
        ("v0.9.0", "v0.10.0", 0.5),
    ]
    generator = random.Random(0)
    for _ in range(10):
        generator.shuffle(points)
        assert found(points) == expected


@pytest.mark.parametrize("seconds", [None, math.nan])
def test_step_reaches_over_a_release_without_a_number(seconds: float | None) -> None:
    """What failed or was skipped is no point; the next is compared with the last number."""
    points = [point("v0.8.0", 1.0), point("v0.9.0", seconds), point("v0.10.0", 2.0)]
    assert found(points) == [("v0.8.0", "v0.10.0", 2.0)]


@pytest.mark.parametrize(
    "change",
    [
        {"machine": "other"},
        {"environment": "other"},
        {"benchmark": "b.C.time"},
        {"case": "2x2"},
        {"backend": "torch"},
    ],
)
def test_series_are_never_mixed(change: dict[str, str]) -> None:
    """Another machine, environment, benchmark, case or backend is another series."""
    points = [point("v0.8.0", 1.0), point("v0.9.0", 9.0, **change)]
    assert found(points) == []
    points += [point("v0.9.0", 2.0), point("v0.8.0", 1.0, **change)]
    assert found(points) == [("v0.8.0", "v0.9.0", 9.0), ("v0.8.0", "v0.9.0", 2.0)]


def test_no_points_no_steps() -> None:
    """Nothing measured, or one release alone, is no step."""
    assert found([]) == []
    assert found([point("v0.8.0", 1.0)]) == []


# -- show ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desktop", "terminal", "pages", "opened"),
    [
        ("DISPLAY", True, ["overview.html", "index.html"], ["overview.html"]),
        ("WAYLAND_DISPLAY", True, ["overview.html", "index.html"], ["overview.html"]),
        ("", True, ["overview.html", "index.html"], []),
        ("DISPLAY", False, ["overview.html", "index.html"], []),  # `make run | tee log`
        ("DISPLAY", True, ["index.html"], []),  # asv's pages need a server
    ],
)
def test_the_page_is_named_and_opened_at_a_desktop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    desktop: str,
    terminal: bool,
    pages: list[str],
    opened: list[str],
) -> None:
    """The last line has the page's path; it is opened where somebody can see it."""
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if desktop:
        monkeypatch.setenv(desktop, ":0")
    for name in pages:
        (tmp_path / name).touch()
    console = Console(file=io.StringIO(), force_terminal=terminal, width=20)
    show(tmp_path, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert printed.splitlines()[-1] == f"Page: {tmp_path / pages[0]}"
    assert seen == [(tmp_path / name).as_uri() for name in opened]
