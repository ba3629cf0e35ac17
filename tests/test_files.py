import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlx_asv.files import write_atomically, write_whole

ROOT = Path(__file__).parents[1]


def test_failing_write_leaves_the_old_file(tmp_path: Path) -> None:
    """Text that cannot be encoded leaves the old file whole, and nothing beside it."""
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "n" * 100_000 + "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_that_runs_out_of_space_leaves_the_old_file(tmp_path: Path) -> None:
    """When the system refuses more bytes, the old file stays and nothing is left beside it."""
    path = tmp_path / "file"
    path.write_text("old")
    program = """
import resource, sys
from mlx_asv.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(sys.argv[1], "n" * 100_000)
except OSError as error:
    sys.exit(error.errno)
"""
    result = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT)
    assert result.returncode == errno.EFBIG
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_kill_never_leaves_a_torn_file(tmp_path: Path) -> None:
    """A writer killed at any moment leaves one whole version; so does one that is running."""
    path = tmp_path / "file"
    size = 2_000_000
    program = """
import itertools, sys
from mlx_asv.files import write_atomically
for letter in itertools.cycle("ab"):
    write_atomically(sys.argv[1], letter * int(sys.argv[2]))
"""
    seen = set()
    for attempt in range(6):
        path.unlink(missing_ok=True)
        writer = subprocess.Popen([sys.executable, "-c", program, str(path), str(size)], cwd=ROOT)
        try:
            deadline = time.monotonic() + 30
            while not path.exists():
                assert writer.poll() is None and time.monotonic() < deadline
            stop = time.monotonic() + 0.05 + 0.013 * attempt
            last = attempt == 5  # it waits for both, however long the writer takes
            while (now := time.monotonic()) < stop or (last and len(seen) < 2 and now < deadline):
                seen.add(_whole(path, size))
        finally:
            writer.kill()
            writer.wait()
        seen.add(_whole(path, size))
    assert seen == {"a", "b"}


def _whole(path: Path, size: int) -> str:
    text = path.read_text()
    assert len(text) == size and text == text[0] * size
    return text[0]


def test_whole_file_gets_a_directory(tmp_path: Path) -> None:
    """Bytes appear in a directory that is made for them, and nothing is left beside them."""
    path = tmp_path / "a" / "b" / "file.bin"
    for content in (b"old", b"new"):
        write_whole(path, content)
        assert path.read_bytes() == content
        assert list(path.parent.iterdir()) == [path]


def test_whole_file_replaces_what_a_kill_left(tmp_path: Path) -> None:
    """Half a file beside it is overwritten, and gone."""
    path = tmp_path / "file.bin"
    path.with_suffix(".partial").write_bytes(b"half")
    write_whole(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]
