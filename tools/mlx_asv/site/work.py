"""How much a case does, where the suite says so."""

import importlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any


def work(benchmark: str, case: str) -> Any:
    """What `benchmarks/work.py` says; None for a suite that has none, or does not know the case."""
    define = _definition()
    return define(benchmark, case) if define else None


@cache
def _definition() -> Callable[[str, str], Any] | None:
    if find_spec("benchmarks") is None or find_spec("benchmarks.work") is None:
        return None
    found: Callable[[str, str], Any] = importlib.import_module("benchmarks.work").work
    return found
