"""A finding as a person reads it: a line, or a row of a table."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from mlx_asv.metric import UNKNOWN
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.sequential import Look

from .pair import Candidate

#: What stands where there is no decision.
NOT_MEASURED = "not measured"


def in_words(finding: Finding) -> str:
    """``slower, +5.1% (+4.2% to +6.0%), 4 replicates``; with the reason where there is one."""
    change = finding.change
    parts: list[str] = [finding.decision or NOT_MEASURED]
    if finding.decision:
        parts.append(_size(finding, change))
    parts.append("1 replicate" if change.replicates == 1 else f"{change.replicates} replicates")
    return ", ".join(parts) + (f": {finding.reason}" if finding.reason else "")


def table(findings: Mapping[Candidate, Finding], before: str, after: str) -> Table:
    """A row for each candidate.

    `A/A`: the earlier release against itself, with its interval. `controls`: standard deviation
    of what each took, from replicate to replicate.
    """
    shown = Table(title=f"{after} against {before}, on fresh replicates (95 % intervals)")
    for column in ("case", "backend"):
        shown.add_column(column, overflow="fold")
    for column in ("effect", "interval", "replicates"):
        shown.add_column(column, justify="right")
    for column in ("verdict", "A/A", "controls"):
        shown.add_column(column)
    for candidate, finding in findings.items():
        twin, metric, controls = finding.twin, finding.metric, finding.controls.items()
        cells = (
            candidate.case.name,
            candidate.backend,
            metric.change(finding.change.effect),
            metric.interval(finding.change.low, finding.change.high),
            str(finding.change.replicates),
            finding.decision or NOT_MEASURED,
            _size(finding, twin) if twin.replicates else UNKNOWN,
            ", ".join(f"{name} {metric.spread(sd)}" for name, sd in controls) or UNKNOWN,
        )
        shown.add_row(*map(Text, cells))  # a name may look like markup
    return shown


def _size(finding: Finding, look: Look) -> str:
    """``+5.1% (+4.2% to +6.0%)``."""
    metric = finding.metric
    return f"{metric.change(look.effect)} ({metric.interval(look.low, look.high)})"
