import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mlx_asv.environments.overlay import Overlay, OverlayError, install, install_files
from mlx_asv.releases.builds import Target
from mlx_asv.releases.lock import Lock, Release, Wheel

from tests.wheels import make_wheel

ROOT = Path(__file__).parents[2]
LOCK = Lock("fakemlx", "fakemlx.core", None, {"cpu": ("fakemlx-cpu",)}, {"cpu": "linux"}, ())
RELEASE = Release("v1.0.0", None, "", ())
TARGET = Target("3.11", "cpu")
NAME = "v1.0.0-cpu-py3.11"

#: The front end. As MLX's it shares its folder with the companion and needs it to be imported.
CORE = """
import os, pathlib, time
from fakemlx import lib
if marker := os.environ.get("FAKEMLX_IMPORTED"):
    with open(marker, "a") as file:
        file.write("imported\\n")
if os.environ.get("FAKEMLX_HANGS"):
    time.sleep(60)
__version__ = "1.0.0"
"""


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, all that pip knows of."""
    return only_index(tmp_path / "index", monkeypatch)


def only_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip know of nothing but the wheels in a new folder."""
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    path.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where overlays go."""
    return tmp_path / "overlays"


@pytest.fixture
def wheels(index: Path) -> list[Wheel]:
    """fakemlx and its companion, 1.0.0."""
    return [front(index), companion(index)]


def front(index: Path, core: str = CORE) -> Wheel:
    """The wheel of the package."""
    return make_wheel(index, "fakemlx-1.0.0-py3-none-any.whl", {"fakemlx/core.py": core})


def companion(index: Path, lib: str = "answer = 42\n") -> Wheel:
    """The wheel of its compiled half."""
    return make_wheel(index, "fakemlx_cpu-1.0.0-py3-none-any.whl", {"fakemlx/lib.py": lib})


def arguments(wheels: list[Wheel], root: Path) -> tuple[object, ...]:
    """What `install` takes."""
    return (LOCK, RELEASE, wheels, TARGET, sys.executable, root)


def make(wheels: list[Wheel], root: Path) -> Overlay:
    """Install in this process."""
    return install(*arguments(wheels, root))  # type: ignore[arg-type]


def start(wheels: list[Wheel], root: Path, **variables: str) -> subprocess.Popen[str]:
    """Install in a process, and a group, of its own."""
    program = (
        "import pickle, sys\n"
        "from mlx_asv.environments.overlay import install\n"
        "install(*pickle.loads(bytes.fromhex(sys.argv[1])))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, pickle.dumps(arguments(wheels, root)).hex()],
        cwd=ROOT,
        env={**os.environ, **variables},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def left(root: Path) -> list[str]:
    """What there is in `root`, but for the empty files on which installers wait."""
    return sorted(path.name for path in root.iterdir() if path.suffix != ".lock")


def in_overlay(overlay: Overlay, program: str) -> str:
    """What a program prints that is run with the release."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env=overlay.environ(os.environ),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@dataclass(frozen=True)
