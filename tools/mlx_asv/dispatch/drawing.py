"""The blog's two panels: initialisation and multiplication times over the size of the matrices."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from .figures import Figures

#: A colour for each backend that there is, compiled ones lighter (Okabe & Ito 2008, for all kinds
#: of sight).
COLOURS = {
    "mlx_gpu": "#D55E00",
    "mlx_gpu_compile": "#E69F00",
    "mlx_cpu": "#0072B2",
    "mlx_cpu_compile": "#56B4E9",
    "mps": "#009E73",
    "cuda": "#009E73",
    "cpu": "#CC79A7",
    "numpy": "#000000",
}


#: Those of further backends.
FURTHER = ("#F0E442", "#999999", "#8C564B", "#7F7FBF")


def colours(backends: Sequence[str]) -> dict[str, str]:
    """A colour for each, in their order."""
    further = cycle(FURTHER)
    return {name: COLOURS.get(name) or next(further) for name in backends}


class DrawingError(Exception):
    """There is nothing to draw with; says what to install."""


def draw(figures: Figures, path: Path) -> None:
    """Write an SVG. Raises DrawingError without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise DrawingError(
            "Plots need matplotlib: `pip install -c constraints.txt -e '.[docs]'` installs it."
        ) from None
    # Text stays text, and the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mlx-asv", "font.size": 9}):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        initialisation, products = figure.subplots(1, 2)
        for backend, colour in colours(figures.backends).items():
            drawn = figures.by_size("RandomUniform", backend)
            if drawn:
                initialisation.plot(*_line(drawn), "o-", ms=3, c=colour, label=backend)
            for operation, style, what in (
                ("Latency", "o-", "waited for"),
                ("Throughput", "s--", "one of many"),
            ):
                if line := figures.by_size(operation, backend):
                    label = f"{backend}, {what}"
                    products.plot(*_line(line), style, ms=3, c=colour, label=label)
        for axes, title in (
            (initialisation, "Matrix initialisation: uniform random numbers"),
            (products, "Matrix multiplication"),
        ):
            axes.set_title(title)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_xlabel("size n of an n x n matrix")
            axes.set_ylabel("seconds for one")
            axes.grid(visible=True, alpha=0.3)
            if axes.lines:
                axes.legend(fontsize=7)
        figure.suptitle(f"{figures.machine}, MLX {figures.release}, float32")
        figure.savefig(path, format="svg", metadata={"Date": None})


def _line(by_size: dict[int, float]) -> tuple[list[int], list[float]]:
    return list(by_size), list(by_size.values())
