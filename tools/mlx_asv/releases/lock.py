"""The lock file: every upstream tag with its commit and date, every wheel with its sha256.

It is the repository that asv walks through (``"repo": "pypi:mlx"``): one revision per
release, named by its upstream tag.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from mlx_asv.files import write_atomically
from mlx_asv.revision import Locked, Revision


class LockError(Exception):
    """The lock file is missing or unreadable; the message says what to do."""


@dataclass(frozen=True)
class Wheel:
    """One file on the package index; `uploaded` is ISO 8601, or None if the index won't say."""

    filename: str
    sha256: str
    uploaded: str | None = None

    @property
    def package(self) -> str:
        """The project it belongs to, normalised: ``mlx-cuda-12``."""
        return self.filename.split("-")[0].replace("_", "-").lower()

    @property
    def version(self) -> str:
        """The version in the file's name."""
        return self.filename.split("-")[1]


@dataclass(frozen=True)
class Release:
    """An upstream tag; `commit` is None for one that is on the index but not yet known upstream."""

    tag: str
    commit: str | None
    date: str
    wheels: tuple[Wheel, ...]

    @property
    def version(self) -> str:
        """The version that the installed module must state."""
        return self.tag.removeprefix("v")

    @property
    def timestamp(self) -> int:
        """The tag's date as a JavaScript time stamp, in milliseconds."""
        return int(datetime.fromisoformat(self.date).timestamp() * 1000)

    def packages(self) -> set[str]:
        """The projects that have a wheel of this version."""
        return {wheel.package for wheel in self.wheels}


@dataclass(frozen=True)
class Lock:
    """All releases, oldest first.

    `module` is imported to check an installation: its ``__version__`` must be the release's.
    `builds` maps a build's name to the packages that may carry its compiled half, best first;
    a build in `standalone` was once part of the main wheel, for the platform given (a part of
    the wheel's file name: a Linux wheel never was a Metal build). Both are empty for a package
    that is one wheel.
    """

    package: str
    module: str
    upstream: str | None
    builds: dict[str, tuple[str, ...]]
    standalone: dict[str, str]
    releases: tuple[Release, ...]

    @cached_property
    def by_tag(self) -> dict[str, Release]:
        """Releases by tag."""
        return {release.tag: release for release in self.releases}

    @cached_property
    def revisions(self) -> dict[str, Revision]:
        """Every release as a revision, by tag; its position counts all releases."""
        return {
            release.tag: Revision(release.tag, position, release.date, Locked(release.tag))
            for position, release in enumerate(self.releases)
        }

    @classmethod
    def load(cls, path: Path) -> "Lock":
        """Read a lock file; raises LockError."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            releases = tuple(
                Release(
                    r["tag"], r["commit"], r["date"], tuple(Wheel(*wheel) for wheel in r["wheels"])
                )
                for r in data["releases"]
            )
            return cls(
                package=data["package"],
                module=data["module"],
                upstream=data["upstream"],
                builds={name: tuple(packages) for name, packages in data["builds"].items()},
                standalone=dict(data["standalone"]),
                releases=releases,
            )
        except FileNotFoundError:
            raise LockError(
                f"There is no lock file {path}: run `mlx-asv releases update` to make one."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LockError(
                f"The lock file {path} is damaged ({error!r}): restore it from git, "
                "or remove it and run `mlx-asv releases update`."
            ) from error

    def save(self, path: Path) -> None:
        """Write the lock file, one wheel per line so that a change reads well in a diff."""
        head: dict[str, Any] = {
            "package": self.package,
            "module": self.module,
            "upstream": self.upstream,
            "builds": self.builds,
            "standalone": self.standalone,
        }
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
        body = ",\n".join(_release_lines(release) for release in self.releases)
        text = "{\n" + "\n".join(lines) + '\n  "releases": [\n' + body + "\n  ]\n}\n"
        json.loads(text)
        write_atomically(path, text)


def _release_lines(release: Release) -> str:
    head = {"tag": release.tag, "commit": release.commit, "date": release.date}
    wheels = [
        "      " + json.dumps([wheel.filename, wheel.sha256, wheel.uploaded])
        for wheel in release.wheels
    ]
    body = "\n" + ",\n".join(wheels) + "\n    " if wheels else ""
    return f'    {json.dumps(head)[:-1]}, "wheels": [{body}]}}'


def version_key(tag: str) -> Version:
    """The version that a tag ``v1.2.3`` or ``v1.2.3rc1`` names, by which tags are sorted.

    Raises ValueError for anything else, and for a version with a dash: in the name of a wheel a
    dash ends the version, so no wheel could belong to such a tag.
    """
    if "-" in tag:
        raise InvalidVersion(f"Invalid version: {tag!r}")
    return Version(tag.removeprefix("v"))
