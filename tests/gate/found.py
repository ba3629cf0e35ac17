"""Findings as a gate makes them."""

from dataclasses import replace
from math import inf, log, nan

from mlx_asv.axes import Axes
from mlx_asv.confirm.pair import Candidate
from mlx_asv.gate.outcome import Outcome
from mlx_asv.job import Case
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.sequential import Look
from mlx_asv.verdicts.verdict import Verdict

NOTHING = Look(nan, -inf, inf, 0, None)


def candidate(name="Sort", label="small", backend="mlx_cpu"):
    """A case on a backend."""
    return Candidate(
        Case(f"ops.{name}.time_it", "1", Axes.of(case=label), 60.0, {backend: 0}), backend, 0
    )


def finding(decision, change=0.0, reason=None):
    """A decision on five replicates, none if it is None; the A/A arm is 0.2 % off."""
    if decision is None:
        return Finding(None, NOTHING, NOTHING, {}, reason)
    look = Look(log(1 + change), log(1 + change) - 0.01, log(1 + change) + 0.01, 5, decision, 0.06)
    return Finding(decision, look, Look(0.002, -0.01, 0.01, 5, None), {"cpu": 0.012}, reason)


def outcome(*found, inapplicable=()):
    """Of findings, each of a benchmark of its own: (decision, change, reason)."""
    findings = {candidate(f"Op{n}"): finding(*each) for n, each in enumerate(found)}
    skipped = {candidate(f"Gone{n}"): why for n, why in enumerate(inapplicable)}
    conditions = {"OMP_NUM_THREADS": "2"}
    return Outcome("v1", "v2", "box", conditions, log(1.05), 83.0, findings, skipped)


SLOWER = (TIME.worse, 0.12)
FASTER = (TIME.better, -0.2)
SAME = (Verdict.SAME, 0.001)
UNCLEAR = (Verdict.INCONCLUSIVE, 0.03)
LOST = (None, 0.0, "v2 mlx_cpu failed: crashed with SIGSEGV")


def counted(*found):
    """An outcome by counts; its findings as those of `outcome`."""
    by_time = outcome(*found)
    findings = {c: replace(f, metric=INSTRUCTIONS) for c, f in by_time.findings.items()}
    return replace(by_time, findings=findings, metric=INSTRUCTIONS, threshold=log(1.01))


MORE, FEWER = (INSTRUCTIONS.worse, 0.1234), (INSTRUCTIONS.better, -0.2)
