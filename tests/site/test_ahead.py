import pytest
from mlx_asv.site import machine as module
from mlx_asv.site.ahead import begin
from mlx_asv.site.build import SiteError, build

from tests.site import played


@pytest.fixture
def measured(project):
    """A project with results of one machine."""
    times = {("8x8 8x8", "mlx_cpu"): 1e-3}
    played.store(project, "mac", {"v0.31.1": times, "v0.30.0": times})
    return project


def ended(project):
    """What they ended with."""
    processes = begin(project)
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def test_what_was_made_ahead_is_not_made_again(measured, tmp_path, monkeypatch):
    """The pages take it from what is kept."""
    assert ended(measured) == [0]
    monkeypatch.setattr(module, "views", None)  # what makes it
    assert build(measured, tmp_path / "out") == ["mac"]


def test_what_it_cannot_read_is_left_for_the_pages_to_tell(measured, tmp_path):
    """It ends in silence; they say which file, and nothing is written."""
    path = measured.results / "mac" / "observations" / "a.parquet"
    path.parent.mkdir()
    path.write_bytes(b"no parquet")
    assert ended(measured) == [0]
    with pytest.raises(SiteError, match=r"a\.parquet"):
        build(measured, tmp_path / "out")
    assert not (tmp_path / "out").exists()
