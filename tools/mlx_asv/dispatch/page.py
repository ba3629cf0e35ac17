"""The figures as Markdown, put between two marks of a page that is otherwise written by hand."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mlx_asv.files import write_atomically

from .drawing import draw
from .figures import OVERHEADS, PRODUCTS, Figures

#: The page, as seen from the top of a checkout.
PAGE = "docs/dispatch.md"
BEGIN, END = "<!-- begin: made by `mlx-asv dispatch` -->", "<!-- end -->"


class PageError(Exception):
    """The page cannot be written; says what is wrong with it."""


def write(every: Sequence[Figures], page: Path) -> list[Path]:
    """Put the figures into `page`, and a plot of each machine beside it; what was written.

    Raises PageError, and DrawingError.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PageError(f"There is no {page}: run this in a checkout.") from None
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PageError(f"{page} needs a line {BEGIN} and a line {END} after it: restore them.")
    written = []
    sections = []
    for each in every:
        plot = page.with_name(f"dispatch-{each.machine}.svg")
        draw(each, plot)
        written.append(plot)
        sections.append(section(each, plot.name))
    write_atomically(page, f"{before}{BEGIN}\n{''.join(sections)}\n{END}{after}")
    return [page, *written]


def section(found: Figures, plot: str) -> str:
    """All of one machine."""
    backends = found.backends
    products = []
    for case in PRODUCTS:
        for backend in backends:
            if product := found.product(case, backend):
                products.append(
                    [
                        " by ".join("x".join(map(str, shape)) for shape in found.shapes(case)),
                        backend,
                        quantity(product.latency),
                        quantity(product.throughput),
                        ratio(product.latency, product.throughput),
                    ]
                )
    overheads = [
        [text, *(quantity(found.overhead(operation, case, count, name)) for name in backends)]
        for text, operation, case, count in OVERHEADS
    ]
    overheads.append(
        ["import of the framework", *(quantity(found.importing(name)) for name in backends)]
    )
    head = ["product", "backend", "waited for", "one of many", "ratio"]
    return "\n".join(
        [
            f"\n### {found.machine}, {found.release}\n",
            f"![Times over size on {found.machine}: initialisation and products]({plot})\n",
            *table(head, products),
            "",
            *table(["", *backends], overheads),
            "",
        ]
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def quantity(seconds: float | None) -> str:
    """Three significant digits and a unit; a dash if it was not measured."""
    if seconds is None:
        return "-"
    if seconds <= 0:  # a difference
        return "0 s"
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if seconds >= 0.9995 * unit or name == "ns":
            number = seconds / unit
            digits = 0 if number >= 99.95 else 1 if number >= 9.995 else 2
            return f"{number:.{digits}f} {name}"
    raise AssertionError("unreachable")


def ratio(latency: float, throughput: float | None) -> str:
    """How much longer it takes to wait for each."""
    return "-" if throughput is None else f"{latency / throughput:.2f}"
