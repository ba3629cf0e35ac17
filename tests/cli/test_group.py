import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asv.commands import make_argparser
from mlx_asv.asv_edge.commands import ASV_COMMANDS

from tests.checkout import like_checkout

from .program import mlx_asv


def test_help_lists_our_commands_and_asvs(tmp_path: Path) -> None:
    """Ours come first, then asv's under their own names."""
    result = mlx_asv(tmp_path, "--help")
    assert result.returncode == 0
    listed = re.findall(r"^  (\w+)  ", result.stdout.split("Commands:")[1], re.MULTILINE)
    ours = [name for name in listed if name not in ASV_COMMANDS]
    assert {"releases", "tour", "sweep", "verdicts"} <= set(ours)
    assert listed == [*ours, *ASV_COMMANDS]
    for name in ASV_COMMANDS:
        assert re.search(rf"^  {name} +asv {name}$", result.stdout, re.MULTILINE)


def test_asvs_commands_are_those_of_the_pinned_asv() -> None:
    """All that asv offers is offered, but for starting a project and pushing its site."""
    known = make_argparser()[1].choices
    assert set(known) - set(ASV_COMMANDS) == {"help", "quickstart", "gh-pages"}
    assert set(ASV_COMMANDS) <= set(known)


def test_installed_command_is_the_same(tmp_path: Path) -> None:
    """The script mlx-asv that pip installs runs the same program."""
    script = Path(sys.executable).with_name("mlx-asv")
    if not script.exists():
        pytest.skip("needs the project to be installed in this Python")
    result = subprocess.run(
        [script, "--help"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (0, mlx_asv(tmp_path, "--help").stdout)


def test_help_of_asvs_commands_is_asvs(tmp_path: Path) -> None:
    """`mlx-asv run --help` is `asv run --help`, with status 0."""
    result = mlx_asv(tmp_path, "run", "--help")
    assert result.returncode == 0
    asv = subprocess.run(
        [sys.executable, "-m", "asv", "run", "--help"],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert result.stdout == asv.stdout
    assert "--skip-existing-commits" in result.stdout


@pytest.mark.parametrize("option", ["--no-such-option", "-Q"])
def test_options_and_status_are_asvs(tmp_path: Path, option: str) -> None:
    """Options that click does not know reach asv, and asv's status comes back."""
    result = mlx_asv(tmp_path, "show", option, "--config", "nothing.json")
    assert result.returncode == 2
    assert f"unrecognized arguments: {option}" in result.stderr


def test_arguments_reach_asv_in_order(tmp_path: Path) -> None:
    """Options, their values and positional arguments arrive as they were typed."""
    here = like_checkout(tmp_path, suite=None)
    (here / "benchmarks").mkdir()
    assert mlx_asv(here, "machine", "--yes").returncode == 0
    result = mlx_asv(here, "run", "--quick", "--bench", "@nothing", "v0.99.0..HEAD")
    assert result.returncode != 0
    assert "There is no mlx release 'v0.99.0'" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_unknown_command_is_refused(tmp_path: Path) -> None:
    """A command that neither we nor asv have is an error of usage."""
    result = mlx_asv(tmp_path, "quickstart")
    assert result.returncode == 2
    assert "No such command 'quickstart'" in result.stderr
