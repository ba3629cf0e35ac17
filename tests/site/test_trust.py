import json
from dataclasses import replace
from math import log

import polars as pl
import pytest
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.site.places import places
from mlx_asv.site.trust import (
    CalibrationError,
    calibrations,
    detectable,
    false_alarms,
    machine,
    spread,
)
from mlx_asv.verdicts.rule import Rule

from tests.site import played

REPORT = {
    "format": 1,
    "machine": "mac",
    "date": "2026-11-21",
    "tables": [{"title": "T", "note": "", "columns": ["a", "b"], "rows": [["x", 1]]}],
    "figures": {},
}


@pytest.fixture
def place(project):
    """A machine where one family became slower."""
    played.keep(project, played.swept(0.0, log(1.15), 0.0))
    (found,) = places(project, "mac", Rule())
    return found


def test_false_alarms_are_counted_on_pairs_of_equal_releases(place):
    """One pair for each benchmark; what is over the threshold is among those that exclude zero."""
    found = false_alarms(place, Rule())
    assert found["pairs"] == len(played.SLOWER + played.STILL)
    assert found["over"] <= found["excluding"] <= 3
    low = pl.when(pl.int_range(pl.len()) == 0).then(0.1).otherwise("low")
    twins = place.twins.with_columns(
        low=low, effect=pl.when(pl.int_range(pl.len()) == 0).then(0.2).otherwise("effect")
    )
    worse = false_alarms(type(place)(**{**vars(place), "twins": twins}), Rule())
    assert worse["over"] == found["over"] + 1
    assert worse["largest"] == "22.1 %"


def test_spread_is_told_by_size(place):
    """How far the twin is from the reference: of what takes about a millisecond, and of what takes
    a thousand times as long; in digits that do not hide how small it is."""
    (found,) = spread(place)
    assert (found["size"], found["pairs"]) == ("1 ms to 1 s", len(played.SLOWER + played.STILL))
    slow = pl.when(pl.int_range(pl.len()) < 2).then(1000.0).otherwise(1.0)
    off = pl.when(pl.int_range(pl.len()) == 0).then(1e-5).otherwise(-2e-5)
    twins = place.twins.with_columns(value=pl.col("value") * slow, effect=off)
    short, long = spread(replace(place, twins=twins))
    assert (short["size"], short["pairs"], short["largest"]) == ("1 ms to 1 s", 10, "0.0020 %")
    assert (long["size"], long["pairs"]) == ("1 s or more", 2)
    assert (long["median"], long["most"]) == ("0.0015 %", "0.0020 %")


def test_spread_of_counts(project):
    """By thousands, millions and billions of instructions."""
    played.keep(project, played.with_counts(played.swept(0.0, 0.0)))
    (place,) = places(project, "mac", Rule(), INSTRUCTIONS)
    (found,) = spread(place)
    assert found["pairs"] == len(played.SLOWER + played.STILL)
    assert found["size"].startswith("1 M") and float(found["largest"].removesuffix(" %")) < 0.01


def test_without_a_sweep_there_are_no_pairs(project):
    """asv measures a release once."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 1e-3}})
    (place,) = places(project, "mac", Rule())
    assert false_alarms(place, Rule()) is None
    assert detectable(place) == [] and spread(place) == []


def test_detectable_change_is_over_the_threshold(place):
    """Per family; on a quiet machine not far over it."""
    rows = {row["family"]: row for row in detectable(place)}
    assert set(rows) == {"activations", "convolutions", "linear", "reductions"}
    assert rows["linear"]["steps"] == 2 * 3
    for row in rows.values():
        assert 3.0 < float(row["median"].removesuffix(" %")) <= 6.0
        assert row["inconclusive"] <= row["steps"]


def test_a_machine_says_what_it_is(place):
    """asv's description, the environment's conditions, the sweeps."""
    found = machine(place)
    assert found["described"] == {"cpu": "M9 <b>", "ram": "8GB"}
    assert found["conditions"] == {"threads": "1"}
    assert found["releases"] == "v0.29.0 to v0.31.1" and found["count"] == 4
    (sweep,) = found["sweeps"]
    assert sweep["date"] == "2026-09-21"


def test_a_run_of_counts_is_listed(project):
    """With how many counts it made: three of each arm of each benchmark."""
    played.keep(project, played.with_counts(played.swept(0.0, 0.0)))
    (place,) = places(project, "mac", Rule())
    found = machine(place)
    assert found["conditions"]["counter"] == "valgrind 3.19.0 cachegrind"
    (counts,) = (each for each in found["sweeps"] if each["sweep"].endswith("-counts"))
    assert counts["observations"] == 3 * 4 * len(played.SLOWER + played.STILL)


def test_reports_are_read(tmp_path):
    """Those of all machines; none where none is."""
    assert calibrations(tmp_path / "none") == []
    (tmp_path / "mac.json").write_text(json.dumps(REPORT))
    (found,) = calibrations(tmp_path)
    assert found["tables"][0]["rows"] == [["x", 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no calibration report"),
        ("[]", "no calibration report"),
        (json.dumps({**REPORT, "format": 2}), "of format 2"),
        (json.dumps({**REPORT, "tables": [{"title": "T"}]}), "no calibration report"),
    ],
)
def test_a_damaged_report_is_told(tmp_path, content, message):
    """With its name, and the command that makes it anew."""
    (tmp_path / "mac.json").write_text(content)
    with pytest.raises(CalibrationError, match=message) as told:
        calibrations(tmp_path)
    assert "mac.json" in str(told.value) and "mlx-asv calibrate" in str(told.value)
