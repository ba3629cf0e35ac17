import json
import math
from types import SimpleNamespace

import pytest
from mlx_asv.asv_edge.conf import load_conf
from mlx_asv.axes import Axes
from mlx_asv.bench.asv_side import AsvProject, Stored, log_ratio, stored, wall
from mlx_asv.job import Case

from tests.checkout import like_checkout

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 1, "gpu": 0})

#: As asv writes it; what is null at the end of a row is left out.
DOCUMENT = json.loads("""{
    "result_columns": ["result", "params", "version", "started_at", "duration",
                       "stats_ci_99_a", "stats_ci_99_b", "stats_q_25", "stats_q_75",
                       "stats_number", "stats_repeat", "samples", "profile"],
    "results": {
        "ops.Sort.time_sort": [[null, 2.0, NaN], [["'gpu'", "'cpu'", "'mps'"]], "1", 0, 3.5,
                               [null, 1.9, null], [null, Infinity, null],
                               [null, 1.95, null], [null, 2.1, null],
                               [null, 1, null], [null, 7, null]],
        "ops.Failed.time_it": [null, [], "1", 0, 0.5]
    }
}""")


def test_a_99_percent_interval_is_narrowed_to_95():
    """By the quantiles of a normal distribution, in log time."""
    half = math.log(1.1)
    found = Stored(1.0, 1 / 1.1, 1.1, 50)
    assert found.half == pytest.approx(half * 1.959964 / 2.575829)


@pytest.mark.parametrize(
    ("low", "high"), [(None, 1.1), (0.9, None), (-math.inf, 1.1), (0.9, math.inf), (0.0, 1.1)]
)
def test_a_missing_bound_is_infinitely_far(low, high):
    """asv has none for few samples; with one bound there is no interval either."""
    assert Stored(1.0, low, high, 3).half == math.inf


def test_two_runs_are_combined_in_quadrature():
    """Half-widths 3 and 4 make 5; infinite stays infinite."""
    narrow, wide, unknown = (
        Stored(seconds, math.exp(-half), math.exp(half), 9)
        for seconds, half in ((1.0, 0.03), (1.1, 0.04), (1.0, math.inf))
    )
    difference, half = log_ratio(narrow, wide)
    assert difference == pytest.approx(math.log(1.1))
    assert half == pytest.approx(0.05 * 1.959964 / 2.575829)
    assert log_ratio(narrow, unknown)[1] == math.inf


def test_a_result_file_is_read_by_combination():
    """The combination of the case's backend, and nothing where asv has no number."""
    assert stored(DOCUMENT, CASE, "cpu") == Stored(2.0, 1.9, math.inf, 7)
    assert stored(DOCUMENT, CASE, "gpu") is None
    assert wall(DOCUMENT, CASE) == 3.5
    skipped = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 2})
    assert stored(DOCUMENT, skipped, "cpu") is None
    failed = Case("ops.Failed.time_it", "1", Axes(), 60.0, {"": None})
    assert stored(DOCUMENT, failed, "") is None
    unknown = Case("ops.Other.time_it", "1", Axes(), 60.0, {"": None})
    assert stored(DOCUMENT, unknown, "") is None


def test_a_project_measures_the_suite_of_the_checkout(tmp_path):
    """Its configuration says where the suite and the environments are, and who measures."""
    checkout, path = tmp_path / "checkout", tmp_path / "project"
    checkout.mkdir()
    like_checkout(checkout)
    suite = SimpleNamespace(conf=load_conf(checkout), directory=str(checkout / "benchmarks"))
    AsvProject(path, SimpleNamespace(suite=suite, checkout=checkout), [])
    conf = load_conf(path)
    assert (conf.repo, conf.sweep) == ("pypi:mlx", {"backend": "backend", "engine": "asv"})
    assert conf.env_dir == str(checkout / ".asv/env")
    assert (path / "mlx.lock.json").samefile(checkout / "mlx.lock.json")
