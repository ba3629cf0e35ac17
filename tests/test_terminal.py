from pathlib import Path

import pytest
from mlx_asv.terminal import from_here


def test_paths_are_short_where_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the current directory they are relative; elsewhere they are as they were."""
    monkeypatch.chdir(tmp_path)
    assert from_here(tmp_path / "results/a.toml") == Path("results/a.toml")
    assert from_here(tmp_path.parent) == tmp_path.parent
    assert from_here(Path("a")) == Path("a")
