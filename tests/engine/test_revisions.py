from pathlib import Path
from types import SimpleNamespace

import pytest
from mlx_asv.engine import revisions
from mlx_asv.engine.revisions import Revisions, install


def installed(label, is_release=True):
    """A revision as it is installed."""
    return SimpleNamespace(
        revision=SimpleNamespace(label=label, is_release=is_release),
        environ={"PYTHONPATH": label},
        overlay=SimpleNamespace(path=Path(f"/overlays/{label}-key")),
    )


def of(*all_installed, reference=-1):
    """Revisions, of which one is the reference."""
    return Revisions(all_installed, all_installed[reference].revision)


def test_what_a_plan_needs():
    """Labels, overlays and environment variables, in the order of the revisions."""
    found = of(installed("v1"), installed("v2"))
    assert found.labels == ("v1", "v2")
    assert found.contents == ("v1-key", "v2-key")
    assert found.environs == {"v1": {"PYTHONPATH": "v1"}, "v2": {"PYTHONPATH": "v2"}}
    assert found.of_reference is found.installed[1]


@pytest.mark.parametrize("releases", [True, False])
def test_observations_of_releases_alone_belong_to_the_results(releases):
    """One wheel file or source tree among them, and all lie apart."""
    found = of(installed("v1"), installed("mlx@abc", releases))
    context = SimpleNamespace(results=Path("results"), machine="box", apart=Path("apart"))
    assert found.of_releases == releases
    assert (found.folder(context) == Path("apart")) != releases
    assert ("box" in found.folder(context).parts) == releases


def test_reference_is_installed_beside_the_chosen(monkeypatch):
    """Whether it was chosen or not, once and in its place."""
    asked = []

    def install_all(suite, wanted, reference, console):
        asked.append((tuple(wanted), reference))
        return [installed(label) for label in wanted]

    monkeypatch.setattr(revisions, "choose_reference", lambda context, chosen, name: name)
    monkeypatch.setattr(revisions, "in_order", sorted)
    monkeypatch.setattr(revisions, "install_all", install_all)
    context = SimpleNamespace(suite=None, console=None)
    assert install(context, ["v1", "v2"], "v3").labels == ("v1", "v2", "v3")
    assert install(context, ["v1", "v2"], "v2").labels == ("v1", "v2")
    assert [reference for _, reference in asked] == ["v3", "v2"]
