"""Names of files and anchors for what may be called anything."""

import hashlib
import re

import polars as pl

#: A name that is a file's as it is, on every system.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


def file_name(text: str) -> str:
    """A name of letters, digits, `_`, `.` and `-`; another one for each text."""
    if PLAIN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:40]
    return f"{kept}-{digest}" if kept else digest


def short(benchmark: str) -> str:
    """``Conv2d`` of ``convolutions.Conv2d.time_forward``; the whole name if it has no such parts.

    A method that is not the only one of its suite stays: ``Sort.time_rows``.
    """
    parts = benchmark.split(".")
    if len(parts) < 2:
        return benchmark
    kept = parts[1:-1] if parts[-1] == "time_forward" and len(parts) > 2 else parts[1:]
    return ".".join(kept)


def family_of(column: str) -> pl.Expr:
    """The module: ``convolutions`` of ``convolutions.Conv2d.time_forward``."""
    return pl.col(column).str.split(".").list.first()
