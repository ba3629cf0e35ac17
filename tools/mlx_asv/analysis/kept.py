"""Keeps what was computed, under a digest of everything that it was computed from."""

import hashlib
import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from mlx_asv.observations.store import write

#: The whole package: whatever of it changes, what was made with it is made again.
PACKAGE = Path(__file__).parents[1]


def digest(files: Iterable[Path], *values: object) -> str:
    """A digest of the names and contents of files, missing ones included, and of other values."""
    found = hashlib.sha256("\0".join(map(str, values)).encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b"-"
        name = f"{path.parent.name}/{path.name}".encode()
        found.update(hashlib.sha256(name).digest() + hashlib.sha256(content).digest())
    return found.hexdigest()[:16]


def sources() -> list[Path]:
    """All modules of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def kept_frames(path: Path, names: Sequence[str]) -> dict[str, pl.DataFrame] | None:
    """The frames that `keep_frames` wrote into a directory; None if one of them is not whole, as
    after a kill."""
    found = {}
    for name in names:
        try:
            content = (path / f"{name}.parquet").read_bytes()
            found[name] = pl.read_parquet(io.BytesIO(content))
        except (FileNotFoundError, PolarsError):
            return None
    return found


def keep_frames(path: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Write frames into the directory `path`; what else was kept beside that directory goes."""
    shutil.rmtree(path.parent, ignore_errors=True)
    for name, frame in frames.items():
        write(path / f"{name}.parquet", frame)
