import functools
import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mlx_asv.cli import lockfile, main
from mlx_asv.releases.lock import Lock, Release, Wheel
from mlx_asv.releases.update import Tag, UpdateError, index_wheels, updated, upstream_tags


def wheel(name: str, digit: str = "a", uploaded: str | None = "2026-01-02T00:00:00Z") -> Wheel:
    """A wheel whose sha256 is one digit."""
    return Wheel(f"{name}-py3-none-any.whl", digit * 64, uploaded)


OLD = Release("v1.0.0", "1" * 40, "2026-01-01T00:00:00Z", (wheel("fake-1.0.0"),))
LOCK = Lock("fake", "fake", None, {"cpu": ("fake-cpu",)}, {"cpu": "linux"}, (OLD,))


def index(**projects: list[Wheel]) -> Callable[[str], list[Wheel]]:
    """An index to fetch from; projects with underscores for dashes."""
    return lambda project: projects.get(project.replace("-", "_"), [])


# -- upstream's tags -------------------------------------------------------------------------


def git(repository: Path, *arguments: str, date: str = "2026-01-01T00:00:00+00:00") -> str:
    """Run git in a repository, at a date."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environ |= {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": "2001-01-01T00:00:00+00:00"}
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    return subprocess.run(
        ["git", *identity, *arguments],
        cwd=repository,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a commit of 1 May."""
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)  # set when the tests run in a git hook
    path = tmp_path / "upstream"
    path.mkdir()
    git(path, "init", "--quiet")
    git(path, "commit", "--allow-empty", "-m", "one", date="2026-05-01T10:00:00+02:00")
    return path


def test_lightweight_and_annotated_tags(repository: Path) -> None:
    """Either kind of tag gives its commit and the commit's date, however late it was tagged."""
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "v1.0.0")
    git(repository, "commit", "--allow-empty", "-m", "two", date="2026-06-01T10:00:00-07:00")
    second = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "v1.1.0", "-m", "late", date="2026-09-09T00:00:00+00:00")
    assert upstream_tags(str(repository)) == [
        Tag("v1.0.0", first, "2026-05-01T10:00:00+02:00"),
        Tag("v1.1.0", second, "2026-06-01T10:00:00-07:00"),
    ]


def test_tags_are_in_order_of_version_and_others_are_ignored(repository: Path) -> None:
    """0.10 comes after 0.9; what is no version is no release."""
    for tag in ("v0.10.0", "v0.9.0", "nightly", "v0.11.0-rc1", "v0.9.0.post1", "vv1.0"):
        git(repository, "tag", tag)
    assert [tag.name for tag in upstream_tags(str(repository))] == ["v0.9.0", "v0.10.0"]


def test_tags_are_read_through_a_url_without_the_files(repository: Path) -> None:
    """A URL is as good as a path."""
    git(repository, "tag", "v1.0.0")
    assert [tag.name for tag in upstream_tags(repository.as_uri())] == ["v1.0.0"]


def test_upstream_out_of_reach_is_an_error_of_git(tmp_path: Path) -> None:
    """A repository that is not there is git's error, with its words."""
    with pytest.raises(subprocess.CalledProcessError) as error:
        upstream_tags(str(tmp_path / "nothing"))
    assert "does not exist" in error.value.stderr


# -- the new lock ----------------------------------------------------------------------------


def test_nothing_new_changes_nothing() -> None:
    """The same tags and wheels give an equal lock."""
    tags = [Tag(OLD.tag, str(OLD.commit), OLD.date)]
    assert updated(LOCK, tags, index(fake=list(OLD.wheels))) == (LOCK, [])


def test_new_wheels_and_companions_join_their_release() -> None:
    """Wheels of the package and of its companions are filed by version, in order of name."""
    late, cpu = wheel("fake-1.0.0.post1"), wheel("fake_cpu-1.0.0")
    second = wheel("fake-1.0.0-1")
    new, changed = updated(LOCK, None, index(fake=[*OLD.wheels, second, late], fake_cpu=[cpu]))
    assert changed == []
    assert [release.tag for release in new.releases] == ["v1.0.0"]
    assert new.releases[0].wheels == (second, OLD.wheels[0], cpu)


def test_every_project_of_the_lock_is_fetched() -> None:
    """The package and all companions of all builds, each once."""
    asked = []
    lock = replace(LOCK, builds={"cuda12": ("fake-cuda-12", "fake-cuda"), "cpu": ("fake-cpu",)})
    updated(lock, None, lambda project: asked.append(project) or [])
    assert sorted(asked) == ["fake", "fake-cpu", "fake-cuda", "fake-cuda-12"]


