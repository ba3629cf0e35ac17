import pytest

from tests.conftest import ROOT
from tools.asv_edge.suite import Suite
from tools.bench import reuse
from tools.bench.subjects import SUBJECTS, cases
from tools.measurement.arms import Arm, Case
from tools.measurement.process import Loaded


def test_new_and_used_processes_are_measured_beside_each_other(measuring_environment, monkeypatch):
    """Both kinds of a real case have a spread, and the table a row for each case."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(reuse, "PROCESSES", 2)
    suite = Suite()
    environ = suite.install("v0.31.1")
    chosen = list(cases(suite, "v0.31.1", SUBJECTS[1:3]).values())
    found = reuse.measure_all(suite, chosen, environ, lives=1, blocks=3)
    assert [each.case for each in found] == [case.name for case in chosen]
    for each in found:
        assert each.fresh_sd > 0
        assert each.used_sd > 0
        assert abs(each.bias) < 1
        assert each.seconds > 0
    assert reuse.reuse_table(found).row_count == len(chosen)
    assert reuse.figures(found)["cases"][0]["case"] == chosen[0].name


def test_a_used_process_has_measured_every_other_case():
    """Before its own case it loads and visits the others; a new one does not."""
    asked = []

    class Fake:
        def start_load(self, suite, benchmark, index):
            asked.append(benchmark)

        def finish_load(self, limit):
            return Loaded(0.01, 1)

        def visit(self, calls, warm, limit):
            asked.append(calls)

    others = [Case(name, "1", "", 60.0, {reuse.BACKEND: 0}) for name in ("a", "b")]
    begin = reuse.used(lambda arm: Fake(), "suite", others)
    begin(Arm(reuse.BACKEND, "new", "reference", {}))
    assert asked == []
    begin(Arm(reuse.BACKEND, "used", "release", {}))
    visits = [1] * reuse.VISITS_BEFORE
    assert asked == ["a", *visits, "b", *visits]


@pytest.mark.parametrize("role", ["twin", "control"])
def test_only_releases_are_used(role):
    """The role says which kind a process is."""
    begin = reuse.used(lambda arm: "worker", "suite", ["would fail"])
    assert begin(Arm(reuse.BACKEND, "x", role, {})) == "worker"
