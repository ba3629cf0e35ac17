import json
import sys

import pytest
from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.axes import plain
from mlx_asv.environments.asked import AskedError

from benchmarks.backends import BACKENDS
from benchmarks.catalogue import operations
from tests.checkout import ROOT


@pytest.fixture
def suite(checkout):
    """The suite of this checkout."""
    return Suite()


def listed(suite, patterns):
    """The suite's benchmarks as a release has them."""
    installed = suite.install(suite.asker.one("v0.31.1", "the release"))
    return suite.listing(installed, patterns, save=False)


def test_the_controls_are_the_backends_without_mlx(suite):
    """asv.conf.json names those that do not change with the release, as backends.py has them."""
    assert suite.settings.backend == "backend"
    expected = {name for name, backend in BACKENDS.items() if backend.framework != "mlx"}
    assert suite.settings.controls == expected


@pytest.mark.parametrize(
    ("platform", "build", "copied"),
    [("linux", "cpu", True), ("linux", "cuda12", False), ("darwin", "metal", False)],
)
def test_processes_are_copied_where_that_is_safe(suite, monkeypatch, platform, build, copied):
    """On Linux without a GPU, for the backends whose imports are listed; all of them are ours."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(type(suite), "build", build)
    assert bool(suite.imports) == copied
    assert set(suite.settings.imports) <= set(BACKENDS)


def test_releases_are_oldest_first(suite):
    """As a range of asv, of those that can be installed here; one name is one release."""
    asked = suite.asker.several
    assert [each.label for each in asked(["v0.30.6..v0.31.1"])] == ["v0.31.0", "v0.31.1"]
    assert [each.label for each in asked(["v0.31.1"])] == ["v0.31.1"]
    with pytest.raises(AskedError, match=r"There is no mlx release 'v0\.99'"):
        asked(["v0.99.."])


def test_cases_hold_the_selected_backends(suite):
    """One case for each combination of the other parameters, with asv's index per backend."""
    patterns = [r"SumAll.*'(1000000)', '(mlx_cpu|cpu|numpy)'"]
    listing = listed(suite, patterns)
    (case,) = listing.selected()
    assert case.name == "SumAll 1000000"
    assert set(case.backends) == {"mlx_cpu", "cpu", "numpy"}
    assert case.version == listing.benchmarks[case.benchmark]["version"]
    row = case.backends["mlx_cpu"]
    names = list(BACKENDS)
    assert row % len(names) == names.index("mlx_cpu")
    (narrow,) = listing.selected(["cpu"])
    assert set(narrow.backends) == {"cpu"}
    every = [f"{name} {label}" for name, cls in operations().items() for label in cls.labels()]
    assert len(listing.every()) == len(every) > 91 + 48 + 52  # the seeds', models, dispatch, more


def test_nothing_selected_is_an_error(suite):
    """A misspelt name is not an empty sweep."""
    with pytest.raises(SuiteError, match="No time benchmark matches Sofmax"):
        listed(suite, ["Sofmax"]).selected()


def test_an_unknown_backend_is_an_error(suite):
    """A misspelt backend is not left out silently beside one that exists."""
    with pytest.raises(SuiteError, match=r"There is no backend mlx_gup: choose from .*mlx_gpu"):
        listed(suite, ["SumAll"]).selected(["cpu", "mlx_gup"])


def test_workers_of_two_releases_import_their_own(suite):
    """The environment variables of a release stay its own after another is installed."""
    old, new = (suite.install(suite.asker.one(tag, "")).environ for tag in ("v0.29.4", "v0.31.1"))
    assert "v0.29.4" in old["MLX_ASV_OVERLAY"] and "v0.29.4" in old["TMPDIR"]
    assert "v0.31.1" in new["MLX_ASV_OVERLAY"]
    assert "PYTHONPATH" not in old
    assert old["OMP_NUM_THREADS"] == suite.conditions["OMP_NUM_THREADS"]


def test_an_unknown_machine_is_an_error(suite, monkeypatch, tmp_path):
    """A name that asv does not know says how to describe it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SuiteError, match="asv machine --machine nowhere"):
        suite.machine("nowhere")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment_type": "virtualenv"}, "virtualenv-overlay"),
        ({"repo": "."}, "pypi:PACKAGE"),
    ],
)
def test_what_cannot_be_swept_is_refused(tmp_path, monkeypatch, changes, message):
    """Another kind of environment or repository: one sentence, not half a sweep."""
    conf = {
        "version": 1,
        "repo": "pypi:mlx",
        "plugins": [".mlx_asv.asv_edge.plugin"],
        "environment_type": "virtualenv-overlay",
        "pythons": ["3.11"],
        **changes,
    }
    (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
    (tmp_path / "mlx.lock.json").symlink_to(ROOT / "mlx.lock.json")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SuiteError, match=message):
        Suite()


@pytest.mark.parametrize(
    ("value", "expected"), [("'a b'", "a b"), ('"a"', "a"), ("10", "10"), ("'", "'"), ("", "")]
)
def test_plain_takes_the_quotes_off(value, expected):
    """asv keeps the repr of a parameter."""
    assert plain(value) == expected
