from dataclasses import replace
from math import log

import polars as pl
import pytest
from mlx_asv.metric import INSTRUCTIONS, MEMORY
from mlx_asv.site.answers import beside, disagreements, sentence, shares
from mlx_asv.site.feed import feed
from mlx_asv.site.overview import PARTS
from mlx_asv.site.places import places
from mlx_asv.site.regressions import cards
from mlx_asv.verdicts.reading import Reading
from mlx_asv.verdicts.rule import Rule

from tests.site import played

WORK, SAME_WORK = played.SLOWER[1], played.SLOWER[0]
UNFELT = played.STILL[0]


@pytest.fixture
def counted(project):
    """Two convolutions are 15 % slower from v0.30.0 on: one executes 20 % more instructions, and
    the other one the same. A linear layer executes 20 % more in the same time."""
    swept = played.swept(0.0, log(1.15), 0.0)
    played.keep(project, played.with_counts(swept, 0.0, log(1.2), 0.0, more=(WORK, UNFELT)))
    return project


@pytest.fixture
def place(counted):
    """What time says of the one place."""
    (found,) = places(counted, "mac", Rule())
    return found


def uncounted(place):
    """The same place before anything was counted."""
    readings = place.readings.with_columns(
        pl.lit(None, kind).alias(name)
        for name, kind in place.readings.schema.items()
        if name.startswith("instructions_")
    )
    return replace(place, readings=readings)


def test_steps_with_an_answer_are_counted(place):
    """By each metric and by either; what is inconclusive is no answer."""
    vague = pl.when(pl.col("benchmark") == UNFELT).then(pl.lit("inconclusive"))
    doubtful = place.readings.with_columns(time_verdict=vague.otherwise("time_verdict"))
    assert sentence(replace(place, readings=doubtful)) == (
        "Of 36 steps 92 % have an answer by time, 100 % by instructions, 100 % by either."
    )
    neither = doubtful.with_columns(
        instructions_verdict=vague.otherwise("instructions_verdict"),
    )
    rows = shares(replace(place, readings=neither))
    assert ["linear", "mlx_cpu", 6, 3, 3, 3] in rows
    assert ["convolutions", "mlx_cpu", 6, 6, 6, 6] in rows


def test_what_was_counted_and_not_timed_is_told_apart(place):
    """It is no step on which time cannot tell."""
    untimed = place.readings.filter(benchmark=UNFELT).with_columns(
        *(
            pl.lit(None, kind).alias(name)
            for name, kind in place.readings.schema.items()
            if name.startswith("time_")
        ),
        backend=pl.lit("mlx_cpu_compile"),
    )
    more = replace(place, readings=pl.concat([place.readings, untimed]))
    assert sentence(more) == (
        "Of 36 steps 100 % have an answer by time, 100 % by instructions, 100 % by either; "
        "3 more by instructions alone."
    )
    assert ["linear", "mlx_cpu_compile", 3, None, 3, 3] in shares(more)


def test_few_of_many_are_not_all(place):
    """Less than all is not 100 %."""
    many = pl.concat([place.readings] * 10).with_columns(
        instructions_verdict=pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.lit("inconclusive"))
        .otherwise("instructions_verdict")
    )
    assert "99 % by instructions" in sentence(replace(place, readings=many))


def test_where_one_was_not_measured_there_is_nothing_to_say(place):
    """Neither a share nor an answer beside another."""
    assert sentence(uncounted(place)) is None and beside(uncounted(place)) == {}
    empty = replace(place, readings=place.readings.clear())
    assert sentence(empty) is None and beside(empty) == {}


def test_each_step_has_the_other_answer_beside_it(counted, place):
    """That of instructions beside time, that of time beside instructions; of memory none."""
    step = (WORK, "8x8", "mlx_cpu", "v0.29.1", "v0.30.0")
    found = beside(place)[step]
    assert (found["metric"], found["verdict"]) == ("instructions", "more instructions")
    assert found["effect"] == pytest.approx(log(1.2), abs=1e-4)
    assert found["low"] <= found["effect"] <= found["high"]
    (counts,) = places(counted, "mac", Rule(), INSTRUCTIONS)
    other = beside(counts)[step]
    assert (other["metric"], other["verdict"]) == ("time", "slower")
    assert other["reading"] == found["reading"] == Reading.DOES_MORE
    assert beside(replace(place, metric=MEMORY)) == {}


def test_cards_and_feed_say_both_answers(counted, place):
    """With their reading in words; a step that was not counted says nothing of it."""
    (card,) = cards(place, counted.lock, [])
    by_name = {step["b"]: step["beside"] for step in card["steps"]}
    assert (
        by_name[WORK]["verdict"] == "more instructions" and by_name[SAME_WORK]["verdict"] == "same"
    )
    assert by_name[SAME_WORK]["reading"] == Reading.NOT_WORK
    text = feed("MLX", [card], {"mac": "mac"}, counted.lock).decode()
    assert "candidate, open; instructions per call: +20.0" in text
    assert by_name[WORK]["reading"] in text
    (plain,) = cards(uncounted(place), counted.lock, [])
    assert all("beside" not in step for step in plain["steps"])
    assert "instructions" not in feed("MLX", [plain], {"mac": "mac"}, counted.lock).decode()


def test_disagreements_go_both_ways(place):
    """Time changed, instructions did not; instructions changed, time did not. Where both changed
    the same way they agree."""
    by_time, by_instructions = disagreements(place)
    assert [(step["b"], step["after"]) for step in by_time] == [(SAME_WORK, "v0.30.0")]
    assert [(step["b"], step["after"]) for step in by_instructions] == [(UNFELT, "v0.30.0")]
    (step,) = by_instructions
    time, instructions = step["answers"]
    assert time[0] == "=" and instructions[0] == "s"
    assert instructions[1] / PARTS == pytest.approx(log(1.2), abs=1e-3)
    assert instructions[2] <= instructions[1] <= instructions[3]
    assert (
        step["reading"] == Reading.MORE_UNFELT
        and step["before"] == "v0.29.1"
        and not step["confirmed"]
    )


def test_a_change_of_instructions_on_which_time_cannot_tell_is_listed(place):
    """It is news, if no contradiction; a change of time on which counts cannot tell is not."""
    known = place.readings.filter(after="v0.30.0")
    doubtful = known.with_columns(
        pl.when(pl.col("benchmark") == UNFELT)
        .then(pl.lit(Reading.MORE_UNKNOWN.value))
        .when(pl.col("benchmark") == SAME_WORK)
        .then(pl.lit(Reading.SLOWER_UNKNOWN.value))
        .otherwise("reading")
        .alias("reading"),
        disagree=pl.lit(False),
    )
    by_time, by_instructions = disagreements(replace(place, readings=doubtful))
    assert by_time == [] and [step["b"] for step in by_instructions] == [UNFELT]


def test_the_largest_disagreement_is_first(project):
    """Whether for the better or the worse."""
    swept, halved = played.swept(0.0, 0.0, 0.0), pl.col("benchmark") == WORK
    grown = played.with_counts(swept.filter(~halved), 0.0, log(1.1), 0.0, more=(UNFELT,))
    fewer = played.with_counts(swept.filter(halved), 0.0, log(0.5), 0.0, more=(WORK,))
    played.keep(project, pl.concat([grown, fewer]))
    (place,) = places(project, "mac", Rule())
    by_time, by_instructions = disagreements(place)
    assert by_time == []
    assert [step["b"] for step in by_instructions] == [WORK, UNFELT]
    assert [step["answers"][1][0] for step in by_instructions] == ["f", "s"]
