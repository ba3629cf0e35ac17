"""The order of releases that no lock file knows."""

import polars as pl
from packaging.version import InvalidVersion, Version

from mlx_asv.observations.check import BadObservations

_IS_RELEASE = pl.col("role").is_in(["reference", "release"])


def release_order(observations: pl.DataFrame) -> list[str]:
    """The labels of all releases, oldest first: by version if each is one, else as first measured.

    Raises BadObservations where they are no versions and nothing says when they were measured.
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
