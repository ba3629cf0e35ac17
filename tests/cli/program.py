"""The command as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "mlx.lock.json"


def mlx_asv(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m mlx_asv`` on a wide terminal, as the CPU build."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tools"),
        "COLUMNS": "200",
        "MLX_BUILD": "cpu",
    }
    environ["HOME"] = str(directory)  # where asv keeps what it knows of the machine
    return subprocess.run(
        [sys.executable, "-m", "mlx_asv", *arguments],
        cwd=directory,
        env=environ | variables,
        capture_output=True,
        text=True,
    )
