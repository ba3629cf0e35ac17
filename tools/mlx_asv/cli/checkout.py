"""What commands find in the checkout they run in, or the one sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mlx_asv.releases.builds import NotInstallable, Target, choose_build
from mlx_asv.releases.lock import Lock, LockError

#: The Python that releases are measured with.
MEASURING_PYTHON = "3.11"


@contextmanager
def one_sentence(
    *errors: type[Exception],
    about: str = "",
    ending: type[click.ClickException] = click.ClickException,
) -> Iterator[None]:
    """These errors end the command with what they say, after what it is `about`; status 1, or
    that of another `ending`."""
    try:
        yield
    except errors as error:
        raise ending(f"{about}: {error}." if about else str(error)) from error


def in_checkout() -> None:
    """Ends the command elsewhere."""
    if not Path("asv.conf.json").exists():
        raise click.ClickException("There is no asv.conf.json here: run this in a checkout.")


def target_here(lock: Lock, python: str) -> Target:
    """What is installed on this machine."""
    with one_sentence(NotInstallable):
        return Target(python, choose_build(lock))


def load(package: str) -> Lock:
    """The package's lock file."""
    with one_sentence(LockError):
        return Lock.load(Path(f"{package}.lock.json"))
