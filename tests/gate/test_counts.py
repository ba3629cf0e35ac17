"""Counts of two builds as a gate's findings; and gates that count, end to end."""

import json
from math import log1p

import polars as pl
import pytest
from mlx_asv.gate.counts import findings
from mlx_asv.observations.schema import SCHEMA

from tests.count.conftest import counter, made, package
from tests.count.played import BEGUN, planned
from tests.engine.played import case
from tests.sweep.conftest import releases

__all__ = ["made", "package", "releases"]

SORT, SUM = case("Sort", "cpu", "torch"), case("Sum", "cpu")

#: The change that matters, log ratio.
THRESHOLD = 0.01


def arm(name, release, role, *values, outcome="ok", reason=None):
    """The rows of an arm of the class `name`: a value for each replicate."""
    common = {
        "sweep": BEGUN.id,
        "machine": "box",
        "environment": "py",
        "conditions": "{}",
        "benchmark": f"ops.{name}.time_it",
        "version": "1",
        "case": SORT.label,
        "axes": SORT.axes.json,
        "backend": "cpu",
        "release": release,
        "label": f"{release} (A/A)" if role == "twin" else release,
        "role": role,
        "group": 0,
        "outcome": outcome,
        "reason": reason,
    }
    if outcome != "ok":
        return [{**common, "replicate": 0}]
    return [
        {**common, "replicate": number, "metric": "instructions", "value": value}
        for number, value in enumerate(values)
    ]


def found(*arms):
    """The findings of Sort and Sum on v2 against v1, by class; and what does not apply."""
    observed = pl.DataFrame([row for rows in arms for row in rows], schema=SCHEMA)
    plan = planned(SORT, SUM, releases=("v2", "v1"))  # the last one is the reference: BASE
    plan = plan.__class__(**{**vars(plan), "releases": ("v1", "v2")})
    findings_, gone = findings(observed, plan, frozenset({"torch"}), THRESHOLD)
    return (
        {each.case.benchmark.split(".")[1]: finding for each, finding in findings_.items()},
        {each.case.benchmark.split(".")[1]: why for each, why in gone.items()},
    )


def counted(name, head, base=1e6, twin=1e6):
    """All arms of a class, two replicates of each."""
    return [
        *arm(name, "v1", "reference", base, base * 1.0001),
        *arm(name, "v1", "twin", twin, twin * 1.0001),
        *arm(name, "v2", "release", head, head * 1.0001),
    ]


@pytest.mark.parametrize(
    ("head", "decision"),
    [
        (1.2e6, "more instructions"),
        (0.8e6, "fewer instructions"),
        (1.0e6, "same"),
        (1.001e6, "same"),
    ],
)
def test_change_is_decided(head, decision):
    """By the rule of the verdicts; the A/A arm comes with it."""
    finding = found(counted("Sort", head), counted("Sum", 1e6))[0]["Sort"]
    assert finding.decision == decision
    assert finding.reason is None
    assert finding.metric.name == "instructions"
    assert finding.change.replicates == finding.twin.replicates == 2


def test_controls_are_not_counted():
    """Each case has a finding on each other backend."""
    assert set(found(counted("Sort", 1e6), counted("Sum", 1e6))[0]) == {"Sort", "Sum"}


def test_what_base_skips_does_not_apply():
    """With its reason, and is no finding."""
    skipped = arm("Sum", "v1", "reference", outcome="skipped", reason="no such API")
    findings_, gone = found(counted("Sort", 1e6), skipped)
    assert set(findings_) == {"Sort"}
    assert gone == {"Sum": "no such API"}


@pytest.mark.parametrize(
    ("release", "role", "outcome"),
    [("v2", "release", "skipped"), ("v2", "release", "failed"), ("v1", "reference", "failed")],
)
def test_what_one_side_does_not_run_is_undecided(release, role, outcome):
    """Of HEAD a skip is no excuse."""
    lost = arm("Sum", release, role, outcome=outcome, reason="why")
    other = {"v1": "v2", "v2": "v1"}[release]
    rest = arm("Sum", other, "reference" if other == "v1" else "release", 1e6, 1e6)
    finding = found(counted("Sort", 1e6), [*rest, *lost])[0]["Sum"]
    assert finding.decision is None
    assert finding.reason == f"{release} cpu {outcome}: why"


