import os
import subprocess
import sys

import pytest
import yaml
from mlx_asv.cli import main

from tests.conftest import ROOT

ACTION = yaml.safe_load((ROOT / ".github/actions/release/action.yml").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())

#: In place of mlx-asv: what it was called with, and what it leaves.
PLAYED = """#!{python}
import pathlib, sys
with open("{calls}", "a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1:3] == ["releases", "update"]:
    pathlib.Path("mlx.lock.json").write_text("refreshed")
elif sys.argv[1:3] == ["releases", "new"]:
    print("{new}".replace(" ", "\\n"))
elif sys.argv[1] in ("count", "sweep"):
    print("what was found")
    pathlib.Path("results").mkdir(exist_ok=True)
    pathlib.Path("results", sys.argv[1]).write_text("observations")
    sys.exit({status})
"""

#: In place of gh: there is a pull request if there is a file.
GITHUB = """#!{python}
import pathlib, sys
with open("{calls}", "a") as calls:
    print("gh", *sys.argv[1:3], file=calls)
pull = pathlib.Path("{calls}.pull")
if sys.argv[2] == "list" and pull.exists():
    print(7)
if sys.argv[2] == "create":
    pull.touch()
"""


def git(directory, *arguments):
    """What git says."""
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", directory, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def measure(tmp_path):
    """Run the step that measures in a fresh clone, beside played commands."""
    origin, calls = tmp_path / "origin.git", tmp_path / "calls"
    first = tmp_path / "first"
    git(tmp_path, "init", "--quiet", "--bare", "-b", "main", origin)
    git(tmp_path, "clone", "--quiet", origin, first)
    git(first, "switch", "--quiet", "-C", "main")
    (first / "mlx.lock.json").write_text("old")
    git(first, "add", ".")
    git(first, "commit", "--quiet", "-m", "first")
    git(first, "push", "--quiet", "origin", "main")
    (tmp_path / "bin").mkdir()

    def run(new="v2 v3", status=0, command="count"):
        for name, text in (("mlx-asv", PLAYED), ("gh", GITHUB)):
            path = tmp_path / "bin" / name
            path.write_text(text.format(python=sys.executable, calls=calls, new=new, status=status))
            path.chmod(0o755)
        calls.write_text("")
        clone = tmp_path / f"clone{len(list(tmp_path.iterdir()))}"
        git(tmp_path, "clone", "--quiet", origin, clone)
        (step,) = (each for each in ACTION["runs"]["steps"] if each.get("id") == "measure")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=clone,
            env={
                "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "COMMAND": command,
                "MACHINE": "box",
                "OPTIONS": "--budget 5h",
                "BRANCH": ACTION["inputs"]["branch"]["default"],
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            },
        )
        return ended.returncode, calls.read_text().splitlines()

    run.origin, run.summary = origin, tmp_path / "summary"
    return run


def pushed(measure):
    """The files and the messages of the branch of results."""
    branch = ACTION["inputs"]["branch"]["default"]
    files = git(measure.origin, "ls-tree", "-r", "--name-only", branch).split()
    return files, git(measure.origin, "log", "--format=%s", branch).splitlines()


def test_what_is_new_is_measured_and_brought(measure):
    """Under the machine's name, with the lock, on a branch with one pull request."""
    status, calls = measure()
    assert status == 0
    assert calls == [
        "releases update",
        "machine --machine box --yes",
        "releases new --machine box",
        "count v2 v3 --machine box --budget 5h",
        "gh pr list",
        "gh pr create",
    ]
    files, messages = pushed(measure)
    assert files == ["mlx.lock.json", "results/count"]
    assert messages == ["Results of v2 v3 on box, by mlx-asv count", "first"]
    assert measure.summary.read_text() == "what was found\n"


def test_an_open_pull_request_goes_on_growing(measure):
    """Another machine's results join those that are there."""
    measure()
    status, calls = measure(command="sweep")
    assert status == 0
    assert calls[-1] == "gh pr list"
    assert pushed(measure)[0] == ["mlx.lock.json", "results/count", "results/sweep"]


def test_nothing_new_is_no_commit(measure):
    """And no branch."""
    status, calls = measure(new="")
    assert (status, calls[-1]) == (0, "releases new --machine box")
    assert git(measure.origin, "branch", "--format=%(refname:short)").split() == ["main"]


def test_a_measurement_that_failed_is_not_brought(measure):
    """The job fails with its status."""
    assert measure(status=3)[0] == 3
    assert git(measure.origin, "branch", "--format=%(refname:short)").split() == ["main"]


def test_the_commands_take_what_the_workflow_says():
    """Each job's command and options are mlx-asv's."""
    for job in ("count", "sweep"):
        (given,) = (
            each["with"]
            for each in WORKFLOW["jobs"][job]["steps"]
            if "command" in each.get("with", {})
        )
        known = {name for option in main.commands[given["command"]].params for name in option.opts}
        assert {word for word in given["options"].split() if word.startswith("-")} <= known


def test_the_workflow_can_write_to_its_own_repository_only():
    """It has the rights to push, to open a pull request and to publish pages, and no other."""
    granted = {right for job in WORKFLOW["jobs"].values() for right in job["permissions"].items()}
    assert granted == {
        ("contents", "write"),
        ("contents", "read"),
        ("pull-requests", "write"),
        ("pages", "write"),
        ("id-token", "write"),
    }
