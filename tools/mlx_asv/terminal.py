"""What all commands print with."""

from rich.console import Console


def say(console: Console, *lines: object) -> None:
    """Lines as they are: no markup, colours or wrapping, so that paths can be copied."""
    for line in lines:
        console.print(str(line), markup=False, emoji=False, highlight=False, soft_wrap=True)
