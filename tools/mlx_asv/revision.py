"""A revision: anything that can be installed and measured, whatever it is made from.

A revision comes from a release of the lock file, from wheel files, or from a source tree. Whoever
measures revisions knows their labels and their order, and nothing of how they are made.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Locked:
    """A release of the lock file, by its tag."""

    #: How a person calls this kind of source.
    kind: ClassVar[str] = "release"

    tag: str


@dataclass(frozen=True)
class Files:
    """Wheel files that are installed together."""

    kind: ClassVar[str] = "set of wheel files"

    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Tree:
    """A commit of a checkout, with what is not committed if that is asked for."""

    kind: ClassVar[str] = "source tree"

    checkout: Path
    commit: str
    #: `git diff` of the working tree, and its untracked files with a hash of each; both empty
    #: for a commit.
    changes: bytes = b""
    untracked: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The name for a person: ``mlx@ce45c5250``, with a + if something is not committed."""
        dirty = "+" if self.changes or self.untracked else ""
        return f"{self.checkout.name}@{self.commit[:9]}{dirty}"

    @property
    def digest(self) -> str:
        """A hash of the contents."""
        parts = (self.commit.encode(), self.changes, json.dumps(self.untracked).encode())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


#: Revisions whose sources are of different kinds are never compared: a wheel of the index and one
#: built here differ in compiler and libraries.
Source = Locked | Files | Tree


@dataclass(frozen=True)
class Revision:
    """Something that is installed and measured under a label.

    `label`: the name in observations, unique among the revisions that are measured together.
    `position`: where it stands in the order of these revisions, or of all releases; a higher one is
    later. `date`: ISO 8601; None if nothing says when the source was made.
    """

    label: str
    position: int
    date: str | None
    source: Source

    @property
    def is_release(self) -> bool:
        """Whether it is a release of the lock file: a part of the history that is published."""
        return isinstance(self.source, Locked)


def in_order(revisions: Iterable[Revision]) -> list[Revision]:
    """The revisions by their positions, the earliest first."""
    return sorted(revisions, key=attrgetter("position"))
