"""From the texts that a user types to the revisions that a command measures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from mlx_asv.releases.ranges import NoRange, RangeError, UnknownRelease
from mlx_asv.releases.selection import Selection
from mlx_asv.revision import Files, Revision, in_order

from .source import BuildError, committed, tree


class AskedError(Exception):
    """A revision is not there, or cannot be compared; the text says what to do."""


@dataclass(frozen=True)
class Asker:
    """Turns words into revisions.

    A text means a release (``v0.31.1``, ``HEAD``) or a range of releases (``A..B``), wheel files
    that belong together (a path, several with commas, or a directory of them), or a checkout
    (``DIR`` as it is, or ``DIR@REF``).

    `selection`: the releases that can be meant. `directory`: where paths start that are not
    absolute.
    """

    selection: Selection
    directory: Path = Path()

    def several(self, texts: Sequence[str]) -> list[Revision]:
        """The revisions that `texts` name together, each once, the earliest first.

        Releases are in the order of the lock, files and trees in the order of the texts. Raises
        AskedError.
        """
        named = [(text, each) for text in texts for each in self._meant(text, repr(text))]
        (first_text, first), *others = named
        for text, other in others:
            _refuse_two_kinds((repr(first_text), first), (repr(text), other))
        revisions = list({each.source: each for _, each in named}.values())
        if first.is_release:
            return in_order(revisions)
        names = [f"{number}:" for number in range(1, len(revisions) + 1)]
        return _distinct(_as_given(revisions), names)

    def pair(self, before: str, after: str, names: tuple[str, str]) -> tuple[Revision, Revision]:
        """The two revisions that are to be compared. Raises AskedError, which calls them `names`.

        Both are of one kind: another way to build would pass for a change of the code.
        """
        pair = [self.one(text, name) for text, name in zip((before, after), names, strict=True)]
        _refuse_two_kinds(*zip(names, pair, strict=True))
        if pair[0].source == pair[1].source:
            raise AskedError(
                f"{' and '.join(names)} are both {pair[0].label}: there is nothing to compare."
            )
        if not pair[0].is_release:
            pair = _distinct(_as_given(pair), [name.lower() for name in names])
        return pair[0], pair[1]

    def one(self, text: str, name: str) -> Revision:
        """The only revision that `text` means. Raises AskedError, which calls it `name`."""
        found = self._meant(text, f"{name} {text!r}", f"{name}: ")
        if len(found) > 1:
            raise AskedError(f"{name} is one release, not the {len(found)} of {text}.")
        return found[0]

    def _meant(self, text: str, called: str, about: str = "") -> list[Revision]:
        """The revisions that `text` means, the earliest first.

        `called`: what an error calls the text. `about`: what begins an error of git.
        """
        known = self.selection.lock.by_tag
        if text not in known and f"v{text}" not in known:
            if wheels := self._wheels(text):
                return [Revision(" + ".join(map(_title, wheels)), 0, None, Files(wheels))]
            if checkout := self._checkout(text):
                try:
                    source = tree(*checkout)
                    return [Revision(source.name, 0, committed(source), source)]
                except BuildError as error:
                    raise AskedError(f"{about}{error}") from error
        try:
            releases = self.selection.named(text)
        except (UnknownRelease, NoRange) as error:
            hint = "" if "/" in text else f" {error}"
            raise AskedError(
                f"{called} is no release (`mlx-asv releases` lists them), no wheel file or "
                f"directory of wheels, and no checkout (DIR or DIR@REF).{hint}"
            ) from error
        except RangeError as error:
            raise AskedError(str(error)) from error
        revisions = self.selection.lock.revisions
        return [revisions[release.tag] for release in reversed(releases)]

    def _wheels(self, text: str) -> tuple[Path, ...]:
        """The wheel files that a text names; none if it names something else."""
        if text and self._path(text).is_dir():
            return tuple(sorted(self._path(text).glob("*.whl")))
        parts = text.split(",")
        if not all(part.endswith(".whl") for part in parts):
            return ()
        if missing := [part for part in parts if not self._path(part).is_file()]:
            raise AskedError(f"There is no file {', '.join(missing)}.")
        return tuple(map(self._path, parts))

    def _checkout(self, text: str) -> tuple[Path, str | None] | None:
        """The checkout that a text names, and the commit of it; None if the text names none."""
        path, ref = text, ""
        if "@" in text and not self._path(text).exists():
            path, _, ref = text.rpartition("@")
        checkout = self._path(path)
        return (checkout, ref or None) if path and (checkout / ".git").exists() else None

    def _path(self, text: str) -> Path:
        return (self.directory / text).absolute()


def _title(path: Path) -> str:
    try:
        name, version, *_ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise AskedError(f"{path} is no wheel: {error}.") from error
    return f"{name} {version}"


def _refuse_two_kinds(one: tuple[str, Revision], other: tuple[str, Revision]) -> None:
    """Raise AskedError if two named revisions are of different kinds."""
    (name, revision), (other_name, other_revision) = one, other
    kind, other_kind = revision.source.kind, other_revision.source.kind
    if kind != other_kind:
        raise AskedError(
            f"{name} is a {kind} and {other_name} a {other_kind}: other compilers and libraries "
            "would pass for a change of the code. Give two of the same kind."
        )


def _as_given(revisions: Iterable[Revision]) -> list[Revision]:
    """The revisions, numbered in their order: the number is the position."""
    return [replace(each, position=place) for place, each in enumerate(revisions)]


def _distinct(revisions: Sequence[Revision], names: Sequence[str]) -> list[Revision]:
    """The revisions; where several have one label, the name of each is put before it."""
    count = Counter(each.label for each in revisions)
    return [
        replace(each, label=f"{name} {each.label}") if count[each.label] > 1 else each
        for name, each in zip(names, revisions, strict=True)
    ]
