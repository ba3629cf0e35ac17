import os
from pathlib import Path

import pytest
from mlx_asv.engine.context import Context, loaders


def test_on_a_gpu_arms_take_turns():
    """Processes visit one at a time anywhere; on a GPU they are not even loaded side by side."""
    assert [loaders(build) for build in ("metal", "cuda12", "cuda13")] == [1, 1, 1]
    assert loaders("cpu") == loaders("") == os.cpu_count()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/checkout/results/box", "results/box"),
        ("/elsewhere/results", "/elsewhere/results"),
        ("/checkout2/results", "/checkout2/results"),
    ],
)
def test_path_is_shown_as_the_user_would_type_it(path, shown):
    """From the checkout, in which the command was typed."""
    context = Context(
        suite=None, description={}, command="", checkout=Path("/checkout"), console=None
    )
    assert context.shown(Path(path)) == Path(shown)
