"""`mlx-asv explain`: the evidence for one verdict, and a script to measure it elsewhere."""

from pathlib import Path

from rich.console import Console

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.observations.store import CONFIRMATIONS, ObservationsError, read_machine
from mlx_asv.releases.lock import Lock
from mlx_asv.releases.upstream import compare_page
from mlx_asv.terminal import say
from mlx_asv.verdicts.command import judgement_of, swept
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.rule import Rule

from .evidence import evidence, find
from .report import print_evidence, verdict
from .script import script
from .standalone import NoSource


def explain(
    benchmark: str,
    case: str,
    backend: str,
    release: str,
    machine: str | None,
    rule: Rule,
    out: Path | None,
    console: Console,
) -> None:
    """Print the evidence of each machine that measured the step, then the script (or into `out`).

    Raises SuiteError, AcceptedError or ObservationsError, which also says that there is no such
    verdict.
    """
    suite = Suite()
    swept(suite.results, machine)
    verdicts = judgement_of(suite.results, suite.order(), rule, machine).verdicts
    try:
        rows = find(verdicts, benchmark, case, backend, release)
    except LookupError as error:
        raise ObservationsError(str(error.args[0])) from error
    lock = suite.repo.lock
    for row in rows:
        found = evidence(
            row,
            verdicts,
            read_machine(suite.results, row["machine"]),
            read_machine(suite.results, row["machine"], CONFIRMATIONS),
        )
        print_evidence(found, compare_page(lock, row["before"], row["after"]), console)
        text = reproduction(suite, lock, row, verdict(found), console)
        if text and out is not None:
            out.write_text(text, encoding="utf-8")
            say(console, f"Script: {out}")
        elif text:
            say(console, "\nTo measure it on another machine:\n")
            say(console, text)


def reproduction(suite: Suite, lock: Lock, row: Row, size: str, console: Console) -> str | None:
    """The script; None, once it is said why, if the benchmark cannot stand by itself."""
    try:
        return script(
            Path(suite.directory),
            lock,
            benchmark=row["benchmark"],
            case=row["case"],
            backend=row["backend"],
            environment=row["environment"],
            before=row["before"],
            after=row["after"],
            size=size,
        )
    except NoSource as reason:
        say(
            console,
            f"There is no script of it: {reason} In a checkout of this suite, `mlx-asv confirm "
            f"'{row['benchmark']}' {row['before']} {row['after']}` measures it.",
        )
        return None
