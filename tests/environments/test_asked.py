from dataclasses import replace

import pytest
from mlx_asv.environments.asked import AskedError, Asker
from mlx_asv.releases.builds import ONLY_BUILD, Target
from mlx_asv.releases.lock import Lock, Release, Wheel
from mlx_asv.releases.selection import Selection
from mlx_asv.revision import Files, Locked, Tree

from tests.environments.test_source import checkout, git
from tests.wheels import make_wheel

__all__ = ["checkout"]

SIDES = ("BASE", "HEAD")


def release(version, *wheels):
    """A release with the wheels of these tags."""
    files = tuple(Wheel(f"toy-{version}-{tag}.whl", "0" * 64) for tag in wheels)
    return Release(f"v{version}", None, f"{version.replace('.', '-')}-01", files)


EVERYWHERE, NOWHERE = "py3-none-any", "cp27-cp27m-win32"
LOCK = Lock(
    *("toy", "toy", None, {}, {}),
    (release("1.0", EVERYWHERE), release("2.0", EVERYWHERE), release("3.0", NOWHERE)),
)
ASKER = Asker(Selection(LOCK, Target("3.11", ONLY_BUILD)))


def side(text):
    """The only revision of a text."""
    return ASKER.one(text, "BASE")


def sides(base, head):
    """Both sides of a comparison."""
    return ASKER.pair(base, head, SIDES)


@pytest.fixture
def wheel(tmp_path):
    """A function that makes a wheel in a directory of that name."""

    def make(name, version="1.0"):
        entry = make_wheel(tmp_path / name, f"toy-{version}-py3-none-any.whl", {"toy.py": ""})
        return tmp_path / name / entry.filename

    return make


def test_release():
    """By its tag, or its version."""
    for text in ("v1.0", "1.0"):
        found = side(text)
        assert (found.source.kind, found.source.tag, found.label) == ("release", "v1.0", "v1.0")


def test_wheel_files(wheel):
    """One, several that belong together, a directory of them."""
    one, other = wheel("a"), wheel("b")
    assert side(str(one)).source.paths == (one,)
    assert side(f"{one},{other}").source.paths == (one, other)
    assert side(str(one.parent)).source.paths == (one,)
    assert side(str(one)).label == "toy 1.0"


def test_source(checkout):
    """A working tree, or a commit of it."""
    assert side(str(checkout)).source.kind == "source tree"
    found = side(f"{checkout}@HEAD~1")
    assert found.source.commit == git(checkout, "rev-parse", "HEAD~1")
    assert found.label == f"toy@{found.source.commit[:9]}"


def test_two_builds_of_one_version_are_told_apart(wheel):
    """Which side they are is part of their names."""
    base, head = sides(str(wheel("a")), str(wheel("b")))
    assert (base.label, head.label) == ("base toy 1.0", "head toy 1.0")
    assert tuple(each.label for each in sides("v1.0", "v2.0")) == ("v1.0", "v2.0")


@pytest.mark.parametrize(
    ("base", "head", "why"),
    [
        ("v1.0", "v1.0", "are both v1.0"),
        ("v1.0", "{wheel}", "BASE is a release and HEAD a set of wheel files"),
        ("v1.0", "{checkout}", "BASE is a release and HEAD a source tree"),
        ("{checkout}@nowhere", "v1.0", "BASE: git rev-parse failed"),
        ("{wheel},missing.whl", "v1.0", "There is no file missing.whl"),
        ("v7", "v1.0", "BASE 'v7' is no release"),
    ],
)
def test_what_cannot_be_compared(wheel, checkout, base, head, why):
    """One sentence says why."""
    names = {"wheel": wheel("a"), "checkout": checkout}
    with pytest.raises(AskedError) as error:
        sides(base.format(**names), head.format(**names))
    assert why in str(error.value)


def test_file_that_is_no_wheel(tmp_path):
    """Its name says so."""
    path = tmp_path / "toy.whl"
    path.write_text("")
    with pytest.raises(AskedError, match="is no wheel"):
        side(str(path))


# -- pairs and lists --------------------------------------------------------------------------


def test_pair_stays_as_it_is_given(wheel):
    """BASE may be the newer one; files and trees are in the order in which they are given."""
    assert [each.position for each in sides("v2.0", "v1.0")] == [1, 0]
    found = sides(str(wheel("a", "2.0")), str(wheel("b", "1.0")))
    assert [(each.label, each.position) for each in found] == [("toy 2.0", 0), ("toy 1.0", 1)]


def test_range_of_releases_is_in_their_order():
    """Oldest first, each once, whatever the order of the texts; without what has no wheel here."""
    assert [each.source for each in ASKER.several(["v2.0", "..v2.0"])] == [
        Locked("v1.0"),
        Locked("v2.0"),
    ]
    assert [each.label for each in ASKER.several(["..v3.0"])] == ["v1.0", "v2.0"]


def test_newest_is_the_newest_that_can_be_installed():
    """HEAD is no release without a wheel."""
    assert side("HEAD").label == "v2.0"


def test_files_and_trees_are_in_the_order_of_the_texts(wheel, checkout):
    """Each once; those of one name are numbered."""
    first, second = wheel("a", "2.0"), wheel("b", "1.0")
    found = ASKER.several([str(first), str(second), str(first)])
    assert [(each.label, each.position) for each in found] == [("toy 2.0", 0), ("toy 1.0", 1)]
    found = ASKER.several([str(first), str(wheel("c", "2.0"))])
    assert [each.label for each in found] == ["1: toy 2.0", "2: toy 2.0"]
    found = ASKER.several([str(checkout), f"{checkout}@HEAD~1"])
    assert [type(each.source) for each in found] == [Tree, Tree]
    assert [each.position for each in found] == [0, 1]


def test_tree_has_the_date_of_its_commit(checkout):
    """As git says it, with the time zone."""
    assert side(str(checkout)).date == git(checkout, "log", "-1", "--format=%cI")


def test_paths_start_from_the_directory(wheel):
    """Not from the one that the process works in."""
    file = wheel("a")
    asker = replace(ASKER, directory=file.parent.parent)
    assert asker.one("a", "BASE").source == Files((file,))
    assert asker.one(f"a/{file.name}", "BASE").source == Files((file,))


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["v1.0", "{wheel}"], "'v1.0' is a release and '{wheel}' a set of wheel files"),
        (["v7"], "'v7' is no release"),
        (["v7"], "There is no toy release 'v7'. Nearest: v"),
        (["v7.."], "There is no toy release 'v7'. Nearest: v"),
        (["v1.0...v2.0"], "is not a range of releases"),
        (["v2.0..v1.0"], "Did you mean v1.0..v2.0"),
        (["v3.0"], "v3.0 cannot be installed here: no wheel for"),
        (["../nowhere"], "'../nowhere' is no release"),
    ],
)
def test_what_cannot_be_measured(wheel, texts, why):
    """One sentence says why, and what is near."""
    file = wheel("a")
    with pytest.raises(AskedError) as error:
        ASKER.several([text.format(wheel=file) for text in texts])
    assert why.format(wheel=file) in str(error.value)


def test_one_is_not_several():
    """Where one is asked for."""
    with pytest.raises(AskedError, match=r"--reference is one release, not the 2 of \.\.v2\.0"):
        ASKER.one("..v2.0", "--reference")
