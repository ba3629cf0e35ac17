import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asv.commands import make_argparser

from tools.asv_edge.commands import ASV_COMMANDS

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "mlx.lock.json"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with the lock file and nothing else."""
    (tmp_path / "mlx.lock.json").write_bytes(LOCK.read_bytes())
    return tmp_path


def mlx_asv(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m tools`` on a wide terminal, as the CPU build."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "MLX_BUILD": "cpu"}
    environ["HOME"] = str(directory)  # where asv keeps what it knows of the machine
    return subprocess.run(
        [sys.executable, "-m", "tools", *arguments],
        cwd=directory,
        env=environ | variables,
        capture_output=True,
        text=True,
    )


# -- help ------------------------------------------------------------------------------------


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


# -- asv's own commands ----------------------------------------------------------------------


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


def test_arguments_reach_asv_in_order(here: Path) -> None:
    """Options, their values and positional arguments arrive as they were typed."""
    (here / "asv.conf.json").write_text((ROOT / "asv.conf.json").read_text())
    (here / "tools").symlink_to(ROOT / "tools")
    (here / "benchmarks").mkdir()
    assert mlx_asv(here, "machine", "--yes").returncode == 0
    result = mlx_asv(here, "run", "--quick", "--bench", "@nothing", "v0.99.0..HEAD")
    assert result.returncode != 0
    assert "There is no mlx release 'v0.99.0'" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


# -- releases --------------------------------------------------------------------------------


def test_releases_prints_what_is_installable_and_why_not(here: Path) -> None:
    """One row per release, newest first, a reason for each that is left out, and the count."""
    result = mlx_asv(here, "releases")
    assert (result.returncode, result.stderr) == (0, "")
    rows = re.findall(r"│ (v\S+) +│ \S+ +│ [^│]+│ (yes|no) +│ ([^│]+?) +│", result.stdout)
    tags = re.findall(r'"tag": "(v[^"]+)"', LOCK.read_text())
    assert [tag for tag, _, _ in rows] == tags[::-1]
    details = {tag: (verdict, detail) for tag, verdict, detail in rows}
    assert details["v0.22.0"] == ("no", "no wheel on the package index")
    for tag, verdict, detail in rows:
        assert detail.startswith(f"mlx-{tag[1:]}-" if verdict == "yes" else "no ")
    count = sum(verdict == "yes" for _, verdict, _ in rows)
    assert f"\n{count} of {len(tags)} releases can be installed here.\n" in result.stdout


def test_releases_for_another_build(here: Path) -> None:
    """The build that MLX_BUILD names is in the title and in the reasons."""
    result = mlx_asv(here, "releases", MLX_BUILD="cuda13")
    assert result.returncode == 0
    assert "cuda13 build" in result.stdout
    assert "no cuda13 build of this release" in result.stdout or "no wheel for" in result.stdout


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tour", "v0.99.0..HEAD"), "There is no mlx release 'v0.99.0'. Nearest: "),
        (("tour", "v0.31.1..v0.30.0"), "Did you mean v0.30.0..v0.31.1"),
        (("tour", "v0.30.0...v0.31.1"), "is not a range of releases"),
        (("tour", "v0.22.0"), "`mlx-asv releases` lists those that do"),
        (("releases", "--package", "nothing"), "There is no lock file nothing.lock.json"),
    ],
)
def test_errors_are_one_line(here: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is said in one line on stderr, with a status that is not 0."""
    result = mlx_asv(here, *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("releases",), ("tour",)])
def test_unknown_build_is_one_line(here: Path, arguments: tuple[str, ...]) -> None:
    """A build that MLX has not is refused with those it has."""
    result = mlx_asv(here, *arguments, MLX_BUILD="rocm")
    assert result.returncode == 1
    assert result.stderr == (
        "Error: MLX_BUILD=rocm is no build of mlx: "
        "set it to one of metal, cpu, cuda12, cuda13, or unset it.\n"
    )


@pytest.mark.parametrize("arguments", [("releases",), ("tour",), ("releases", "update")])
def test_damaged_lock_is_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No command gets past a lock that cannot be read."""
    (tmp_path / "mlx.lock.json").write_text("{")
    result = mlx_asv(tmp_path, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: The lock file mlx.lock.json is damaged")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("tour", "--count", "0"), "--count"),
        (("tour", "--count", "many"), "--count"),
        (("releases", "--python", "latest"), "--python"),
        (("releases", "--python", ""), "--python"),
    ],
)
def test_values_that_make_no_sense_name_the_option(
    here: Path, arguments: tuple[str, ...], option: str
) -> None:
    """A wrong value is an error of usage, told with the option's name."""
    result = mlx_asv(here, *arguments)
    assert result.returncode == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: Invalid value for ") and option in last
    assert "Traceback" not in result.stderr


def test_unknown_command_is_refused(tmp_path: Path) -> None:
    """A command that neither we nor asv have is an error of usage."""
    result = mlx_asv(tmp_path, "quickstart")
    assert result.returncode == 2
    assert "No such command 'quickstart'" in result.stderr
