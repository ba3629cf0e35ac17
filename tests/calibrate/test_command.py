import json
from dataclasses import replace
from math import inf

import pytest
from mlx_asv.calibrate import measure
from mlx_asv.calibrate.command import Options, calibrate
from mlx_asv.engine.context import context_here
from mlx_asv.sweep.narrow import Narrow
from rich.console import Console

from tests.checkout import KEPT

RULES = {
    "mlx-asv verdicts (candidates)",
    "mlx-asv verdicts, confirmed",
    "asv compare (factor 1.1)",
    "asv compare -f 1.03",
    "asv publish (steps over 5 %)",
    "apache-otava 0.8.0",
}


@pytest.fixture
def state(checkout):
    """Where calibrations of this test's own are kept; Otava is that of all tests."""
    (KEPT / "otava").mkdir(parents=True, exist_ok=True)
    (checkout / ".asv/otava").symlink_to(KEPT / "otava")
    return checkout / ".asv"


def test_everything_is_measured_scored_and_written(state, monkeypatch):
    """A short calibration on real processes, of one kernel: every rule has a row in every table;
    the same command goes on from there."""
    # Three replicates, however long they take here.
    shortest = {"budget": inf, "most": 3}
    monkeypatch.setattr(measure, "Narrow", lambda **given: Narrow(**{**given, **shortest}))
    options = Options(20.0, state / "out", "HEAD", kernels=("add 1",))
    context = replace(context_here(None), console=Console(width=200))
    first = calibrate(options, context)
    (path,) = (state / "out").glob("*.json")
    document = json.loads(path.read_text())
    assert {row[0] for table in document["tables"] for row in table["rows"]} == RULES
    assert document["release"].startswith("v0.")
    assert first[0].alarms.comparisons > 0
    page = path.with_suffix(".md").read_text()
    assert page.startswith("# Calibration") and "| apache-otava 0.8.0 |" in page
    saved = {each: each.read_bytes() for each in state.rglob("*.parquet")}
    again = calibrate(options, context)
    assert saved and all(each.read_bytes() == content for each, content in saved.items())
    assert again[0].alarms.comparisons >= first[0].alarms.comparisons
