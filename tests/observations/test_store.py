import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.metric import METRICS
from mlx_asv.observations.schema import BLOCK_SET, OUTCOMES, ROLES, SCHEMA
from mlx_asv.observations.store import (
    ObservationsError,
    Running,
    directory,
    read,
    read_machine,
    write,
)
from polars.testing import assert_frame_equal

ROOT = Path(__file__).parents[2]

Row = Mapping[str, Any]


def row(**changes: object) -> Row:
    """One visit, unless something of it is changed."""
    return {
        "sweep": "20260101T000000Z-abcdef",
        "machine": "box",
        "environment": "virtualenv-py3.11",
        "conditions": "{}",
        "benchmark": "ops.Sort.time_sort",
        "version": "1",
        "case": "small",
        "backend": "cpu",
        "release": "v1",
        "label": "v1",
        "role": "release",
        "replicate": 0,
        "group": 0,
        "block": 0,
        "position": 0,
        "seed": 1,
        "started": 1.7e9,
        "calls": 10,
        "value": 0.001,
        "metric": "time",
        "axes": None,
        "timed": 0.01,
        "life": 3.0,
        "outcome": "ok",
        "reason": None,
        **changes,
    }


def table(*rows: Row) -> pl.DataFrame:
    """Rows in the types of the schema."""
    return pl.DataFrame(rows, schema=SCHEMA)


def block_set(benchmark: str, case: str, replicate: int = 0, group: int = 0) -> list[Row]:
    """Two blocks of two arms, and one that failed."""
    where = {"benchmark": benchmark, "case": case, "replicate": replicate, "group": group}
    visits = [
        row(**where, block=block, position=position, label=label)
        for block in (1, 0)
        for position, label in enumerate(("v2", "v1"))
    ]
    nothing = dict.fromkeys(["block", "position", "started", "calls", "metric", "value", "timed"])
    lost = [
        row(**where, **nothing, label=label, outcome="failed", reason="crashed")
        for label in ("v9", "v8", "v7")
    ]
    return [*lost, *visits]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of observations."""
    return tmp_path / "observations" / "one.parquet"


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """A sweep that runs."""
    return Running(tmp_path / "sweeps" / "0123456789ab")


def files(path: Path) -> list[str]:
    """All files under a path."""
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())


# -- the schema ------------------------------------------------------------------------------

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pl.String: st.text(),
    pl.Int32: st.integers(-(2**31), 2**31 - 1),
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.Float64: st.floats(allow_nan=False),
    "metric": st.sampled_from(list(METRICS)),
}


@given(
    rows=st.lists(
        st.fixed_dictionaries({n: st.none() | VALUES.get(n, VALUES[k]) for n, k in SCHEMA.items()})
    )
)
def test_any_observation_survives_the_disk(
    rows: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What was written is what is read, in the order of the rows and in the schema's types."""
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    write(path, table(*rows))
    assert_frame_equal(read([path]), table(*rows), check_exact=True)


def test_block_set_and_roles_are_of_the_schema() -> None:
    """What identifies a block set are columns; an arm's role and outcome have known names."""
    assert set(BLOCK_SET) < set(SCHEMA)
    assert "reference" in ROLES
    assert "ok" in OUTCOMES


# -- reading ---------------------------------------------------------------------------------


def test_nothing_to_read_is_an_empty_table(tmp_path: Path) -> None:
    """Without a file there are no observations, in the right columns."""
    assert_frame_equal(read([]), table())
    assert_frame_equal(read_machine(tmp_path, "box"), table())


def test_files_are_read_in_their_order(tmp_path: Path) -> None:
    """The rows of several files follow each other."""
    for name in ("b", "a"):
        write(tmp_path / f"{name}.parquet", table(row(sweep=name)))
    assert read([tmp_path / "b.parquet", tmp_path / "a.parquet"])["sweep"].to_list() == ["b", "a"]


