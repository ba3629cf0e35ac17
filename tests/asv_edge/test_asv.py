"""Real asv, installed alone, on real releases, with a small suite."""

import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.checkout import ROOT, configuration, like_checkout
from tests.sweep.conftest import wait_for

RELEASES = ("v0.30.6", "v0.31.0", "v0.31.1")


class Project:
    """A folder with asv.conf.json, the lock, the plugin and a small suite."""

    def __init__(self, path, asv):
        self.path, self.asv = path, asv
        like_checkout(path, suite=None)
        shutil.copytree(Path(__file__).parent / "suite", path / "benchmarks")
        self.environ = {**os.environ, "HOME": str(path), "COLUMNS": "200"}
        self("machine", "--yes", "--machine", "testbox")

    def configure(self, **changes):
        (self.path / "asv.conf.json").write_text(configuration(**changes))

    def __call__(self, *arguments, status=0, environ=None, **kwargs):
        result = subprocess.run(
            [self.asv, *arguments],
            cwd=self.path,
            env=environ or self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            **kwargs,
        )
        assert status is None or result.returncode == status, result.stdout
        return result.stdout

    def start(self, *arguments):
        return subprocess.Popen(
            [self.asv, *arguments],
            cwd=self.path,
            env=self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def lock(self, data):
        (self.path / "mlx.lock.json").write_text(json.dumps(data))

    def napping(self):
        """Whether the benchmark `Slowly` has begun."""
        return (self.path / "napping").exists()

    def result_files(self, directory="results"):
        return sorted((self.path / directory / "testbox").glob("v*.json"))

    def values(self, release, benchmark, directory="results"):
        (path,) = (p for p in self.result_files(directory) if p.name.startswith(f"{release}-"))
        data = json.loads(path.read_text())
        return data["results"][benchmark][data["result_columns"].index("result")]


def runs(output):
    """The releases that asv says it ran, in order."""
    return re.findall(r"For MLX commit (\S+?)[ :]", output)


@pytest.fixture
def project(tmp_path, plain_asv, measuring_environment):
    """A fresh project."""
    return Project(tmp_path, plain_asv)


@pytest.fixture(scope="module")
def measured(tmp_path_factory, plain_asv, measuring_environment):
    """A project in which a range of three releases was run."""
    project = Project(tmp_path_factory.mktemp("measured"), plain_asv)
    project.output = project("run", "v0.30.5..v0.31.1", "-b", "Well")
    return project


def test_run_measures_every_installable_release_of_a_range(measured):
    """The start is excluded, the end included, newest first; each is a result file. One line says
    how to have better."""
    assert runs(measured.output) == list(RELEASES[::-1])
    (line,) = (line for line in measured.output.splitlines() if "measures by itself" in line)
    assert line.endswith("is not installed here (`pip install .` installs mlx-asv)")
    assert [p.name.split("-")[0] for p in measured.result_files()] == list(RELEASES)
    for release in RELEASES:
        assert all(value > 0 for value in measured.values(release, "cases.Well.time_product"))


def test_every_result_is_of_its_own_release(project):
    """The release that a result is filed under is the one that ran, with --parallel as well."""
    output = project(
        *("run", "v0.30.5..v0.31.1", "-b", "Version", "--parallel", "2", "--show-stderr"), status=2
    )
    ran = re.findall(r"RuntimeError: this is (\S+)", output)
    assert ran == [release.removeprefix("v") for release in RELEASES[::-1]]


def test_results_record_build_threads_cores_and_compiler(measured):
    """What was measured, and under which conditions, is in every result."""
    for path in measured.result_files():
        data = json.loads(path.read_text())
        assert data["env_vars"]["MLX_BUILD"] in ("cpu", "metal", "cuda12", "cuda13")
        assert data["env_vars"]["MLX_BUILD"] in data["env_name"]
        assert int(data["env_vars"]["OMP_NUM_THREADS"]) >= 1
        assert data["env_vars"]["MLX_CPU_AFFINITY"]
        assert re.match(r"g\+\+ \d+", data["env_vars"]["CXX_VERSION"])
        assert data["requirements"]["torch"] == "2.13.0"


def test_publish_draws_the_releases(measured):
    """asv publish writes a site whose tags, dates and commit links are the releases'."""
    measured("publish")
    index = json.loads((measured.path / "html/_build/index.json").read_text())
    assert index["tags"].keys() >= set(RELEASES)
    revision = index["tags"]["v0.31.1"]
    assert index["revision_to_hash"][str(revision)] == "v0.31.1"
    assert index["show_commit_url"].endswith("/commit/")
    assert list((measured.path / "html/_build/graphs").rglob("cases.Well.time_product.json"))


def test_compare_show_and_find(measured):
    """asv's everyday commands work on releases by name."""
    assert "cases.Well.time_product" in measured("compare", "v0.30.6", "v0.31.1")
    assert "Commit: v0.31.0" in measured("show", "v0.31.0")
    found = measured("find", "v0.30.5..v0.31.1", "cases.Well.time_product", status=None)
    assert "Greatest regression found" in found or "No regressions found" in found, found


def test_continuous_and_quick_keep_apart(measured):
    """Neither changes a byte of what a full run measured."""
    before = {path: path.read_bytes() for path in measured.result_files()}
    output = measured("continuous", "v0.31.0", "v0.31.1", "-b", "Well", status=None)
    assert "SIGNIFICANTLY" in output
    measured("run", "--quick", "v0.31.1", "-b", "Well")
    assert {path: path.read_bytes() for path in measured.result_files()} == before
    scratch = measured.result_files(".asv/scratch-results")
    assert [p.name.split("-")[0] for p in scratch] == ["v0.31.0", "v0.31.1"]


def test_existing_and_hashfile(measured):
    """Releases can be named in a file, or be those that have results."""
    (measured.path / "hashes.txt").write_text("v0.31.0\nv0.30.6\n")
    output = measured("run", "HASHFILE:hashes.txt", "-b", "Well.*small")
    assert runs(output) == ["v0.31.0", "v0.30.6"]
    assert set(runs(measured("run", "EXISTING", "-b", "Well.*small"))) == set(RELEASES)


def test_all_and_new(project):
    """ALL is every release that can be installed, NEW those newer than the newest result."""
    lock = json.loads((ROOT / "mlx.lock.json").read_text())
    lock["releases"] = [r for r in lock["releases"] if r["tag"] in (*RELEASES, "v0.22.0")]
    project.lock(lock)
    assert runs(project("run", "ALL", "-b", "Well.*small")) == list(RELEASES[::-1])
    project("rm", "-y", "commit_hash=v0.31.1")
    assert runs(project("run", "NEW", "-b", "Well.*small")) == ["v0.31.1"]
    project("run", "NEW", "-b", "Well.*small", status=1)


def test_preview_serves_the_site(measured):
    """asv preview answers with the published index."""
    measured("publish")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = measured.start("preview", "--port", str(port))
    try:
        for _ in range(300):
            time.sleep(0.2)
            try:
                with urlopen(f"http://127.0.0.1:{port}/index.json") as page:
                    assert json.load(page)["project"] == "MLX"
                    return
            except URLError:
                continue
        pytest.fail("no answer within 60 s")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_rm_removes_one_release(tmp_path, measured, plain_asv):
    """asv rm takes a release by name and leaves the others."""
    copy = Project(tmp_path, plain_asv)
    shutil.copytree(measured.path / "results", copy.path / "results", dirs_exist_ok=True)
    copy("rm", "-y", "commit_hash=v0.31.0")
    assert [p.name.split("-")[0] for p in copy.result_files()] == ["v0.30.6", "v0.31.1"]


def test_a_list_selects_cases_and_backends(project):
    """`-b @tour` runs the listed cases, `-b @tour:other` their backends that match."""
    project("run", "v0.31.1", "-b", "@tour:other")
    mlx_small, other_small, *large = project.values("v0.31.1", "cases.Well.time_product")
    assert other_small > 0
    assert all(math.isnan(value) for value in (mlx_small, *large))


def test_one_bad_case_costs_only_itself(project):
    """A segfault, a hang, memory run out and an error fail; a skip says why; the rest is kept."""
    output = project("run", "v0.31.1", "-b", "Badly|Well", "--show-stderr", status=2)
    fine, segfault, hang, memory, error, skip = project.values("v0.31.1", "cases.Badly.time_case")
    assert fine > 0
    assert (segfault, hang, memory, error) == (None,) * 4
    assert math.isnan(skip)
    assert all(value > 0 for value in project.values("v0.31.1", "cases.Well.time_product"))
    assert "asv: benchmark timed out (timeout 8" in output
    assert "Segmentation fault" in output
    assert "MemoryError" in output
    assert "a real failure" in output
    assert "no such API in this release" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "v0.99.0"], "There is no mlx release 'v0.99.0'. Nearest: "),
        (["run", "v0.30.0...v0.31.1"], "is not a range of releases"),
        (["run", "v0.31.1..v0.30.0"], "Did you mean v0.30.0..v0.31.1"),
        (["run", "v0.22.0"], "v0.22.0 cannot be installed here: no wheel"),
        (["continuous", "v0.31.0", "v0.9.9"], "Unknown commit v0.9.9 (nearest: v0.9.0, v0.9.1"),
        (["run", "v0.31.1", "-b", "@nope"], "There is no list @nope"),
    ],
)
def test_bad_arguments_get_one_sentence(project, arguments, sentence):
    """What is wrong, what is near, a failing exit status, and no traceback."""
    output = project(*arguments, status=1)
    assert sentence in output
    assert "Traceback" not in output


