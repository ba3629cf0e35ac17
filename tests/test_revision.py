from pathlib import Path

from mlx_asv.revision import Files, Locked, Revision, Tree, in_order

COMMIT = "ce45c5250" + "0" * 31


def test_order_is_by_position():
    """Not by label, which is never read: 0.9 may come after 0.10, and any name after any other."""
    later, earlier = (
        Revision("v0.9", 2, None, Locked("v0.9")),
        Revision("v0.10", 1, None, Locked("v0.10")),
    )
    assert in_order([later, earlier]) == [earlier, later]


def test_tree_is_named_by_its_checkout_and_commit():
    """A + says that something is not committed."""
    assert Tree(Path("/src/mlx"), COMMIT).name == "mlx@ce45c5250"
    assert Tree(Path("/src/mlx"), COMMIT, changes=b"diff").name == "mlx@ce45c5250+"
    assert Tree(Path("/src/mlx"), COMMIT, untracked=(("a", "0"),)).name == "mlx@ce45c5250+"


def test_digest_of_a_tree_is_of_its_contents():
    """Wherever the checkout lies."""
    one, other = Tree(Path("/a"), COMMIT), Tree(Path("/b"), COMMIT)
    assert one.digest == other.digest
    assert one.digest != Tree(Path("/a"), COMMIT, changes=b"diff").digest


def test_each_source_says_how_it_was_made():
    """As a person says it: what was made in different ways is not compared."""
    sources = Locked("v1"), Files((Path("a.whl"),)), Tree(Path("/a"), COMMIT)
    assert [each.kind for each in sources] == ["release", "set of wheel files", "source tree"]


def test_equal_sources_are_found_equal():
    """So that nothing is compared with itself."""
    assert Files((Path("a.whl"),)) == Files((Path("a.whl"),))
    assert Locked("v1") != Locked("v2")


def test_only_releases_are_part_of_the_history():
    """Wheel files and trees are nobody else's."""
    sources = Locked("v1"), Files((Path("a.whl"),)), Tree(Path("/a"), COMMIT)
    found = [Revision("x", 0, None, source).is_release for source in sources]
    assert found == [True, False, False]
