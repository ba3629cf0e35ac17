import polars as pl
from mlx_asv.verdicts.answers import answered, answers_sentence, readings_sentence, share
from mlx_asv.verdicts.reading import READINGS


def steps(*said, **of):
    """A step for each pair of verdicts: of time and of instructions."""
    rows = [{"time_verdict": time, "instructions_verdict": counts, **of} for time, counts in said]
    return pl.DataFrame(rows, schema=READINGS)


VAGUE = "inconclusive"


def test_any_verdict_but_inconclusive_is_an_answer():
    """By each metric, and by either, of the steps that were timed; without a verdict is none."""
    found = answered(
        steps(
            ("slower", "more instructions"),
            (VAGUE, "same"),
            (VAGUE, VAGUE),
            ("same", None),
            (None, "fewer instructions"),
        )
    )
    assert found.to_dicts() == [{"steps": 4, "time": 2, "instructions": 2, "either": 3}]


def test_answers_are_counted_by_what_is_asked_for():
    """A row for each, sorted; of no steps there is none."""
    two = pl.concat(
        [steps(("same", VAGUE), backend="b"), steps((VAGUE, VAGUE), ("same", "same"), backend="a")]
    )
    assert answered(two, "backend").rows() == [("a", 2, 1, 1, 1), ("b", 1, 1, 0, 1)]
    assert answered(steps(), "backend").rows() == []


def test_the_sentence_has_all_three_shares():
    """Of steps that were timed; where a metric has no verdict there is no sentence."""
    found = steps(("slower", "same"), (VAGUE, "same"), (VAGUE, VAGUE), (VAGUE, "same"))
    assert answers_sentence(found) == (
        "Of 4 steps 25 % have an answer by time, 75 % by instructions, 75 % by either."
    )
    assert answers_sentence(steps(("slower", None))) is None
    assert answers_sentence(steps((None, "same"))) is None
    assert answers_sentence(steps()) is None


def test_nearly_all_is_not_all():
    """A share is rounded, but not to what it is not."""
    assert (share(999, 1000), share(1000, 1000), share(0, 0)) == ("99 %", "100 %", "-")
    assert share(None, 5) == "-"


def test_what_was_counted_alone_is_told_apart():
    """Time was not asked: it is no step on which time cannot tell."""
    timed = [("slower", "same"), (VAGUE, VAGUE)]
    found = steps(*timed, (None, "same"), (None, VAGUE))
    assert answers_sentence(found) == (
        "Of 2 steps 50 % have an answer by time, 50 % by instructions, 50 % by either; "
        "2 more by instructions alone."
    )
    apart = steps((VAGUE, None), (None, "same"))
    assert answers_sentence(apart).startswith("Of 1 steps 0 % have an answer by time, 0 % by ins")


def test_a_metric_without_verdicts_has_no_answers_to_count():
    """Of that group: none is not nought."""
    found = pl.concat(
        [steps(("same", None), backend="a"), steps((None, VAGUE), (None, "same"), backend="b")]
    )
    assert answered(found, "backend").rows() == [("a", 1, 1, None, 1), ("b", 2, None, 1, 1)]


def test_steps_that_were_not_timed_are_no_steps_on_which_time_cannot_tell():
    """In a group in which others were: time's share is of the steps that it was asked about."""
    found = steps(("same", VAGUE), (None, "same"), (None, "same"), backend="a")
    assert answered(found, "backend").rows() == [("a", 1, 1, 0, 1)]


def test_readings_are_counted():
    """The most frequent first, and how many disagree; of none nothing is said."""
    first, second = (
        steps(("slower", "same"), reading="one", disagree=True),
        steps(("slower", "more instructions"), ("faster", "fewer instructions"), reading="two"),
    )
    found = pl.concat([first, second, steps(("same", "same"))])
    assert readings_sentence(found) == (
        "Read together: 2 two; 1 one. Time and instructions disagree on 1."
    )
    assert readings_sentence(steps(("same", "same"))) is None
