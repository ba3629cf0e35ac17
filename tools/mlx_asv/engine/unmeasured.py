"""The releases that appeared since this machine was measured."""

from collections.abc import Collection, Sequence


def unmeasured(installable: Sequence[str], measured: Collection[str]) -> list[str]:
    """Those of the `installable` releases, oldest first, that are newer than all `measured` ones;
    of a machine that was never measured the two newest, of which one can be compared."""
    known = [place for place, tag in enumerate(installable) if tag in measured]
    return list(installable[known[-1] + 1 :] if known else installable[-2:])
