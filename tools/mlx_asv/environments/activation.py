"""Environment variables that make the measuring Python import one overlay."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .overlay import Overlay

#: Read by `_PTH` whenever the virtualenv's Python starts. asv 0.6.6 takes PYTHONPATH off
#: ``sys.path`` again, and the ASV_PYTHONPATH it documents with it.
VARIABLE = "MLX_ASV_OVERLAY"
_PTH = f"import os, sys; sys.path[:0] = [p for p in [os.environ.get({VARIABLE!r})] if p]\n"

#: Where `_PTH` lies in the virtualenv's site-packages.
_NAME = "mlx_asv_overlay.pth"

#: Where NVIDIA's packages put their libraries in a virtualenv.
NVIDIA_LIBRARIES = "lib/python*/site-packages/nvidia/*/lib"


def prepare(python: Path) -> None:
    """Make the Python of a virtualenv put the path in `VARIABLE` in front of ``sys.path``."""
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    result = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    (Path(result.stdout.strip()) / _NAME).write_text(_PTH)


def activated(
    overlay: Overlay, base: Mapping[str, str], virtualenv: Path, build: str
) -> dict[str, str]:
    """`base` changed so that the Python of `virtualenv` imports what is in the overlay.

    `build`: of the overlay, such as ``cpu`` or ``cuda12``. A crash says where it was, for asv's
    --show-stderr.
    """
    environ = overlay.environ(base)
    environ[VARIABLE] = environ.pop("PYTHONPATH")
    environ["PYTHONFAULTHANDLER"] = "1"
    if build.startswith("cuda"):
        # Overlays hold MLX alone: its CUDA libraries are those that PyTorch came with.
        libraries = [str(path) for path in sorted(virtualenv.glob(NVIDIA_LIBRARIES))]
        libraries += filter(None, [environ.get("LD_LIBRARY_PATH")])
        environ["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
    return environ
