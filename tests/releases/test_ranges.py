import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.releases.lock import Lock, Release, version_key
from mlx_asv.releases.ranges import RangeError, find, nearest_tags, resolve

from tests.releases.versions import tags as any_tags

LOCK = Lock.load(Path(__file__).parents[2] / "mlx.lock.json")
NEWEST = LOCK.releases[-1].tag

#: The tags of the git repository that ranges are compared with.
TAGS = ["v0.1.0", "v0.2.0", "v0.9.0", "v0.9.1", "v0.10.0", "v0.10.1", "v0.11.0", "v1.0.0"]
SMALL = replace(LOCK, releases=tuple(Release(tag, None, "", ()) for tag in TAGS))


def tags(spec: str, lock: Lock = LOCK) -> list[str]:
    """The tags of a range."""
    return [release.tag for release in resolve(lock, spec)]


# -- what git means --------------------------------------------------------------------------


def git(repository: Path, *arguments: str, standard_input: str = "") -> str:
    """What git prints, whatever the user's settings, and inside a git hook, too."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", *arguments],
        cwd=repository,
        env=environ,
        input=standard_input,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with a line of commits, each with one of TAGS."""
    path = tmp_path_factory.mktemp("repository")
    git(path, "init", "--quiet", "--initial-branch=main")
    stream = ""
    for i, tag in enumerate(TAGS):
        stream += f"commit refs/heads/main\nmark :{i + 1}\n"
        stream += f"committer T <t@example.com> {1_700_000_000 + i} +0000\ndata 0\n"
        stream += f"reset refs/tags/{tag}\nfrom :{i + 1}\n\n"
    git(path, "fast-import", "--quiet", standard_input=stream)
    return path


def rev_list(repository: Path, *arguments: str) -> list[str]:
    """The tags of what ``git rev-list`` lists."""
    listing = git(
        repository, "for-each-ref", "--format=%(objectname) %(refname:short)", "refs/tags"
    )
    names = dict(line.split() for line in listing.splitlines())
    return [names[commit] for commit in git(repository, "rev-list", *arguments).split()]


names = st.sampled_from([*TAGS, "HEAD"])


@given(start=st.none() | names, end=st.none() | names)
def test_ranges_mean_what_git_means(repository: Path, start: str | None, end: str | None) -> None:
    """A..B, A.. and ..B (from the first) list what `git rev-list` lists, newest first."""
    if start is None and end is None:
        return
    expected = rev_list(repository, end or "HEAD", *([f"^{start}"] if start else []))
    spec = f"{start or ''}..{end or ''}"
    if start:
        assert rev_list(repository, spec) == expected  # git's own two dots
    if expected:
        assert tags(spec, SMALL) == expected
    else:
        with pytest.raises(RangeError, match="empty"):
            resolve(SMALL, spec)


@given(name=names, suffix=st.sampled_from(["", "^!"]))
def test_a_single_name_is_one_release(repository: Path, name: str, suffix: str) -> None:
    """A name alone, or with git's ^!, is that release alone."""
    assert tags(name + suffix, SMALL) == rev_list(repository, f"{name}^!")


# -- on MLX's releases -----------------------------------------------------------------------


def test_start_is_excluded_and_end_included() -> None:
    """A..B leaves out A, has B, and begins with the newest."""
    assert tags("v0.29.0..v0.29.3") == ["v0.29.3", "v0.29.2", "v0.29.1"]


def test_open_ends() -> None:
    """A.. goes to the newest release, ..B starts from the first."""
    assert tags("v0.32.0..")[0] == NEWEST
    assert tags("v0.32.0..")[-1] == "v0.32.1"
    assert tags("..v0.0.3") == ["v0.0.3", "v0.0.2"]


@pytest.mark.parametrize("spec", ["0.29.0..v0.29.1", "v0.29.0..0.29.1", " 0.29.0..0.29.1\n"])
def test_names_without_v_and_spaces_around(spec: str) -> None:
    """A version is as good as its tag, and white space around a range does not matter."""
    assert tags(spec) == ["v0.29.1"]


@pytest.mark.parametrize("name", ["HEAD", "releases", NEWEST, NEWEST[1:]])
def test_names_of_the_newest(name: str) -> None:
    """HEAD and asv's branch name are the newest release."""
    assert find(LOCK, name) is LOCK.releases[-1]
    assert tags(f"v0.32.0..{name}") == tags("v0.32.0..")


# -- what cannot be resolved -----------------------------------------------------------------


@pytest.mark.parametrize("spec", ["v0.30.0...v0.31.1", "..", "...", "a .. b", "v0.1.0..x..y"])
def test_malformed_ranges_say_what_to_write(spec: str) -> None:
    """What is no range is refused with the form of one and a release that exists."""
    with pytest.raises(RangeError, match=r"not a range.*A\.\.B") as error:
        resolve(LOCK, spec)
    assert repr(spec) in str(error.value)
    assert NEWEST in str(error.value)


