import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import browser
from tests.conftest import ROOT


def page(directory: Path, body: str) -> Path:
    """A directory with index.html."""
    (directory / "index.html").write_text(f"<!doctype html><title>t</title><body>{body}</body>")
    return directory


def test_a_page_that_keeps_to_itself_has_nothing_to_report(tmp_path, browse):
    """Its own files, what is in it, and its messages are neither requests that left nor errors."""
    (tmp_path / "own.js").write_text("document.body.append('drawn'); console.log('fine')")
    picture = "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt=''>"
    visit = browse(page(tmp_path, f"{picture}<script src='own.js'></script>"))
    expect(visit.page.locator("body")).to_contain_text("drawn")
    assert (visit.left, visit.errors) == ([], [])
    assert visit.weight() > sum(path.stat().st_size for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "body",
    [
        "<script src='https://cdn.example/x.js'></script>",
        "<link rel='stylesheet' href='http://cdn.example/x.css'>",
        "<img src='https://93.184.215.14/x.png' alt=''>",
        "<script>fetch('https://api.example/x').catch(() => 0)</script>",
        "<iframe src='https://frame.example/x.html'></iframe>",
        "<script>new WebSocket('wss://socket.example/x')</script>",
    ],
)
def test_what_leaves_is_seen_and_does_not_arrive(tmp_path, browse, body):
    """Scripts, styles, pictures by address, fetches, frames and sockets are told by their URL."""
    visit = browse(page(tmp_path, body))
    visit.page.wait_for_timeout(200)
    (url,) = visit.left
    assert url in body
    assert visit.errors or "iframe" in body  # of a frame, the browser does not say that it failed


def test_errors_of_the_page_are_seen(tmp_path, browse):
    """A throw, a console error and a missing file are one error each."""
    body = "<script>console.error('said')</script><script src='gone.js'></script>"
    visit = browse(page(tmp_path, f"{body}<script>throw new Error('thrown')</script>"))
    assert len(visit.errors) == 3
    for word in ("said", "404", "thrown"):
        assert any(word in error for error in visit.errors)
    assert visit.left == []


def test_the_context_is_what_the_test_asks_for(tmp_path, browse):
    """A phone's size and a dark scheme reach the page."""
    visit = browse(page(tmp_path, ""), viewport={"width": 390, "height": 844}, color_scheme="dark")
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    assert visit.page.evaluate(f"[innerWidth, {dark}]") == [390, True]


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_without_a_browser_there_is_one_sentence(tmp_path, ci, status):
    """It says how to get one; only CI insists."""
    environ = {**os.environ, "PATH": str(tmp_path), "CI": ci, "MLX_ASV_BROWSER": ""}
    result = subprocess.run(
        [sys.executable, "-m", "tests.browser"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    if browser.APPLICATION.exists():
        pytest.skip("has a browser that is not on the PATH")
    assert (result.returncode, result.stdout) == (status, f"{browser.MISSING}\n")
