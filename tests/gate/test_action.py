import os
import shutil
import subprocess
import sys

import pytest
import yaml
from mlx_asv.cli.measure import gate

from tests.conftest import ROOT

ACTION = yaml.safe_load((ROOT / ".github/actions/gate/action.yml").read_text())

#: In place of the command: what it was called with, a summary, and a status.
PLAYED = """#!{python}
import pathlib, sys
pathlib.Path("called").write_text("\\n".join(sys.argv[1:]))
if {status} != 2:
    pathlib.Path(sys.argv[sys.argv.index("--markdown") + 1]).write_text("**summary**\\n")
sys.exit({status})
"""


@pytest.fixture
def run(tmp_path):
    """Run the step that measures, in a workspace with a checkout `mlx`, beside a played command."""

    def step(status=0, **inputs):
        own, work, temp = (tmp_path / name for name in ("mlx-asv", "workspace", "temp"))
        for path in (own / ".venv/bin", work / "mlx", temp):
            path.mkdir(parents=True, exist_ok=True)
        command = own / ".venv/bin/mlx-asv"
        command.write_text(PLAYED.format(python=sys.executable, status=status))
        command.chmod(0o755)
        defaults = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
        variables = {name.upper(): value for name, value in {**defaults, **inputs}.items()}
        files = {"GITHUB_OUTPUT": temp / "output", "GITHUB_STEP_SUMMARY": temp / "summary"}
        (measure,) = [each for each in ACTION["runs"]["steps"] if each.get("id") == "gate"]
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", measure["run"]],
            cwd=own,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_WORKSPACE": str(work),
                "OUT": str(temp / "out"),
                **variables,
                **{name: str(path) for name, path in files.items()},
            },
        )
        said = {name: path.read_text() if path.exists() else "" for name, path in files.items()}
        return result.returncode, (own / "called").read_text().splitlines(), said

    return step


def test_paths_are_the_callers(run, tmp_path):
    """A checkout in the workspace, with or without a commit; a release is none."""
    work = tmp_path / "workspace"
    _, called, _ = run(base="mlx@origin/main", head="mlx")
    assert called[:3] == ["gate", f"{work}/mlx@origin/main", f"{work}/mlx"]
    _, called, _ = run(base="v0.31.1", head="v0.31.2")
    assert called[:3] == ["gate", "v0.31.1", "v0.31.2"]


@pytest.mark.parametrize("status", [0, 1, 3, 4])
def test_status_and_summary_go_to_the_job(run, status):
    """The job fails as the gate does; its page has the summary; later steps know the status."""
    ended, _, said = run(status=status, base="v1", head="v2")
    assert ended == status
    assert said["GITHUB_STEP_SUMMARY"] == "**summary**\n"
    assert f"status={status}\n" in said["GITHUB_OUTPUT"]


def test_gate_that_could_not_be_run_has_no_summary(run):
    """It fails with status 2 all the same."""
    ended, _, said = run(status=2, base="v1", head="v2")
    assert ended == 2
    assert said["GITHUB_STEP_SUMMARY"] == ""


def test_options(run):
    """Those of the inputs; strict only if it is asked for."""
    _, called, _ = run(base="v1", head="v2", bench="MatMul|Conv", threshold="7%", strict="true")
    assert "--strict" in called
    assert called[called.index("-b") + 1] == "MatMul|Conv"
    assert called[called.index("--threshold") + 1] == "7%"
    _, called, _ = run(base="v1", head="v2")
    assert "--strict" not in called


def test_time_decides_if_nothing_is_said(run):
    """By the threshold of the gate itself."""
    _, called, _ = run(base="v1", head="v2")
    assert called[called.index("--metric") + 1] == "time"
    assert "--threshold" not in called


@pytest.mark.parametrize("metric", ["instructions", "both"])
def test_metric_is_passed_on(run, metric):
    """Each has a threshold of its own, unless one is said."""
    _, called, _ = run(base="v1", head="v2", metric=metric)
    assert called[called.index("--metric") + 1] == metric
    assert "--threshold" not in called


def test_options_are_the_gates(run):
    """The command line takes everything that the action says."""
    _, called, _ = run(base="v1", head="v2", metric="both", threshold="7%", strict="true")
    known = {name for option in gate.params for name in option.opts}
    assert {each for each in called if each.startswith("-")} <= known


# -- Valgrind ----------------------------------------------------------------------------------

(INSTALL,) = [step for step in ACTION["runs"]["steps"] if step.get("name") == "Install Valgrind"]

#: In place of every program that installs: it notes what it was called with.
NOTED = """#!/bin/bash
echo "${{0##*/}} $*" >> {notes}
{then}
"""


@pytest.fixture
def install(tmp_path):
    """Run the step that installs Valgrind, as a user, with these programs: what they are asked."""

    def step(user=1000, **programs):
        notes, folder = tmp_path / "notes", tmp_path / "programs"
        folder.mkdir()
        programs = {"apt-get": "", "sudo": '"$@"', "id": f"echo {user}", **programs}
        for name, then in programs.items():
            (folder / name).write_text(NOTED.format(notes=notes, then=then))
            (folder / name).chmod(0o755)
        bash = shutil.which("bash")
        command = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALL["run"]]
        status = subprocess.run(command, env={"PATH": str(folder)}).returncode
        said = notes.read_text().splitlines() if notes.exists() else []
        return status, [line for line in said if not line.startswith("id ")]

    return step


def test_valgrind_is_installed_where_instructions_are_counted():
    """On Linux, before the gate; a gate of time needs none."""
    assert INSTALL["if"] == "inputs.metric != 'time' && runner.os == 'Linux'"
    steps = ACTION["runs"]["steps"]
    (measure,) = [each for each in steps if each.get("id") == "gate"]
    assert steps.index(INSTALL) < steps.index(measure)


def test_valgrind_is_installed_once(install):
    """A machine that has it is asked for nothing."""
    assert install(valgrind="") == (0, [])


def test_valgrind_is_installed_as_root(install):
    """A hosted runner's user asks for it."""
    packages = "apt-get install --yes --no-install-recommends valgrind"
    assert install() == (
        0,
        ["sudo apt-get update", "apt-get update", f"sudo {packages}", packages],
    )


def test_root_of_a_container_needs_no_sudo(install):
    """There may be none."""
    status, asked = install(user=0, sudo="exit 1")
    assert (status, [line.split()[0] for line in asked]) == (0, ["apt-get", "apt-get"])


def test_valgrind_that_cannot_be_installed_fails_the_job(install):
    """At once, with what apt-get says."""
    status, asked = install(**{"apt-get": "exit 100"})
    assert status == 100
    assert asked[-1] == "apt-get update"


def test_outputs_name_what_the_step_writes():
    """As declared."""
    assert set(ACTION["outputs"]) == {"status", "json", "markdown"}