class Installed:
    """An installation that several tests look at."""

    wheels: list[Wheel]
    root: Path
    overlay: Overlay


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The release, installed once."""
    path = tmp_path_factory.mktemp("installed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        index = only_index(path / "index", monkeypatch)
        wheels = [front(index), companion(index)]
        return Installed(wheels, path / "overlays", make(wheels, path / "overlays"))


def refused(wheels: list[Wheel], root: Path) -> str:
    """The one line that says why the release was not installed; nothing of it is left."""
    with pytest.raises(OverlayError) as error:
        make(wheels, root)
    assert left(root) == []
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("v1.0.0")
    return message


# -- installing ------------------------------------------------------------------------------


def test_package_and_companion_are_installed_together(installed: Installed) -> None:
    """Both wheels lie in one directory, are importable, and what was done is written there."""
    assert installed.overlay.path == installed.root / NAME
    program = "import fakemlx.core as core; print(core.__version__, core.lib.answer)"
    assert in_overlay(installed.overlay, program) == "1.0.0 42"
    assert json.loads((installed.overlay.path / "overlay.json").read_text()) == {
        "release": "v1.0.0",
        "build": "cpu",
        "python": "3.11",
        "wheels": {wheel.filename: wheel.sha256 for wheel in installed.wheels},
    }
    assert left(installed.root) == [NAME]


def test_second_installation_reuses_the_first(installed: Installed) -> None:
    """An overlay that is there is taken as it is, without pip or Python."""
    path = installed.overlay.path
    before = {each: each.stat().st_mtime_ns for each in path.rglob("*")}
    again = install(LOCK, RELEASE, installed.wheels, TARGET, "/no/such/python", installed.root)
    assert again == installed.overlay
    assert {each: each.stat().st_mtime_ns for each in path.rglob("*")} == before


def test_deleted_temporary_directory_comes_back(installed: Installed) -> None:
    """Somebody who cleans up the kernels that MLX cached does not break the overlay."""
    installed.overlay.temporary.rmdir()
    assert make(installed.wheels, installed.root).temporary.is_dir()


@pytest.mark.parametrize("stamp", [None, "{", '{"release": "v1.0.0"}'])
def test_unfinished_overlay_is_made_anew(
    wheels: list[Wheel], root: Path, stamp: str | None
) -> None:
    """A directory without a stamp of these very wheels is replaced, whatever is in it."""
    (root / NAME / "fakemlx").mkdir(parents=True)
    (root / NAME / "fakemlx" / "core.py").write_text("__version__ = 'stale'")
    if stamp:
        (root / NAME / "overlay.json").write_text(stamp)
    overlay = make(wheels, root)
    assert in_overlay(overlay, "import fakemlx.core as core; print(core.__version__)") == "1.0.0"
    assert left(root) == [NAME]


def test_changed_wheel_is_installed_anew(wheels: list[Wheel], root: Path, index: Path) -> None:
    """Once the lock has another hash, the overlay of the old wheel is replaced."""
    make(wheels, root)
    changed = [wheels[0], companion(index, "answer = 43\n")]
    assert changed[1].sha256 != wheels[1].sha256
    overlay = make(changed, root)
    assert in_overlay(overlay, "import fakemlx.lib as lib; print(lib.answer)") == "43"


def test_user_settings_of_pip_and_python_do_not_interfere(
    wheels: list[Wheel], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Constraints, --user and a PYTHONPATH of the user's neither stop nor change the release."""
    (tmp_path / "constraints.txt").write_text("fakemlx<1\n")
    (tmp_path / "mine" / "fakemlx").mkdir(parents=True)
    (tmp_path / "mine" / "fakemlx" / "core.py").write_text("__version__ = '9.9.9'")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    overlay = make(wheels, root)
    assert in_overlay(overlay, "import fakemlx.core as core; print(core.__version__)") == "1.0.0"


# -- the environment it is used with ---------------------------------------------------------


