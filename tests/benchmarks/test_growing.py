import os
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import Case
from benchmarks.frameworks import Api, Function
from benchmarks.growing import Growing

from .conftest import Alone


class Waits(Growing):
    """Takes as many tenths of a second as its shape says; notes what is called in $LOG."""

    cases = ("1", "2", "4", "40")
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        raise NotImplementedError

    def numpy(self, case: Case, np: Api) -> Function:
        def call(x: Any) -> Any:
            with open(os.environ["LOG"], "a") as file:
                file.write(f"{case.label} ")
            time.sleep(case.shapes[0][0] / 10)
            return x

        return call


def _set_up(case: str, backend: str = "numpy") -> None:
    operation = Waits()
    operation.setup(case, backend)
    operation.setup(case, backend)
    operation.time_forward(case, backend)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A limit between the second case and the third, and an empty log."""
    (tmp_path / "log").write_text("")
    return {"MLX_ASV_CALL_LIMIT": "0.3", "LOG": str(tmp_path / "log")}


def test_a_case_beyond_one_that_takes_too_long_is_not_tried(
    alone: Alone, environment: dict[str, str]
) -> None:
    """Its reason is the smaller case's own, with its name; the 4 seconds are not waited for."""
    reason = r"^already 4: one call takes 0\.4 s, longer than the limit of 0\.3 s$"
    with pytest.raises(NotImplementedError, match=reason):
        alone(_set_up, "40", **environment)
    called = Path(environment["LOG"]).read_text().split()
    assert set(called) == {"1", "2", "4"}


def test_the_first_that_takes_too_long_says_so_itself(
    alone: Alone, environment: dict[str, str]
) -> None:
    """No case is named but the one that is asked for."""
    with pytest.raises(NotImplementedError, match=r"^one call takes 0\.4 s"):
        alone(_set_up, "4", **environment)


def test_smaller_cases_are_tried_once_per_run(alone: Alone, environment: dict[str, str]) -> None:
    """The processes of a run share the answer: the next one calls nothing but its own case."""
    alone(_set_up, "2", **environment)
    assert Path(environment["LOG"]).read_text().split() == ["1", "2", "2"]
    Path(environment["LOG"]).write_text("")
    alone(_set_up, "2", **environment)
    assert Path(environment["LOG"]).read_text().split() == ["2"]


def test_any_skip_of_a_smaller_case_is_one(
    alone: Alone, environment: dict[str, str], fake_frameworks: None
) -> None:
    """Where the first case is not defined, the last one is not, and it says so."""
    with pytest.raises(NotImplementedError, match=r"^already 1: Waits is not defined in PyTorch$"):
        alone(_set_up, "40", "cpu", **environment)
