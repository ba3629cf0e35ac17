"""Writing the site: data as scripts, pages from templates, and the files they share.

A data file is a script that hands its object over (``mlxAsv.put``), and not JSON: a page that was
opened from the disk may load scripts, and may not fetch.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .words import number

#: Of the package: templates, and what is copied as it is.
HERE = Path(__file__).parent
STATIC = HERE / "static"


class Site:
    """A directory that a site is written to; what else lies there is left alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._templates = Environment(
            loader=PackageLoader("mlx_asv.site"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["number"] = number

    def static(self) -> None:
        """The style and the scripts."""
        shutil.copytree(STATIC, self.path / "static", dirs_exist_ok=True)

    def page(self, name: str, **context: Any) -> None:
        """`name` from the template of that name."""
        text = self._templates.get_template(name).render(page=name, **context)
        self.file(name, text.encode())

    def data(self, name: str, value: Any) -> None:
        """An object that pages load by its name, such as ``_published/Sum``."""
        write_data(self.path / "data", name, value)

    def copy(self, data: Path) -> None:
        """Data files that were written elsewhere, under the same names."""
        shutil.copytree(data, self.path / "data", dirs_exist_ok=True)

    def file(self, name: str, content: bytes) -> None:
        """A file, and the directories above it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_data(directory: Path, name: str, value: Any) -> None:
    """A data file: an object that pages load by its name, such as ``machine/map-mlx_cpu``."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    path = directory / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"mlxAsv.put({json.dumps(name)},{text});\n", encoding="utf-8")
