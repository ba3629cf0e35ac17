"""Adding a backend is one line: in a copy of the suite that has two more."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlx_asv.asv_edge.stored import Project
from mlx_asv.observations.store import read_machine

from tests.checkout import ROOT, like_checkout

#: One that every machine has, and one whose device no machine has.
LINES = 'Backend("numpy_again", "numpy", "cpu"),\n        Backend("mlx_abacus", "mlx", "abacus"),'
AFTER = 'Backend("numpy", "numpy", "cpu"),'
CASE = "reductions.SumAll.time_forward", "1000000"
MACHINE = "testbox"


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, measuring_environment: object
) -> tuple[Path, str]:
    """A checkout with that suite, in which one case was swept, and what was printed."""
    path = tmp_path_factory.mktemp("added")
    suite = path / "suite"
    shutil.copytree(ROOT / "benchmarks", suite, ignore=shutil.ignore_patterns("__pycache__"))
    text = (suite / "backends.py").read_text()
    assert text.count(AFTER) == 1
    (suite / "backends.py").write_text(text.replace(AFTER, f"{AFTER}\n        {LINES}"))
    like_checkout(path, suite)
    described = dict.fromkeys(("arch", "cpu", "num_cpu", "os", "ram"), "")
    machines = {MACHINE: {"machine": MACHINE, **described}, "version": 1}
    (path / ".asv-machine.json").write_text(json.dumps(machines))
    backends = "(mlx_cpu|numpy|numpy_again|mlx_abacus)"
    said = run(
        path,
        *("sweep", "v0.31.1", "-b", rf"SumAll.*\('1000000', '{backends}'\)"),
        *("--machine", MACHINE, "--target", "99%"),
    )
    return path, said


def run(path: Path, *arguments: str) -> str:
    """What a command of mlx-asv prints in a checkout."""
    environ = {**os.environ, "HOME": str(path), "COLUMNS": "200"}
    environ["PYTHONPATH"] = str(ROOT / "tools")
    command = [sys.executable, "-m", "mlx_asv", *arguments]
    result = subprocess.run(command, cwd=path, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_it_is_measured_or_skipped_with_a_reason(swept: tuple[Path, str]) -> None:
    """A control is one from the first sweep on; a device that is not there is a skip."""
    path, said = swept
    observed = read_machine(path / "results", MACHINE)
    roles = dict(observed.filter(outcome="ok").select("backend", "role").iter_rows())
    assert roles["numpy_again"] == "control"
    assert "mlx_abacus: skipped: no such device: mlx abacus" in " ".join(said.split())


def test_it_is_published_with_its_facts(
    swept: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the tables and on the pages, after the backends that were there."""
    path, _ = swept
    monkeypatch.chdir(path)
    project = Project.here()
    assert {"numpy_again", "mlx_abacus"} <= project.facts.backends.keys()
    assert project.facts.backend("numpy_again").imports == ()
    assert project.facts.backend("mlx_abacus").imports is None
    head = run(path, "table", "--machine", MACHINE).splitlines()[0]
    assert "| mlx_cpu | numpy | numpy_again |" in head
    run(path, "publish")
    site = (path / "html/_build/overview.html").read_text()
    shared = json.loads(site.partition('id="site">')[2].partition("</script>")[0])
    assert shared["backends"]["numpy_again"]["framework"] == "numpy"
    assert shared["backends"]["numpy_again"]["control"] is True
    cases = [path.read_text() for path in (path / f"html/_build/data/{MACHINE}").glob("case-*.js")]
    assert any('"name":"numpy_again"' in text for text in cases)
