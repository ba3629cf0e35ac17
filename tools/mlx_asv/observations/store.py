"""Files of observations: one for each sweep, and one for each block set of a running sweep."""

import hashlib
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from mlx_asv.files import write_whole
from mlx_asv.interrupts import held
from mlx_asv.metric import METRICS

from . import old
from .schema import BLOCK_SET, SCHEMA


class ObservationsError(Exception):
    """A file of observations cannot be read; the text says which, and what to do."""


#: What a machine's directory keeps apart: its sweeps, and what was measured afresh because of what
#: they showed, of which no series may have a part.
SWEEPS, CONFIRMATIONS = "observations", "confirmations"


def directory(results: Path, machine: str, kind: str = SWEEPS) -> Path:
    """The directory of a machine's finished sweeps, or of its CONFIRMATIONS."""
    return results / machine / kind


def read(paths: Sequence[Path]) -> pl.DataFrame:
    """The observations in `paths` together, in the types of the schema; those of old files, too.

    Raises ObservationsError for a file that is damaged, lacks a column, or has metrics that are
    not known.
    """
    frames = [pl.DataFrame(schema=SCHEMA)]
    for path in paths:
        try:
            frame = pl.read_parquet(path, glob=False)  # a directory may be called "[x]"
            if old.is_old(frame):
                found = frame.select(list(old.SCHEMA)).cast(pl.Schema(old.SCHEMA))
                frames.append(old.converted(found))
            else:
                frames.append(old.complete(frame).cast(pl.Schema(SCHEMA)))
        except (PolarsError, PanicException, OSError) as error:
            raise ObservationsError(
                f"{path} cannot be read ({str(error).splitlines()[0]}). Restore it from git, "
                "or move it away and run the sweep again."
            ) from error
        if unknown := set(frames[-1]["metric"].drop_nulls().unique()) - set(METRICS):
            raise ObservationsError(
                f"{path} has values of {', '.join(sorted(unknown))}, which this version of mlx-asv "
                "does not know: a newer one recorded them."
            )
    return pl.concat(frames)


def read_machine(results: Path, machine: str, kind: str = SWEEPS) -> pl.DataFrame:
    """All finished sweeps of a machine, or its CONFIRMATIONS; an empty frame if there are none."""
    return read(sorted(directory(results, machine, kind).glob("*.parquet")))


def write(path: Path, frame: pl.DataFrame) -> None:
    """Write `frame` as Parquet, as `write_whole` does."""
    with held():
        content = io.BytesIO()  # polars itself does not tell a full disk from other errors
        frame.write_parquet(content, compression="zstd")
        write_whole(path, content.getvalue())


def case_key(benchmark: str, case: str) -> str:
    """A name for the files of a case; its label is none."""
    return hashlib.sha256(f"{benchmark}({case})".encode()).hexdigest()[:16]


class Running:
    """The block sets that a running sweep has finished: a file each, under the sweep's own name.

    Whether a block set is done is whether its file is there, so a killed sweep loses the one
    that was running and nothing else, and none can be counted twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, benchmark: str, case: str, replicate: int, group: int) -> Path:
        """The path of a block set's file."""
        return self.path / f"{case_key(benchmark, case)}-{replicate:03d}-{group:02d}.parquet"

    def finished(self) -> list[Path]:
        """The files of all finished block sets."""
        return sorted(self.path.glob("*.parquet"))

    def read(self) -> pl.DataFrame:
        """All that the sweep has observed so far."""
        return read(self.finished())

    def save(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Write one finished block set to the disk; returns its frame."""
        frame = pl.DataFrame(rows, schema=SCHEMA)
        (key,) = frame.select(BLOCK_SET).unique().iter_rows(named=True)
        write(self.file(key["benchmark"], key["case"], key["replicate"], key["group"]), frame)
        return frame

    def merge(self, target: Path) -> pl.DataFrame:
        """Write all block sets into the one file `target`, sorted; they stay until `clear`."""
        order = ["benchmark", "case", "replicate", "group", "metric", "block", "position"]
        frame = self.read().sort(order, nulls_last=True)
        write(target, frame)
        return frame

    def clear(self) -> None:
        """Remove the block sets, once they are merged; a kill meanwhile leaves none of them."""
        gone = self.path.with_suffix(".done")
        shutil.rmtree(gone, ignore_errors=True)
        self.path.rename(gone)
        shutil.rmtree(gone)
