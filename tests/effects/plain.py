"""The statistics of `mlx_asv.effects` once more: slow, one value at a time, to compare with.

None is a missing value. Nothing here imports `mlx_asv.effects`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import exp, inf, log, pi, sqrt
from statistics import fmean, median, variance
from typing import Any

from scipy import optimize, special, stats

Rows = Sequence[Sequence[float | None]]
SMALL_MAD = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.2, 7: 1.14, 8: 1.129, 9: 1.107}


def median_of(values: Iterable[float | None]) -> float | None:
    """The median of what is there."""
    there = [value for value in values if value is not None]
    return median(there) if there else None


# -- one life --------------------------------------------------------------------------------


def connected(rows: Rows) -> set[int]:
    """The arms of the largest group that shares blocks; of as large ones the first."""
    left = {arm for row in rows for arm, value in enumerate(row) if value is not None}
    best: set[int] = set()
    size = 0
    while left:
        group = {min(left)}
        grown = True
        while grown:
            grown = False
            for row in rows:
                here = {arm for arm, value in enumerate(row) if value is not None}
                if here & group and not here <= group:
                    group |= here
                    grown = True
        cells = sum(
            value is not None and arm in group for row in rows for arm, value in enumerate(row)
        )
        if cells > size:
            best, size = group, cells
        left -= group
    return best


def least_squares(cells: dict[tuple[int, int], float]) -> dict[int, float]:
    """Arms of value = block + arm: means of blocks and arms, in turn, until nothing moves."""
    arms = dict.fromkeys({arm for _, arm in cells}, 0.0)
    blocks = dict.fromkeys({block for block, _ in cells}, 0.0)
    for _ in range(5000):
        before = dict(arms)
        for block in blocks:
            blocks[block] = fmean(v - arms[a] for (b, a), v in cells.items() if b == block)
        for arm in arms:
            arms[arm] = fmean(v - blocks[b] for (b, a), v in cells.items() if a == arm)
        if all(abs(arms[arm] - before[arm]) < 1e-13 for arm in arms):
            break
    return arms


def polish(rows: Rows) -> tuple[list[float | None], list[float | None], list[list[float | None]]]:
    """Levels of arms, of blocks, and residuals."""
    together = connected(rows)
    rows = [[v if arm in together else None for arm, v in enumerate(row)] for row in rows]
    cells = {
        (block, arm): value
        for block, row in enumerate(rows)
        for arm, value in enumerate(row)
        if value is not None and sum(v is not None for v in row) > 1
    }
    if not cells:
        arms = {arm: median_of(row[arm] for row in rows) for arm in together}
    else:
        arms = least_squares(cells)
    members = defaultdict(list)
    for block, arm in cells:
        members[block].append(arm)
    for _ in range(50 if cells else 0):
        steps = {}
        for arm in together:
            here = [block for block in members if arm in members[block]]
            share = fmean((len(members[block]) - 1) / len(members[block]) for block in here)
            steps[arm] = share * median(
                cells[block, arm]
                - arms[arm]
                - median(cells[block, a] - arms[a] for a in members[block] if a != arm)
                for block in here
            )
        mean = fmean(steps.values())
        arms = {arm: arms[arm] + step - mean for arm, step in steps.items()}
        if all(abs(step - mean) < 1e-6 for step in steps.values()):
            break
    blocks = [
        median_of(value - arms[arm] for arm, value in enumerate(row) if value is not None)
        for row in rows
    ]
    typical = median_of(blocks) or 0.0
    residuals: list[list[float | None]] = [
        [
            cells[block, arm] - arms[arm] - blocks[block] if (block, arm) in cells else None
            for arm in range(len(row))
        ]
        for block, row in enumerate(rows)
    ]
    count = len(rows[0]) if rows else 0
    return (
        [arms[arm] + typical if arm in together else None for arm in range(count)],
        [None if block is None else block - typical for block in blocks],
        residuals,
    )


def scale(values: Iterable[float | None]) -> float | None:
    """Robust standard deviation."""
    there = [value for value in values if value is not None]
    n = len(there)
    if n < 2:
        return None
    middle = median(there)
    deviations = sorted(abs(value - middle) for value in there)
    found = 1.4826 * SMALL_MAD.get(n, n / (n - 0.8)) * median(deviations)
    if found < 1e-5:
        tick = min((d for d in deviations if d > 1e-5), default=0.0)
        found = sqrt(pi / 2) * sum(min(d, 3 * tick) for d in deviations) / (n - 1)
    return found if found >= 1e-5 else 0.0


def own_error(residuals: list[list[float | None]], arm: int) -> float | None:
    """The standard error that an arm's own noise gives its level."""
    deviations = []
    for row in residuals:
        others = [v for a, v in enumerate(row) if v is not None and a != arm]
        if row[arm] is not None:
            k = len(others) + 1
            deviations.append((row[arm] - median(others)) * sqrt((k - 1) / k))
    spread = scale(deviations)
    return None if spread is None else sqrt(pi / 2) * spread / sqrt(len(deviations))


