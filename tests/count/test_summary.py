import io

import polars as pl
from mlx_asv.count.summary import print_summary
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.observations.schema import SCHEMA
from rich.console import Console


def row(label, role, value=None, replicate=0, **more):
    """A count, or an arm that was not counted."""
    base = dict.fromkeys(SCHEMA, None)
    base |= dict.fromkeys(("sweep", "machine", "environment", "version"), "x")
    base |= {"benchmark": "ops.Sort.time_it", "case": "small", "backend": "cpu", "group": 0}
    base |= {"replicate": replicate, "label": label, "release": label[:2], "role": role}
    base |= {"outcome": "ok", "metric": INSTRUCTIONS.name, "value": value, "calls": 1}
    return {**base, **more}


def lost(label, case, reason, outcome="skipped"):
    """An arm that was not counted."""
    return row(label, "release", case=case, outcome=outcome, reason=reason, metric=None)


def shown(*rows):
    """What is printed of counts."""
    frame = pl.DataFrame(list(rows), schema=SCHEMA)
    console = Console(file=io.StringIO(), width=160)
    print_summary(frame, life_levels(frame), console)
    return console.file.getvalue()


def equal(off):
    """A reference and its twin, whose counts are so far apart."""
    return [
        row(label, role, value * (1 + 1e-7 * replicate), replicate)
        for label, role, value in (
            ("v2", "reference", 2e6),
            ("v2 (A/A)", "twin", 2e6 * (1 + off)),
        )
        for replicate in (0, 1)
    ]


def test_spread_is_told_by_the_size_of_a_call():
    """With digits that do not hide how small it is."""
    text = shown(*equal(0.00025))
    (line,) = [each for each in text.splitlines() if "1 M instructions" in each]
    assert line.split("│")[2].strip() == "1"
    assert [cell.strip() for cell in line.split("│")[3:6]] == ["0.025%"] * 3


def test_what_was_not_counted_is_told_by_reason():
    """One case by its name, several by their number; the arms of a case are no cases."""
    text = shown(
        *equal(0.0),
        *(lost(label, case, "no such device") for label in ("v1", "v2") for case in "ab"),
        lost("v1", "c", "crashed: SIGSEGV (signal 11)", outcome="failed"),
    )
    assert text.splitlines()[:2] == [
        "Not counted: 2 cases on cpu: skipped: no such device",
        "Not counted: ops.Sort.time_it c on cpu: failed: crashed: SIGSEGV (signal 11)",
    ]


def test_nothing_counted():
    """Is said, after the reasons."""
    assert shown(lost("v1", "a", "no such device")).splitlines() == [
        "Not counted: ops.Sort.time_it a on cpu: skipped: no such device",
        "Nothing was counted.",
    ]
