"""The releases that a tour visits."""

from collections.abc import Sequence
from typing import TypeVar

Each = TypeVar("Each")


def spread(releases: Sequence[Each], count: int) -> list[Each]:
    """`count` of `releases`, evenly spread, the first and the last among them; of one the last."""
    if count >= len(releases):
        return list(releases)
    if count == 1:
        return [releases[-1]]
    return [releases[round(i * (len(releases) - 1) / (count - 1))] for i in range(count)]
