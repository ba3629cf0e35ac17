"""What a gate compares: two releases, two sets of wheel files, or two source trees."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.engine.selection import one_release
from mlx_asv.environments.source import BuildError, Tree, build, tree


class SideError(Exception):
    """What is to be compared is not there, or cannot be compared; says what to do."""


class Kind(StrEnum):
    """How a side was made. Two that were not made alike are not compared."""

    RELEASE = "release"
    WHEELS = "set of wheel files"
    SOURCE = "source tree"


@dataclass(frozen=True)
class Side:
    """One of the two: `what` is a tag, wheel files that belong together, or a tree."""

    kind: Kind
    what: str | tuple[Path, ...] | Tree

    @property
    def name(self) -> str:
        """What a person calls it."""
        if isinstance(self.what, Tree):
            return self.what.name
        if isinstance(self.what, tuple):
            return " + ".join(_title(path) for path in self.what)
        return self.what


def sides(suite: Suite, base: str, head: str) -> tuple[Side, Side]:
    """Both sides of a gate. Raises SideError."""
    found = side(suite, base, "BASE"), side(suite, head, "HEAD")
    kinds = [each.kind for each in found]
    if kinds[0] != kinds[1]:
        raise SideError(
            f"BASE is a {kinds[0]} and HEAD a {kinds[1]}: other compilers and libraries would "
            "pass for a change of the code. Give two of the same kind."
        )
    if found[0] == found[1]:
        raise SideError(f"BASE and HEAD are both {found[0].name}: there is nothing to compare.")
    return found


def side(suite: Suite, text: str, which: str) -> Side:
    """A release (``v0.31.1``), wheel files (a path, several with commas, or a directory of them),
    or a checkout (``DIR`` as it is, or ``DIR@REF``). Raises SideError."""
    if text in suite.order() or text in (tag.removeprefix("v") for tag in suite.order()):
        try:
            return Side(Kind.RELEASE, one_release(suite, text, which))
        except SuiteError as error:
            raise SideError(str(error)) from error
    if wheels := _wheels(text):
        return Side(Kind.WHEELS, wheels)
    path, ref = text, ""
    if "@" in text and not Path(text).exists():
        path, _, ref = text.rpartition("@")
    if (Path(path) / ".git").exists():
        try:
            return Side(Kind.SOURCE, tree(Path(path), ref or None))
        except BuildError as error:
            raise SideError(f"{which}: {error}") from error
    raise SideError(
        f"{which} {text!r} is no release (`mlx-asv releases` lists them), no wheel file or "
        "directory of wheels, and no checkout (DIR or DIR@REF)."
    )


def install(suite: Suite, chosen: Side, label: str, tell: Callable[[str], None]) -> dict[str, str]:
    """Build a side if need be, and install it as `label`; its processes' environment.

    Raises BuildError or SuiteError.
    """
    if not isinstance(chosen.what, str):
        files = chosen.what
        if isinstance(files, Tree):
            suite.create()
            files = tuple(build(files, suite.python, suite.state / "builds", tell))
        suite.offer(label, files)
    return suite.install(label)


def _wheels(text: str) -> tuple[Path, ...]:
    """The wheel files that a text names; none if it names something else."""
    if Path(text).is_dir():
        return tuple(sorted(Path(text).glob("*.whl")))
    paths = tuple(Path(part) for part in text.split(","))
    if not all(path.suffix == ".whl" for path in paths):
        return ()
    if missing := [str(path) for path in paths if not path.is_file()]:
        raise SideError(f"There is no file {', '.join(missing)}.")
    return paths


def _title(path: Path) -> str:
    try:
        name, version, *_ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise SideError(f"{path} is no wheel: {error}.") from error
    return f"{name} {version}"


def labels(base: Side, head: Side) -> tuple[str, str]:
    """Their names; with which side it is, where these are the same."""
    if base.name != head.name:
        return base.name, head.name
    return f"base {base.name}", f"head {head.name}"
