"""Upstream's web pages about releases."""

from urllib.parse import quote

from .lock import Lock


def compare_page(lock: Lock, before: str, after: str) -> str | None:
    """The page of all changes between two releases; None if upstream has no pages."""
    upstream = _site(lock)
    return upstream and f"{upstream}/compare/{quote(before)}...{quote(after)}"


def release_page(lock: Lock, release: str) -> str | None:
    """The page about a release; None if upstream has no pages."""
    upstream = _site(lock)
    return upstream and f"{upstream}/releases/tag/{quote(release)}"


def web(link: str | None) -> str | None:
    """A link to a web page; None for anything else, such as a script or a path."""
    return link if link is not None and link.startswith(("https://", "http://")) else None


def _site(lock: Lock) -> str | None:
    return web(lock.upstream)
