"""A table of the releases: those that can be installed here, and why the others cannot."""

from rich.console import Console
from rich.table import Table

from .builds import NotInstallable, Target, wheels_for
from .lock import Lock


def print_report(lock: Lock, target: Target, console: Console) -> None:
    """Print one row per release, newest first, then how many can be installed."""
    table = Table(title=f"{lock.package} releases on {target}, {target.build} build")
    for column in ("release", "date", "commit", "installable", "wheels, or why not"):
        table.add_column(column)
    count = 0
    for release in reversed(lock.releases):
        try:
            wheels = wheels_for(lock, release, target)
            count += 1
            verdict, detail = "yes", "\n".join(wheel.filename for wheel in wheels)
        except NotInstallable as reason:
            verdict, detail = "no", str(reason)
        commit = release.commit[:12] if release.commit else "not tagged"
        table.add_row(release.tag, release.date[:10], commit, verdict, detail)
    console.print(table)
    console.print(f"{count} of {len(lock.releases)} releases can be installed here.")
