import re
from io import StringIO
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.axes import Axes
from mlx_asv.engine.progress import Display, OnceDisplay, duration, limit
from mlx_asv.job import Arm, Case
from rich.console import Console

ARM = Arm("cpu", "v2", "twin")
#: Names in which a terminal might find markup, a link or an emoji.
NAMES = ["small", "[bold]", "[/]", "[1:100:2]", ":smile:", "{x}", "\\", "https://x.org/[red]"]


def case(label: str = "small") -> Case:
    """A case with these parameters."""
    return Case("ops.Sort.time_sort", "1", Axes.of(case=label), 60.0, {"cpu": 0})


def plain() -> tuple[Console, StringIO]:
    """A file, and a console that writes to it."""
    file = StringIO()
    return Console(file=file, width=80), file


def terminal() -> tuple[Console, StringIO]:
    """A wide terminal, and what it is told to show."""
    file = StringIO()
    return Console(file=file, width=300, force_terminal=True, color_system=None), file


def shown(file: StringIO) -> str:
    """What can be read on a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())


# -- durations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3.0, "0 s"),
        (0.0, "0 s"),
        (0.4, "0 s"),
        (59.6, "60 s"),
        (89.0, "89 s"),
        (90.0, "2 min"),
        (600.0, "10 min"),
        (3569.0, "59 min"),
        (3571.0, "1 h 00 min"),
        (3600.0, "1 h 00 min"),
        (3660.0, "1 h 01 min"),
        (360_000.0, "100 h 00 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """Seconds, minutes, or hours and minutes: as exact as somebody who waits wants it."""
    assert duration(seconds) == text


@given(seconds=st.floats(90.0, 1e7))
def test_duration_is_right_to_the_minute(seconds: float) -> None:
    """What is said is at most half a minute off, and never 60 minutes."""
    *hours, minutes = [int(number) for number in re.findall(r"\d+", duration(seconds))]
    assert minutes < 60
    assert abs(sum(hours) * 3600 + minutes * 60 - seconds) <= 30


def test_without_a_budget_none_is_spoken_of() -> None:
    """Nothing is left of what there is not; how long it takes is said."""
    console, file = plain()
    with Display(console, 3) as display:
        display.planned(600.0, inf)
        display.step(case(), 0, "block 1")
        display.done(0.5, inf, "")
    assert file.getvalue() == (
        "The fewest blocks of 3 replicates take about 10 min\n[50%] small, replicate 1 of 3\n"
    ).replace("small", case().name)
    assert limit(inf) == "no budget"
    assert limit(600.0) == "budget 10 min"


# -- elsewhere than in a terminal ------------------------------------------------------------


def test_line_for_each_block_set() -> None:
    """How far, how long still, what is widest; and the case and the replicate just done."""
    console, file = plain()
    with Display(console, 3) as display:
        display.step(case(), 0, "loading 1 of 4")
        display.step(case(), 0, "block 1")
        display.done(0.125, 5400.0, "")
        display.step(case("large"), 1, "block 1")
        display.done(0.5, 50.0, "±1.2% Sort large v2 cpu")
    assert file.getvalue().splitlines() == [
        "[12%, 1 h 30 min left at most] Sort small, replicate 1 of 3",
        "[50%, 50 s left at most, widest: ±1.2% Sort large v2 cpu] Sort large, replicate 2 of 3",
    ]


def test_lost_arm_is_a_line() -> None:
    """Which arm of which case, what became of it, and why."""
    console, file = plain()
    with Display(console, 3) as display:
        display.lost(case(), ARM, "failed", "crashed: SIGSEGV (signal 11)")
    expected = "Sort small on v2 (A/A) cpu: failed: crashed: SIGSEGV (signal 11)\n"
    assert file.getvalue() == expected


def test_control_that_is_not_there_is_told_once() -> None:
    """Not with every case; another reason is told, too."""
    console, file = plain()
    with Display(console, 3) as display:
        for label, reason in (("small", "no device"), ("large", "no device"), ("large", "hung")):
            display.lost(case(label), Arm("mps", "v2", "control"), "skipped", reason)
    assert file.getvalue().splitlines() == [
        "Without the control v2 mps: skipped: no device",
        "Without the control v2 mps: skipped: hung",
    ]


def test_plan_says_what_it_takes() -> None:
    """What is planned takes, and what there is."""
    console, file = plain()
    display = Display(console, 3)
    display.planned(3600.0, 7200.0)
    assert file.getvalue().splitlines() == [
        "The fewest blocks of 3 replicates take about 1 h 00 min; 2 h 00 min of the budget are left"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(name: str) -> None:
    """What looks like markup or an emoji is a name; a long line is one line all the same."""
    console, file = plain()
    with Display(console, 3) as display:
        display.say(name)
        display.step(case(name), 0, name)
        display.done(0.5, 50.0, name)
        display.lost(case(name), ARM, "failed", "x" * 300 + name)
    assert file.getvalue().splitlines() == [
        name,
        f"[50%, 50 s left at most, widest: {name}] Sort {case(name).label}, replicate 1 of 3",
        f"Sort {case(name).label} on v2 (A/A) cpu: failed: {'x' * 300}{name}",
    ]


# -- in a terminal ---------------------------------------------------------------------------


def test_bar_in_a_terminal() -> None:
    """One line that changes: how far, how long still, what is widest, and what is being done."""
    console, file = terminal()
    with Display(console, 3) as display:
        display.done(0.125, 5400.0, "±1.2% Sort large v2 cpu")
        display.step(case(), 1, "block 7")
    last = shown(file).rstrip().splitlines()[-1]
    assert re.match(r" *12 % ", last)
    assert "1 h 30 min left at most, widest: ±1.2% Sort large v2 cpu" in last
    assert "Sort small, replicate 2 of 3, block 7" in last


def test_line_above_the_bar() -> None:
    """A lost arm stays to be read while the bar goes on; a finished block set does not."""
    console, file = terminal()
    with Display(console, 3) as display:
        display.lost(case(), ARM, "failed", "hung")
        display.done(0.5, 50.0, "")
    lines = [line.strip() for line in shown(file).splitlines()]
    assert "Sort small on v2 (A/A) cpu: failed: hung" in lines
    assert not any(line.startswith("[50%") for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are_in_a_terminal(name: str) -> None:
    """The bar's texts are names as well, and no markup."""
    console, file = terminal()
    with Display(console, 3) as display:
        display.step(case(name), 0, "block 1")
        display.done(0.5, 50.0, f"widest is {name} there")
        display.lost(case(name), ARM, "failed", name)
    text = shown(file)
    assert f"widest is {name} there" in text
    assert f"Sort {case(name).label}, replicate 1 of 3, block 1" in text
    assert f"Sort {case(name).label} on v2 (A/A) cpu: failed: {name}" in text


