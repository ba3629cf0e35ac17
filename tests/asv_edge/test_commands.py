import os
import re
import signal
import subprocess
import sys

import pytest

from tests.asv_edge.test_asv import Project
from tests.checkout import ROOT
from tests.sweep.conftest import wait_for


@pytest.fixture
def project(tmp_path, plain_asv, measuring_environment):
    """A fresh project whose tour is one small case."""
    return Project(tmp_path, plain_asv)


def start_tour(project, *arguments):
    """``mlx-asv tour`` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mlx_asv", "tour", *arguments],
        cwd=project.path,
        env={**project.environ, "PYTHONPATH": str(ROOT / "tools")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def test_tour_measures_publishes_and_ends_with_the_page(project):
    """Spread releases are measured, with the time left; a second tour measures none of them."""
    arguments = ("v0.30.3..v0.31.1", "--count", "2")
    project("run", "v0.31.1", "-b", "Well.*large")  # a case that is not of the tour
    tour = start_tour(project, *arguments)
    output = tour.communicate(timeout=300)[0]
    assert tour.returncode == 0, output
    assert "Measuring @tour on v0.31.1" in output
    assert "Measuring @tour:mlx_cpu on v0.30.4" in output
    assert "%] Measuring v0.30.4" in output
    assert re.search(r"^\[100 %.*\] cases.Well.time_product ok$", output, re.MULTILINE)
    assert f"Page: {project.path}/html/_build/overview.html" in output
    assert (project.path / "html/_build/overview.html").exists()
    assert "cases.Well.time_product" in (project.path / ".asv/tour.log").read_text()
    assert "slower" in output or "slowdowns" in output

    again = start_tour(project, *arguments)
    output = again.communicate(timeout=300)[0]
    assert output.count("was measured before") == 2
    assert "Measuring @tour" not in output


def test_tour_of_an_unknown_list_is_one_sentence(project):
    """Nothing is measured, and the lists that exist are named."""
    tour = start_tour(project, "v0.31.1", "-b", "@nope")
    output = tour.communicate(timeout=60)[0]
    assert tour.returncode == 1
    assert output.startswith("Error: There is no list @nope")
    assert output.rstrip().endswith("There are: @tour.")


def test_a_killed_tour_goes_on_where_it_was(project):
    """kill -9 after the newest release: the next tour measures the other one only."""
    arguments = ("v0.30.3..v0.31.1", "--count", "2")
    tour = start_tour(project, *arguments)
    for line in tour.stdout:
        if line.startswith("Measuring @tour:mlx_cpu"):
            break
    os.killpg(tour.pid, signal.SIGKILL)
    tour.communicate()
    again = start_tour(project, *arguments)
    output = again.communicate(timeout=300)[0]
    assert again.returncode == 0, output
    assert "v0.31.1 was measured before" in output
    assert "Measuring @tour:mlx_cpu on v0.30.4" in output


def test_ctrl_c_ends_a_tour_with_what_asv_says(project):
    """The whole process group is interrupted: one sentence, a failing exit status."""
    tour = start_tour(project, "v0.30.6..v0.31.1", "-b", "Slowly")
    wait_for(project.napping)
    os.killpg(tour.pid, signal.SIGINT)
    output = tour.communicate(timeout=60)[0]
    assert tour.returncode == 1
    assert "Interrupted" in output
    assert "Traceback" not in output