def test_machine_has_its_finished_sweeps_in_order(tmp_path: Path) -> None:
    """Sweeps come in order of time, and those of another machine do not."""
    for machine, sweep in [("box", "20260102"), ("box", "20260101"), ("other", "20250101")]:
        write(directory(tmp_path, machine) / f"{sweep}.parquet", table(row(sweep=sweep)))
    assert read_machine(tmp_path, "box")["sweep"].to_list() == ["20260101", "20260102"]


def test_file_without_counters_is_read(path: Path) -> None:
    """Files of before do not have what the machine counts: it is null there."""
    write(path, table(row()).drop("instructions", "cycles"))
    assert_frame_equal(read([path]), table(row(instructions=None, cycles=None)))


def test_later_columns_and_narrower_types_are_read(path: Path) -> None:
    """A column that this version does not know is left out, a type that fits is taken."""
    frame = table(row(seed=7)).with_columns(pl.col("seed").cast(pl.Int16), pl.lit(1).alias("later"))
    write(path, frame.select(reversed(frame.columns)))
    assert_frame_equal(read([path]), table(row(seed=7)))


@pytest.mark.parametrize("name", ["[box]", "*", "box?", "a b", "größe"])
def test_directory_with_any_name(tmp_path: Path, name: str) -> None:
    """A machine, or a home directory, may be called what looks like a pattern."""
    write(directory(tmp_path, name) / "one.parquet", table(row(machine=name)))
    assert read([directory(tmp_path, name) / "one.parquet"])["machine"].to_list() == [name]


def refused(path: Path) -> str:
    """Why a file is refused: one sentence that names it."""
    with pytest.raises(ObservationsError) as error:
        read([path])
    message = str(error.value)
    assert message.startswith(f"{path} cannot be read (")
    assert message.endswith("Restore it from git, or move it away and run the sweep again.")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("column", ["sweep", "value", "reason"])
def test_missing_column_is_refused(path: Path, column: str) -> None:
    """A file that lacks something is not filled up with nothing."""
    write(path, table(row()).drop(column))
    assert column in refused(path)


