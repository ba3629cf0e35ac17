import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.releases.lock import Lock, LockError, Release, Wheel, version_key
from mlx_asv.revision import Locked, in_order
from packaging.version import Version

from tests.releases.versions import versions

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "mlx.lock.json"

#: sha256 of the lines ``tag,commit,date`` of upstream's tags v0.0.2 to v0.32.1.
UPSTREAM_TAGS_DIGEST = "0d5d499481855291d658d78c38b553b6971ac3e49c7715665b2c9c65befc9349"


@pytest.fixture(scope="module")
def lock() -> Lock:
    """The committed lock."""
    return Lock.load(COMMITTED)


# -- the file that is in git -----------------------------------------------------------------


def test_saving_the_committed_lock_changes_no_byte(lock: Lock, tmp_path: Path) -> None:
    """A loaded lock saves as the very bytes it was read from."""
    lock.save(tmp_path / "mlx.lock.json")
    assert (tmp_path / "mlx.lock.json").read_bytes() == COMMITTED.read_bytes()


def test_committed_lock_has_one_wheel_per_line(lock: Lock) -> None:
    """Every wheel has a line of its own, in the order of the releases."""
    lines = [line.strip() for line in COMMITTED.read_text().splitlines()]
    on_lines = [json.loads(line.rstrip(",")) for line in lines if line.startswith('["')]
    wheels = [w for release in lock.releases for w in release.wheels]
    assert on_lines == [[w.filename, w.sha256, w.uploaded] for w in wheels]


def test_upstream_tags_up_to_0_32_1_are_as_upstream_has_them(lock: Lock) -> None:
    """The 85 tags v0.0.2 to v0.32.1 are there with upstream's commits and dates."""
    known = [r for r in lock.releases if version_key(r.tag) <= version_key("v0.32.1")]
    assert (len(known), known[0].tag, known[-1].tag) == (85, "v0.0.2", "v0.32.1")
    text = "\n".join(f"{r.tag},{r.commit},{r.date}" for r in known)
    assert hashlib.sha256(text.encode()).hexdigest() == UPSTREAM_TAGS_DIGEST


def test_committed_releases_are_in_order_and_complete(lock: Lock) -> None:
    """Tags rise strictly; commits have 40 hex digits, dates a time zone."""
    keys = [version_key(release.tag) for release in lock.releases]
    assert keys == sorted(set(keys))
    for release in lock.releases:
        if version_key(release.tag) <= version_key("v0.32.1"):
            assert release.commit is not None
        assert release.commit is None or re.fullmatch("[0-9a-f]{40}", release.commit)
        assert datetime.fromisoformat(release.date).tzinfo is not None


def test_committed_wheels_belong_to_their_release(lock: Lock) -> None:
    """Wheels have 64 hex digits, a known package, the release's version, and a name of one use."""
    companions = [name for names in lock.builds.values() for name in names]
    names = []
    for release in lock.releases:
        for wheel in release.wheels:
            names.append(wheel.filename)
            assert re.fullmatch("[0-9a-f]{64}", wheel.sha256), wheel
            assert wheel.version == release.version
            assert wheel.package in [lock.package, *companions]
            assert wheel.uploaded is not None
            assert datetime.fromisoformat(wheel.uploaded).tzinfo is not None
    assert len(names) == len(set(names)) > 1000


# -- any lock --------------------------------------------------------------------------------

wheels = st.builds(Wheel, st.text(), st.text(), st.none() | st.text())
releases = st.builds(
    Release, st.text(), st.none() | st.text(), st.text(), st.lists(wheels, max_size=3).map(tuple)
)
locks = st.builds(
    Lock,
    package=st.text(),
    module=st.text(),
    upstream=st.none() | st.text(),
    builds=st.dictionaries(st.text(), st.lists(st.text(), max_size=3).map(tuple), max_size=3),
    standalone=st.dictionaries(st.text(), st.text(), max_size=3),
    releases=st.lists(releases, max_size=3).map(tuple),
)


