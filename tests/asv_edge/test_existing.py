from types import SimpleNamespace

import pytest
from asv.commands import make_argparser
from asv.results import Results
from mlx_asv.asv_edge.existing import Skip, has_results, lacking
from mlx_asv.asv_edge.series_results import _merge

from .test_listing import EVERY, listing

SORT = "ops.Sort.time_forward"
ALL = ["8 cpu", "8 mlx", "16 cpu", "16 mlx"]


@pytest.fixture
def suite(tmp_path):
    """A suite with results of Sort: v1 has all, v2 two of four, v3 only in another environment."""
    (tmp_path / "box").mkdir()
    (tmp_path / "box/machine.json").write_text('{"machine": "box", "version": 1}')
    for release, environment, positions in (
        ("v1", "py", (0, 1, 2, 3)),
        ("v2", "py", (0, 3)),
        ("v3", "other", (0, 1, 2, 3)),
    ):
        results = Results({"machine": "box"}, {}, release, 0, "3.11", environment, {})
        row = {"value": 1.0, "low": 0.9, "high": 1.1, "replicates": 3}
        _merge(results, EVERY[SORT], [(position, row) for position in positions])
        results.save(str(tmp_path))
    return SimpleNamespace(results=tmp_path, environment=SimpleNamespace(name="py"))


@pytest.fixture
def left(suite):
    """A function from what is skipped to what each release lacks of Sort."""

    def find(**skip):
        found = lacking(suite, "box", listing(), ["v1", "v2", "v3", "v4"], Skip(**skip))
        by_release = {}
        for (benchmark, case, backend), tags in found.items():
            for tag in tags if benchmark == SORT else ():
                by_release.setdefault(tag, []).append(f"{case} {backend}")
        return by_release

    return find


def test_everything_is_measured_again_if_nothing_is_said(left):
    """Results are replaced."""
    assert left() == dict.fromkeys(["v1", "v2", "v3", "v4"], ALL)


def test_values_are_not_measured_again(left):
    """Each of its own: a release has all, some or none of them in this environment."""
    assert left(successful=True) == {"v2": ["8 mlx", "16 cpu"], "v3": ALL, "v4": ALL}


def test_what_failed_is_what_has_no_value_beside_others(left):
    """As asv has it."""
    assert left(failed=True) == {"v1": ALL, "v2": ["8 cpu", "16 mlx"], "v3": ALL, "v4": ALL}
    assert left(failed=True, successful=True) == {"v3": ALL, "v4": ALL}


def test_a_result_file_is_of_whatever_environment(suite):
    """--skip-existing-commits asks no more than whether there is one."""
    assert [has_results(suite, "box", tag) for tag in ("v1", "v3", "v4")] == [True, True, False]
    assert not has_results(suite, "elsewhere", "v1")


@pytest.mark.parametrize(
    ("option", "skip"),
    [
        ("--skip-existing", Skip(True, True, False)),
        ("--skip-existing-successful", Skip(successful=True)),
        ("--skip-existing-failed", Skip(failed=True)),
        ("--skip-existing-commits", Skip(commits=True)),
    ],
)
def test_options_are_asvs(option, skip):
    """Each has its meaning."""
    assert Skip.asked(make_argparser()[0].parse_args(["run", option])) == skip
