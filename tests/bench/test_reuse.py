import pytest
from mlx_asv.asv_edge.suite import Suite
from mlx_asv.axes import Axes
from mlx_asv.bench import reuse
from mlx_asv.bench.subjects import SUBJECTS, cases
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.process import Loaded


def test_processes_of_all_kinds_are_measured_beside_each_other(checkout, monkeypatch):
    """Every kind of a real case has a spread, and the table a row for each case and kind."""
    monkeypatch.setattr(reuse, "PROCESSES", 2)
    monkeypatch.setattr(reuse, "VISITS_BEFORE", 2)
    suite = Suite()
    installed = suite.install(suite.asker.one("v0.31.1", "the release"))
    chosen = list(cases(suite, installed, SUBJECTS[1:3]).values())
    found = reuse.measure_all(suite, chosen, installed.environ, lives=2, blocks=3)
    names = [(case.name, kind) for case in chosen for kind in reuse.KINDS]
    assert [(each.case, each.kind) for each in found] == names
    for each in found:
        assert each.sd > 0
        assert each.mad > 0
        assert abs(each.bias) < 1
        assert (each.bias == each.error == 0) == (each.kind == "new")
    assert reuse.reuse_table(found).row_count == len(names)
    assert reuse.figures(found)["cases"][0]["case"] == chosen[0].name


class Fake:
    """A process that only says what it was asked for."""

    def __init__(self, asked):
        self.asked = asked

    def start_load(self, suite, benchmark, index):
        self.asked.append(benchmark)

    def finish_load(self, limit):
        return Loaded(0.01, 0.01, 1)

    def visit(self, calls, warm, limit):
        self.asked.append(calls)


@pytest.mark.parametrize("kind", reuse.KINDS)
def test_a_process_is_of_the_kind_that_its_arm_says(kind):
    """A used one has loaded and visited the other cases before its own; a copy is forked."""
    started, asked = [], []

    def begin(what):
        def start(arm, *, again=False):
            started.append(what)
            return Fake(asked)

        return start

    others = [Case(name, "1", Axes(), 60.0, {reuse.BACKEND: 0}) for name in ("a", "b")]
    start = reuse.start_of(begin("new"), begin("copy"), "suite", others)
    start(Arm(reuse.BACKEND, f"{kind} 1", "release"))
    assert started == ["copy" if kind == "copy" else "new"]
    visits = [1] * reuse.VISITS_BEFORE
    assert asked == (["a", *visits, "b", *visits] if kind == "used" else [])


def test_new_processes_are_the_references():
    """The others are compared with them; all have names of their own."""
    arms = reuse.members()
    assert {reuse.kind_of(arm) for arm in arms if arm.role == "reference"} == {"new"}
    assert len({arm.label for arm in arms}) == len(reuse.KINDS) * reuse.PROCESSES
