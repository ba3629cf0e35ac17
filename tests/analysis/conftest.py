"""A project with results of known truth."""

import pytest

from tests.site import played


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without results, in the current directory."""
    monkeypatch.chdir(tmp_path)
    return played.project(tmp_path)
