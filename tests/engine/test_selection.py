from pathlib import Path
from types import SimpleNamespace

import pytest
from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.axes import Axes
from mlx_asv.engine.selection import comparable, contents_of, environs_of, install_all
from mlx_asv.environments.installer import Installed
from mlx_asv.environments.overlay import Overlay
from mlx_asv.job import Case
from mlx_asv.revision import Locked, Revision
from rich.console import Console

REVISIONS = [Revision(f"v{number}", number, None, Locked(f"v{number}")) for number in range(3)]


def suite(*broken):
    """A suite in which these revisions cannot be installed."""

    def install(revision, tell):
        if revision.label in broken:
            raise SuiteError(f"{revision.label} is broken.")
        return Installed(revision, Overlay(Path(f"/x/{revision.label}-cpu")), {"R": revision.label})

    return SimpleNamespace(install=install)


def test_what_cannot_be_installed_is_left_out():
    """The others stay in their order, and it is said why."""
    console = Console(record=True, width=200)
    found = install_all(suite("v1"), REVISIONS, REVISIONS[2], console)
    assert [each.revision.label for each in found] == ["v0", "v2"]
    assert "Left out: v1 is broken." in console.export_text()
    assert environs_of(found) == {"v0": {"R": "v0"}, "v2": {"R": "v2"}}


def test_contents_are_the_overlays_whatever_the_directory():
    """A new build under an old label has another name there."""
    found = install_all(suite(), REVISIONS, REVISIONS[2], Console(quiet=True))
    assert contents_of(found) == ("v0-cpu", "v1-cpu", "v2-cpu")


def test_without_the_reference_nothing_is_compared():
    """Its error is the command's."""
    with pytest.raises(SuiteError, match="v2 is broken"):
        install_all(suite("v2"), REVISIONS, REVISIONS[2], Console(quiet=True))


def test_controls_alone_say_nothing():
    """A case is comparable on a backend that changes with the release."""
    both = Case("ops.Sort.time", "1", Axes(()), 9.0, {"cpu": 0, "torch": 1})
    alone = Case("ops.Sum.time", "1", Axes(()), 9.0, {"torch": 0})
    assert comparable([both, alone], frozenset({"torch"})) == [both]
    with pytest.raises(SuiteError, match="Only controls are selected"):
        comparable([alone], frozenset({"torch"}))
