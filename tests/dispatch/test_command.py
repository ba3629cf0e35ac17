from pathlib import Path

import pytest
from click.testing import CliRunner
from mlx_asv.asv_edge.stored import Project
from mlx_asv.cli import main
from mlx_asv.dispatch import page
from mlx_asv.dispatch.page import BEGIN, END

from tests.conftest import ROOT
from tests.facts import stored

from .test_figures import POINTS, point


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `mlx-asv dispatch` in a checkout with these results."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page, "draw", lambda found, path: path.write_text(found.machine))
    for name in ("asv.conf.json", "mlx.lock.json", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/dispatch.md").write_text(f"{BEGIN}\n{END}\n")

    def invoke(points, *arguments):
        monkeypatch.setattr(Project, "stored", lambda self: stored(points))
        return CliRunner().invoke(main, ["dispatch", *arguments])

    return invoke


def test_it_says_what_it_wrote(run):
    """The page and a plot for each machine, by the releases of the lock file."""
    result = run([point("Latency", "2x2 2x2", "mlx_cpu", 1e-5, release="v0.31.1")])
    assert (result.exit_code, result.output.split()) == (
        0,
        ["docs/dispatch.md", "docs/dispatch-mac.svg"],
    )
    assert "### mac, v0.31.1" in Path("docs/dispatch.md").read_text()


def test_no_results_are_one_sentence(run):
    """With the command that makes some; the page stays."""
    result = run(POINTS, "--machine", "nobody")
    assert result.exit_code == 1
    assert result.output.startswith("Error: There are no results of the family dispatch of nobody")
    assert Path("docs/dispatch.md").read_text() == f"{BEGIN}\n{END}\n"


def test_only_in_a_checkout(tmp_path, monkeypatch):
    """Elsewhere there is nothing to write into."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["dispatch"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)


def test_the_page_of_this_repository_has_its_marks():
    """What is generated has a place, and what it links to is there."""
    text = (ROOT / page.PAGE).read_text()
    assert text.index(BEGIN) < text.index(END)
    for line in text.splitlines():
        if line.startswith("![Times over size"):
            assert (ROOT / "docs" / line.rpartition("(")[2].rstrip(")")).exists()
