from dataclasses import replace
from math import log

import polars as pl
import pytest
from mlx_asv.metric import INSTRUCTIONS, MEMORY, TIME, Scale
from mlx_asv.observations.store import case_key
from mlx_asv.site.history import histories
from mlx_asv.site.machine import machine_pages
from mlx_asv.site.metrics import became, exported, folder, heading
from mlx_asv.site.overview import PARTS, maps, sentence
from mlx_asv.site.places import places
from mlx_asv.site.regressions import cards, scripts
from mlx_asv.site.trust import detectable, false_alarms
from mlx_asv.site.words import MINUS, change, value
from mlx_asv.verdicts.rule import Rule

from tests.site import played

GROWN = played.STILL[0]
FEWER = replace(TIME, name="kernels", scale=Scale.EXACT, unit="kernels", units=(("kernels", 1.0),))


@pytest.fixture
def swept(project):
    """Convolutions became 15 % slower, and one product takes 20 % more memory since."""
    frame = played.with_memory(played.swept(0.0, log(1.15), 0.0), 0.0, log(1.2), 0.0)
    played.keep(project, frame)
    return project


@pytest.fixture
def memory(swept):
    """The memory of the one place."""
    (found,) = places(swept, "mac", Rule(), MEMORY)
    return found


# -- words -----------------------------------------------------------------------------------


def test_words_are_the_metrics_own():
    """Where something is slower, something takes more memory."""
    assert became(TIME) == "became slower" and became(MEMORY) == "takes more memory"
    assert heading(TIME, "linear", "v1") == "linear slower in v1"
    assert heading(MEMORY, "linear", "v1") == "linear takes more memory in v1"
    assert folder(TIME) == "" and folder(MEMORY) == "memory/"


def test_scripts_are_told_words_units_and_direction():
    """All that depends on the metric; the threshold is the rule's."""
    found = exported(MEMORY, Rule())
    assert found["words"]["worse"] == MEMORY.worse and found["words"]["label"] == MEMORY.label
    assert found["units"][-1] == ["B", 1.0] and found["units"][0][1] > 1e8
    assert found["threshold"] == pytest.approx(MEMORY.threshold, abs=1e-6)
    assert exported(MEMORY, Rule(log(1.5)))["threshold"] == pytest.approx(log(1.5), abs=1e-6)
    assert (found["log"], found["sign"]) == (True, 1)
    assert ["µs", 1e-6] in exported(TIME, Rule())["units"]
    assert exported(FEWER, Rule())["units"] == [["kernels", 1]]


def test_values_and_changes_have_the_metrics_unit():
    """Bytes as bytes; what is compared by differences is a difference."""
    assert value(3.2e8, MEMORY) == "320 MB" and value(0, MEMORY) == "0 B"
    assert value(1234.0, FEWER) == "1,234 kernels"
    assert change(3.0, FEWER) == "+3 kernels" and change(-2.0, FEWER) == f"{MINUS}2 kernels"


# -- data ------------------------------------------------------------------------------------


def test_a_place_is_the_same_of_each_metric(swept, memory):
    """One id, the same releases; its points are bytes."""
    (time,) = places(swept, "mac", Rule())
    assert (memory.id, memory.releases) == (time.id, time.releases)
    assert memory.points.filter(~memory.points["control"])["value"].is_between(2e8, 4e8).all()
    assert (time.points["value"] < 1).all()
    assert set(memory.verdicts["metric"]) == {"memory"} and set(time.verdicts["metric"]) == {"time"}


def test_where_nothing_of_a_metric_was_measured_there_is_nothing(project):
    """An empty place, and no files."""
    played.keep(project, played.swept(0.0, 0.0, 0.0))
    (found,) = places(project, "mac", Rule(), MEMORY)
    assert found.points.is_empty() and not found.judged
    pages = machine_pages(project, "mac", Rule())
    assert pages.places[0]["info"]["others"] == {}
    assert not list(pages.data.rglob("memory"))


def test_the_map_of_memory(memory):
    """Its letters, and effects of bytes."""
    ((backend, found),) = maps(memory, {}, Rule())
    rows = {row["b"]: row for row in found["rows"]}
    assert backend == "mlx_cpu"
    assert rows[GROWN]["v"] == "0=s=" and rows[played.SLOWER[0]]["v"] == "0==="
    assert rows[GROWN]["e"][2] / PARTS == pytest.approx(log(1.2), abs=0.01)
    assert rows[GROWN]["w"] == "0=ss"


