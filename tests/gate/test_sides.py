from types import SimpleNamespace

import pytest
from mlx_asv.gate.sides import Kind, SideError, labels, side, sides

from tests.environments.test_source import checkout, git
from tests.wheels import make_wheel

__all__ = ["checkout"]

SUITE = SimpleNamespace(order=lambda: ["v1.0", "v2.0"], releases=lambda text: [f"v{text[-3:]}"])


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
        found = side(SUITE, text, "BASE")
        assert (found.kind, found.what, found.name) == (Kind.RELEASE, "v1.0", "v1.0")


def test_wheel_files(wheel):
    """One, several that belong together, a directory of them."""
    one, other = wheel("a"), wheel("b")
    assert side(SUITE, str(one), "BASE").what == (one,)
    assert side(SUITE, f"{one},{other}", "BASE").what == (one, other)
    assert side(SUITE, str(one.parent), "BASE").what == (one,)
    assert side(SUITE, str(one), "BASE").name == "toy 1.0"


def test_source(checkout):
    """A working tree, or a commit of it."""
    assert side(SUITE, str(checkout), "BASE").kind == Kind.SOURCE
    found = side(SUITE, f"{checkout}@HEAD~1", "BASE")
    assert found.what.commit == git(checkout, "rev-parse", "HEAD~1")
    assert found.name == f"toy@{found.what.commit[:9]}"


def test_two_builds_of_one_version_are_told_apart(wheel):
    """Which side they are is part of their names."""
    base, head = sides(SUITE, str(wheel("a")), str(wheel("b")))
    assert labels(base, head) == ("base toy 1.0", "head toy 1.0")
    assert labels(*sides(SUITE, "v1.0", "v2.0")) == ("v1.0", "v2.0")


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
    with pytest.raises(SideError) as error:
        sides(SUITE, base.format(**names), head.format(**names))
    assert why in str(error.value)


def test_file_that_is_no_wheel(tmp_path):
    """Its name says so."""
    path = tmp_path / "toy.whl"
    path.write_text("")
    with pytest.raises(SideError, match="is no wheel"):
        _ = side(SUITE, str(path), "BASE").name
