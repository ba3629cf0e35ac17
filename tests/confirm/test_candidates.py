import polars as pl
from mlx_asv.axes import Axes
from mlx_asv.confirm.candidates import cases_of, doubtful
from mlx_asv.job import Case

from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed, order

PLACE = "py3.11"


def verdicts(*changes):
    """Of one benchmark that changes so, among eleven that do not."""
    still = levels(*[0.0] * len(changes))
    return judged(mixed(QUIET, still, levels(*changes), MANY[:1])).verdicts


def pairs(frame, environment=PLACE):
    """The pairs that are in doubt."""
    return [(pair.before, pair.after) for pair in doubtful(frame, environment, order(9))]


def test_what_is_slower_or_faster_is_in_doubt():
    """Newest first; the latest against the best only if it is slower."""
    frame = verdicts(0.15, 0.0, -0.3, 0.0)
    assert pairs(frame) == [("v3", "v4"), ("v1", "v2")]
    assert pairs(verdicts(0.15, 0.0)) == [("v1", "v3"), ("v1", "v2")]
    (first, _) = doubtful(frame, PLACE, order(9))
    assert first.series == {("ops.Operation0", "1", "8x8", "mlx_cpu")}


def test_what_could_be_chance_is_in_doubt():
    """Large and clear of zero, but one of many: fresh replicates are one test."""
    frame = verdicts(0.0).with_columns(
        reason=pl.when(pl.col("benchmark") == MANY[3], pl.col("comparison") == "step").then(
            pl.lit("could be chance among so many")
        )
    )
    (pair,) = doubtful(frame, PLACE, order(9))
    assert pair.series == {(MANY[3], "1", "8x8", "mlx_cpu")}


def test_what_is_decided_is_not():
    """Nor what was measured in another environment."""
    frame = verdicts(0.15)
    assert pairs(frame.with_columns(pl.lit("same").alias("confirmed"))) == []
    assert pairs(frame, "py3.12") == []
    assert pairs(verdicts(0.0)) == []


def test_cases_are_measured_on_the_backends_in_doubt_and_the_controls():
    """A benchmark of another version is another one; one that is gone is left out."""
    (pair,) = doubtful(verdicts(0.15), PLACE, order(9))[:1]
    backends = {"mlx_cpu": 0, "mlx_cpu_compile": 1, "torch": 2}
    wanted = Case("ops.Operation0", "1", Axes.of(case="8x8"), 60.0, backends)
    others = [
        Case("ops.Operation0", "2", Axes.of(case="8x8"), 60.0, backends),
        Case("ops.Operation0", "1", Axes.of(case="9x9"), 60.0, backends),
        Case("ops.Operation1", "1", Axes.of(case="8x8"), 60.0, backends),
    ]
    (found,) = cases_of(pair, [*others, wanted], {"torch"})
    assert (found.benchmark, found.version, found.label) == ("ops.Operation0", "1", "8x8")
    assert dict(found.backends) == {"mlx_cpu": 0, "torch": 2}
