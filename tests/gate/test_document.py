import json

from mlx_asv.gate.document import as_json

from .found import LOST, MORE, SAME, SLOWER, UNCLEAR, counted, outcome


def test_everything_in_numbers():
    """What the Markdown says, and the status that the command ends with."""
    document = json.loads(
        as_json([outcome(SLOWER, LOST, inapplicable=["no device"])], strict=False)
    )
    assert (document["status"], document["format"]) == (1, 1)
    slower, lost = document["benchmarks"]
    assert slower["verdict"] == "slower"
    assert slower["change"]["replicates"] == 5
    assert 0.11 < slower["change"]["effect"] < 0.12
    assert slower["controls"] == {"cpu": 0.012}
    assert lost["verdict"] is None and "SIGSEGV" in lost["reason"]
    assert lost["change"] == dict.fromkeys(("effect", "low", "high", "detectable")) | {
        "replicates": 0
    }
    assert [each["why"] for each in document["inapplicable"]] == ["no device"]


def test_strict_is_part_of_it():
    """The status is the one that was asked for."""
    assert json.loads(as_json([outcome(SAME, UNCLEAR)], strict=True))["status"] == 4
    assert json.loads(as_json([outcome(SAME, UNCLEAR)], strict=False))["status"] == 0


def test_metric_is_named():
    """So nobody takes the counts for time."""
    assert json.loads(as_json([outcome(SAME)], strict=False))["metric"] == "time"
    document = json.loads(as_json([counted(MORE)], strict=False))
    assert (document["metric"], document["status"]) == ("instructions", 1)
    assert document["benchmarks"][0]["verdict"] == "more instructions"


def test_second_metric_is_in_the_first():
    """Each with its own verdict and status; the status of the whole is the worse one."""
    document = json.loads(as_json([counted(SAME), outcome(SLOWER)], strict=False))
    assert (document["metric"], document["status"]) == ("instructions", 1)
    assert document["verdict"].startswith("Nothing executes more instructions")
    assert "instructions" not in document
    by_time = document["time"]
    assert (by_time["metric"], by_time["status"]) == ("time", 1)
    assert by_time["benchmarks"][0]["verdict"] == "slower"
