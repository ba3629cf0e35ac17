"""The columns of observations: names, types, units."""

from typing import Any

import polars as pl

#: A row is one value of one metric: of one visit of an arm in one block, or of the arm's whole life
#: (`block` is null). Or it is an arm that could not be measured (`outcome` is not "ok", `reason`
#: says why): of one metric, or, if `metric` is null, of none.
SCHEMA: dict[str, Any] = {
    # The sweep, and what it ran on.
    "sweep": pl.String,  # its start in UTC, a part of its key, its kind: sorts by time
    "machine": pl.String,  # asv's name of the machine
    "environment": pl.String,  # asv's name of the environment, with the build
    "conditions": pl.String,  # JSON: threads, cores, compiler, build
    # What was measured.
    "benchmark": pl.String,  # asv's name
    "version": pl.String,  # of the benchmark: another version is another series
    "case": pl.String,  # its parameters without the backend: their label
    "axes": pl.String,  # JSON: the parameters by name, without the backend; null in old files
    "backend": pl.String,  # "" for a suite without backends
    "metric": pl.String,  # what `value` is of: a name in METRICS
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
    "value": pl.Float64,  # in the metric's unit; of a visit the median of its samples, per call
    "timed": pl.Float64,  # seconds inside timed calls
    "instructions": pl.Float64,  # of a visit, per call; null where the machine does not count
    "cycles": pl.Float64,  # likewise
    "life": pl.Float64,  # wall seconds of the whole block set, start-up included
    "outcome": pl.String,  # ok, skipped or failed
    "reason": pl.String,
}

#: Columns that were added, and that files of before do not have: they are null there.
ADDED = ("instructions", "cycles")

#: The role of an arm, and how it ended.
ROLES = ("reference", "twin", "release", "control")
OUTCOMES = ("ok", "skipped", "failed")

#: What identifies a block set.
BLOCK_SET = (
    *("sweep", "machine", "environment", "benchmark", "version", "case"),
    *("replicate", "group"),
)

#: What identifies an arm in it.
ARM = ("backend", "label")