def contrast(rows: Rows, arm: int, reference: int) -> tuple[float | None, float | None]:
    """Log ratio of two arms and its standard error."""
    arms, _, residuals = polish(rows)
    if arms[arm] is None or arms[reference] is None:
        return None, None
    if arm == reference:
        return 0.0, 0.0
    paired = [
        row[arm] - row[reference]
        for row in residuals
        if row[arm] is not None and row[reference] is not None
    ]
    one, other = own_error(residuals, arm), own_error(residuals, reference)
    if len(paired) < 2:
        error = None if one is None or other is None else sqrt(one**2 + other**2)
    else:
        counts = [sum(row[a] is not None for row in residuals) for a in (arm, reference)]
        parts = [own**2 * n for own, n in zip((one, other), counts, strict=True)]
        weight = 1 / len(paired)
        if sum(parts) > 0:
            weight = sum(p / n for p, n in zip(parts, counts, strict=True)) / sum(parts)
        error = sqrt(pi / 2) * scale(paired) * sqrt(weight)
    return arms[arm] - arms[reference], error


SET = (
    *("sweep", "machine", "environment", "benchmark", "version", "case", "metric"),
    *("replicate", "group"),
)


def life_levels(observations: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What `life_levels` says, by set and arm."""
    sets = defaultdict(lambda: defaultdict(dict))
    roles = {}
    for row in observations:
        if row["outcome"] == "ok":
            arm = (row["backend"], row["label"])
            key = tuple(row[name] for name in SET)
            sets[key][arm][row["block"]] = row["value"]
            roles[key, arm] = row["role"]
    found = {}
    for key, visits in sets.items():
        arms = sorted(visits)
        blocks = sorted({block for arm in arms for block in visits[arm]})
        rows = [
            [log(visits[arm][block]) if block in visits[arm] else None for arm in arms]
            for block in blocks
        ]
        references = [arm for arm in arms if roles[key, arm] == "reference"]
        for arm in arms if references else []:
            own = [reference for reference in references if reference[0] == arm[0]]
            reference = (references if roles[key, arm] == "control" or not own else own)[0]
            ratio, error = contrast(rows, arms.index(arm), arms.index(reference))
            if ratio is not None:
                found[*key, *arm] = {
                    "blocks": len(visits[arm]),
                    "log_ratio": ratio,
                    "error": error,
                    "level": polish(rows)[0][arms.index(arm)],
                    "value": median(visits[arm].values()),
                    "reference_backend": reference[0],
                    "reference_label": reference[1],
                    "reference_value": median(visits[reference].values()),
                }
    return found


# -- many lives ------------------------------------------------------------------------------


def huber_mean(values: Sequence[float], spread: float) -> float:
    """Where the pulls of the values, none stronger than 1.345 scales, are in balance.

    They may be so on a whole stretch; then the middle of the values decides.
    """

    def pull(at: float) -> float:
        return sum(max(-1.345, min(1.345, (value - at) / spread)) for value in values)

    middle = median(values)
    if abs(pull(middle)) < 1e-9 or min(values) == max(values):
        return middle
    return optimize.brentq(pull, min(values), max(values), xtol=1e-14)


def moderate(own: float, df: float, prior: float, prior_df: float) -> tuple[float, float]:
    """Standard deviation and df."""
    if df + prior_df == 0:
        return inf, 0.0
    if prior_df == inf:
        pooled = prior
    elif prior_df == 0:
        pooled = own
    else:
        pooled = (prior_df * prior + df * own) / (prior_df + df)
    return max(0.005, sqrt(pooled)), df + prior_df


def fit_prior(variances: Sequence[float], dfs: Sequence[float]) -> tuple[float, float]:
    """Prior variance and df, by limma's equations, solved by bisection."""
    least = 1e-5 * median(variances)
    logs = [
        log(max(v, least)) - special.digamma(d / 2) + log(d / 2)
        for v, d in zip(variances, dfs, strict=True)
    ]
    middle = median(logs)
    reach = 3 * 1.4826 * median(abs(value - middle) for value in logs)
    logs = [min(max(value, middle - 2 * reach), middle + reach) for value in logs]
    excess = variance(logs) - fmean(special.polygamma(1, d / 2) for d in dfs)
    if excess <= 0:
        return exp(fmean(logs)), sum(dfs)
    half = optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-9, 1e9, xtol=1e-15)
    return exp(fmean(logs) + special.digamma(half) - log(half)), min(2 * half, sum(dfs))


def combine(
    values: Sequence[float], prior: float, prior_df: float, error: float | None, confidence: float
) -> tuple[float, float, float]:
    """Mean, low and high."""
    n = len(values)
    own = variance(values) if n > 1 else 0.0
    middle = median(values)
    mad = 1.4826 * median(abs(value - middle) for value in values)
    sd, df = moderate(own, n - 1, prior, prior_df)
    spread, _ = moderate(mad**2, n - 1, prior, prior_df)
    mean = middle if spread == inf else huber_mean(values, max(spread, error or 0.0))
    if df == 0:
        return mean, -inf, inf
    half = stats.t.ppf((1 + confidence) / 2, df) * max(sd, error or 0.0) / sqrt(n)
    return mean, mean - half, mean + half