def test_silence_is_broken_where_lines_are_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at all cases, or a long block set, shows that it goes on, now and then."""
    now = [0.0]
    monkeypatch.setattr("mlx_asv.engine.progress.monotonic", lambda: now[0])
    console, file = plain()
    display = Display(console, 3)
    for now[0] in range(0, 100, 5):
        display.step(case(), 0, f"looking after {now[0]:.0f} s")
    assert file.getvalue().splitlines() == [
        f"Sort small, replicate 1 of 3, looking after {after} s" for after in (30, 60, 90)
    ]


# -- what is done once ----------------------------------------------------------------------


def once() -> tuple[OnceDisplay, StringIO]:
    """What is done once is shown by, and where to."""
    file = StringIO()
    return OnceDisplay(Console(file=file, width=200), "counts"), file


def test_what_is_done_once_says_what_it_takes() -> None:
    """What is planned takes, and what there is."""
    shown, file = once()
    shown.planned(600.0, 3600.0)
    assert file.getvalue() == "The counts take about 10 min; 1 h 00 min of the budget are left\n"


def test_case_is_named_without_a_replicate() -> None:
    """All replicates of a count are made at once."""
    shown, file = once()
    with shown:
        shown.step(case(), 0, "counting v2 cpu, 1 of 2")
        shown.done(0.5, 30.0, "")
    assert file.getvalue() == "[50%, 30 s left at most] Sort small\n"


def test_reason_is_told_once_for_each_backend() -> None:
    """A device that is not there would be told for every case and release."""
    shown, file = once()
    for release in ("v1", "v2"):
        for backend in ("cpu", "gpu"):
            shown.lost(case(), Arm(backend, release, "release"), "skipped", "no such device")
    shown.lost(case(), Arm("gpu", "v1", "release"), "failed", "another")
    assert [line.split(" on ")[1] for line in file.getvalue().splitlines()] == [
        "v1 cpu: skipped: no such device",
        "v1 gpu: skipped: no such device",
        "v1 gpu: failed: another",
    ]
