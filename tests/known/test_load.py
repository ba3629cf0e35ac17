from itertools import islice

import psutil
import pytest
from mlx_asv.known.load import LONGEST, SHORTEST, bursts, disturbance

from tests.sweep.conftest import wait_for


def test_bursts_are_random_but_reproducible():
    """Work and pauses within their bounds, the same for the same seed."""
    first = list(islice(bursts(1), 200))
    assert first == list(islice(bursts(1), 200))
    assert first != list(islice(bursts(2), 200))
    assert all(SHORTEST <= t <= LONGEST for work, pause, _ in first for t in (work, pause))
    assert {memory for *_, memory in first} == {True, False}


def test_it_works_while_wanted_and_is_gone_afterwards():
    """However the block that wants it ends."""
    with pytest.raises(ZeroDivisionError), disturbance(1) as pid:
        process = psutil.Process(pid)
        before = process.cpu_times().user
        wait_for(lambda: process.cpu_times().user > before)
        raise ZeroDivisionError
    assert not psutil.pid_exists(pid)