def test_a_changed_wheel_is_refused_and_the_next_release_goes_on(project):
    """A hash that is not the lock's fails that release with a sentence, and no other."""
    lock = json.loads((ROOT / "mlx.lock.json").read_text())
    (release,) = (r for r in lock["releases"] if r["tag"] == "v0.31.0")
    for wheel in release["wheels"]:
        wheel[1] = "0" * 64
    project.lock(lock)
    output = project("run", "v0.30.6..v0.31.1", "-b", "Well.*small", status=2)
    assert "v0.31.0 was refused: a wheel that the index offers" in output
    assert project.values("v0.31.1", "cases.Well.time_product")[0] > 0
    assert project.values("v0.31.0", "cases.Well.time_product") is None


def test_an_unknown_build_is_refused(project):
    """MLX_BUILD names a build of MLX, or nothing is measured."""
    environ = {**project.environ, "MLX_BUILD": "rocm"}
    output = project("run", "v0.31.1", status=1, environ=environ)
    assert "MLX_BUILD=rocm is no build of mlx: set it to one of metal, cpu, cuda12" in output


def test_a_damaged_result_file_costs_only_itself(tmp_path, measured, plain_asv):
    """What cannot be read is named and left out; the rest is published."""
    copy = Project(tmp_path, plain_asv)
    shutil.copytree(measured.path / "results", copy.path / "results", dirs_exist_ok=True)
    damaged = copy.result_files()[0]
    damaged.write_text(damaged.read_text()[:200])
    output = copy("publish")
    assert damaged.name in output
    (graph, *_) = (copy.path / "html/_build/graphs").rglob(
        "machine-*/**/cases.Well.time_product.json"
    )
    assert len(json.loads(graph.read_text())) == len(RELEASES) - 1


