import re
import sys

import pytest
from mlx_asv.dispatch.drawing import COLOURS, DrawingError, colours, draw

from .test_figures import ORDER, POINTS, figures, point

SIZES = {2: 1e-5, 128: 2e-5, 1024: 1e-2}


@pytest.fixture
def found():
    """Latencies and initialisations by size."""
    more = [
        point(operation, case.format(n), "mlx_gpu", seconds)
        for operation, case in (("Latency", "{0}x{0} {0}x{0}"), ("RandomUniform", "{0}x{0}"))
        for n, seconds in SIZES.items()
    ]
    (each,) = figures(POINTS + more, ORDER, None, None)
    return each


def test_two_panels_with_axes_and_legends(found, tmp_path):
    """Initialisation and products over size, with units; every line that was measured is named."""
    pytest.importorskip("matplotlib", reason="the extra `docs` is not installed")
    draw(found, tmp_path / "plot.svg")
    svg = (tmp_path / "plot.svg").read_text()
    texts = re.findall(r">([^<>]+)</text>", svg)
    assert texts.count("size n of an n x n matrix") == 2
    assert texts.count("seconds for one") == 2
    assert "Matrix initialisation: uniform random numbers" in texts
    assert "mac, MLX v0.10.0, float32" in texts
    assert {"mlx_gpu", "mlx_gpu, waited for", "mlx_gpu, one of many", "mps, waited for"} <= set(
        texts
    )
    assert "mps" not in texts  # it was not asked to initialise
    draw(found, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == svg


def test_every_backend_has_a_colour():
    """The suite's, of which `cuda` and `mps` are on no machine together."""
    from benchmarks.backends import BACKENDS

    assert set(COLOURS) <= set(BACKENDS) == set(colours(list(BACKENDS)))
    found = colours([*COLOURS, "one more"])
    assert found.items() >= COLOURS.items()
    assert len(set(found.values())) == len(COLOURS)


def test_without_matplotlib(found, tmp_path, monkeypatch):
    """It is optional, and the way to it is said."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DrawingError, match=r"pip install .*\[docs\]"):
        draw(found, tmp_path / "plot.svg")
    assert not (tmp_path / "plot.svg").exists()