def test_less_of_what_should_be_more_is_worse(memory):
    """The same numbers of a metric of which less is worse: another letter."""
    words = {"more memory": "faster", "less memory": "slower"}
    other = replace(TIME, more_is_worse=False)
    verdicts = memory.verdicts.with_columns(memory.verdicts["verdict"].replace(words))
    turned = replace(memory, metric=other, verdicts=verdicts)
    ((_, found),) = maps(turned, {}, Rule())
    rows = {row["b"]: row for row in found["rows"]}
    assert rows[GROWN]["v"] == "0=f=" and rows[GROWN]["w"] == "0=f="


def test_the_history_of_memory(swept, memory):
    """Bytes, their band, and verdicts; work is done in time."""
    found = dict(histories(memory, swept.describe))[case_key(GROWN, "8x8")]
    mlx, torch = found["backends"]
    assert mlx["s"][2] / mlx["s"][1] == pytest.approx(1.2, rel=0.01)
    assert mlx["lo"][2] <= mlx["s"][2] <= mlx["hi"][2] and mlx["v"] == " =s="
    assert torch["control"] and torch["s"] == pytest.approx([5e8], rel=0.01)
    assert found["work"] is None


def test_regressions_of_memory_are_cards_of_their_own(swept, memory):
    """With the metric's word, an id of its own, and a command that measures it again."""
    (card,) = cards(memory, swept.lock, [])
    (time,) = places(swept, "mac", Rule())
    (of_time,) = cards(time, swept.lock, [])
    assert card["title"] == "linear takes more memory in v0.30.0"
    assert (card["metric"], of_time["metric"]) == ("memory", "time")
    assert card["id"] == "mac-v0.30.0-linear-memory" and card["id"] != of_time["id"]
    (step,) = card["steps"]
    assert step["b"] == GROWN and step["effect"] == pytest.approx(log(1.2), abs=0.01)
    assert step["spark"][2] == pytest.approx(1000 * log(1.2), abs=10)
    (script,) = scripts(memory, swept).values()
    assert script.startswith("# In a checkout") and "mlx-asv confirm" in script


def test_sentence_has_the_metrics_word(memory):
    """What there is to say first of memory."""
    assert sentence(memory) == (
        "1 open regression (none confirmed; none came with v0.31.1); no improvements since "
        "v0.29.0. v0.31.1 takes more memory than the best before it in 1 case (none confirmed)."
    )


def test_sentence_is_of_the_releases_that_the_metric_has(project):
    """A release that was counted alone is none since which anything became faster."""
    frame = played.with_counts(played.swept(0.0, log(1.15), 0.0))
    of_first = (pl.col("release") == "v0.29.0") & (pl.col("metric") == "time")
    timed = frame.with_columns(
        role=pl.when((pl.col("release") == "v0.29.1") & (pl.col("metric") == "time"))
        .then(pl.lit("reference"))
        .otherwise("role")
    ).filter(~of_first)
    played.keep(project, timed)
    (time,) = places(project, "mac", Rule())
    (counts,) = places(project, "mac", Rule(), INSTRUCTIONS)
    assert time.releases == counts.releases == list(played.RELEASES)
    assert "since v0.29.1" in sentence(time) and "since v0.29.0" in sentence(counts)


def test_trust_is_told_per_metric(swept, memory):
    """Pairs of equal releases, and what would be found."""
    found = false_alarms(memory, Rule())
    assert found["pairs"] == len(played.SLOWER + played.STILL) and found["over"] == 0
    assert {row["family"] for row in detectable(memory)} == {
        *("activations", "convolutions", "linear", "reductions")
    }
    trust = machine_pages(swept, "mac", Rule()).places[0]["trust"]
    assert list(trust["metrics"]) == ["time", "memory"]
    assert trust["metrics"]["memory"]["threshold"] == change(MEMORY.threshold).removeprefix("+")


def test_files_of_memory_lie_beside_those_of_time(swept, project):
    """Those of time have the names they had; a case says that it has a history of memory."""
    data = machine_pages(swept, "mac", Rule()).data
    names = {str(path.relative_to(data / "mac")) for path in data.rglob("*.js")}
    key = case_key(GROWN, "8x8")
    for name in ("map-mlx_cpu.js", "regressions.js", "scripts.js", f"case-{key}.js"):
        assert {name, f"memory/{name}"} <= names
    assert "memory/cases.js" not in names and "cases.js" in names
    assert '"metrics":["memory"]' in (data / "mac" / f"case-{key}.js").read_text()
