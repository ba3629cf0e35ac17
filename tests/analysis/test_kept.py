import os

import polars as pl
import pytest
from mlx_asv.analysis.kept import digest, keep_frames, kept_frames, sources


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


def test_sources_are_all_modules():
    """Whatever module decides what is made is one of them."""
    names = [path.name for path in sources()]
    assert {"rule.py", "intervals.py", "lives.py", "overview.py", "standalone.py"} <= set(names)
    assert all(path.is_file() for path in sources())


def test_frames_are_kept_and_others_go(tmp_path):
    """What is read is what was written; of another key nothing is left."""
    frames = {"a": pl.DataFrame({"x": [1, 2]}), "b": pl.DataFrame({"y": ["z"]})}
    keep_frames(tmp_path / "machine" / "1", {"a": frames["b"]})
    keep_frames(tmp_path / "machine" / "2", frames)
    assert os.listdir(tmp_path / "machine") == ["2"]
    found = kept_frames(tmp_path / "machine" / "2", ["a", "b"])
    assert found is not None and all(found[name].equals(frames[name]) for name in frames)


@pytest.mark.parametrize("damage", ["gone", "half"])
def test_half_of_the_frames_is_none(tmp_path, damage):
    """A kill has left out one, or the disk has lost a part of one."""
    kept = tmp_path / "machine" / "1"
    keep_frames(kept, {"a": pl.DataFrame({"x": [1]}), "b": pl.DataFrame({"y": [1]})})
    path = kept / "b.parquet"
    path.write_bytes(path.read_bytes()[:20]) if damage == "half" else path.unlink()
    assert kept_frames(kept, ["a", "b"]) is None
