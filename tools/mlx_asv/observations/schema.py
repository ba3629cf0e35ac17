"""The columns of observations: names, types, units."""

from typing import Any

import polars as pl

#: A row is one visit of one arm in one block, or an arm that could not be measured
#: (`outcome` is not "ok": block, position and seconds are null, and `reason` says why).
SCHEMA: dict[str, Any] = {
    # The sweep, and what it ran on.
    "sweep": pl.String,  # its start in UTC, a part of its key, its kind: sorts by time
    "machine": pl.String,  # asv's name of the machine
    "environment": pl.String,  # asv's name of the environment, with the build
    "conditions": pl.String,  # JSON: threads, cores, compiler, build
    # What was measured.
    "benchmark": pl.String,  # asv's name
    "version": pl.String,  # of the benchmark: another version is another series
    "case": pl.String,  # its parameters without the backend
    "backend": pl.String,  # "" for a suite without backends
    # The arm.
    "release": pl.String,
    "label": pl.String,  # the release, but "v0.31.1 (A/A)" for its twin
    "role": pl.String,  # reference, twin, release or control
    # When, in the design: a block set is one (case, replicate, group).
    "replicate": pl.Int32,  # one life of the worker processes, from 0
    "group": pl.Int32,  # arms that fit in memory together, from 0
    "block": pl.Int32,  # one visit of every arm, from 0
    "position": pl.Int32,  # in the block's order, from 0
    "seed": pl.Int64,  # of the orders
    # The measurement.
    "started": pl.Float64,  # Unix time, seconds
    "calls": pl.Int32,  # timed
    "seconds": pl.Float64,  # per call: the median of the visit's samples
    "timed": pl.Float64,  # seconds inside timed calls
    "life": pl.Float64,  # wall seconds of the whole block set, start-up included
    "rss": pl.Int64,  # most bytes that the arm's process held when its case was loaded
    "outcome": pl.String,  # ok, skipped or failed
    "reason": pl.String,
}

#: The role of an arm, and how it ended.
ROLES = ("reference", "twin", "release", "control")
OUTCOMES = ("ok", "skipped", "failed")

#: What identifies a block set.
BLOCK_SET = (
    *("sweep", "machine", "environment", "benchmark", "version", "case"),
    *("replicate", "group"),
)