@given(lock=locks)
def test_any_lock_survives_saving(lock: Lock, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What was saved is what is loaded, whatever the texts in it."""
    path = tmp_path_factory.getbasetemp() / "any.lock.json"
    lock.save(path)
    assert Lock.load(path) == lock


def test_changing_one_wheel_changes_one_line(lock: Lock, tmp_path: Path) -> None:
    """A new hash shows as one line in a diff."""
    newest = lock.releases[-1]
    wheel = Wheel(newest.wheels[0].filename, "0" * 64, newest.wheels[0].uploaded)
    changed = Release(newest.tag, newest.commit, newest.date, (wheel, *newest.wheels[1:]))
    other = Lock(
        lock.package,
        lock.module,
        lock.upstream,
        lock.builds,
        lock.standalone,
        (*lock.releases[:-1], changed),
    )
    other.save(tmp_path / "other.json")
    before = COMMITTED.read_text().splitlines()
    after = (tmp_path / "other.json").read_text().splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_missing_lock_says_how_to_make_one(tmp_path: Path) -> None:
    """Without a lock file the error names it and the command that makes one."""
    path = tmp_path / "mlx.lock.json"
    with pytest.raises(LockError) as error:
        Lock.load(path)
    assert str(path) in str(error.value)
    assert "`mlx-asv releases update`" in str(error.value)


COMPLETE = '{"package": "p", "module": "p", "upstream": null, "builds": {}, "standalone": [], %s}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"<<<<<<< HEAD\n{}\n",
        b'{"package": "mlx"}',
        (COMPLETE % '"releases": null').encode(),
        (COMPLETE % '"releases": [{"tag": "v1"}]').encode(),
        (
            COMPLETE % '"releases": [{"tag": "v1", "commit": "", "date": "", "wheels": [[1]]}]'
        ).encode(),
        (COMPLETE.replace('"builds": {}', '"builds": []') % '"releases": []').encode(),
        COMMITTED.read_bytes()[:100_000],
    ],
)
def test_damaged_lock_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    """A lock that is cut off, conflicted or misses a part is refused, with a way out."""
    path = tmp_path / "mlx.lock.json"
    path.write_bytes(content)
    with pytest.raises(LockError, match="damaged") as error:
        Lock.load(path)
    assert str(path) in str(error.value)
    assert "restore it from git, or remove it and run" in str(error.value)


def test_wheel_names_are_normalised() -> None:
    """A wheel's package is the project's name on the index, its version is the one in its name."""
    wheel = Wheel("mlx_cuda_12-0.31.1-py3-none-manylinux_2_35_x86_64.whl", "0" * 64)
    assert (wheel.package, wheel.version) == ("mlx-cuda-12", "0.31.1")


def test_timestamp_counts_milliseconds_in_utc() -> None:
    """A date with an offset is the same instant as in UTC, in milliseconds."""
    release = Release("v1.0.0", None, "1970-01-01T02:00:01+02:00", ())
    assert release.timestamp == 1000


@pytest.mark.parametrize("tag", ["", "v", "nightly", "v1.2.3-rc1", "v1..2", "1.2.x"])
def test_version_key_refuses_what_is_no_version(tag: str) -> None:
    """What names no version, or no wheel's, is no tag of a release."""
    with pytest.raises(ValueError):
        version_key(tag)


def test_version_key_orders_by_number() -> None:
    """0.10 comes after 0.9."""
    assert sorted(["v0.10.0", "v0.9.1", "v0.9"], key=version_key) == ["v0.9", "v0.9.1", "v0.10.0"]


@given(st.lists(versions(), unique=True))
def test_tags_are_sorted_as_versions_are(found: list[str]) -> None:
    """Candidates come before their release, rebuilds after it: whatever PEP 440 says."""
    tags = sorted((f"v{text}" for text in found), key=version_key)
    assert [Version(tag) for tag in tags] == sorted(map(Version, found))


def test_a_candidate_comes_before_its_release() -> None:
    """0.33.0rc1 is older than 0.33.0, and newer than 0.32.4."""
    tags = ["v0.33.0", "v0.33.0rc1", "v0.32.4", "v0.33.0rc10", "v0.33.0rc2"]
    order = ["v0.32.4", "v0.33.0rc1", "v0.33.0rc2", "v0.33.0rc10", "v0.33.0"]
    assert sorted(tags, key=version_key) == order


def test_releases_as_revisions(lock: Lock) -> None:
    """In their order, by position; each knows its tag and date."""
    assert in_order(reversed(lock.revisions.values())) == list(lock.revisions.values())
    assert list(lock.revisions) == [release.tag for release in lock.releases]
    newest = lock.releases[-1]
    revision = lock.revisions[newest.tag]
    assert (revision.label, revision.date) == (newest.tag, newest.date)
    assert revision.source == Locked(newest.tag)
