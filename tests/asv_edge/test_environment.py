from types import SimpleNamespace

import pytest
from asv.config import Config
from asv.environment import get_environments
from asv.util import UserError
from mlx_asv.asv_edge.repo import PyPIReleases
from mlx_asv.environments import requirements
from mlx_asv.releases.lock import Lock


def test_another_asv_does_not_change_what_this_one_has_installed(checkout):
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


class Pip:
    """Stands in for pip: notes what it is asked for, with the constraints it would obey."""

    def __init__(self):
        self.asked = []
        self.error = None

    def __call__(self, python, arguments, environ):
        if self.error:
            return SimpleNamespace(returncode=1, stdout=self.error, stderr="")
        self.asked.append((arguments, environ.get("PIP_CONSTRAINT")))
        return SimpleNamespace(returncode=0)


@pytest.fixture
def pip(monkeypatch):
    """What is asked of pip."""
    pip = Pip()
    monkeypatch.setattr(requirements, "pip_install", pip)
    return pip


@pytest.fixture
def environment(checkout, measuring_environment, tmp_path, pip):
    """An environment that exists, of a suite with requirements and constraints of its own."""
    (environment,) = get_environments(Config.load(), None)
    (tmp_path / "env/bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (tmp_path / "env/bin" / name).symlink_to(measuring_environment.find_executable("python"))
    (tmp_path / "requirements.txt").write_text("# why\nfish==1.0  # how\n\nchips==2.0\n")
    (tmp_path / "constraints.txt").write_text("salt==3.0\n")
    environment.requirements_of_benchmarks = requirements.Requirements(tmp_path)
    environment._path = str(tmp_path / "env")
    environment._is_setup = True
    return environment


def test_an_older_environment_gets_what_it_lacks(environment, pip, tmp_path):
    """Once: pip is asked for the requirements under the constraints, and not again."""
    environment.create()
    environment.create()
    more, constraints = tmp_path / "requirements.txt", tmp_path / "constraints.txt"
    assert pip.asked == [(["-r", str(more)], str(constraints))]


@pytest.mark.parametrize("changed", ["requirements.txt", "constraints.txt"])
def test_changed_requirements_are_installed(environment, pip, tmp_path, changed):
    """A raised version, of a requirement or of what it depends on, reaches the environment."""
    environment.create()
    (tmp_path / changed).write_text("fish==1.1\n")
    environment.create()
    assert len(pip.asked) == 2


def test_requirements_that_cannot_be_installed_are_one_sentence(environment, pip, tmp_path):
    """With pip's own reason; the next command tries again."""
    pip.error = "noise\nERROR: No matching distribution found for fish==1.0\n"
    with pytest.raises(UserError, match=r"No matching distribution found for fish==1\.0\. Check"):
        environment.create()
    pip.error = None
    environment.create()
    assert len(pip.asked) == 1


def test_requirements_are_not_in_the_name(measuring_environment):
    """Results are filed under it: those of today belong to those before."""
    assert measuring_environment.requirements_of_benchmarks.lines[0].startswith("transformers==")
    name = "virtualenv-overlay-py3.11-numpy1.26.4-torch2.13.0"
    assert measuring_environment.name.partition("-MLX_BUILD")[0] == name


def test_a_suite_without_requirements(environment, pip, tmp_path):
    """Nothing is installed, and nothing is missing."""
    (tmp_path / "requirements.txt").unlink()
    environment.create()
    assert (environment.requirements_of_benchmarks.lines, pip.asked) == ([], [])
