"""Refresh the lock from upstream's tags and the package index. Needs the network."""

import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pypi_simple import (
    ACCEPT_ANY,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedRepoVersionError,
)
from pypi_simple.html import RepositoryPage
from requests import RequestException

from .lock import Lock, Release, Wheel, version_key


class UpdateError(Exception):
    """The package index could not be read."""


@dataclass(frozen=True)
class Tag:
    """An upstream tag: its commit, and the commit's date as ISO 8601."""

    name: str
    commit: str
    date: str


def upstream_tags(repository: str) -> list[Tag]:
    """Every tag ``v1.2.3`` of a git repository (URL or path), oldest version first.

    Raises subprocess.CalledProcessError when git cannot reach it.
    """
    date = "committerdate:iso-strict"
    # The starred fields are those of an annotated tag's commit, and empty for any other tag.
    fields = ("refname:short", "*objectname", "objectname", f"*{date}", date)
    form = "%09".join(f"%({field})" for field in fields)
    with tempfile.TemporaryDirectory() as bare:
        # Commits alone are a few megabytes; trees and files would be hundreds.
        clone = ["git", "clone", "--quiet", "--bare", "--filter=tree:0", repository, bare]
        subprocess.run(clone, check=True, capture_output=True, text=True)
        listing = subprocess.run(
            ["git", "-C", bare, "for-each-ref", f"--format={form}", "refs/tags"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    tags = []
    for line in listing.splitlines():
        name, peeled, direct, peeled_date, direct_date = line.split("\t")
        if _is_final(name):
            tags.append(Tag(name, peeled or direct, peeled_date or direct_date))
    return sorted(tags, key=lambda tag: version_key(tag.name))


def index_wheels(project: str, endpoint: str | None = None) -> list[Wheel]:
    """Every wheel of a project on the package index; raises UpdateError.

    `endpoint` is a simple index's address; the default is the client's own.
    """
    with PyPISimple(endpoint) if endpoint else PyPISimple() as client:
        try:
            page = client.get_project_page(project)
            uploaded = _upload_times(client, project) if page.packages else {}
        except (
            *(RequestException, NoSuchProjectError, UnsupportedRepoVersionError),
            ValueError,  # another kind of page, or not what its kind promises
        ) as error:
            reason = str(error).partition("\n")[0]
            raise UpdateError(
                f"The package index has no page for {project} ({reason}). Check the network "
                "and run `mlx-asv releases update` again; the lock was left as it is."
            ) from error
    wheels = []
    for package in page.packages:
        if package.package_type != "wheel" or package.is_yanked:
            continue
        if "sha256" not in package.digests:
            raise UpdateError(
                f"The package index has no sha256 for {package.filename}, so it cannot be "
                "locked; the lock was left as it is."
            )
        time = package.upload_time
        wheels.append(
            Wheel(
                package.filename,
                package.digests["sha256"],
                time.isoformat() if time else uploaded.get(package.filename),
            )
        )
    return wheels


def _upload_times(client: PyPISimple, project: str) -> dict[str, str]:
    """Upload times from an HTML index that states them as an attribute of its links."""
    response = client.s.get(client.get_project_url(project), headers={"Accept": ACCEPT_ANY})
    if "html" not in response.headers.get("content-type", ""):
        return {}
    links = RepositoryPage.from_html(response.text).links
    times = ((link.text.strip(), (link.attrs or {}).get("data-upload-time")) for link in links)
    return {name: str(time) for name, time in times if time}


def updated(
    lock: Lock,
    tags: Iterable[Tag] | None,
    fetch: Callable[[str], list[Wheel]] = index_wheels,
    accept_changed: bool = False,
) -> tuple[Lock, list[str]]:
    """The lock with today's tags (None: those it has) and wheels, and the changed file names.

    A file whose sha256 is no longer the locked one is changed; the lock keeps its own, unless
    `accept_changed`.

    A release that is on the index before its tag is known gets the date of its first wheel
    and no commit. A candidate makes no release by itself; one that is locked stays. Nothing that
    was ever locked is dropped: results may refer to it.
    """
    by_version: defaultdict[str, dict[str, Wheel]] = defaultdict(dict)
    for release in lock.releases:
        by_version[release.version] = {wheel.filename: wheel for wheel in release.wheels}
    changed: list[str] = []
    companions = [name for packages in lock.builds.values() for name in packages]
    for project in [lock.package, *companions]:
        for wheel in fetch(project):
            known = by_version[wheel.version].get(wheel.filename)
            if known and known.sha256 != wheel.sha256:
                changed.append(wheel.filename)
                if not accept_changed:
                    continue
            elif known and known.uploaded:
                continue  # not every index says when
            by_version[wheel.version][wheel.filename] = wheel
    known_tags = {release.tag: (release.commit, release.date) for release in lock.releases}
    if tags is not None:
        known_tags.update({tag.name: (tag.commit, tag.date) for tag in tags})
    for version, wheels in by_version.items():
        times = sorted(wheel.uploaded for wheel in wheels.values() if wheel.uploaded)
        has_package = any(wheel.package == lock.package for wheel in wheels.values())
        if _is_final(version) and has_package and times:
            known_tags.setdefault(f"v{version}", (None, times[0]))
    releases = [
        Release(tag, commit, date, tuple(_ordered(by_version.get(tag.removeprefix("v"), {}))))
        for tag, (commit, date) in known_tags.items()
    ]
    releases.sort(key=lambda release: version_key(release.tag))
    return replace(lock, releases=tuple(releases)), changed


def _ordered(wheels: dict[str, Wheel]) -> Iterator[Wheel]:
    return iter(sorted(wheels.values(), key=lambda wheel: (wheel.package, wheel.filename)))


def _is_final(tag: str) -> bool:
    """Whether a tag or a version is of a release, and of no candidate, nightly or rebuild."""
    return re.fullmatch(r"v?\d+(\.\d+)*", tag) is not None
