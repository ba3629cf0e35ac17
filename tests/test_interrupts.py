"""Ctrl-C is answered where something is waited for, and nowhere else."""

import signal
import subprocess
import sys

import pytest
from mlx_asv.interrupts import answered, held


@pytest.fixture(autouse=True)
def in_the_foreground():
    """A shell has its background programs ignore Ctrl-C, and so do those that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    """Ctrl-C, as this process gets it."""
    signal.raise_signal(signal.SIGINT)


def test_outside():
    """Without a hold it is Python's: KeyboardInterrupt at once, in a wait or not."""
    with pytest.raises(KeyboardInterrupt):
        press()
    with pytest.raises(KeyboardInterrupt), answered():
        press()


def test_held_to_the_end():
    """What is held runs to its end; then KeyboardInterrupt, and Python answers again."""
    steps = []
    with pytest.raises(KeyboardInterrupt), held():
        press()
        steps.append("went on")
        press()
        steps.append("again")
    assert steps == ["went on", "again"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_held_to_the_next_wait():
    """The next wait does not begin, and the end has nothing more to answer."""
    steps = []
    with held():
        press()
        with pytest.raises(KeyboardInterrupt), answered():
            steps.append("waited")
    assert steps == []


def test_at_once_in_a_wait():
    """A wait is cut short; what comes after it is held again."""
    steps = []
    with pytest.raises(KeyboardInterrupt), held():
        with pytest.raises(KeyboardInterrupt), answered():
            press()
            steps.append("waited")
        press()
        steps.append("cleaned up")
    assert steps == ["cleaned up"]


def test_inside_another():
    """The outer one's end is what counts."""
    steps = []
    with pytest.raises(KeyboardInterrupt), held():
        with held():
            press()
        steps.append("after the inner")
    assert steps == ["after the inner"]


def test_an_error_comes_first():
    """What ends by itself meanwhile ends as what it is."""
    with pytest.raises(OSError, match="full"), held():
        press()
        raise OSError("full")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored():
    """Where a shell has set a background program to ignore it, it stays ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held(), answered():
            press()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


#: What polars asks NumPy for with the first array, pressed in the middle of.
PROGRAM = """
import signal, sys
from contextlib import nullcontext
import numpy.lib._version as version, polars
from mlx_asv.interrupts import held
made = version.NumpyVersion.__init__
def pressed(self, text):
    signal.raise_signal(signal.SIGINT)
    made(self, text)
version.NumpyVersion.__init__ = pressed
try:
    with held() if sys.argv[1] == "held" else nullcontext():
        print(polars.Series([1.0]).to_numpy())
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("how", "status", "said"), [("held", 0, "[1.]\ninterrupted\n"), ("as it is", 1, "")]
)
def test_native_code(how, status, said):
    """Native code that Python would have cut short, to panic, comes to its end."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=60
    )
    assert (found.returncode, found.stdout) == (status, said), found.stderr
    assert ("PanicException" in found.stderr) == (how != "held")
