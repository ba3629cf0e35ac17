"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], text: str, durable: bool = True) -> None:
    """Replace a text file so that a reader, or a kill, sees the old or the new one whole.

    `durable`: so does a power cut. Writers of the same file do not disturb each other.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    _replace(path, partial, text.encode(), durable)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that `path` appears whole or not at all, and survives a power cut.

    Its directory is made if need be. What a kill leaves beside it, the next writer replaces.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, path.with_suffix(".partial"), content, durable=True)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(path: Path, partial: Path, content: bytes, durable: bool) -> None:
    """Write `content` into `partial`, and give it the name `path` once it is whole."""
    try:
        with open(partial, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
