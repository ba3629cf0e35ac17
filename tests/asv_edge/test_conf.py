import json
from pathlib import Path

import pytest
from asv.config import Config
from asv.util import UserError
from mlx_asv.asv_edge.conf import directory_of, load_conf

CONF = {"version": 1, "repo": "pypi:mlx", "results_dir": "kept", "env_dir": "/elsewhere/env"}


@pytest.fixture
def directory(tmp_path):
    """A directory with an asv.conf.json, which is not the one that the process works in."""
    (tmp_path / "asv.conf.json").write_text(json.dumps(CONF))
    return tmp_path


def test_paths_start_from_the_directory(directory):
    """Absolute ones stay; what is not configured is asv's default, there."""
    conf = load_conf(directory)
    assert directory_of(conf) == directory
    assert conf.results_dir == str(directory / "kept")
    assert conf.benchmark_dir == str(directory / "benchmarks")
    assert conf.env_dir == "/elsewhere/env"


def test_what_asv_has_read_is_of_the_working_directory(directory, monkeypatch):
    """asv goes there before it reads it."""
    monkeypatch.chdir(directory)
    assert directory_of(Config.load()) == Path()
    assert load_conf().results_dir == "kept"


def test_no_configuration_or_two_is_one_sentence(directory):
    """Never that of another directory."""
    with pytest.raises(UserError, match=r"neither of asv\.conf\.json and asv\.conf\.jsonc in /"):
        load_conf(directory / "nothing")
    (directory / "asv.conf.jsonc").write_text("{}")
    with pytest.raises(UserError, match="both of"):
        load_conf(directory)