def test_column_of_another_type_is_refused(path: Path) -> None:
    """Seconds that are words are not read as nothing."""
    write(path, table(row()).with_columns(pl.lit("soon").alias("value")))
    assert "soon" in refused(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<<<<<<< HEAD\n" * 100, b"\x00" * 1000])
def test_file_that_is_something_else_is_refused(path: Path, content: bytes) -> None:
    """A file that is empty, or a conflict of git's, is named."""
    path.parent.mkdir()
    path.write_bytes(content)
    refused(path)


def test_file_that_is_cut_off_is_refused(path: Path) -> None:
    """However much of it is left, a part of a file is not taken for the whole."""
    write(path, table(*[row(block=block, label=f"v{block}") for block in range(30)]))
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refused(path)


def test_damaged_file_is_refused_or_read(path: Path) -> None:
    """A byte that changed does not bring down the reader, which is written in another language."""
    write(path, table(*[row(block=block, label=f"v{block}") for block in range(30)]))
    whole = path.read_bytes()
    draw = random.Random(1)
    refusals = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 3])):
            damaged[draw.randrange(len(whole))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read([path])
        except ObservationsError as error:
            assert str(path) in str(error)
            refusals += 1
    assert refusals > 100


def test_file_that_is_not_there_is_refused(path: Path) -> None:
    """A file that was there a moment ago, or a directory of its name, is a sentence as well."""
    assert "No such file" in refused(path)
    path.mkdir(parents=True)
    refused(path)


# -- writing ---------------------------------------------------------------------------------


def test_write_makes_the_directory_and_nothing_else(path: Path) -> None:
    """There is the file, and no other beside it."""
    write(path, table(row()))
    assert files(path.parent) == [path.name]


def test_write_replaces_what_was_there(path: Path) -> None:
    """A file is written anew as a whole."""
    write(path, table(row(), row()))
    write(path, table(row(label="new")))
    assert read([path])["label"].to_list() == ["new"]


def test_failing_write_leaves_the_old_file(path: Path) -> None:
    """A table that cannot be written leaves the old one, and nothing beside it."""
    write(path, table(row(label="old")))
    with pytest.raises(pl.exceptions.PolarsError):
        write(path, pl.DataFrame({"label": [object()]}))
    assert read([path])["label"].to_list() == ["old"]
    assert files(path.parent) == [path.name]


def large() -> pl.DataFrame:
    """Half a megabyte that does not compress."""
    draw = random.Random(1)
    return table(*[row(seconds=draw.random(), started=draw.random()) for _ in range(40_000)])


def test_full_disk_leaves_the_old_file(disk: Callable[..., Path]) -> None:
    """A full disk is the system's own error, which the sweep knows, and costs nothing."""
    path = disk("size=256k") / "one.parquet"
    write(path, table(row(label="old")))
    with pytest.raises(OSError) as error:
        write(path, large())
    assert error.value.errno == errno.ENOSPC
    assert read([path])["label"].to_list() == ["old"]
    assert files(path.parent) == [path.name]


def test_full_disk_costs_one_block_set(disk: Callable[..., Path]) -> None:
    """The block sets that were saved before are still there, and no more than they."""
    running = Running(disk("size=256k") / "sweep")
    running.save(block_set("a", "x"))
    with pytest.raises(OSError) as error:
        running.save(large().to_dicts())
    assert error.value.errno == errno.ENOSPC
    assert_frame_equal(running.read(), table(*block_set("a", "x")))


def test_kill_never_leaves_a_torn_file(path: Path) -> None:
    """A writer killed at any moment leaves one whole version under the name."""
    program = """
import itertools, sys
from pathlib import Path
from tests.observations.test_store import large
from mlx_asv.observations.store import write
import polars as pl
tables = [large().with_columns(label=pl.lit(name)) for name in "ab"]
for each in itertools.cycle(tables):
    write(Path(sys.argv[1]), each)
"""
    for attempt in range(3):
        writer = subprocess.Popen([sys.executable, "-c", program, path], cwd=ROOT)
        try:
            deadline = time.monotonic() + 60
            while not path.exists():
                assert writer.poll() is None and time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(0.03 * attempt)
        finally:
            writer.kill()
            assert writer.wait() == -signal.SIGKILL
        found = read([path])
        assert found.height == 40_000
        assert found["label"].n_unique() == 1
        path.unlink()


# -- a sweep that runs -----------------------------------------------------------------------


def test_every_block_set_has_its_file(running: Running) -> None:
    """Benchmark, case, replicate and group together are a file's name, and nothing else is."""
    keys = [
        (benchmark, case, replicate, group)
        for benchmark in ("ops.Sort.time_sort", "ops.Sort.time_sort2", "größe/..")
        for case in ("", "small", "small, large", "../../x", "1" * 1000)
        for replicate in (0, 1, 11, 1000)
        for group in (0, 1, 11, 100)
    ]
    found = {running.file(*key) for key in keys}
    assert len(found) == len(keys)
    assert {path.parent for path in found} == {running.path}
    assert found == {Running(running.path).file(*key) for key in keys}


def test_saved_block_set_is_finished(running: Running) -> None:
    """What was saved is a file of its own name, and the frame comes back."""
    rows = block_set("a", "x", replicate=2, group=1)
    assert running.finished() == []
    frame = running.save(rows)
    assert_frame_equal(frame, table(*rows))
    assert running.finished() == [running.file("a", "x", 2, 1)]
    assert_frame_equal(running.read(), frame)


def test_block_set_saved_twice_counts_once(running: Running) -> None:
    """Doing one again replaces it."""
    running.save(block_set("a", "x"))
    running.save(block_set("a", "x"))
    assert running.read().height == len(block_set("a", "x"))


def test_two_block_sets_in_one_are_refused(running: Running) -> None:
    """Rows of two are a mistake of ours, and not stored under the name of one."""
    with pytest.raises(ValueError):
        running.save([*block_set("a", "x"), *block_set("a", "y")])
    assert running.finished() == []


def test_other_files_are_no_block_sets(running: Running) -> None:
    """The description of the sweep, and what a killed write left, are not read."""
    running.save(block_set("a", "x"))
    (running.path / "sweep.json").write_text("{}")
    running.file("a", "y", 0, 0).with_suffix(".partial").write_bytes(b"PAR1")
    assert running.finished() == [running.file("a", "x", 0, 0)]
    assert_frame_equal(running.read(), table(*block_set("a", "x")))


SETS = [(name, case, replicate, 0) for name in "ba" for case in "yx" for replicate in (1, 0)]


def test_merge_is_sorted_whatever_the_order(running: Running, path: Path) -> None:
    """All block sets become one file, by case and time; those without a time come last."""
    for key in random.Random(1).sample(SETS, len(SETS)):
        running.save(block_set(*key))
    merged = running.merge(path)
    assert_frame_equal(read([path]), merged)
    order = ["benchmark", "case", "replicate", "block", "position"]
    found = merged.select(order).rows()
    assert found == sorted(found, key=lambda r: [(value is None, value or 0) for value in r])
    assert merged.height == len(SETS) * len(block_set("a", "x"))
    lost = merged.filter(pl.col("outcome") == "failed")["label"].to_list()
    assert lost == ["v9", "v8", "v7"] * len(SETS)


def test_merging_again_changes_no_byte(running: Running, path: Path) -> None:
    """A sweep killed after merging merges again, to the same file; its block sets are kept."""
    for key in SETS:
        running.save(block_set(*key))
    running.merge(path)
    first = path.read_bytes()
    running.merge(path)
    assert path.read_bytes() == first
    assert len(running.finished()) == len(SETS)


def test_damaged_block_set_is_not_merged(running: Running, path: Path) -> None:
    """A damaged one is named, and no file is written without it."""
    running.save(block_set("a", "x"))
    running.save(block_set("a", "y"))
    running.file("a", "x", 0, 0).write_bytes(b"PAR1")
    with pytest.raises(ObservationsError, match=running.file("a", "x", 0, 0).name):
        running.merge(path)
    assert not path.exists()


def test_clear_removes_the_sweep(running: Running) -> None:
    """Nothing of it is left, and the next sweep of its kind begins anew."""
    running.save(block_set("a", "x"))
    (running.path / "logs").mkdir()
    running.clear()
    assert files(running.path.parent) == []
    assert list(running.path.parent.iterdir()) == []
    assert running.finished() == []


def test_clear_that_was_killed_is_finished_by_the_next(running: Running) -> None:
    """What a killed `clear` left does not stop the next, nor is it read."""
    running.save(block_set("a", "x"))
    running.path.rename(running.path.with_suffix(".done"))
    assert running.finished() == []
    running.save(block_set("a", "y"))
    running.clear()
    assert list(running.path.parent.iterdir()) == []


def test_clear_leaves_other_sweeps_alone(running: Running, tmp_path: Path) -> None:
    """Another design's block sets are not its."""
    other = Running(tmp_path / "sweeps" / "ba9876543210")
    running.save(block_set("a", "x"))
    other.save(block_set("a", "x"))
    running.clear()
    assert len(other.finished()) == 1


def test_power_cut(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is on the disk before the name is, and then the name is."""
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def record_fsync(descriptor: int) -> None:
        target = os.readlink(f"/proc/self/fd/{descriptor}")
        events.append(f"fsync {Path(target).name}")
        fsync(descriptor)

    def record_replace(self: Path, target: Path) -> Path:
        events.append(f"replace {target.name}")
        return replace(self, target)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to see which file is meant")
    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_replace)
    write(path, table(row()))
    assert events == ["fsync one.partial", "replace one.parquet", "fsync observations"]
