from mlx_asv.site.kept import digest, sources


def test_digest_depends_on_names_contents_and_values(tmp_path):
    """On what is missing, too; not on where the files lie."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x")
    found = {
        digest([]),
        digest([first]),
        digest([second]),
        digest([first], 1),
        digest([], "1", "2"),
    }
    first.write_text("y")
    found |= {digest([first]), digest([], "12")}
    assert len(found) == 7
    assert digest([first], 1) == digest([first], 1)


def test_sources_are_files_and_directories():
    """A module that decides what is made is one of them."""
    names = [path.name for path in sources("verdicts", "tables/intervals.py")]
    assert "rule.py" in names and names[-1] == "intervals.py"
    assert all(path.is_file() for path in sources("effects", "site"))
