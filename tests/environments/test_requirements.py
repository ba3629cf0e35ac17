import subprocess
from types import SimpleNamespace

import pytest
from mlx_asv.environments import requirements as module
from mlx_asv.environments.requirements import Requirements, RequirementsError


class Pip:
    """Stands in for pip: notes what it is asked for, with the constraints it would obey."""

    def __init__(self):
        self.asked = []
        self.error = None

    def __call__(self, python, arguments, environ):
        if isinstance(self.error, Exception):
            raise self.error
        if self.error:
            return SimpleNamespace(returncode=1, stdout=self.error, stderr="")
        self.asked.append((arguments, environ.get("PIP_CONSTRAINT")))
        return SimpleNamespace(returncode=0)


@pytest.fixture
def pip(monkeypatch):
    """What is asked of pip."""
    pip = Pip()
    monkeypatch.setattr(module, "pip_install", pip)
    monkeypatch.delenv("PIP_CONSTRAINT", raising=False)
    return pip


@pytest.fixture
def python(tmp_path):
    """The interpreter of a virtualenv that is there."""
    (tmp_path / "env").mkdir()
    return tmp_path / "env/bin/python"


@pytest.fixture
def requirements(tmp_path):
    """Those of a suite, with constraints of its own."""
    (tmp_path / "requirements.txt").write_text("# why\nfish==1.0  # how\n\nchips==2.0\n")
    (tmp_path / "constraints.txt").write_text("salt==3.0\n")
    return Requirements(tmp_path)


def test_lines_are_without_comments(requirements):
    """What is recorded with every result."""
    assert requirements.lines == ["fish==1.0", "chips==2.0"]


def test_what_is_lacking_is_installed_once(requirements, pip, python):
    """Under the constraints; it is said before."""
    said = []
    for _ in range(2):
        requirements.install(python, said.append)
    arguments = ["-r", str(requirements.file)]
    assert pip.asked == [(arguments, str(requirements.constraints))]
    assert said == ["Installing fish==1.0, chips==2.0"]


@pytest.mark.parametrize("changed", ["requirements.txt", "constraints.txt"])
def test_changed_files_are_installed_again(requirements, pip, python, tmp_path, changed):
    """A raised version, of a requirement or of what it depends on, reaches the environment."""
    requirements.install(python, print)
    (tmp_path / changed).write_text("fish==1.1\n")
    requirements.install(python, print)
    assert len(pip.asked) == 2


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("noise\nERROR: No matching fish\n", r"No matching fish\. Check the network"),
        ("noise", r"status 1\. Check"),
        (subprocess.TimeoutExpired("pip", 1800), r"pip did not finish within 1800 s\. Check"),
    ],
)
def test_failure_is_one_sentence_and_the_next_command_tries_again(
    requirements, pip, python, error, why
):
    """With pip's own reason."""
    pip.error = error
    with pytest.raises(RequirementsError, match=why):
        requirements.install(python, print)
    pip.error = None
    requirements.install(python, print)
    assert len(pip.asked) == 1


def test_the_users_constraints_count_where_the_suite_has_none(
    requirements, pip, python, tmp_path, monkeypatch
):
    """As everywhere else in pip."""
    monkeypatch.setenv("PIP_CONSTRAINT", "mine.txt")
    (tmp_path / "constraints.txt").unlink()
    requirements.install(python, print)
    assert pip.asked == [(["-r", str(requirements.file)], "mine.txt")]


def test_nothing_is_required(requirements, pip, python, tmp_path):
    """Nothing is installed, and nothing is missing."""
    (tmp_path / "requirements.txt").unlink()
    requirements.install(python, print)
    assert (requirements.lines, pip.asked) == ([], [])
