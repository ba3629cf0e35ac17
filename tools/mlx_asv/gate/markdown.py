"""A gate's outcome as Markdown, for a job summary or a comment that somebody else posts."""

import html
from collections.abc import Sequence

from mlx_asv.engine.progress import duration
from mlx_asv.metric import UNKNOWN
from mlx_asv.verdicts.verdict import Verdict

from .outcome import Found, Outcome

HEAD = "| benchmark | backend | change | 95 % interval | A/A | replicates |"
RULE = "|---|---|--:|--:|--:|--:|"


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The outcomes by each metric, one after the other."""
    return "\n".join(map(_markdown, outcomes))


def _markdown(outcome: Outcome) -> str:
    """The verdict in the first line; then what is broken, slower, faster, undecided, unchanged."""
    parts = [
        f"**{_text(outcome.headline)}** ({_text(outcome.head)} against {_text(outcome.base)})",
        _broken(outcome),
        _section(outcome.metric.worse.capitalize(), outcome.of(outcome.metric.worse)),
        _section(outcome.metric.better.capitalize(), outcome.of(outcome.metric.better)),
        _section("Inconclusive", outcome.of(Verdict.INCONCLUSIVE)),
        _folded(f"{len(outcome.of(Verdict.SAME))} unchanged", _table(outcome.of(Verdict.SAME))),
        _inapplicable(outcome),
        _footer(outcome),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _broken(outcome: Outcome) -> str:
    found = outcome.of(None)
    if not found:
        return ""
    lines = [
        f"| {_text(c.case.name)} | {_text(c.backend)} | {_text(f.reason or 'undecided')} |"
        for c, f in found
    ]
    return "\n".join(
        ["### Not measured", "", "| benchmark | backend | why |", "|---|---|---|", *lines]
    )


def _section(title: str, found: Sequence[Found]) -> str:
    return f"### {title}\n\n{_table(found)}" if found else ""


def _table(found: Sequence[Found]) -> str:
    if not found:
        return ""
    rows = []
    for candidate, finding in found:
        change, twin, metric = finding.change, finding.twin, finding.metric
        cells = (
            _text(candidate.case.name),
            _text(candidate.backend),
            metric.change(change.effect),
            metric.interval(change.low, change.high),
            metric.change(twin.effect) if twin.replicates else UNKNOWN,
            str(change.replicates),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([HEAD, RULE, *rows])


def _folded(summary: str, text: str) -> str:
    if not text:
        return ""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _inapplicable(outcome: Outcome) -> str:
    lines = [f"- {_text(c.name)}: {_text(why)}" for c, why in outcome.inapplicable.items()]
    return _folded(f"{len(lines)} do not apply here", "\n".join(lines))


def _footer(outcome: Outcome) -> str:
    metric = outcome.metric
    conditions = ", ".join(f"{_text(k)}={_text(v)}" for k, v in outcome.conditions.items())
    return (
        f"Noise: {outcome.noise}. Smallest change that would be called {metric.worse} in 80 % of "
        f"such runs: {outcome.detectable}. A change matters from "
        f"{metric.change(outcome.threshold)} on. Measured for {duration(outcome.seconds)} on "
        f"{_text(outcome.machine)} ({conditions})."
    )


def _text(text: str) -> str:
    """A name as it is, whatever is in it."""
    return html.escape(" ".join(text.split())).replace("|", "\\|").replace("`", "\\`")
