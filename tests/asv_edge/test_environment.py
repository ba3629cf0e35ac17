import pytest
from asv.config import Config
from asv.environment import get_environments
from asv.util import UserError

from tools.asv_edge.repo import PyPIReleases
from tools.releases.lock import Lock


def test_another_asv_does_not_change_what_this_one_has_installed(measuring_environment):
    """Two asv in one project, on two releases: each files its numbers under its own."""
    conf = Config.load()
    (mine,) = get_environments(conf, None)
    (other,) = get_environments(conf, None)
    mine.install_project(conf, None, "v0.31.1")
    other.install_project(conf, None, "v0.31.0")
    program = ["-c", "import mlx.core as mx; print('v' + mx.__version__)"]
    assert mine.run(program).strip() == mine.installed_commit_hash == "v0.31.1"
    assert other.run(program).strip() == other.installed_commit_hash == "v0.31.0"


def test_no_installable_release_is_one_sentence(tmp_path, monkeypatch):
    """Where nothing can be installed, asking for the newest release says so."""
    Lock("nothing", "nothing", None, {}, {}, ()).save(tmp_path / "nothing.lock.json")
    monkeypatch.chdir(tmp_path)
    repo = PyPIReleases("pypi:nothing", "")
    repo.only_installable("3.11")
    with pytest.raises(UserError, match="No release of nothing can be installed here"):
        repo.get_hash_from_name(None)
