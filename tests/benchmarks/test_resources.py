import os
import sys
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from benchmarks import resources
from benchmarks.resources import (
    limit_memory,
    physical_memory,
    pin,
    remember,
    require_device,
    require_memory,
    unpinned,
)

from .conftest import Alone

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this limit")
can_pin = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no core affinity")


def test_physical_memory_is_not_more_than_the_machine_has() -> None:
    """It is a size that a machine can have, and no control group can raise it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 100e6 < physical_memory() <= machine


def test_half_of_the_memory_is_enough() -> None:
    """A case of exactly half of the memory is measured."""
    require_memory(physical_memory() // 2)


def test_more_than_half_of_the_memory_is_a_skip() -> None:
    """Beyond half of the memory a case is skipped, with what it needs and what there is."""
    with pytest.raises(NotImplementedError, match=r"needs 123456\.8 GB, half of .* is \d+\.\d GB"):
        require_memory(123_456_789_000_000)


def _allocations() -> tuple[bool, bool]:
    """Whether 95 % of the memory can be had (untouched) before and after the limit is set."""

    def possible() -> bool:
        try:
            np.empty(int(physical_memory() * 0.95), np.uint8)
        except MemoryError:
            return False
        return True

    before = possible()
    limit_memory()
    return before, possible()


@on_linux
def test_memory_limit(alone: Alone) -> None:
    """With the limit a runaway allocation is a MemoryError instead of a killed machine."""
    before, after = alone(_allocations)
    if not before:
        pytest.skip("this machine refuses such an allocation by itself")
    assert not after


def _limit_under_a_hard_limit() -> tuple[int, int]:
    import resource

    hard = physical_memory() // 2
    resource.setrlimit(resource.RLIMIT_DATA, (hard // 2, hard))
    limit_memory()
    return resource.getrlimit(resource.RLIMIT_DATA)


@on_linux
def test_memory_limit_respects_a_hard_limit(alone: Alone) -> None:
    """Where an administrator allows less, less is the limit, and that is no error."""
    hard = physical_memory() // 2
    assert alone(_limit_under_a_hard_limit) == (hard, hard)


def _cores_after_pin(cores: str | None) -> set[int]:
    pin(cores)
    return os.sched_getaffinity(0)


@can_pin
def test_pin_to_one_core(alone: Alone) -> None:
    """The process stays on the core that it is told."""
    core = max(os.sched_getaffinity(0))
    assert alone(_cores_after_pin, str(core)) == {core}


def _cores_unpinned(core: str) -> tuple[set[int], set[int], set[int]]:
    before = os.sched_getaffinity(0)
    pin(core)
    with unpinned():
        inside = os.sched_getaffinity(0)
    assert os.sched_getaffinity(0) == {int(core)}
    return before, inside, os.sched_getaffinity(0)


@can_pin
def test_unpinned_is_for_a_while(alone: Alone) -> None:
    """Inside, a pinned process may use the cores it was given; afterwards it is pinned again."""
    core = max(os.sched_getaffinity(0))
    before, inside, after = alone(_cores_unpinned, str(core))
    assert inside == before
    assert after == {core}


@can_pin
def test_pin_to_several_cores(alone: Alone) -> None:
    """A comma-separated list is all of its cores."""
    cores = os.sched_getaffinity(0)
    first = str(min(cores))
    assert alone(_cores_after_pin, ",".join(map(str, cores))) == cores
    assert alone(_cores_after_pin, f"{first},{first}") == {min(cores)}


@can_pin
@pytest.mark.parametrize("nothing", [None, "", "all"])
def test_no_pin(alone: Alone, nothing: str | None) -> None:
    """Without a list, or with "all", every core stays allowed."""
    assert alone(_cores_after_pin, nothing) == os.sched_getaffinity(0)


def _remember_and_count(asked: Path, question: str) -> str:
    """Answers are 1, 2, 3: how often any process was really asked."""

    def answer() -> str:
        with asked.open("a") as file:
            file.write("x")
        return str(asked.stat().st_size)

    return remember(question, answer)


def _in_a_grandchild(asked: Path, question: str) -> str:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_remember_and_count, asked, question).result(timeout=60)


def test_remember_asks_once_per_parent(alone: Alone, tmp_path: Path) -> None:
    """The processes of one run share an answer; those of another run ask again."""
    asked = tmp_path / "asked"
    assert [alone(_remember_and_count, asked, "q") for _ in range(3)] == ["1", "1", "1"]
    assert alone(_in_a_grandchild, asked, "q") == "2"


@pytest.mark.usefixtures("own_tmpdir")
def test_remember_keeps_questions_apart(tmp_path: Path) -> None:
    """Another question is asked, and does not change the first one's answer."""
    asked = tmp_path / "asked"
    assert [_remember_and_count(asked, q) for q in ("a", "b", "a")] == ["1", "2", "1"]


