import pytest
from mlx_asv.engine.unmeasured import unmeasured

HERE = ["v1", "v2", "v3", "v4"]


@pytest.mark.parametrize(
    ("measured", "new"),
    [
        (["v2"], ["v3", "v4"]),
        (["v4"], []),
        (["v1", "v3"], ["v4"]),
        (["v0", "v3"], ["v4"]),  # v0 is not installable any more
        ([], ["v3", "v4"]),
        (["v0"], ["v3", "v4"]),
    ],
)
def test_what_appeared_since(measured: list[str], new: list[str]) -> None:
    """A gap in the history is none: only what is newer than all that was measured is new."""
    assert unmeasured(HERE, measured) == new
