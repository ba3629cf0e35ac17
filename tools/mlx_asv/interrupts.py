"""Ctrl-C where it can be answered: while something is waited for, not in the middle of a step.

Python raises KeyboardInterrupt between any two steps of the main thread, those included that
native code asks for: a library written in Rust panics on it, a file object's error becomes "the
file cannot be read", and a clean-up that is cut short leaves processes behind.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class _Pressed:
    """What has become of the signal."""

    waiting: bool = False
    noted: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Answer the signal if somebody waits, and else make a note of it."""
        self.noted = True
        if self.waiting:
            self.answer()

    def answer(self) -> None:
        """Raise KeyboardInterrupt for a signal that is noted; once."""
        if self.noted:
            self.noted = False
            raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Ctrl-C is noted, and KeyboardInterrupt raised at the next wait (`answered`), or at the end.

    Does nothing inside another one, and where the signal is ignored (as in a shell's background)
    or somebody else's. Of the main thread, as all of `signal`.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    pressed = _Pressed()
    signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    pressed.answer()


@contextmanager
def answered() -> Iterator[None]:
    """A wait: raises KeyboardInterrupt at once, also for what was noted before."""
    pressed = signal.getsignal(signal.SIGINT)
    if not isinstance(pressed, _Pressed):
        yield
        return
    pressed.waiting = True
    try:
        pressed.answer()
        yield
    finally:
        pressed.waiting = False
