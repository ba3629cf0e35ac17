"""Ranges of releases, with git's meaning: ``A..B`` is all after A up to and including B."""

import difflib
import re
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from .lock import Lock, Release

#: What stands for the newest release.
NEWEST = ("HEAD", "releases")


class RangeError(Exception):
    """An unknown release or a malformed range; the message names the nearest releases."""


class UnknownRelease(RangeError):
    """A name that no release has."""

    def __init__(self, lock: Lock, name: str) -> None:
        nearest = nearest_tags([release.tag for release in lock.releases], name)
        self.hint = f"{name} (nearest: {', '.join(nearest)})"
        super().__init__(
            f"There is no {lock.package} release {name!r}. Nearest: {', '.join(nearest)}. "
            "`mlx-asv releases` lists them all."
        )


class NoRange(RangeError):
    """A text that is no range, whatever its ends."""


def find(lock: Lock, name: str) -> Release:
    """The release called `name` (``v0.31.1``, ``0.31.1`` or ``HEAD``).

    Raises RangeError with the nearest releases when there is none.
    """
    if not lock.releases:
        raise RangeError(
            f"The lock file of {lock.package} is empty: `mlx-asv releases update` fills it."
        )
    if name in NEWEST:
        return lock.releases[-1]
    for tag in (name, f"v{name}"):
        if tag in lock.by_tag:
            return lock.by_tag[tag]
    raise UnknownRelease(lock, name)


def resolve(lock: Lock, spec: str) -> list[Release]:
    """The releases of a range, newest first, as ``git rev-list`` gives them.

    `spec` is ``A..B`` (A excluded, B included), ``A..`` (to the newest), ``..B`` (from the
    first) or one release. Raises RangeError for anything else, and for an empty range.
    """
    spec = spec.strip()
    if ".." not in spec:
        return [find(lock, spec.removesuffix("^!"))]
    name = r"([^\s.]+(?:\.[^\s.]+)*)?"
    match = re.fullmatch(rf"{name}\.\.{name}", spec)
    if match is None or match.groups() == (None, None):
        raise NoRange(
            f"{spec!r} is not a range of releases. Write A..B (A excluded, B included), A.., "
            f"..B or one release, such as {lock.releases[-1].tag}."
        )
    start, end = match.groups()
    tags = [release.tag for release in lock.releases]
    first = tags.index(find(lock, start).tag) + 1 if start else 0
    last = tags.index(find(lock, end).tag) + 1 if end else len(tags)
    if first >= last:
        end = end or tags[-1]
        reverse = f"{end}..{start}, or " if first > last else ""
        raise RangeError(
            f"The range {spec} is empty: {start} is excluded, and {end} is not newer "
            f"than it. Did you mean {reverse}{end} alone?"
        )
    return list(lock.releases[first:last][::-1])


def nearest_tags(tags: Sequence[str], name: str, count: int = 3) -> list[str]:
    """The tags nearest to `name`: by version when it is one, else by spelling.

    `tags` are sorted by version. Those that are no versions count as older than any.
    """
    wanted = _version(name)
    if wanted is None:
        return difflib.get_close_matches(name, tags, count) or list(tags[-count:])
    versions = map(_version, tags)
    position = sum(version is None or version < wanted for version in versions)
    start = max(0, min(position - (count + 1) // 2, len(tags) - count))
    return list(tags[start : start + count])


def _version(text: str) -> Version | None:
    """The version that somebody means, however it is spelt; None if the text is none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None
