"""One measurement at a time on a machine: two would disturb each other."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class AnotherSweep(Exception):
    """A sweep is running on this machine; the text says which."""


def lock_path() -> Path:
    """The file that a running sweep holds, the same for everybody on this machine."""
    return Path(tempfile.gettempdir()) / "mlx-asv-sweep.lock"


@contextmanager
def exclusive(what: str, directory: Path) -> Iterator[None]:
    """Hold the machine for a command, `what`, in a directory, until it ends in whatever way.

    Raises AnotherSweep.
    """
    path = lock_path()
    with open(_descriptor(path), "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = file.read().decode(errors="replace").strip() or path
            raise AnotherSweep(
                f"Another sweep is measuring on this machine ({who}). "
                "Two would disturb each other: wait for it, or stop it and run this again."
            ) from None
        file.truncate(0)
        with suppress(OSError):  # a full disk: it is held all the same
            file.write(os.fsencode(f"process {os.getpid()}, {what}, in {directory}\n"))
        yield


def _descriptor(path: Path) -> int:
    """Open the lock file; the first user who measures makes it, writable for all."""
    try:
        # Without O_CREAT, which Linux refuses for a file in /tmp that is somebody else's.
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        os.fchmod(descriptor, 0o666)  # whatever the umask
        return descriptor
