"""What is measured, of a suite: releases that are installed, cases that can be compared."""

from collections.abc import Sequence

from rich.console import Console

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.environments.installer import Installed
from mlx_asv.job import Case
from mlx_asv.terminal import say


def one_release(suite: Suite, asked: str, what: str) -> str:
    """The tag of the one release that `asked` names; SuiteError, which says `what`, if it is a
    range of several."""
    releases = suite.releases(asked)
    if len(releases) > 1:
        raise SuiteError(f"{what} is one release, not the {len(releases)} of {asked}.")
    return releases[0]


def install_all(
    suite: Suite, releases: Sequence[str], reference: str, console: Console
) -> dict[str, dict[str, str]]:
    """The environment of each release's workers; one that cannot be installed is left out."""
    environs = {}
    for tag in releases:
        try:
            environs[tag] = suite.install(tag)
        except SuiteError as error:
            if tag == reference:
                raise
            say(console, f"Left out: {error}")
    return environs


def beside_controls(
    suite: Suite, release: str | Installed, patterns: Sequence[str], backends: Sequence[str]
) -> list[Case]:
    """The cases of a comparison of two releases, one of them `release`, on these backends, or on
    all; whichever are asked for, the controls are measured beside them."""
    wanted = [*backends, *suite.settings.controls] if backends else []
    found = suite.cases(release, patterns, wanted, save=False)
    return comparable(found, suite.settings.controls)


def comparable(cases: Sequence[Case], controls: frozenset[str]) -> list[Case]:
    """The cases with a backend that changes with the release: controls alone say nothing."""
    found = [case for case in cases if set(case.backends) - controls]
    if not found:
        raise SuiteError(
            "Only controls are selected, which do not change with the release. "
            "Select a backend of the package as well."
        )
    return found
