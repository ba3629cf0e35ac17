"""A file of JSON lines that a program adds to as long as it runs, killed or not."""

import json
from pathlib import Path
from typing import Any


def read(path: Path) -> list[Any]:
    """The values of the whole lines; none of a file that is not there yet."""
    return [json.loads(line) for line in _whole(path).splitlines()]


def add(path: Path, value: object) -> None:
    """Add a line, in place of half a one that a killed program has left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.truncate(len(_whole(path)))
        file.write(json.dumps(value, allow_nan=False).encode() + b"\n")


def _whole(path: Path) -> bytes:
    """The whole lines: those that end."""
    text = path.read_bytes() if path.exists() else b""
    return text[: text.rfind(b"\n") + 1]
