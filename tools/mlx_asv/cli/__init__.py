"""The command line, ``mlx-asv``: what asv cannot do, and asv's own commands beside it."""

from .group import main
from .judge import explain, verdicts
from .lockfile import releases
from .measure import NOT_MEASURED, calibrate, confirm, count, gate, sweep, tour, track
from .present import dispatch, import_, table

for command in (
    *(releases, tour, sweep, count, track, confirm, gate, calibrate),
    *(verdicts, explain, table, import_, dispatch),
):
    main.add_command(command)

__all__ = ["NOT_MEASURED", "main"]