@pytest.mark.parametrize(
    ("spec", "nearest"),
    [
        ("v0.99.0", [release.tag for release in LOCK.releases[-3:]]),
        ("0.99", [release.tag for release in LOCK.releases[-3:]]),
        ("v0.0.1", ["v0.0.2", "v0.0.3"]),
        ("v0.26.4", ["v0.26.3", "v0.26.5"]),
        ("v0.29.9..v0.31.1", ["v0.29.4", "v0.30.0"]),
        ("v0.31.1..v0.31.9", ["v0.31.2", "v0.32.0"]),
        ("v0.31.1rc", ["v0.31.1"]),
        ("foo", [release.tag for release in LOCK.releases[-3:]]),
        ("a b", [release.tag for release in LOCK.releases[-3:]]),
        ("", [release.tag for release in LOCK.releases[-3:]]),
        ("HEAD~1", [release.tag for release in LOCK.releases[-3:]]),
    ],
)
def test_unknown_releases_name_the_nearest(spec: str, nearest: list[str]) -> None:
    """An unknown name is refused with the releases around it, each of which exists."""
    with pytest.raises(RangeError) as error:
        resolve(LOCK, spec)
    message = str(error.value)
    assert "Nearest: " in message
    named = message.split("Nearest: ")[1].split(". `")[0].split(", ")
    assert set(nearest) <= set(named) <= set(LOCK.by_tag)
    assert "`mlx-asv releases`" in message


def test_reversed_range_suggests_the_other_way_round() -> None:
    """A range that runs backwards is empty; the message gives it forwards, and that resolves."""
    with pytest.raises(RangeError, match="empty") as error:
        resolve(LOCK, "v0.31.1..v0.30.0")
    assert "Did you mean v0.30.0..v0.31.1, or v0.30.0 alone?" in str(error.value)
    assert tags("v0.30.0..v0.31.1")


@pytest.mark.parametrize("spec", ["v0.31.1..v0.31.1", "v0.31.1..0.31.1", f"{NEWEST}..", "HEAD.."])
def test_range_of_nothing_suggests_the_release_alone(spec: str) -> None:
    """A..A is empty; the message offers the release alone and no range that is empty, too."""
    with pytest.raises(RangeError, match="empty") as error:
        resolve(LOCK, spec)
    suggestion = str(error.value).split("Did you mean ")[1]
    assert ".." not in suggestion
    assert tags(suggestion.removesuffix(" alone?")) == [find(LOCK, spec.split("..")[0]).tag]


@given(
    known=st.lists(st.sampled_from([r.tag for r in LOCK.releases]), unique=True, max_size=9),
    version=st.tuples(*[st.integers(0, 40)] * 3),
)
def test_nearest_tags_are_the_neighbours(known: list[str], version: tuple[int, ...]) -> None:
    """Up to three neighbouring tags, among them those just below and just above."""
    order = [release.tag for release in LOCK.releases if release.tag in known]
    found = nearest_tags(order, "v" + ".".join(map(str, version)))
    assert len(found) == min(3, len(order))
    assert found == [tag for tag in order if tag in found]
    keys = {tag: tuple(int(part) for part in tag[1:].split(".")) for tag in order}
    below = [tag for tag in order if keys[tag] < version]
    above = [tag for tag in order if keys[tag] > version]
    assert {*below[-1:], *above[:1]} <= set(found)


# -- whatever versions there are -------------------------------------------------------------


def lock_of(found: list[str]) -> Lock:
    """A lock of these tags, in the order that `updated` puts them into."""
    order = sorted(found, key=version_key)
    return replace(LOCK, releases=tuple(Release(tag, None, "", ()) for tag in order))


locks = st.lists(any_tags, min_size=2, max_size=8, unique_by=version_key).map(lock_of)


@given(lock=locks, data=st.data())
def test_any_version_is_the_end_of_a_range(lock: Lock, data: st.DataObject) -> None:
    """Candidates, rebuilds, nightlies: A..B is what lies between them in the lock."""
    order = [release.tag for release in lock.releases]
    start, end = sorted(data.draw(st.permutations(range(len(order))))[:2])
    assert tags(f"{order[start]}..{order[end]}", lock) == order[start + 1 : end + 1][::-1]


@given(lock=locks, name=any_tags | st.text(max_size=12))
def test_any_name_has_nearest_releases(lock: Lock, name: str) -> None:
    """Whatever is asked for, three releases of the lock are offered; for a version, those around
    it."""
    order = [release.tag for release in lock.releases]
    found = nearest_tags(order, name)
    assert found and set(found) <= set(order)
    try:
        wanted = version_key(name)
    except ValueError:
        return
    below = [tag for tag in order if version_key(tag) < wanted]
    above = [tag for tag in order if version_key(tag) > wanted]
    assert {*below[-1:], *above[:1]} <= set(found)


@given(name=st.text(max_size=12))
def test_tags_that_are_no_versions_have_neighbours_too(name: str) -> None:
    """A lock that somebody has written by hand."""
    order = ["nightly", "v1.0", "v2.0rc1", "v2.0"]
    assert set(nearest_tags(order, name)) <= set(order)
    assert nearest_tags(order, "v1.5") == ["nightly", "v1.0", "v2.0rc1"]
