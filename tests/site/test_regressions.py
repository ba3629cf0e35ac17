import json
from math import log

import pytest
from mlx_asv.site.places import places
from mlx_asv.site.regressions import cards, scripts
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.rule import Rule

from tests.site import played


@pytest.fixture
def place(project):
    """A machine where convolutions became 15 % slower, and then 30 %."""
    played.keep(project, played.swept(log(1.15), 0.0, log(1.3)))
    (found,) = places(project, "mac", Rule())
    return found


@pytest.fixture
def found(project, place):
    """Its cards."""
    return cards(place, project.lock, [])


def test_newest_release_first(found):
    """A card per release and family."""
    assert [(card["release"], card["family"]) for card in found] == [
        ("v0.31.1", "convolutions"),
        ("v0.29.1", "convolutions"),
    ]
    assert len({card["id"] for card in found}) == 2


def test_steps_are_largest_first_with_interval_and_evidence(found):
    """In log time, and never infinite."""
    steps = found[0]["steps"]
    assert {step["b"] for step in steps} == set(played.SLOWER)
    assert steps[0]["effect"] >= steps[1]["effect"]
    for step in steps:
        assert step["low"] < step["effect"] < step["high"]
        assert step["effect"] == pytest.approx(log(1.3), abs=0.02)
        assert (step["before"], step["state"], step["standing"]) == ("v0.30.0", "open", "candidate")
        assert step["q"] <= 0.05 and step["paired"] and step["replicates"] == 3


def test_a_sparkline_has_an_item_for_each_release(found):
    """In log time over the first."""
    spark = found[0]["steps"][0]["spark"]
    assert spark[0] == 0 and len(spark) == 4
    assert spark[3] == pytest.approx(1000 * log(1.15 * 1.3), abs=30)


def test_attribution_and_upstream(found):
    """No other family moved; upstream shows what changed between the two."""
    assert {card["scope"] for card in found} == {"one family"}
    assert found[0]["suite"] is None
    assert found[0]["steps"][0]["compare"] == (
        "https://github.com/ml-explore/mlx/compare/v0.30.0...v0.31.1"
    )


def test_scripts_measure_the_largest_step(project, place, found):
    """A card, a script; it names the case and both releases."""
    texts = scripts(place, project)
    assert set(texts) == {card["id"] for card in found}
    text, step = texts[found[0]["id"]], found[0]["steps"][0]
    assert "v0.30.0" in text and "v0.31.1" in text and step["b"].split(".")[1] in text


def test_nothing_slower(project):
    """No card."""
    played.keep(project, played.swept(0.0, 0.0, 0.0))
    (place,) = places(project, "mac", Rule())
    assert cards(place, project.lock, []) == []


def test_accepted_steps_say_why(project):
    """With the link, if it is one to a web page."""
    played.keep(project, played.swept(log(1.15), 0.0, 0.0))
    entries = [
        Accepted("Conv1d", "v0.29.1", "it is right now", "https://example.org/1"),
        Accepted("Conv2d", "v0.29.1", "so be it", "javascript:alert(1)"),
    ]
    toml = [
        "\n".join(
            [
                "[[accepted]]",
                *(f"{name} = {json.dumps(value)}" for name, value in vars(entry).items()),
            ]
        )
        for entry in entries
    ]
    (project.results / "accepted.toml").write_text("\n".join(toml))
    (place,) = places(project, "mac", Rule())
    (card,) = cards(place, project.lock, entries)
    assert {step["b"].split(".")[1]: (step["state"], step["why"]) for step in card["steps"]} == {
        "Conv1d": ("accepted", ["it is right now", "https://example.org/1"]),
        "Conv2d": ("accepted", ["so be it", ""]),
    }
