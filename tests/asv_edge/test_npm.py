import json
import os
import shutil
from pathlib import Path

import pytest
from mlx_asv.asv_edge import npm
from mlx_asv.asv_edge.npm import NoPackages, installed
from mlx_asv.asv_edge.publisher import SOURCES

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """A function that puts a program called npm on the PATH, and nothing of that name beside it."""

    def put(script):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return put


def sources(tmp_path: Path, **integrity: str) -> Path:
    """A copy of what names the packages, with other hashes for some of them."""
    copy = tmp_path / "sources"
    copy.mkdir()
    shutil.copy(SOURCES / "package.json", copy)
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    for name, value in integrity.items():
        lock["packages"][f"node_modules/{name}"]["integrity"] = value
    (copy / "package-lock.json").write_text(json.dumps(lock))
    return copy


def test_lock_pins_every_package_by_hash_and_no_registry():
    """What package.json names is locked in that version, with a hash, from whatever registry."""
    wanted = json.loads((SOURCES / "package.json").read_text())["dependencies"]
    text = (SOURCES / "package-lock.json").read_text()
    locked = json.loads(text)["packages"]
    assert locked.pop("")["dependencies"] == wanted
    found = {path.removeprefix("node_modules/"): entry for path, entry in locked.items()}
    assert {name: entry["version"] for name, entry in found.items()} == wanted
    assert all(entry["integrity"].startswith("sha") for entry in found.values())
    assert "resolved" not in text


def test_packages_are_installed_once(packages, monkeypatch):
    """Later calls, without npm too, find what the first has installed."""
    assert (packages / "jquery/package.json").exists()
    monkeypatch.setenv("PATH", "")
    assert installed(SOURCES, packages.parent) == packages


def test_without_npm_it_says_so(tmp_path, monkeypatch):
    """Nothing is made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPackages, match=r"^npm is not installed$"):
        installed(SOURCES, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@needs_npm
def test_a_registry_out_of_reach_is_one_clause(tmp_path, monkeypatch):
    """npm's reason is given, and nothing is left that a later call could take for packages."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    with pytest.raises(NoPackages, match=r"^npm failed \(.*ECONNREFUSED.*\)$"):
        installed(SOURCES, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@needs_npm
def test_a_package_with_another_hash_is_refused(tmp_path, packages):
    """What the registry offers must be what the lock file says."""
    wrong = sources(tmp_path, jquery="sha512-" + "A" * 86 + "==")
    with pytest.raises(NoPackages, match=r"^npm failed \(.*ntegrity checksum failed"):
        installed(wrong, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_npm_that_hangs_is_given_up(tmp_path, fake_npm, monkeypatch):
    """Publishing goes on without it."""
    fake_npm("exec sleep 60")
    monkeypatch.setattr(npm, "LIMIT", 0.2)
    with pytest.raises(NoPackages, match=r"^npm did not end within 0 s$"):
        installed(SOURCES, tmp_path / "cache")


def test_two_publishes_at_once_share_what_one_installed(tmp_path, fake_npm):
    """The slower finds the packages of the faster, and takes them."""
    import hashlib

    name = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()[:16]
    target = tmp_path / "cache" / name
    fake_npm(f"mkdir -p node_modules/slower '{target}/faster'")
    assert installed(SOURCES, tmp_path / "cache") == target
    assert [path.name for path in target.iterdir()] == ["faster"]
