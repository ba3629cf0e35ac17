"""The releases that a range selects, of all or of those that can be installed here."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .builds import NotInstallable, Target, installable, wheels_for
from .lock import Lock, Release
from .ranges import NEWEST, RangeError, nearest_tags, resolve


@dataclass(frozen=True)
class Selection:
    """The releases of a lock; with a `target`, those that can be installed on it."""

    lock: Lock
    target: Target | None = None

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """All releases, oldest first."""
        return tuple(self._of(self.lock.releases))

    def newest(self) -> Release:
        """The newest release. Raises RangeError if there is none."""
        if not self.releases:
            raise RangeError(
                f"No release of {self.lock.package} can be installed here: "
                "`mlx-asv releases` says why."
            )
        return self.releases[-1]

    def named(self, text: str) -> list[Release]:
        """The releases that a range or a name selects, newest first. HEAD is the newest of all.

        Raises RangeError, which names the nearest releases.
        """
        return [self.newest()] if text in NEWEST else self.of_range(text)

    def of_range(self, range: str) -> list[Release]:
        """The releases in a range, newest first. Raises RangeError, also if there is none in it."""
        releases = resolve(self.lock, range)
        chosen = self._of(releases)
        if not chosen:
            raise RangeError(self._none(releases, range))
        return chosen

    @cached_property
    def _tags(self) -> frozenset[str]:
        if self.target is None:
            return frozenset(self.lock.by_tag)
        return frozenset(installable(self.lock, self.target))

    def _of(self, releases: Iterable[Release]) -> list[Release]:
        return [release for release in releases if release.tag in self._tags]

    def _none(self, releases: list[Release], range: str) -> str:
        assert self.target is not None
        first = releases[0]
        nearest = nearest_tags([release.tag for release in self.releases], first.tag)
        reason = ""
        try:
            wheels_for(self.lock, first, self.target)
        except NotInstallable as error:
            reason = str(error)
        what, cannot = (
            (first.tag, "cannot be installed here")
            if len(releases) == 1
            else (f"No release in {range}", "can be installed here")
        )
        return f"{what} {cannot}: {reason}. Nearest that can: {', '.join(nearest) or 'none'}."
