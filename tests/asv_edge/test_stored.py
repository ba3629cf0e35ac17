import json
from math import nan
from typing import ClassVar

import pytest
from mlx_asv.asv_edge import stored
from mlx_asv.asv_edge.stored import STORED, Project, numbers
from mlx_asv.asv_edge.suite import SuiteError

from tests.site import played


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without results, in the current directory."""
    monkeypatch.chdir(tmp_path)
    return played.project(tmp_path)


def test_stored_values_have_their_case_and_backend(project):
    """A row for each number; what was skipped (nan) or failed (null) is left out."""
    values = {("8x8", "mlx_cpu"): 1e-3, ("8x8", "cpu"): nan, ("9x9", "mlx_cpu"): 2e-3}
    played.store(project, "mac", {"v0.31.1": values})
    found = numbers(project.stored("mac"))
    assert found.schema == STORED
    assert found.select("case", "backend", "value").rows() == [
        ("8x8", "mlx_cpu", 1e-3),
        ("9x9", "mlx_cpu", 2e-3),
    ]
    assert set(found.select("environment", "release").rows()) == {("py3.11", "v0.31.1")}


class Stored:
    """asv's results of a release: a value for each benchmark there is."""

    params: ClassVar = {"machine": "box"}
    commit_hash = "v1.0"
    _env_name = "env"

    def get_result_keys(self, benchmarks):
        return set(benchmarks)

    def get_result_value(self, name, params):
        return [0.5]


def test_stored_values_are_times(project, monkeypatch):
    """The bytes of a track benchmark are no seconds: no step is made of them."""
    kinds = {"a.A.time_x": "time", "a.A.track_x": "track"}
    benchmarks = {
        name: {"name": name, "type": kind, "params": [["'1'"]], "param_names": ["n"], "version": 1}
        for name, kind in kinds.items()
    }
    monkeypatch.setattr(stored.Benchmarks, "load", lambda conf: benchmarks)
    monkeypatch.setattr(stored, "iter_results", lambda folder: [Stored()])
    assert project.stored().select("name", "value").rows() == [("a.A.time_x('1')", 0.5)]


def test_another_version_of_a_benchmark_is_left_out(project):
    """As asv does: it is another series."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 1e-3}})
    path = project.results / "benchmarks.json"
    path.write_text(path.read_text().replace('"version": "1"', '"version": "2"'))
    assert project.stored("mac").is_empty()


def test_no_results_at_all(project):
    """Before the first run there is not even a list of benchmarks."""
    assert (project.stored("mac").height, project.labels(), project.cases()) == (0, {}, {})


def test_another_machine_is_left_out(project):
    """Each has a directory."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 1e-3}})
    assert project.stored("pc").is_empty()


def test_cases_are_in_the_order_of_the_suite(project):
    """Not in that of the alphabet."""
    values = {("64x16", "cpu"): 1.0, ("1x1", "cpu"): 1.0, ("8x8", "cpu"): 1.0}
    played.store(project, "mac", {"v0.31.1": values})
    assert [case for _, case in project.cases()] == ["64x16", "1x1", "8x8"]


def test_a_suite_without_a_backend_has_one_nameless(project):
    """Its parameters are the case."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "cpu"): 1.0}})
    text = project.results.parent / "asv.conf.json"
    text.write_text(text.read_text().replace('"backend": "backend"', ""))
    assert Project.here().labels() == {"linear.MatMul.time_forward": [("8x8, cpu", "")]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "asv.conf.json cannot be read"),
        (json.dumps({"version": 1, "project": "x", "repo": "."}), '"repo": "pypi:PACKAGE"'),
    ],
)
def test_configuration_that_is_no_use(project, content, message):
    """One sentence."""
    (project.results.parent / "asv.conf.json").write_text(content)
    with pytest.raises(SuiteError, match=message):
        Project.here()
