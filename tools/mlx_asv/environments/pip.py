"""Runs pip of the measuring Python."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Seconds pip may take; the largest CUDA wheels have hundreds of megabytes.
TIMEOUT = 1800


def pip_install(
    python: str | Path, arguments: Sequence[str], environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``pip install ARGUMENTS`` with these environment variables; returns how pip ended.

    ``PYTHONPATH`` and ``--user`` do not count. Raises subprocess.TimeoutExpired.
    """
    environ = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    return subprocess.run(
        command,
        env={**environ, "PIP_USER": "false"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def last_error(output: str) -> str:
    """The last reason in what pip has printed; "" if there is none."""
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR: ").rstrip(".") if errors else ""