def test_new_tags_become_releases_in_order() -> None:
    """A tag without wheels is a release too; 0.9 goes before 1.0, 1.10 after 1.9."""
    tags = [Tag(name, "2" * 40, "2026-02-02T00:00:00Z") for name in ("v1.10.0", "v0.9.0", "v1.9.0")]
    new, _ = updated(LOCK, tags, index())
    assert [release.tag for release in new.releases] == ["v0.9.0", "v1.0.0", "v1.9.0", "v1.10.0"]
    assert new.by_tag["v1.9.0"] == Release("v1.9.0", "2" * 40, "2026-02-02T00:00:00Z", ())


def test_release_on_the_index_only_has_no_commit_and_its_first_date() -> None:
    """Before its tag is known, a release is dated by the first of its wheels."""
    wheels = [
        wheel("fake-2.0.0", uploaded="2026-03-03T00:00:00Z"),
        wheel("fake-2.0.0-1", uploaded="2026-03-02T00:00:00Z"),
        wheel("fake-2.0.0-2", uploaded=None),
    ]
    new, _ = updated(LOCK, [], index(fake=wheels))
    release = new.by_tag["v2.0.0"]
    assert (release.commit, release.date) == (None, "2026-03-02T00:00:00Z")
    assert sorted(release.wheels, key=str) == sorted(wheels, key=str)


def test_tag_that_comes_later_gives_commit_and_date() -> None:
    """Once upstream has the tag of a release that was on the index, the tag's word counts."""
    lock, _ = updated(LOCK, [], index(fake=[wheel("fake-2.0.0")]))
    assert lock.by_tag["v2.0.0"].commit is None
    new, _ = updated(lock, [Tag("v2.0.0", "2" * 40, "2026-02-02T02:02:02Z")], index())
    release = new.by_tag["v2.0.0"]
    assert (release.commit, release.date) == ("2" * 40, "2026-02-02T02:02:02Z")
    assert release.wheels == (wheel("fake-2.0.0"),)


@pytest.mark.parametrize("name", ["fake-2.0.0rc1", "fake-2.0.0.post1", "fake_cpu-2.0.0"])
def test_what_is_no_release_of_the_package_is_left_out(name: str) -> None:
    """Pre-releases, and a companion without the package itself, make no release."""
    assert updated(LOCK, [], index(fake=[wheel(name)])) == (LOCK, [])


def test_a_locked_candidate_stays_and_gets_its_wheels() -> None:
    """In its place: after the releases before it, and before the release itself."""
    candidate = Release("v2.0.0rc1", "3" * 40, "2026-02-02T00:00:00Z", ())
    lock = replace(LOCK, releases=(*LOCK.releases, candidate))
    fetched = index(fake=[wheel("fake-2.0.0"), wheel("fake-2.0.0rc1")])
    new, _ = updated(lock, [Tag("v1.9.0", "2" * 40, "2026-02-01T00:00:00Z")], fetched)
    order = ["v1.0.0", "v1.9.0", "v2.0.0rc1", "v2.0.0"]
    assert [release.tag for release in new.releases] == order
    assert new.by_tag["v2.0.0rc1"].wheels == (wheel("fake-2.0.0rc1"),)


def test_nothing_is_ever_dropped() -> None:
    """Tags deleted upstream and wheels gone from the index stay in the lock."""
    assert updated(LOCK, [], index()) == (LOCK, [])
    assert updated(LOCK, None, index()) == (LOCK, [])


def test_known_upload_time_is_not_dropped() -> None:
    """An index that states no upload times leaves those of the lock."""
    silent = replace(OLD.wheels[0], uploaded=None)
    assert updated(LOCK, [], index(fake=[silent])) == (LOCK, [])
    lock = replace(LOCK, releases=(replace(OLD, wheels=(silent,)),))
    assert updated(lock, [], index(fake=list(OLD.wheels))) == (LOCK, [])


def test_changed_hash_is_reported_and_not_taken() -> None:
    """A file whose contents changed keeps the locked hash; its name is reported."""
    other = wheel("fake-1.0.0", "b")
    assert updated(LOCK, [], index(fake=[other])) == (LOCK, [other.filename])


def test_changed_hash_is_taken_when_accepted() -> None:
    """With accept_changed the new hash replaces the old, and is reported still."""
    other = wheel("fake-1.0.0", "b")
    new, changed = updated(LOCK, [], index(fake=[other]), accept_changed=True)
    assert new.releases[0].wheels == (other,)
    assert changed == [other.filename]