def test_without_a_network(project):
    """A release that is not installed yet fails with a sentence that says so."""
    project.configure(env_dir=str(project.path / "elsewhere/env"))
    (project.path / "elsewhere").mkdir()
    (project.path / "elsewhere/env").symlink_to(ROOT / ".asv/env")
    environ = {**project.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    environ |= {"PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "0", "PIP_EXTRA_INDEX_URL": ""}
    output = project("run", "v0.31.1", status=1, environ=environ)
    assert "could not be downloaded" in output
    assert "Check the network" in output


def test_without_a_compiler(project, tmp_path_factory, plain_asv):
    """No g++: nothing is measured, because the numbers would be wrong."""
    bare = tmp_path_factory.mktemp("bin")
    for name in ("python3.11", "git", "env", "sh", "uname"):
        (bare / name).symlink_to(shutil.which(name))
    environ = {**project.environ, "PATH": f"{plain_asv.parent}:{bare}"}
    output = project("run", "v0.31.1", status=1, environ=environ)
    assert "There is no C++ compiler" in output
    assert project.result_files() == []


def test_without_the_measuring_python(project):
    """A Python that is not there: how to get it."""
    project.configure(pythons=["3.99"])
    output = project("run", "v0.31.1", status=1)
    assert "Python 3.99 was not found" in output
    assert "apt-get install python3.99" in output


def test_a_full_disk_stops_a_run_and_keeps_what_was_saved(project, disk):
    """One sentence, a failing exit status; the results saved before are whole."""
    project("run", "v0.31.0", "-b", "Well")
    small = disk("size=32k")
    shutil.copytree(project.path / "results", small / "results")
    before = {path: path.read_bytes() for path in (small / "results").rglob("v*.json")}
    (small / "filler").write_bytes(b"x" * 4096 * (os.statvfs(small).f_bfree))
    project.configure(results_dir=str(small / "results"))
    output = project("run", "v0.31.1", "-b", "Well", status=1)
    assert "The disk is full" in output
    assert "Traceback" not in output
    assert {path: path.read_bytes() for path in (small / "results").rglob("v*.json")} == before


def test_ctrl_c_keeps_finished_releases(project):
    """One sentence, a failing exit status; the finished release stays, and can be skipped."""
    project("run", "v0.31.0", "-b", "Well")
    process = project.start("run", "v0.31.1", "-b", "Slowly")
    wait_for(project.napping)
    os.killpg(process.pid, signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "Interrupted" in output
    assert "Traceback" not in output
    assert project.values("v0.31.0", "cases.Well.time_product")[0] > 0


def test_a_kill_never_leaves_half_a_result_file(project):
    """kill -9 at growing delays: whatever is in the results directory can be read."""
    for delay in (2, 3, 4, 5, 6):
        process = project.start("run", "v0.31.1", "-b", "Well")
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for path in (project.path / "results").rglob("*.json"):
            json.loads(path.read_text())
    project("run", "v0.31.1", "-b", "Well")
    assert project.values("v0.31.1", "cases.Well.time_product")[0] > 0


def test_an_installed_package_called_tools_hides_nothing(project, plain_asv):
    """Python prefers such a package to our folder; asv loads our plugin all the same."""
    program = "import tools; print(tools.__file__)"
    command = [plain_asv.with_name("python"), "-c", program]
    found = subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=True)
    assert "site-packages" in found.stdout
    assert (project.path / "tools/plugin.py").exists()
    assert "There is no mlx release 'v0.99.0'" in project("run", "v0.99.0", status=1)
