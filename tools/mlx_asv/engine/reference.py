"""The release that all others of a run are compared with."""

from collections.abc import Sequence

import polars as pl

from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.observations.store import read_machine
from mlx_asv.revision import Revision

from .context import Context


def choose_reference(context: Context, chosen: Sequence[Revision], asked: str | None) -> Revision:
    """The reference of a sweep. All sweeps of a machine have the same: that of the first sweep.

    Series go on from sweep to sweep through the reference, so no other release can be asked for
    later. Wheel files and source trees have no series: their reference is any of the `chosen`
    revisions, the last one by default.
    """
    asker, newest = context.suite.asker, chosen[-1]
    wanted = None if asked is None else asker.one(asked, "--reference")
    if not newest.is_release:
        return newest if wanted is None else among(chosen, wanted)
    observed = read_machine(context.results, context.machine)
    stored = observed.filter(pl.col("role") == "reference")["release"].unique().to_list()
    if stored and wanted is not None and wanted.label != stored[0]:
        raise SuiteError(
            f"The reference of {context.machine} is {stored[0]}: its earlier sweeps line up with "
            "later ones through it. Leave out --reference, or use another --machine name."
        )
    return asker.one(str(stored[0]), "--reference") if stored else wanted or newest


def among(chosen: Sequence[Revision], wanted: Revision) -> Revision:
    """The one of the measured revisions that is wanted. Raises SuiteError."""
    for revision in chosen:
        if revision.source == wanted.source:
            return revision
    raise SuiteError(
        f"--reference {wanted.label} is not measured: it is one of "
        f"{', '.join(revision.label for revision in chosen)}."
    )
