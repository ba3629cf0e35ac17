import json

from mlx_asv.calibrate.report import Score, as_json, as_markdown, tables
from mlx_asv.calibrate.score import Alarms, Recall

FACTS = {
    "machine": "box",
    "date": "2026-01-01",
    "release": "v0.32.4",
    "minutes": 12.3,
    "histories": 100,
    "kernels": 5,
}
ALARMS = Alarms(1500, 3, 1, 1000.0, 0.0005, 0.006)
RECALLS = [
    Recall("step", 0.05, 15, 5, 4, 1, [0.3, -0.5]),
    Recall("step", 0.05, 8, 5, 5, 0, [0.1]),
    Recall("step", 0.10, 15, 5, 5, 0, []),
    Recall("blip", 0.05, 8, 5, 3, 0, []),
    Recall("drift", 0.05, None, 5, 2, 0, []),
]
SCORES = [Score("ours", ALARMS, ALARMS, RECALLS, 190.0), Score("theirs", ALARMS, ALARMS, [], 190.0)]


def rows(title):
    """The first row of a table."""
    (table,) = [each for each in tables(SCORES) if each.title == title]
    return dict(zip(table.columns, table.rows[0], strict=True))


def test_false_alarms():
    """How many of how many, per thousand, and between which shares."""
    row = rows("False alarms")
    assert (row["equal pairs"], row["called slower"], row["per 1,000"]) == ("1500", "3", "2.0")
    assert row["95 % interval"] == "0.5 to 6.0"
    assert row["loaded"] == "3 of 1500"


def test_recall_by_size_and_by_place():
    """Over all places, and the newest release by itself."""
    row = rows("Recall of steps")
    assert (row["5%"], row["10%"], row["one release off"]) == ("9 of 10", "5 of 5", "1")
    assert row["error of the size"] == "mean -0.0, largest 0.5 points"
    places = rows("Recall by place, steps of 5 and 10 %")
    assert places == {"rule": "ours", "release 9": "5 of 5", "release 16": "9 of 10"}
    assert rows("Recall of slow drifts")["5%"] == "2 of 5"


def test_cost():
    """Seconds of measurement for each slowdown that was found."""
    assert rows("Cost") == {
        "rule": "ours",
        "found": "19",
        "seconds of measurement": "190",
        "seconds for each": "10",
    }


def test_json_and_page_say_the_same():
    """Every rule in every table of both."""
    document = json.loads(as_json(FACTS, SCORES))
    page = as_markdown(FACTS, SCORES)
    assert document["machine"] == "box"
    for table in document["tables"]:
        assert f"## {table['title']}" in page
        for row in table["rows"]:
            assert "| " + " | ".join(row) + " |" in page
    assert document["figures"]["ours"]["alarms"]["per_thousand"] == 2.0
