import shutil
from types import SimpleNamespace

import pytest
from asv.commands import make_argparser
from asv.util import UserError
from mlx_asv.asv_edge.asked_releases import asked_pair, asked_releases
from mlx_asv.asv_edge.repo import PyPIReleases

from tests.checkout import ROOT
from tests.golden import frozen


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A function from a command's words to what it selects, where some releases have results."""
    shutil.copy(ROOT / "mlx.lock.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLX_BUILD", "cpu")
    frozen.of_asv(tmp_path / "results", "box", ["v0.31.0", "v0.31.1"])
    conf = SimpleNamespace(branches=[None], results_dir="results")
    repo = PyPIReleases("pypi:mlx", "")
    repo.only_installable("3.11")

    def select(*words):
        args = make_argparser()[0].parse_args(words)
        function = asked_releases if words[0] == "run" else asked_pair
        return list(function(conf, repo, args))

    select.newest = repo.get_hash_from_name("HEAD")
    return select


@pytest.mark.parametrize(
    ("words", "selected"),
    [
        ("v0.30.6..v0.31.1", ["v0.31.1", "v0.31.0"]),
        ("v0.31.1", ["v0.31.1"]),
        ("EXISTING", ["v0.31.1", "v0.31.0"]),
        ("HASHFILE:file", ["v0.31.1", "v0.30.6"]),
        ("v0.29.0..v0.31.1 --steps 2", ["v0.31.1", "v0.30.1"]),
    ],
)
def test_ranges_are_asvs(asked, tmp_path, words, selected):
    """Newest first; a file's lines that name nothing are passed over."""
    (tmp_path / "file").write_text("v0.30.6\n\nv0.99.9\n0.31.1\n0.31.1\n")
    assert asked("run", *words.split()) == selected


def test_nothing_said_is_the_newest_release(asked):
    """As HEAD is; ALL ends there, NEW has all that are newer than the newest result."""
    assert asked("run") == asked("run", "HEAD") == [asked.newest]
    every = asked("run", "ALL")
    assert every[0] == asked.newest
    assert asked("run", "NEW") == every[: every.index("v0.31.1")]
    assert set(asked("run", "TAGS")) == set(every)


def test_date_period_has_one_release_of_each(asked):
    """Spread over the range, in its order."""
    every = asked("run", "v0.28.0..v0.31.1")
    monthly = asked("run", "v0.28.0..v0.31.1", "--date-period", "1M")
    assert 1 < len(monthly) < len(every)
    assert monthly == [tag for tag in every if tag in monthly]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("HASHFILE:nowhere", "HASHFILE:nowhere cannot be read"),
        ("v0.99.9", "There is no mlx release 'v0.99.9'"),
        ("HASHFILE:empty", "HASHFILE:empty selects no release."),
    ],
)
def test_no_release_is_one_sentence(asked, tmp_path, words, sentence):
    """What was asked for is in it."""
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UserError, match=sentence):
        asked("run", words)


def test_pair_of_one_release_is_it_and_the_one_before(asked):
    """Of two, the first is what the second is compared with."""
    assert asked("continuous", "v0.31.1") == ["v0.31.0", "v0.31.1"]
    assert asked("continuous", "v0.30.6", "v0.31.1") == ["v0.30.6", "v0.31.1"]
    with pytest.raises(UserError, match=r"Unknown commit v0.9.9 \(nearest: "):
        asked("continuous", "v0.31.0", "v0.9.9")
