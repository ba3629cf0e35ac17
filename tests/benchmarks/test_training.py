"""Training: what a comparison of one step does not see."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import Case
from benchmarks.training import TrainStep
from tests.conftest import ROOT

#: The losses of 30 steps, each from what the step before it has left.
PROGRAM = """
import sys
from benchmarks.cases import Case
from benchmarks.frameworks import FRAMEWORKS
from benchmarks.training import TrainStep
import numpy as np
case, framework = Case.parse(TrainStep.cases[0]), FRAMEWORKS[sys.argv[1]]("cpu")
operation = TrainStep()
given = [framework.array(a) for a in operation.arrays(case, np.random.default_rng(0))]
define = getattr(operation, sys.argv[1])(case, *framework.modules)
call, (x, targets, *state) = operation.load(define, given)
for _ in range(30):
    loss, *state = framework.bind(call, [x, targets, *state], sys.argv[2] == "compiled")()
    print(float(framework.numpy(loss)))
"""


@pytest.mark.parametrize(
    ("release", "framework", "how"),
    [
        ("0.21.1", "mlx", "as it is"),
        ("0.31.1", "mlx", "as it is"),
        ("0.31.1", "mlx", "compiled"),
        ("0.31.1", "torch", "as it is"),
    ],
)
def test_steps_lower_the_loss(
    release: str,
    framework: str,
    how: str,
    measuring_python: Callable[[str], tuple[str | Path, dict[str, str]]],
) -> None:
    """Thirty of them, by a fifth or more: those of the moments that are given are small."""
    python, environ = measuring_python(release)
    result = subprocess.run(
        [python, "-c", PROGRAM, framework, how],
        env={**os.environ, **environ, "PYTHONPATH": f"{environ.get('PYTHONPATH', '')}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    losses = [float(line) for line in result.stdout.split()]
    assert len(losses) == 30
    assert losses[-1] < 0.8 * losses[0]


def test_state_is_what_comes_back() -> None:
    """As many numbers as the step is given, and the loss."""
    for label in (*TrainStep.cases, *TrainStep.small_cases):
        case = Case.parse(label)
        _, _, *state = TrainStep().arrays(case, np.random.default_rng(0))
        assert TrainStep().output_shape(case) == (1 + sum(array.size for array in state),)


def test_work_of_a_step() -> None:
    """Three products with each weight but the first, which has two; weights come and go."""
    work = TrainStep().work(Case.parse("5x3 3x4 4x2"))
    assert work.operations == 2 * 5 * (2 * 3 * 4 + 3 * 4 * 2)
    assert work.bytes == 4 * (5 * 3 + 2 * 3 * (3 * 4 + 4 + 4 * 2 + 2))
