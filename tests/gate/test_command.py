import json
import re

import pytest
from click.testing import CliRunner
from mlx_asv.cli import main

from tests.confirm.test_command import KNOWN
from tests.sweep.conftest import project, releases, wheels

__all__ = ["project", "releases", "wheels"]

BEFORE, AFTER = KNOWN[1:]


def gate(project, *arguments, status=0):
    """What a gate prints."""
    return project.finish(project.start("gate", *arguments), status)


def test_slower_release_shuts_it(project):
    """Status 1, the size in the headline, in the Markdown and in the JSON; nothing in results."""
    project = project("known")
    files = ["--markdown", "out/gate.md", "--json", "out/gate.json"]
    (project.path / "out").mkdir()
    output = gate(project, BEFORE, AFTER, "-b", "Work", *files, status=1)
    assert re.search(r"^Slower: 1 of 1 benchmarks, the largest \+(9\d|1\d\d)\.\d%$", output, re.M)
    text = (project.path / "out/gate.md").read_text()
    assert text.startswith("**Slower: 1 of 1 benchmarks, the largest +")
    document = json.loads((project.path / "out/gate.json").read_text())
    (only,) = document["benchmarks"]
    assert (document["status"], only["verdict"]) == (1, "slower")
    assert only["change"]["replicates"] >= 5
    assert only["base_against_itself"]["replicates"] >= 5
    assert not (project.path / "results").exists()


def test_equal_releases_open_it(project):
    """The same work: status 0, and what it could have seen."""
    project = project("known")
    output = gate(project, "v2.0.2", "v2.2.6", "-b", "Work")
    assert "Nothing slower among 1 benchmarks" in output
    assert re.search(r"Smallest change that would be found: median \+\d", output)


def test_wheel_files_are_compared(project, wheels):
    """As directories or files: what is in them counts, not what the lock knows."""
    project = project("known")
    (file,) = wheels[0].glob("*.whl")
    output = gate(project, str(file), str(wheels[1]), "-b", "Work", status=1)
    assert "numpy 2.4.6 against numpy 2.2.6" in output
    assert "Slower: 1 of 1" in output


def test_what_only_one_side_runs_is_status_3(project):
    """A skip in HEAD: something could not be measured."""
    project = project("faults")
    output = gate(project, "v2.0.2", "v2.2.6", "-b", "DoesNotApply", status=3)
    assert "no such function in this release" in output


def test_nothing_measured_never_opens_it(project):
    """Status 3, whether no time was left or nothing runs here."""
    project = project("known")
    output = gate(project, BEFORE, AFTER, "-b", "Work", "--budget", "0.001s", status=3)
    assert "Nothing was measured: all 1 benchmarks" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["v9.9", "v2.2.6"], "BASE 'v9.9' is no release (`mlx-asv releases` lists them), no wheel"),
        (["v2.2.6", "nowhere"], "HEAD 'nowhere' is no release"),
        (["v2.2.6", "v2.2.6"], "BASE and HEAD are both v2.2.6: there is nothing to compare"),
        (["v2.2.6", "a.whl"], "There is no file a.whl"),
        (["v2.2.6", "v2.4.6", "-b", "nothing"], "No time benchmark matches nothing"),
        (["v2.2.6", "v2.4.6", "-b", "("], "'(' is no regular expression"),
        (["v2.2.6", "v2.4.6", "--threshold", "3"], "'3' is no percentage"),
    ],
)
def test_bad_input_is_status_2(project, monkeypatch, arguments, sentence):
    """One sentence; neither open nor shut."""
    project = project("known")
    project.enter(monkeypatch)
    result = CliRunner().invoke(main, ["gate", *arguments], prog_name="mlx-asv")
    assert result.exit_code == 2, result.output
    assert sentence in result.output
    assert not (project.state / "gates").exists()


def test_release_is_not_compared_with_wheels(project, wheels):
    """Other compilers would pass for a change of the code."""
    project = project("known")
    output = gate(project, "v2.2.6", str(wheels[1]), "-b", "Work", status=2)
    assert "BASE is a release and HEAD a set of wheel files" in output


def test_outside_a_checkout_is_status_2(tmp_path, monkeypatch):
    """As any other reason why it cannot be run."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["gate", "v1", "v2"])
    assert result.exit_code == 2
    assert result.output == "Error: There is no asv.conf.json here: run this in a checkout.\n"
