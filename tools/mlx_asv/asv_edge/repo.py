"""Releases as revisions: an asv repository over a lock file, ``"repo": "pypi:mlx"``."""

from pathlib import Path

from asv import util
from asv.console import log
from asv.repo import NoSuchNameError, Repo

from mlx_asv.releases.builds import NotInstallable, Target, choose_build
from mlx_asv.releases.lock import Lock, LockError
from mlx_asv.releases.ranges import NEWEST, RangeError, UnknownRelease, find, resolve
from mlx_asv.releases.selection import Selection

#: What a repository of releases is called by in asv.conf.json: ``pypi:mlx``.
SCHEME = "pypi:"


def load_lock(url: str, directory: Path = Path()) -> Lock:
    """The lock file of the package in `url`, beside the asv.conf.json of `directory`.

    Raises asv's own error when it is not usable.
    """
    try:
        return Lock.load(directory / f"{url.removeprefix(SCHEME)}.lock.json")
    except LockError as error:
        raise util.UserError(str(error)) from error


def target_here(lock: Lock, python: str) -> Target:
    """This machine with CPython `python` and the build chosen for it; else asv's own error."""
    try:
        return Target(python, choose_build(lock))
    except NotInstallable as error:
        raise util.UserError(str(error)) from error


class PyPIReleases(Repo):  # type: ignore[misc]
    """One revision per release; its name is the upstream tag, and so is its hash.

    All releases are known, whether or not they can be installed on this machine: results of
    other machines are published too. After `only_installable`, what selects revisions to
    *run* leaves out the others.
    """

    dvcs = "pypi"
    _default_branch = "releases"

    def __init__(self, url: str, mirror_path: str, directory: Path = Path()) -> None:
        self.lock = load_lock(url, directory)
        self.selection = Selection(self.lock)

    @classmethod
    def url_match(cls, url: str) -> bool:
        """Whether `url` names a package, as ``pypi:mlx`` does."""
        return url.startswith(SCHEME)

    def only_installable(self, python: str) -> None:
        """Select, from now on, nothing that cannot be installed for CPython `python` here."""
        self.selection = Selection(self.lock, target_here(self.lock, python))

    # -- selecting revisions -----------------------------------------------------------------

    def get_hashes_from_range(self, range: str) -> list[str]:
        """Tags of a range, newest first; raises UserError with suggestions."""
        try:
            chosen = self.selection.of_range(range)
        except RangeError as error:
            raise util.UserError(str(error)) from error
        every = len(resolve(self.lock, range))
        if left := every - len(chosen):
            log.info(
                f"{left} of the {every} releases in {range} are left out: they have no "
                f"wheel for this machine (`mlx-asv releases` says why); {len(chosen)} remain"
            )
        return [release.tag for release in chosen]

    def get_branch_commits(self, branch: str | None) -> list[str]:
        """All tags, newest first."""
        return [release.tag for release in reversed(self.selection.releases)]

    def get_range_spec(self, commit_a: str, commit_b: str) -> str:
        """The range after A up to and including B."""
        return f"{commit_a}..{commit_b}"

    def get_new_range_spec(self, latest_result: str, branch: str | None = None) -> str:
        """The range of everything newer than a release."""
        return f"{latest_result}.."

    # -- names and dates ---------------------------------------------------------------------

    def get_hash_from_name(self, name: str | None) -> str:
        """The tag that `name` means; None is the newest release (that can be run)."""
        try:
            if name is None or name in NEWEST:
                return self.selection.newest().tag
            return find(self.lock, name).tag
        except UnknownRelease as error:
            raise NoSuchNameError(error.hint) from error
        except RangeError as error:
            raise util.UserError(str(error)) from error

    def get_hash_from_parent(self, name: str) -> str:
        """The release before `name`."""
        commits = self.get_branch_commits(None)
        position = commits.index(self.get_hash_from_name(name)) + 1
        if position == len(commits):
            raise NoSuchNameError(f"{name} is the first release: nothing comes before it")
        return commits[position]

    def get_name_from_hash(self, commit: str) -> None:
        """None: a tag needs no other name."""
        return

    def get_decorated_hash(self, commit: str, hash_length: int = 8) -> str:
        """The tag, never cut."""
        return commit

    def get_tags(self) -> dict[str, str]:
        """Every release under its own name, oldest first."""
        return {tag: tag for tag in self.get_branch_commits(None)[::-1]}

    def get_date(self, hash: str) -> int:
        """The tag's date as a JavaScript time stamp."""
        return self.lock.by_tag[hash].timestamp

    def get_date_from_name(self, name: str) -> int:
        """The date of the release called `name`."""
        return self.get_date(self.get_hash_from_name(name))

    def get_revisions(self, commits: set[str]) -> dict[str, int]:
        """The position of each release in the line of all releases."""
        known = self.lock.revisions.items()
        return {tag: revision.position for tag, revision in known if tag in commits}

    # -- the working copy --------------------------------------------------------------------

    def pull(self) -> None:
        """Nothing: the lock file is in git, and `mlx-asv releases update` refreshes it."""

    def checkout(self, path: str, commit_hash: str) -> None:
        """Nothing: wheels have no working tree."""
