"""The order of releases that are in no lock file."""

import polars as pl
from packaging.version import InvalidVersion, Version

from mlx_asv.observations.check import BadObservations

_IS_RELEASE = pl.col("role").is_in(["reference", "release"])


def release_order(observations: pl.DataFrame) -> list[str]:
    """The labels of all releases, oldest first: by version, or if one is no version in the order in
    which they were first measured.

    Raises BadObservations if one is no version and there is no time of measurement.
    """
    try:
        return sorted(releases(observations), key=Version)
    except InvalidVersion as error:
        of_releases = observations.filter(_IS_RELEASE)
        first = of_releases.group_by("label").agg(pl.col("started").min()).sort("started", "label")
        if first["started"].has_nulls():
            raise BadObservations(
                f"the labels of the releases are no versions ({error}), and without `started` "
                "nothing tells which came first."
            ) from error
        return list(first["label"])


def releases(observations: pl.DataFrame) -> list[str]:
    """The labels of all releases, in alphabetical order: neither the twin's nor controls'."""
    return list(observations.filter(_IS_RELEASE)["label"].unique().sort())
