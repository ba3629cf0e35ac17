"""Pages in a real browser that reaches nothing but this machine.

``python -m tests.browser`` sees to it that there is one.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

#: Names on the PATH.
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
APPLICATION = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

#: Every name is unknown to it but that of the machine it runs on.
CUT_OFF = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"

#: Schemes of what a page has in itself.
WITHIN = ("data", "blob", "about")

MISSING = (
    "The pages are not tested in a browser: there is no Chromium or Chrome here. Install one "
    "(`apt-get install chromium` on Debian, `brew install --cask google-chrome` on a Mac), or "
    "set MLX_ASV_BROWSER to its path."
)


def find() -> str | None:
    """The browser's executable."""
    if chosen := os.environ.get("MLX_ASV_BROWSER"):
        return chosen
    if APPLICATION.exists():
        return str(APPLICATION)
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """The browser at `path`, headless, cut off from every network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[CUT_OFF])
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """A directory on this machine, at the URL given, which ends with a slash."""
    handler = partial(_Quiet, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Visit:
    """A browser's page on a served directory, and what it did that a page should not."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        #: URLs of requests to anywhere but the served directory. Other machines are not reached.
        self.left: list[str] = []
        #: What the page threw, or complained of on the console (a missing file is one).
        self.errors: list[str] = []
        page.on("request", lambda request: self._requested(request.url))
        page.on("websocket", lambda socket: self._requested(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)

    def open(self, path: str = "") -> Page:
        """Load a page of the directory, with what it loads."""
        self.page.goto(self.base + path)
        return self.page

    def weight(self) -> int:
        """Bytes that the page has loaded so far, itself included, as they were sent."""
        return int(
            self.page.evaluate(
                "() => ['navigation', 'resource'].flatMap(t => performance.getEntriesByType(t))"
                ".reduce((sum, entry) => sum + entry.transferSize, 0)"
            )
        )

    def _requested(self, url: str) -> None:
        if urlsplit(url).scheme not in WITHIN and not url.startswith(self.base):
            self.left.append(url)

    def _said(self, message: Any) -> None:
        # The browser asks for an icon by itself, where the page names none.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            self.errors.append(f"{message.text} ({message.location['url']})")


def main() -> int:
    """Install a browser where that is possible; else say in one sentence how. In CI, insist."""
    if find():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium: the pages are tested in it.", flush=True)
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (
            ("update",),
            ("install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"),
        ):
            command = ("apt-get", "-qq", *arguments)
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=False)
    if find():
        return 0
    print(MISSING)
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