# -- a real index ----------------------------------------------------------------------------

Pages = dict[str, tuple[int, str, str]]


class Handler(BaseHTTPRequestHandler):
    """Serves the pages of its server: status, content type and text by path."""

    def do_GET(self) -> None:
        """Answer with a page, or 404."""
        pages: Pages = self.server.pages  # type: ignore[attr-defined]
        status, kind, text = pages.get(self.path, (404, "text/plain", "no such page"))
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class Index:
    """A package index on this machine."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.pages: Pages = {}
        self.server.pages = self.pages  # type: ignore[attr-defined]
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/simple/"

    def serve(self, project: str, text: str, kind: str = "text/html", status: int = 200) -> None:
        """Have a page for a project."""
        self.pages[f"/simple/{project}/"] = (status, kind, text)

    def serve_wheels(self, project: str, *wheels: Wheel) -> None:
        """Have an HTML page with links to wheels."""
        self.serve(project, "<!DOCTYPE html><body>" + "".join(link(w) for w in wheels))


def link(wheel: Wheel, attributes: str = "") -> str:
    """A wheel's link on an HTML page."""
    time = f'data-upload-time="{wheel.uploaded}"' if wheel.uploaded else ""
    return (
        f'<a href="../files/{wheel.filename}#sha256={wheel.sha256}" {time} {attributes}>'
        f"{wheel.filename}</a>\n"
    )


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """A running index."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    index = Index()
    thread = threading.Thread(target=index.server.serve_forever, args=(0.01,))
    thread.start()
    yield index
    index.server.shutdown()
    thread.join()
    index.server.server_close()


def test_html_index_with_upload_times(local: Index) -> None:
    """Wheels, hashes and upload times come from the links; sdists and yanked files do not."""
    first = wheel("fake-1.0.0", "a", "2026-01-02T00:00:00.123456Z")
    second = wheel("fake-1.1.0", "b", None)
    sdist = '<a href="../files/fake-1.0.0.tar.gz#sha256=00">fake-1.0.0.tar.gz</a>'
    yanked = link(wheel("fake-1.0.1"), 'data-yanked="broken"')
    local.serve("fake", f"<!DOCTYPE html><body>{link(first)}{link(second)}{sdist}{yanked}")
    assert index_wheels("fake", local.endpoint) == [first, second]


def test_json_index(local: Index) -> None:
    """The JSON form gives the same."""
    expected = wheel("fake-1.0.0", "a", "2026-01-02T00:00:00.123456+00:00")
    files = [
        {
            "filename": name,
            "url": f"https://example.com/{name}",
            "hashes": {"sha256": "a" * 64},
            "upload-time": "2026-01-02T00:00:00.123456Z",
            "yanked": yanked,
        }
        for name, yanked in [
            (expected.filename, False),
            ("fake-1.0.0.tar.gz", False),
            (wheel("fake-1.0.1").filename, "broken"),
        ]
    ]
    page = {"meta": {"api-version": "1.1"}, "name": "fake", "versions": ["1.0.0"], "files": files}
    local.serve("fake", json.dumps(page), "application/vnd.pypi.simple.v1+json")
    assert index_wheels("fake", local.endpoint) == [expected]


def test_project_without_files_has_no_wheels(local: Index) -> None:
    """An empty page is no error."""
    local.serve_wheels("fake")
    assert index_wheels("fake", local.endpoint) == []


def test_index_out_of_reach_is_one_sentence(local: Index) -> None:
    """When nothing answers, the error names the project and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UpdateError, match=r"fake .*run `mlx-asv releases update` again"):
        index_wheels("fake", f"http://127.0.0.1:{port}/simple/")


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (404, "text/html", ""),
        (403, "text/html", "blocked"),
        (200, "text/plain", "please log in"),
        (200, "application/vnd.pypi.simple.v1+json", "{"),
        (200, "application/vnd.pypi.simple.v2+json", "{}"),
        (200, "application/vnd.pypi.simple.v1+json", '{"meta": {"api-version": "9.0"}}'),
        (200, "text/html", '<a href="fake-1.0.0-py3-none-any.whl">fake-1.0.0-py3-none-any.whl</a>'),
    ],
)
def test_page_that_cannot_be_used(local: Index, status: int, kind: str, text: str) -> None:
    """No page, another kind of page, or wheels without a sha256: the same error."""
    local.serve("fake", text, kind, status)
    with pytest.raises(UpdateError, match=r"fake.*the lock was left as it is"):
        index_wheels("fake", local.endpoint)


