"""What can be made again is kept, under a digest of all that it was made from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

TOOLS = Path(__file__).parents[1]


def digest(files: Iterable[Path], *values: object) -> str:
    """Of the names and contents of files (one that is missing is one, too), and of other values."""
    found = hashlib.sha256("\0".join(map(str, values)).encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b"-"
        name = f"{path.parent.name}/{path.name}".encode()
        found.update(hashlib.sha256(name).digest() + hashlib.sha256(content).digest())
    return found.hexdigest()[:16]


def sources(*names: str) -> list[Path]:
    """Our own modules: all files of a directory in `tools`, or a file of that name."""
    found = [TOOLS / name for name in names]
    return [
        path for each in found for path in (sorted(each.glob("*.py")) if each.is_dir() else [each])
    ]