def test_what_the_budget_did_not_reach_is_undecided():
    """It is said that it was not counted."""
    finding = found(counted("Sort", 1e6))[0]["Sum"]
    assert (finding.decision, finding.reason) == (None, "v1 cpu failed: not counted")


# -- end to end --------------------------------------------------------------------------------

needs_counter = pytest.mark.skipif(counter() is None, reason="nothing counts instructions here")


def gate(project, *arguments, metric="instructions", status=0):
    """What a gate prints, and its JSON."""
    files = ("--markdown", "gate.md", "--json", "gate.json")
    output = project.finish(project.start("gate", *arguments, "--metric", metric, *files), status)
    return output, json.loads((project.path / "gate.json").read_text())


@needs_counter
def test_equal_code_opens_it(made):
    """Status 0, and what it could have seen."""
    output, document = gate(made(), "v1.1.0", "v1.2.0", "-b", "Work")
    assert "Nothing executes more instructions among 3 benchmarks" in output
    assert {each["verdict"] for each in document["benchmarks"]} == {"same"}


@needs_counter
def test_what_cannot_be_counted_is_status_3(made):
    """A crash; what BASE skips does not apply."""
    output, document = gate(made(), "v1.1.0", "v1.2.0", "-b", "Odd", status=3)
    assert "Nothing was measured: all 1 benchmarks failed or found no time" in output
    (only,) = document["benchmarks"]
    assert "crashed: SIGSEGV" in only["reason"]
    assert [each["why"] for each in document["inapplicable"]] == ["no such function"]


# -- by both metrics ----------------------------------------------------------------------------


@needs_counter
def test_both_metrics_shut_it(made, package):
    """Wheel files; each decides by its own threshold: one verdict after the other, instructions
    first, in the terminal, the Markdown and the JSON; nothing is left of either measurement."""
    project = made()
    wheels = [str(package.wheels[version]) for version in ("1.0.0", "1.1.0")]
    output, document = gate(project, *wheels, "-b", "Work", metric="both", status=1)
    counted, timed = "More instructions: 3 of 3 benchmarks", "Slower: 3 of 3 benchmarks"
    text = (project.path / "gate.md").read_text()
    for said in (output, text):
        assert 0 <= said.index(counted) < said.index(timed)
    assert text.startswith(f"**{counted}, ")
    assert (document["metric"], document["status"]) == ("instructions", 1)
    time = document["time"]
    assert (time["metric"], time["status"]) == ("time", 1)
    assert document["threshold"] == pytest.approx(log1p(0.01))
    assert time["threshold"] == pytest.approx(log1p(0.05))
    for each in (document, time):
        effects = [found["change"]["effect"] for found in each["benchmarks"]]
        assert effects == [pytest.approx(log1p(0.1), abs=0.005)] * 3
    assert not (project.path / "results").exists()
    assert not list((project.state / "gates").glob("*[!e]"))


@needs_counter
def test_time_shuts_it_where_instructions_do_not(made):
    """The worst of both is the status of the whole: here a release waits for as long as it works. A
    threshold that is said is that of both."""
    project = made()
    project.environ["WAITS"] = "1.2.0"
    asked = ("v1.1.0", "v1.2.0", "-b", "Work", "--threshold", "2%")
    output, document = gate(project, *asked, metric="both", status=1)
    assert "Nothing executes more instructions among 3 benchmarks" in output
    assert "Slower: 3 of 3 benchmarks, the largest +100.0%" in output
    assert (document["status"], document["time"]["status"]) == (1, 1)
    assert {found["verdict"] for found in document["benchmarks"]} == {"same"}
    for each in (document, document["time"]):
        assert each["threshold"] == pytest.approx(log1p(0.02))
