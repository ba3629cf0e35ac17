import json

from mlx_asv.gate.document import as_json

from .found import LOST, SAME, SLOWER, UNCLEAR, outcome


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
