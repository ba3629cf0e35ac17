"""The page at the end of a tour."""

import os
import sys
import webbrowser
from pathlib import Path

from rich.console import Console

from mlx_asv.asv_edge.publisher import OVERVIEW
from mlx_asv.terminal import say


def show(site: Path, console: Console) -> None:
    """Print where the page is; open it for somebody who sits at a desktop."""
    page = site / OVERVIEW
    if not page.exists():
        page = site / "index.html"
    served = "asv's pages need a web server: `make preview` serves them at http://127.0.0.1:8080/."
    say(console, f"{served}\nPage: {page}")
    desktop = sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if page.name == OVERVIEW and desktop and console.is_terminal:
        webbrowser.open(page.as_uri())
