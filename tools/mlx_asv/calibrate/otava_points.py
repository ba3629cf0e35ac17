"""Run by the Python that has Otava: series of numbers in, its change points out, as JSON."""

import json
import sys

from otava.series import AnalysisOptions, Metric, Series  # type: ignore[import-not-found]


def points(values: list[float]) -> list[tuple[int, float]]:
    """The index after each change, and its size in percent."""
    times = list(range(len(values)))
    series = Series("case", None, times, {"seconds": Metric()}, {"seconds": values}, {})
    found = series.analyze(AnalysisOptions()).change_points["seconds"]
    return [(int(each.index), float(each.forward_change_percent())) for each in found]


if __name__ == "__main__":
    every = json.load(sys.stdin)
    json.dump({case: points(values) for case, values in every.items()}, sys.stdout)
