"""Verdicts for what measures them again."""

from collections.abc import Sequence
from pathlib import Path

from mlx_asv.analysis.machine import analyse
from mlx_asv.analysis.results import swept
from mlx_asv.observations.store import CONFIRMATIONS, read_machine
from mlx_asv.verdicts.accepted import FILE, read_accepted
from mlx_asv.verdicts.judge import Judgement
from mlx_asv.verdicts.rule import Rule


def judgement_of(results: Path, order: Sequence[str], rule: Rule, machine: str) -> Judgement:
    """Verdicts on one of the machines whose observations lie in `results`.

    `order`: all releases, oldest first. Raises ObservationsError or AcceptedError.
    """
    swept(results, machine)
    found = analyse(
        read_machine(results, machine),
        read_machine(results, machine, CONFIRMATIONS),
        order,
        read_accepted(results / FILE),
        rule,
        backends={},  # for a step's scope, which nobody asks here
    )
    return Judgement(found.verdicts, found.suite, [])
