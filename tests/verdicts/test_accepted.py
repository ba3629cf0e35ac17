import pytest
from mlx_asv.verdicts.accepted import FILE, Accepted, AcceptedError, read_accepted

from tests.checkout import committed

ENTRY = {"pattern": "Sort.* mlx_cpu$", "release": "v2", "reason": "Stable now", "link": "https://x"}


def written(path, text):
    """A file of entries."""
    path = path / FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def entry(**changes):
    """One, in TOML."""
    lines = {**ENTRY, **changes}.items()
    return "\n".join(["[[accepted]]", *(f"{k} = {v!r}" for k, v in lines if v is not None), ""])


def refused(path, text):
    """Why a file is refused: one sentence that names it."""
    with pytest.raises(AcceptedError) as error:
        read_accepted(written(path, text))
    message = str(error.value)
    assert message.startswith(f"{path / FILE}")
    assert message.endswith(".") and "\n" not in message
    return message


def test_entries_are_read(tmp_path):
    """Each with all that it says, in order."""
    path = written(tmp_path, entry() + entry(release="v3"))
    assert read_accepted(path) == [Accepted(**ENTRY), Accepted(**{**ENTRY, "release": "v3"})]


def test_entry_may_name_a_metric(tmp_path):
    """Without one it is about time."""
    path = written(tmp_path, entry() + entry(metric="memory"))
    assert [each.metric for each in read_accepted(path)] == ["time", "memory"]


def test_no_file_accepts_nothing(tmp_path):
    """Nor does an empty one, or one of comments."""
    assert read_accepted(tmp_path / FILE) == []
    assert read_accepted(written(tmp_path, "# none\n")) == []


def test_file_in_git_can_be_read(tmp_path):
    """Ours, whatever is in it; and its example is an entry."""
    path = written(tmp_path, committed(f"results/{FILE}"))
    read_accepted(path)
    comments = [line for line in path.read_text().splitlines() if line.startswith("# ")]
    example = [line[2:] for line in comments if "=" in line]
    assert len(example) == 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[accepted]\n", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (entry(reason=None), "entry 1 has no reason"),
        (entry() + entry(link=None, reason=None), "entry 2 has no link, reason"),
        (entry(why="x"), "entry 1 has why: there are only link, metric, pattern, reason, release"),
        (entry(reason=""), "reason must be a text that is not empty"),
        (entry(release=3), "release must be a text"),
        (entry(pattern="("), "'(' is no regular expression"),
        (
            entry(metric="mood"),
            "'mood' is no metric: there are only error, growth, instructions, memory, time",
        ),
        (entry(metric=3), "metric must be a text"),
        ("[[acepted]]\n", "has acepted: there are only [[accepted]] tables"),
        ("accepted = 3\n", "write [[accepted]]"),
        ("accepted = [3]\n", "entry 1 is no table"),
        ("[accepted]\n", "write [[accepted]]"),
    ],
)
def test_bad_file_is_one_sentence(tmp_path, text, reason):
    """With the entry, and what is wrong with it."""
    assert reason in refused(tmp_path, text)


def test_directory_of_that_name_is_an_error_of_the_system(tmp_path):
    """Which the command tells as such."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError):
        read_accepted(tmp_path / FILE)


@pytest.mark.parametrize(
    ("series", "places", "found"),
    [
        ("sorting.Sort.time_forward 8x8 mlx_cpu", range(1, 2), True),
        ("sorting.Sort.time_forward 8x8 mlx_cpu", range(1, 4), True),
        ("sorting.Sort.time_forward 8x8 mlx_cpu", range(2, 4), False),
        ("sorting.Sort.time_forward 8x8 mlx_cpu_compile", range(1, 2), False),
        ("reductions.Sum.time_forward 8x8 mlx_cpu", range(1, 2), False),
    ],
)
def test_entry_is_about_a_series_and_a_release(series, places, found):
    """The pattern is searched in benchmark, case and backend; the release is one of the places."""
    assert Accepted(**ENTRY).matches("time", series, places, ["v1", "v2", "v3"]) is found


def test_entry_is_about_its_metric_alone():
    """Memory that is accepted says nothing of time."""
    for name, found in (("memory", True), ("time", False)):
        one = Accepted(**ENTRY, metric="memory")
        assert one.matches(name, "x.Sort 8x8 mlx_cpu", range(2), ["v1", "v2"]) is found


def test_entry_of_an_unknown_release_is_about_nothing():
    """It will be told as stale."""
    assert not Accepted(**{**ENTRY, "release": "v7"}).matches(
        "time", "x.Sort 8x8 mlx_cpu", range(9), []
    )
