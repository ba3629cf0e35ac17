"""Tiny real wheels, made on the fly: what an index offers, without an index."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mlx_asv.releases.lock import Wheel


def make_wheel(directory: Path, filename: str, modules: Mapping[str, str]) -> Wheel:
    """Write a wheel that pip installs, holding `modules` (path to source); its lock entry."""
    name, version, *_ = filename.removesuffix(".whl").split("-")
    info = f"{name}-{version}.dist-info"
    files = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(directory / filename, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    digest = hashlib.sha256((directory / filename).read_bytes()).hexdigest()
    return Wheel(filename, digest)