def test_environ_sets_path_and_temporary_directory(tmp_path: Path) -> None:
    """PYTHONPATH and TMPDIR are the overlay's, the rest of the environment stays."""
    base = {"HOME": "/home/me", "PYTHONPATH": "/mine", "TMPDIR": "/tmp"}
    assert Overlay(tmp_path).environ(base) == {
        "HOME": "/home/me",
        "PYTHONPATH": str(tmp_path),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    assert base["PYTHONPATH"] == "/mine"


def test_temporary_files_go_into_the_overlay(installed: Installed) -> None:
    """A process of the release has the overlay's directory for its temporary files."""
    found = in_overlay(installed.overlay, "import tempfile; print(tempfile.gettempdir())")
    assert found == str(installed.root / NAME / "tmp")
    assert list(installed.overlay.temporary.iterdir()) == []


# -- what is refused -------------------------------------------------------------------------


def test_other_sha256_is_refused(wheels: list[Wheel], root: Path) -> None:
    """A wheel that is not the locked one is not installed, nor is the one beside it."""
    message = refused([wheels[0], replace(wheels[1], sha256="0" * 64)], root)
    assert "was refused" in message
    assert "another sha256 than the lock file" in message
    assert "--accept-changed" in message
    assert wheels[1].filename in message


def test_wheel_that_is_gone(wheels: list[Wheel], root: Path, index: Path) -> None:
    """A wheel that the index no longer has is named."""
    (index / wheels[1].filename).unlink()
    assert wheels[1].filename in refused(wheels, root)


def test_index_out_of_reach(
    wheels: list[Wheel], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network the message says that, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    message = refused(wheels, root)
    assert "the package index is out of reach. Check the network" in message


def test_other_version_is_refused(wheels: list[Wheel], root: Path, index: Path) -> None:
    """A module that calls itself by another version than its wheel's is not this release."""
    other = front(index, "__version__ = '1.1.0'")
    message = refused([other, wheels[1]], root)
    assert "the imported fakemlx.core calls itself 1.1.0" in message


@pytest.mark.parametrize(
    ("core", "why"),
    [
        ("raise ImportError('libopenblas.so.0: cannot open')", "libopenblas.so.0: cannot open"),
        ("import os; os.abort()", "exit status -6"),
        ("", "has no attribute '__version__'"),
    ],
)
def test_module_that_cannot_be_imported_is_refused(
    wheels: list[Wheel], root: Path, index: Path, core: str, why: str
) -> None:
    """An import that raises, or ends the process, is said with its last words."""
    message = refused([front(index, core), wheels[1]], root)
    assert "is installed but cannot be imported" in message
    assert why in message


def test_missing_companion_is_an_import_error(wheels: list[Wheel], root: Path) -> None:
    """A front end without its companion does not pass for a release."""
    assert "cannot import name 'lib'" in refused(wheels[:1], root)


def test_python_that_is_not_there(wheels: list[Wheel], root: Path) -> None:
    """An interpreter that was removed is one sentence, too."""
    with pytest.raises(OverlayError, match="No such file or directory"):
        install(LOCK, RELEASE, wheels, TARGET, root / "no-python", root)
    assert left(root) == []


# -- where it cannot be written --------------------------------------------------------------


def test_file_in_the_way(wheels: list[Wheel], tmp_path: Path) -> None:
    """When the directory cannot be made, the message says where and what to do."""
    (tmp_path / "overlays").write_text("a file")
    with pytest.raises(OverlayError) as error:
        make(wheels, tmp_path / "overlays")
    assert f"v1.0.0 could not be installed in {tmp_path / 'overlays' / NAME}" in str(error.value)
    assert "mend the permissions" in str(error.value)
    assert (tmp_path / "overlays").read_text() == "a file"


def test_full_disk(index: Path, wheels: list[Wheel], disk: Callable[..., Path]) -> None:
    """A release that does not fit is one sentence, and what was written of it is removed."""
    large = companion(index, "answer = 42  # " + "x" * 500_000)
    root = disk("size=256k")
    assert "the disk is full" in refused([wheels[0], large], root)


def test_disk_without_any_room(wheels: list[Wheel], disk: Callable[..., Path]) -> None:
    """A disk on which nothing at all can be made is one sentence as well."""
    root = disk("size=16k,nr_inodes=2")
    message = refused(wheels, root)
    assert "No space left on device. Free some space" in message


def test_read_only_disk(wheels: list[Wheel], disk: Callable[..., Path]) -> None:
    """A directory that must not be written to says so."""
    root = disk("size=1m,ro")
    assert "Read-only file system" in refused(wheels, root)


# -- interrupted, and more than one ----------------------------------------------------------


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something is so, while a process runs."""
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "finished before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("stage", ["pip", "check"])
def test_kill_leaves_no_overlay_and_the_next_installation_succeeds(
    wheels: list[Wheel], root: Path, tmp_path: Path, stage: str
) -> None:
    """Killed while pip runs or while the release is checked: no overlay under its name."""
    marker = tmp_path / "imported"
    process = start(wheels, root, FAKEMLX_IMPORTED=str(marker), FAKEMLX_HANGS="1")
    try:
        if stage == "pip":
            wait_for(lambda: list(root.glob("*.partial/tmp/requirements.txt")), process)
        else:
            wait_for(marker.exists, process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert left(root) == [f"{NAME}.{process.pid}.partial"]

    overlay = make(wheels, root)
    assert in_overlay(overlay, "import fakemlx.core as core; print(core.__version__)") == "1.0.0"
    assert left(root) == [NAME]


def test_simultaneous_installations_make_one_overlay(
    wheels: list[Wheel], root: Path, tmp_path: Path
) -> None:
    """Three processes that install one release at once all succeed, and one does the work."""
    marker = tmp_path / "imported"
    processes = [start(wheels, root, FAKEMLX_IMPORTED=str(marker)) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert marker.read_text() == "imported\n"
    assert left(root) == [NAME]


def test_releases_and_builds_lie_side_by_side(installed: Installed, index: Path) -> None:
    """Another build of a release, and another release, are overlays of their own."""
    core = "__version__ = '1.1.0'"
    later = make_wheel(index, "fakemlx-1.1.0-py3-none-any.whl", {"fakemlx/core.py": core})
    release = replace(RELEASE, tag="v1.1.0")
    metal = Target("3.11", "metal")
    second = install(LOCK, release, [later], metal, sys.executable, installed.root)
    program = "import fakemlx.core as core; print(core.__version__)"
    assert in_overlay(installed.overlay, program) == "1.0.0"
    assert in_overlay(second, program) == "1.1.0"
    assert left(installed.root) == [NAME, "v1.1.0-metal-py3.11"]


# -- wheel files -----------------------------------------------------------------------------


def files(directory: Path, version: str = "1.0.0") -> list[Path]:
    """A front end and its companion, which no index offers."""
    core = CORE.replace("1.0.0", version)
    front = make_wheel(directory, FRONT, {"fakemlx/core.py": core})
    companion = make_wheel(directory, COMPANION, {"fakemlx/lib.py": ""})
    return [directory / wheel.filename for wheel in (front, companion)]


FRONT, COMPANION = "fakemlx-1.0.0-py3-none-any.whl", "fakemlx_cpu-1.0.0-py3-none-any.whl"


def test_wheel_files_are_installed_together(tmp_path: Path, root: Path) -> None:
    """Without an index, a lock or a version that must be right."""
    wheels = files(tmp_path / "mine", "1.0.0.dev5+abc")
    overlay = install_files("mine", wheels, "fakemlx.core", TARGET, sys.executable, root)
    program = "import fakemlx.core as m; print(m.__version__)"
    result = subprocess.run(
        [sys.executable, "-c", program], env=overlay.environ(os.environ), capture_output=True
    )
    assert result.stdout.decode().strip() == "1.0.0.dev5+abc"
    assert install_files("x", wheels, "fakemlx.core", TARGET, sys.executable, root) == overlay


def test_other_contents_are_another_overlay(tmp_path: Path, root: Path) -> None:
    """Files of the same names from two builds live side by side."""
    found = [
        install_files("x", files(tmp_path / v, v), "fakemlx.core", TARGET, sys.executable, root)
        for v in ("1.0.0", "1.0.1")
    ]
    assert found[0].path != found[1].path


def test_wheel_file_that_is_not_there_or_does_not_work(tmp_path: Path, root: Path) -> None:
    """One sentence, and no overlay."""
    with pytest.raises(OverlayError, match=r"nowhere.whl cannot be read: No such file"):
        install_files("x", [tmp_path / "nowhere.whl"], "fakemlx", TARGET, sys.executable, root)
    front, _ = files(tmp_path / "mine")
    with pytest.raises(OverlayError, match=r"half is installed but cannot be imported: Imp"):
        install_files("half", [front], "fakemlx.core", TARGET, sys.executable, root)
    assert not [path for path in root.iterdir() if path.is_dir()]
