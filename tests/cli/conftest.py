from pathlib import Path

import pytest

from .program import LOCK


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with the lock file and nothing else."""
    (tmp_path / "mlx.lock.json").write_bytes(LOCK.read_bytes())
    return tmp_path
