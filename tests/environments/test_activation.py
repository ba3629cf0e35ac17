import subprocess
import sys

import pytest
from mlx_asv.environments.activation import VARIABLE, activated, prepare
from mlx_asv.environments.overlay import Overlay


@pytest.fixture
def overlay(tmp_path):
    """An overlay with a module in it."""
    overlay = Overlay(tmp_path / "overlay")
    overlay.temporary.mkdir(parents=True)
    (overlay.path / "toy.py").write_text("VALUE = 1\n")
    return overlay


def test_a_prepared_python_imports_from_the_overlay(overlay, tmp_path):
    """Where the variable says so, and nowhere else."""
    virtualenv = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", virtualenv], check=True)
    python = virtualenv / "bin/python"
    prepare(python)
    environ = activated(overlay, {}, virtualenv, "cpu")
    command = [python, "-c", "import toy; print(toy.__file__)"]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str(overlay.path / "toy.py")
    assert subprocess.run(command, env={}, capture_output=True).returncode == 1


def test_variables(overlay, tmp_path):
    """The overlay and its own TMPDIR; no PYTHONPATH; the rest as it was."""
    base = {"PYTHONPATH": "mine", "TMPDIR": "/tmp", "OMP_NUM_THREADS": "2"}
    assert activated(overlay, base, tmp_path, "cpu") == {
        VARIABLE: str(overlay.path),
        "TMPDIR": str(overlay.temporary),
        "OMP_NUM_THREADS": "2",
        "PYTHONFAULTHANDLER": "1",
    }


def test_cuda_builds_find_the_libraries_that_pytorch_came_with(overlay, tmp_path):
    """Before those of the user, which stay."""
    found = []
    for name in ("cublas", "cudnn"):
        found.append(tmp_path / "lib/python3.11/site-packages/nvidia" / name / "lib")
        found[-1].mkdir(parents=True)
    environ = activated(overlay, {"LD_LIBRARY_PATH": "/opt/cuda"}, tmp_path, "cuda12")
    assert environ["LD_LIBRARY_PATH"] == f"{found[0]}:{found[1]}:/opt/cuda"
    assert "LD_LIBRARY_PATH" not in activated(overlay, {}, tmp_path, "cpu")
