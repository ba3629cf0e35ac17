import io
import webbrowser
from pathlib import Path

import pytest
from mlx_asv.tour.page import show
from rich.console import Console


@pytest.mark.parametrize(
    ("desktop", "terminal", "pages", "opened"),
    [
        ("DISPLAY", True, ["overview.html", "index.html"], ["overview.html"]),
        ("WAYLAND_DISPLAY", True, ["overview.html", "index.html"], ["overview.html"]),
        ("", True, ["overview.html", "index.html"], []),
        ("DISPLAY", False, ["overview.html", "index.html"], []),  # `make run | tee log`
        ("DISPLAY", True, ["index.html"], []),  # asv's pages need a server
    ],
)
def test_the_page_is_named_and_opened_at_a_desktop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    desktop: str,
    terminal: bool,
    pages: list[str],
    opened: list[str],
) -> None:
    """The last line has the page's path; it is opened where somebody can see it."""
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if desktop:
        monkeypatch.setenv(desktop, ":0")
    for name in pages:
        (tmp_path / name).touch()
    console = Console(file=io.StringIO(), force_terminal=terminal, width=20)
    show(tmp_path, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert printed.splitlines()[-1] == f"Page: {tmp_path / pages[0]}"
    assert seen == [(tmp_path / name).as_uri() for name in opened]
