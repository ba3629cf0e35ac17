from pathlib import Path

import pytest
from mlx_asv.releases.builds import Target
from mlx_asv.releases.lock import Lock
from mlx_asv.releases.ranges import RangeError
from mlx_asv.releases.selection import Selection

LOCK = Lock.load(Path(__file__).parents[2] / "mlx.lock.json")


@pytest.fixture
def here(monkeypatch):
    """The releases that can be installed on Linux, for CPython 3.11."""
    monkeypatch.setattr(
        "mlx_asv.releases.builds.platform_tags",
        lambda: iter(["manylinux_2_35_x86_64", "manylinux_2_31_x86_64", "manylinux2014_x86_64"]),
    )
    return Selection(LOCK, Target("3.11", "cpu"))


def test_without_a_target_all_are_selected():
    """Results of any machine are published."""
    assert Selection(LOCK).releases == LOCK.releases
    assert Selection(LOCK).newest() == LOCK.releases[-1]


def test_what_cannot_be_installed_is_left_out(here):
    """Of a range, and of all; in the order of git."""
    tags = [release.tag for release in here.of_range("v0.28.0..v0.29.1")]
    assert tags == ["v0.29.1", "v0.29.0"]
    assert "v0.22.0" not in {release.tag for release in here.releases}


def test_head_is_the_newest_that_can_be_installed():
    """A machine for which there is no wheel of the newest release measures an older one."""
    only = Selection(LOCK, Target("3.9", "metal"))
    if only.releases:
        assert only.named("HEAD") == [only.releases[-1]]


def test_nothing_in_a_range_says_why_and_what_is_near(here):
    """For one release, and for several."""
    with pytest.raises(RangeError, match=r"v0\.22\.0 cannot be installed here: .* Nearest"):
        here.of_range("v0.22.0")
    with pytest.raises(RangeError, match=r"No release in v0\.21\.1\.\.v0\.22\.1 can be installed"):
        here.of_range("v0.21.1..v0.22.1")


def test_nothing_at_all():
    """An empty lock has no newest release."""
    empty = Selection(Lock("nothing", "nothing", None, {}, {}, ()), Target("3.11", "wheel"))
    with pytest.raises(RangeError, match="No release of nothing can be installed here"):
        empty.newest()
