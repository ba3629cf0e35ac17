from math import inf

import polars as pl
import pytest
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.verdicts.judge import VERDICTS
from mlx_asv.verdicts.reading import READINGS, Reading, readings
from mlx_asv.verdicts.verdict import words

from tests.verdicts.counts import counted
from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed

STEP = {
    **dict.fromkeys(("machine", "environment", "benchmark", "version", "case", "backend"), "a"),
    **{"before": "v1", "after": "v2", "comparison": "step"},
}


def verdict(metric, word, effect=0.1, **other):
    """A step of that metric."""
    size = {"effect": effect, "low": effect - 0.01, "high": effect + 0.01}
    return {**STEP, "metric": metric, "verdict": word, **size, **other}


def verdicts(*rows):
    """Those that there are, with every column."""
    return pl.DataFrame(list(rows), schema=VERDICTS)


def read(*rows):
    """The readings, as dicts."""
    return readings(verdicts(*rows)).to_dicts()


def test_both_answers_stand_beside_each_other():
    """One row for a step, with what each metric says of it."""
    (row,) = read(verdict("time", "slower", 0.2), verdict("instructions", "more instructions", 0.1))
    assert (row["time_verdict"], row["time_effect"]) == ("slower", 0.2)
    assert (row["instructions_verdict"], row["instructions_effect"]) == ("more instructions", 0.1)
    assert (row["time_low"], row["instructions_high"]) == pytest.approx((0.19, 0.11))
    assert (row["reading"], row["disagree"]) == (Reading.DOES_MORE, False)


@pytest.mark.parametrize(
    ("time", "instructions", "reading", "disagree"),
    [
        ("slower", "more instructions", "the package does more", False),
        ("slower", "same", "memory, caches, layout or the wheel's compiler", True),
        ("slower", "fewer instructions", "slower, though the package does less", True),
        ("slower", "inconclusive", "slower, and instructions cannot tell", False),
        ("faster", "fewer instructions", "the package does less", False),
        ("faster", "same", "memory, caches, layout or the wheel's compiler", True),
        ("faster", "more instructions", "faster, though the package does more", True),
        ("faster", "inconclusive", "faster, and instructions cannot tell", False),
        ("same", "more instructions", "more instructions and not slower", True),
        ("same", "fewer instructions", "fewer instructions and not faster", True),
        ("inconclusive", "more instructions", "more instructions, and time cannot tell", False),
        ("inconclusive", "fewer instructions", "fewer instructions, and time cannot tell", False),
        ("same", "same", None, False),
        ("same", "inconclusive", None, False),
        ("inconclusive", "same", None, False),
        ("inconclusive", "inconclusive", None, False),
    ],
)
def test_how_two_answers_are_read(time, instructions, reading, disagree):
    """They disagree where both know and say different things: not where one cannot tell."""
    (row,) = read(verdict("time", time), verdict("instructions", instructions))
    assert (row["reading"], row["disagree"]) == (reading, disagree)


def test_every_pair_of_answers_is_read():
    """All of which one is a change have a reading, and every reading is one of them."""
    pairs = [(t, i) for t in words(TIME) for i in words(INSTRUCTIONS)]
    found = [read(verdict("time", t), verdict("instructions", i))[0]["reading"] for t, i in pairs]
    changed = [t in TIME.changes or i in INSTRUCTIONS.changes for t, i in pairs]
    assert [reading is not None for reading in found] == changed
    assert set(found) - {None} == set(Reading)


def test_one_answer_has_no_reading():
    """Nor anything to disagree with; the columns of the other metric are null."""
    time, counts = read(
        verdict("time", "slower"), verdict("instructions", "same", benchmark="another")
    )
    assert [time[f"instructions_{name}"] for name in ("verdict", "effect", "low", "high")] == [
        None
    ] * 4
    assert (time["reading"], time["disagree"]) == (None, False)
    assert (counts["time_verdict"], counts["instructions_verdict"]) == (None, "same")
    assert (counts["reading"], counts["disagree"], counts["confirmed"]) == (None, False, False)


def test_steps_from_different_releases_are_not_read_together():
    """Where a release was not counted the step to the next one is another."""
    found = read(
        verdict("time", "slower", before="v1", after="v2"),
        verdict("time", "same", before="v2", after="v3"),
        verdict("instructions", "more instructions", before="v1", after="v3"),
    )
    assert [(row["before"], row["after"]) for row in found] == [
        ("v1", "v2"),
        ("v2", "v3"),
        ("v1", "v3"),
    ]
    assert {row["reading"] for row in found} == {None}


def test_what_was_measured_again_is_read_as_it_was_found_then():
    """A candidate that fresh replicates dismissed is the same, with the size of then."""
    again = {"fresh_effect": 0.001, "fresh_low": -0.01, "fresh_high": 0.01, "fresh_replicates": 5}
    more = verdict("instructions", "more instructions")
    (dismissed,) = read(verdict("time", "slower", confirmed="same", **again), more)
    assert (dismissed["time_verdict"], dismissed["time_effect"]) == ("same", 0.001)
    assert (dismissed["reading"], dismissed["confirmed"]) == (Reading.MORE_UNFELT, False)
    (confirmed,) = read(verdict("time", "slower", confirmed="slower", **again), more)
    assert (confirmed["reading"], confirmed["confirmed"]) == (Reading.DOES_MORE, True)


def test_neither_memory_nor_the_best_so_far_is_read():
    """Steps of time and of instructions alone."""
    best = verdict("time", "slower", comparison="best")
    assert read(verdict("memory", "more memory"), best) == []


def test_of_nothing_there_are_no_readings():
    """With the columns that there always are; bounds of nothing are null."""
    assert readings(verdicts()).schema == READINGS
    (row,) = read(verdict("time", "inconclusive", low=-inf, high=inf))
    assert (row["time_low"], row["time_high"]) == (None, None)


def test_readings_of_what_was_swept_and_counted():
    """Two benchmarks of twelve are slower: the first does more, the second does not."""
    swept = mixed(QUIET, levels(0.0), levels(0.2), MANY[:2])
    found = readings(judged(swept, counted(0.1, those=MANY[:1])).verdicts)
    assert found.height == 12 and not found["confirmed"].any()
    read = dict(found.select("benchmark", "reading").iter_rows())
    assert (read[MANY[0]], read[MANY[1]]) == (Reading.DOES_MORE, Reading.NOT_WORK)
    assert found.filter("disagree")["benchmark"].to_list() == [MANY[1]]
    (size,) = found.filter(benchmark=MANY[0])["instructions_effect"]
    assert size == pytest.approx(0.1, abs=1e-3)
