"""What all commands print with."""

from pathlib import Path

from rich.console import Console


def say(console: Console, *lines: object) -> None:
    """Lines as they are: no markup, colours or wrapping, so that paths can be copied."""
    for line in lines:
        console.print(str(line), markup=False, emoji=False, highlight=False, soft_wrap=True)


def from_here(path: Path) -> Path:
    """A path as it is typed in the current directory, if it lies in there."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