def test_remember_keeps_releases_apart(own_tmpdir: Path, tmp_path: Path, alone: Alone) -> None:
    """Another release has another temporary directory, and so an answer of its own."""
    other = tmp_path / "other"
    other.mkdir()
    asked = tmp_path / "asked"
    assert alone(_remember_and_count, asked, "q") == "1"
    assert alone(_remember_and_count, asked, "q", TMPDIR=str(other)) == "2"


@pytest.mark.usefixtures("own_tmpdir")
def test_remember_forgets_a_failure(tmp_path: Path) -> None:
    """An answer that could not be given is no answer: the next one is asked for."""

    def fail() -> str:
        raise RuntimeError("no idea")

    with pytest.raises(RuntimeError, match="no idea"):
        remember("q", fail)
    assert _remember_and_count(tmp_path / "asked", "q") == "1"


@pytest.mark.usefixtures("own_tmpdir")
class TestRequireDevice:
    def reason(self, probe: str) -> str:
        """Why a probe's device is skipped."""
        with pytest.raises(NotImplementedError) as skip:
            require_device("a device", probe)
        return str(skip.value)

    def test_present(self) -> None:
        """A probe that ends well is a device, whatever it writes."""
        require_device("a device", "import sys; print('Error: no', file=sys.stderr)")

    def test_failing(self) -> None:
        """The reason is the probe's own error: its first line, of the last error if several."""
        probe = "try: 1 / 0\nexcept Exception: raise ValueError('broken\\ndetails: of it')"
        assert self.reason(probe) == "no such device: a device (ValueError: broken)"

    def test_failing_without_a_word(self) -> None:
        """An error without a message is named, and a bare exit gives its status."""
        assert self.reason("assert False") == "no such device: a device (AssertionError)"
        assert self.reason("raise SystemExit(3)") == "no such device: a device (exit status 3)"

    def test_endless_message(self) -> None:
        """A long message is cut: it is repeated for every case."""
        assert len(self.reason("raise ValueError('x' * 10000)")) < 250

    def test_segfault(self) -> None:
        """A device that takes its process along is a skip, and this process lives on."""
        probe = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
        assert self.reason(probe) == "no such device: a device (exit status -11)"

    def test_hanging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A device that never answers is a skip."""
        monkeypatch.setattr(resources, "PROBE_TIMEOUT", 0.2)
        start = monotonic()
        reason = self.reason("import time; time.sleep(60)")
        assert reason == "no such device: a device (no answer within 0.2 s)"
        assert monotonic() - start < 50  # the device takes 60

    @pytest.mark.parametrize("end", ["", "raise ValueError"])
    def test_probed_once(self, end: str, tmp_path: Path) -> None:
        """A probe runs once, not once per case, whether there is a device or not."""
        log = tmp_path / "log"
        probe = f"open({str(log)!r}, 'a').write('x')\n{end}"
        for _ in range(2):
            if end:
                assert "ValueError" in self.reason(probe)
            else:
                require_device("a device", probe)
        assert log.read_text() == "x"
