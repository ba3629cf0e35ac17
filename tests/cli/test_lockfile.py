import re
from pathlib import Path

from .program import LOCK, mlx_asv


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


def test_new_releases_of_a_machine_that_was_never_measured(here: Path) -> None:
    """The two newest that can be installed, a line each; without a suite it is a sentence."""
    missing = mlx_asv(here, "releases", "new")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "There is no asv.conf.json here" in missing.stderr
    (here / "asv.conf.json").write_bytes((LOCK.parent / "asv.conf.json").read_bytes())
    (here / "benchmarks").symlink_to(LOCK.parent / "benchmarks")
    found = mlx_asv(here, "releases", "new", "--machine", "nobody")
    assert (found.returncode, found.stderr) == (0, "")
    first, second = found.stdout.split()
    tags = re.findall(r'"tag": "(v[^"]+)"', LOCK.read_text())
    assert tags.index(first) < tags.index(second)
