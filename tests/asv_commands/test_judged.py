from math import inf, log, nan

import polars as pl
import pytest
from mlx_asv.asv_commands.judged import judged, rows
from mlx_asv.asv_edge.compared import Mark
from mlx_asv.axes import Axes, Name
from mlx_asv.confirm.pair import Candidate
from mlx_asv.gate.outcome import Outcome
from mlx_asv.job import Case
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.sequential import Look

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="8"), 60.0, {"cpu": 0})
SORT = Candidate(CASE, "cpu", 0)
NAMES = {("ops.Sort.time_sort", "8", "cpu"): Name("ops.Sort.time_sort", ("'8'", "'cpu'"))}
UNKNOWN = Look(nan, -inf, inf, 0, None)


def finding(decision, effect=0.0, metric=TIME, reason=None):
    """A finding with an interval of 1 % to either side."""
    look = Look(effect, effect - 0.01, effect + 0.01, 5, decision)
    return Finding(decision, look, UNKNOWN, {}, reason, metric)


def outcome(found, metric=TIME, observations=()):
    """An outcome of one benchmark, of which a change of 10 % matters."""
    row = {"benchmark": "ops.Sort.time_sort", "case": "8", "backend": "cpu"}
    frame = [{**row, "metric": "time", "outcome": "ok", **each} for each in observations]
    return Outcome(
        base="v1",
        head="v2",
        machine="box",
        conditions={},
        threshold=log(1.1),
        seconds=1.0,
        findings={SORT: found},
        inapplicable={},
        metric=metric,
        observations=pl.DataFrame(frame, schema=SCHEMA),
    )


MORE, FEWER = INSTRUCTIONS.changes


@pytest.mark.parametrize(
    ("time", "count", "mark"),
    [
        ("slower", None, Mark.WORSE),
        ("slower", "same", Mark.WORSE),
        ("faster", MORE, Mark.BETTER),
        ("same", MORE, Mark.NONE),  # nobody waits longer
        ("inconclusive", MORE, Mark.WORSE),  # time cannot tell, and load disturbs no count
        ("inconclusive", FEWER, Mark.BETTER),
        ("inconclusive", "inconclusive", Mark.NONE),
        ("inconclusive", None, Mark.NONE),
        (None, MORE, Mark.WORSE),
    ],
)
def test_time_decides_and_a_count_where_time_cannot(time, count, mark):
    """A confirmed slowdown, or more instructions of which time cannot tell: no other is worse."""
    counts = None if count is None else outcome(finding(count, 0.3, INSTRUCTIONS), INSTRUCTIONS)
    (found,) = judged(outcome(finding(time, 0.2)), counts)
    assert found.mark is mark


def test_a_row_has_both_times_and_both_verdicts():
    """The later time is the earlier one and the change; the count says how much more it is."""
    observed = [{"role": "reference", "value": value} for value in (0.9, 1.0, 1.3)]
    counts = outcome(finding(MORE, log(1.44), INSTRUCTIONS), INSTRUCTIONS)
    found = judged(outcome(finding("slower", log(1.5)), observations=observed), counts)
    (row,) = rows(found, NAMES)
    assert row.cells[:5] == ("+", "1.00s", "1.50±0.02s", "1.50", "ops.Sort.time_sort('8', 'cpu')")
    assert row.verdict.startswith("slower, +50.0% (+48.5% to +51.5%), 5 replicates; ")
    assert row.verdict.endswith("instructions +44.00%")


@pytest.mark.parametrize(
    ("lost", "mark", "cells", "failed"),
    [
        ({"release": "failed"}, Mark.BROKEN, ("1.00s", "failed", "n/a"), True),
        ({"reference": "failed"}, Mark.MENDED, ("failed", "n/a", "n/a"), True),
        ({"release": "skipped"}, Mark.NONE, ("1.00s", "n/a", "n/a"), False),
    ],
)
def test_what_was_never_measured_is_marked_as_asv_does(lost, mark, cells, failed):
    """A release that fails is no slower one; one that has no such function has not even failed."""
    observed = [
        {"role": role, "value": None, "metric": None, "outcome": how, "replicate": 0}
        for role, how in lost.items()
    ]
    if "reference" not in lost:
        observed.append({"role": "reference", "value": 1.0, "replicate": 0})
    time = Finding(None, UNKNOWN, UNKNOWN, {}, "v2 cpu gone")
    (found,) = judged(outcome(time, observations=observed), None)
    assert (found.mark, found.failed, found.measured) == (mark, failed, False)
    (row,) = rows([found], NAMES)
    assert row.cells[1:4] == cells


def test_a_large_change_that_is_not_decided_is_shown_as_such():
    """asv puts a tilde before its ratio."""
    observed = [{"role": "reference", "value": 1.0}]
    for effect, unsure in ((log(1.2), True), (log(1.05), False)):
        (found,) = judged(outcome(finding("inconclusive", effect), observations=observed), None)
        (row,) = rows([found], NAMES)
        assert (found.unsure, row.cells[3].startswith("~")) == (unsure, unsure)
