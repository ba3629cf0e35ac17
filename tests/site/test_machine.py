import json
from dataclasses import replace
from math import log

import polars as pl
import pytest
from mlx_asv.observations.store import case_key
from mlx_asv.site import machine as module
from mlx_asv.site.machine import machine_pages
from mlx_asv.verdicts.rule import Rule

from tests.site import played
from tests.site.test_build import data_of


@pytest.fixture
def counted(monkeypatch):
    """How often pages were really made."""
    calls = []
    real = module.views

    def views(*arguments):
        calls.append(1)
        return real(*arguments)

    monkeypatch.setattr(module, "views", views)
    return calls


@pytest.fixture
def mac(project):
    """A project with one machine's observations."""
    played.keep(project, played.swept(0.0, log(1.15), 0.0))
    return project


def test_what_nothing_has_changed_of_is_kept(mac, counted):
    """The same summary, the same files."""
    first = machine_pages(mac, "mac", Rule())
    files = {path: path.stat().st_mtime_ns for path in first.data.rglob("*.js")}
    assert machine_pages(mac, "mac", Rule()) == first
    assert len(counted) == 1
    assert {path: path.stat().st_mtime_ns for path in first.data.rglob("*.js")} == files
    (place,) = first.places
    assert place["info"]["sentence"].startswith("2 open regressions")
    assert len(place["cards"]) == 1 and place["trust"]["metrics"]["time"]["alarms"]["pairs"] == 12


@pytest.mark.parametrize("change", ["result", "description", "accepted", "rule", "lock", "half"])
def test_what_has_changed_is_made_again(mac, counted, change):
    """And of what there was before nothing is left."""
    machine_pages(mac, "mac", Rule())
    rule = Rule(0.5) if change == "rule" else Rule()
    if change == "result":
        (mac.results / "mac" / "v0.31.1-py.json").write_text("{}")
    elif change == "description":
        (mac.results / "mac" / "machine.json").write_text(json.dumps({"ram": "1 TB"}))
    elif change == "accepted":
        entry = {"pattern": "Conv", "release": "v0.30.0", "reason": "x", "link": "y"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
        (mac.results / "accepted.toml").write_text("\n".join(["[[accepted]]", *lines]))
    elif change == "lock":
        mac = replace(mac, lock=played.lock_of(*played.RELEASES, "v9"))
    elif change == "half":
        (path,) = (mac.state / "site" / "pages").glob("*/*/summary.json")
        path.unlink()
    found = machine_pages(mac, "mac", rule)
    assert len(counted) == 2
    assert len(list((mac.state / "site" / "pages" / "mac").iterdir())) == 1
    if change == "accepted":
        assert {step["state"] for step in found.places[0]["cards"][0]["steps"]} == {"accepted"}


def test_a_machine_of_which_nothing_was_measured_has_no_place(project):
    """Its description alone."""
    (project.results / "mac").mkdir()
    (project.results / "mac" / "machine.json").write_text("{}")
    found = machine_pages(project, "mac", Rule())
    assert found.places == [] and found.data.is_dir()


def test_what_was_counted_and_not_timed_has_a_history(project):
    """Another backend of a case, and a case of which nothing was timed: both can be chosen."""
    timed = played.swept(0.0, log(1.15), 0.0)
    counts = played.with_counts(timed).filter(pl.col("metric") == "instructions")
    compiled = counts.with_columns(backend=pl.lit(played.COMPILED))
    other = counts.with_columns(case=pl.lit("16x16"))
    played.keep(project, pl.concat([timed, counts, compiled, other]))
    found = machine_pages(project, "mac", Rule())
    data = found.data / "mac"
    both, alone = (case_key(played.STILL[0], case) for case in ("8x8", "16x16"))
    listed = [each[1:] for each in data_of(data / "cases.js") if each[0] == played.STILL[0]]
    assert sorted(listed) == [["16x16", alone], ["8x8", both]]
    of_both, of_alone = (data_of(data / f"case-{key}.js") for key in (both, alone))
    assert [each["name"] for each in of_both["backends"]] == [
        *(played.MLX, played.TORCH, played.COMPILED)
    ]
    assert of_both["backends"][2]["s"] == [] and of_both["metrics"] == ["instructions"]
    assert [each["s"] for each in of_alone["backends"]] == [[]]
    assert f"case-{alone}.js" in {path.name for path in (data / "instructions").iterdir()}
    (place,) = found.places
    assert list(place["info"]["others"]) == ["instructions"]
