import re

import pytest

from tests.sweep.conftest import project, releases, wheels

__all__ = ["project", "releases", "wheels"]

#: Of the suite "known": twice the work from v2.4 on, by a clock that is played.
WORK = ("-b", r"Work\.time_sum")


def continuous(project, *arguments, status=0):
    """What `asv continuous` prints."""
    return project.finish(project.start("continuous", *arguments, python=("-m", "asv")), status)


def test_slower_and_confirmed_is_status_1(project):
    """asv's table with the verdict, asv's last words; nothing in the results but the list."""
    project = project("known")
    output = continuous(project, "v2.4.6", *WORK, status=1)
    row = r"^\| \+ .*\| (1\.9\d|2\.0\d) .*known\.Work\.time_sum .*\| slower, \+.* replicates"
    assert re.search(row, output, re.M)
    assert "| Before [v2.2.6]" in output  # the release before, as none was named
    assert output.endswith("PERFORMANCE DECREASED.\n")
    assert [path.name for path in (project.path / "results").iterdir()] == ["benchmarks.json"]


@pytest.mark.parametrize("options", [["--factor", "3"], ["--quick", "-f", "3"]])
def test_a_change_that_is_smaller_than_the_factor_is_no_failure(project, options):
    """It is the same; of that no row is shown."""
    project = project("known")
    output = continuous(project, "v2.2.6", "v2.4.6", *WORK, *options)
    assert "| slower" not in output
    assert output.endswith("BENCHMARKS NOT SIGNIFICANTLY CHANGED.\n")


def test_a_function_that_one_release_lacks_is_asvs_n_a(project):
    """Not slower; but where nothing was measured the status is not 0."""
    project = project("faults")
    output = continuous(
        project, "v2.0.2", "v2.2.6", "-b", "DoesNotApply", "--no-only-changed", status=2
    )
    assert "no such function in this release" in output


def test_bad_input_is_one_sentence(project):
    """With a failing status, which is not that of what is slower; nothing is begun."""
    project = project("known")
    output = continuous(project, "v2.2.6", "v2.4.6", "--factor", "0.9", status=2)
    assert "--factor 0.9 is less than 1" in output
    output = continuous(project, "v2.2.6", "v9.9", status=2)
    assert "Unknown commit v9.9 (nearest: " in output
    assert not (project.state / "gates").exists()