# -- the command -----------------------------------------------------------------------------


@pytest.fixture
def update(local: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``mlx-asv releases update --package fake`` where LOCK is, against the local index."""
    monkeypatch.setattr(
        lockfile, "index_wheels", functools.partial(index_wheels, endpoint=local.endpoint)
    )
    runner = CliRunner()

    def run(*arguments: str) -> Result:
        monkeypatch.chdir(tmp_path)
        command = ["releases", "update", "--package", "fake", *arguments]
        return runner.invoke(main, command)

    LOCK.save(tmp_path / "fake.lock.json")
    return run


def test_update_writes_the_lock(
    update: Callable[..., Result], local: Index, tmp_path: Path, repository: Path
) -> None:
    """Tags and wheels of the day are in the lock file, and counted."""
    git(repository, "tag", "v1.1.0")
    local.serve_wheels("fake", wheel("fake-1.1.0", uploaded=None), wheel("fake-1.2.0"))
    local.serve_wheels("fake-cpu", wheel("fake_cpu-1.1.0", uploaded=None))
    result = update("--upstream", str(repository))
    assert (result.exit_code, result.output) == (
        0,
        "fake.lock.json: 3 releases (2 new), 4 wheels (3 new)\n",
    )
    lock = Lock.load(tmp_path / "fake.lock.json")
    assert [release.tag for release in lock.releases] == ["v1.0.0", "v1.1.0", "v1.2.0"]
    assert lock.by_tag["v1.1.0"].packages() == {"fake", "fake-cpu"}


def test_failure_on_one_project_leaves_the_lock(
    update: Callable[..., Result], local: Index, tmp_path: Path
) -> None:
    """When a companion cannot be read, nothing of the others is taken over, either."""
    local.serve_wheels("fake", wheel("fake-1.1.0"))
    before = (tmp_path / "fake.lock.json").read_bytes()
    result = update()
    assert result.exit_code == 1
    assert result.output.startswith("Error: The package index has no page for fake-cpu")
    assert result.output.count("\n") == 1
    assert (tmp_path / "fake.lock.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["fake.lock.json"]


def test_changed_wheel_fails_the_command_and_keeps_the_hash(
    update: Callable[..., Result], local: Index, tmp_path: Path
) -> None:
    """A changed wheel is named with status 1; what is new is taken, it is not, until accepted."""
    other = wheel("fake-1.0.0", "b")
    local.serve_wheels("fake", other, wheel("fake-1.1.0"))
    local.serve_wheels("fake-cpu")
    result = update()
    assert result.exit_code == 1
    assert other.filename in result.output and "--accept-changed" in result.output
    lock = Lock.load(tmp_path / "fake.lock.json")
    assert lock.by_tag["v1.0.0"] == OLD
    assert "v1.1.0" in lock.by_tag

    assert update("--accept-changed").exit_code == 0
    lock = Lock.load(tmp_path / "fake.lock.json")
    assert lock.by_tag["v1.0.0"].wheels == (other,)


def test_upstream_out_of_reach_keeps_the_tags(
    update: Callable[..., Result], local: Index, tmp_path: Path
) -> None:
    """Without upstream the wheels are refreshed all the same, and one line says so."""
    local.serve_wheels("fake", *OLD.wheels)
    local.serve_wheels("fake-cpu", wheel("fake_cpu-1.0.0"))
    result = update("--upstream", str(tmp_path / "nothing"))
    assert result.exit_code == 0
    first, second = result.output.splitlines()
    assert "those in the lock stay" in first and "does not exist" in first
    assert second == "fake.lock.json: 1 releases (0 new), 2 wheels (1 new)"


def test_new_package_gets_a_lock(
    update: Callable[..., Result], local: Index, tmp_path: Path
) -> None:
    """Without a lock file one is made, with the package's name for its module."""
    (tmp_path / "fake.lock.json").unlink()
    local.serve_wheels("fake", wheel("fake-1.0.0"))
    assert update().exit_code == 0
    lock = Lock.load(tmp_path / "fake.lock.json")
    assert (lock.module, lock.builds) == ("fake", {})
    assert [release.tag for release in lock.releases] == ["v1.0.0"]


def test_damaged_lock_is_not_overwritten(update: Callable[..., Result], tmp_path: Path) -> None:
    """A damaged lock is one line of error, and stays for a person to look at."""
    (tmp_path / "fake.lock.json").write_text("{")
    result = update()
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and "is damaged" in result.output
    assert (tmp_path / "fake.lock.json").read_text() == "{"
