"""How a measurement ends before its time: Ctrl-C, or a full disk."""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mlx_asv.observations.store import Running


class SweepStopped(Exception):
    """The sweep has ended before its time; the text says what is saved and how to go on."""


@contextmanager
def stoppable() -> Iterator[Callable[[Running], Running]]:
    """Turn Ctrl-C and a full disk into SweepStopped.

    Yields a function that must be told what has begun: SweepStopped says how much of it is saved.
    """
    begun: list[Running] = []

    def begin(running: Running) -> Running:
        begun.append(running)
        return running

    try:
        yield begin
    except KeyboardInterrupt:
        raise SweepStopped(
            f"Interrupted. {_saved(begun)}; the same command goes on from there."
        ) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise SweepStopped(
            f"The disk is full. {_saved(begun)}; free some space, and the same command "
            "goes on from there."
        ) from error


def _saved(begun: Sequence[Running]) -> str:
    if not begun:
        return "What was measured before is saved"
    return f"{sum(len(running.finished()) for running in begun)} block sets are saved"
