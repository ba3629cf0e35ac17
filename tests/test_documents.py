import ast
import re
from pathlib import Path

import pytest

from tests.checkout import ROOT, tracked

#: A path of this repository, as documents write it: in backquotes, from the top.
PATH = re.compile(r"`((?:tools|tests|benchmarks|docs|html|results)/[\w./-]+)`")

#: A link to a file, not to another site or within the page.
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")

#: What is made, and not in git.
MADE = ("html/_build",)

DOCUMENTS = tracked("*.md")
PACKAGE = ROOT / "tools/mlx_asv"
MODULES = tracked("tools/mlx_asv/*.py")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    """Every path in backquotes, from the top of the repository, and every link to a file."""
    text = document.read_text(encoding="utf-8")
    paths = {name for name in PATH.findall(text) if not name.startswith(MADE)}
    missing = [name for name in paths if not (ROOT / name).exists()]
    missing += [name for name in LINK.findall(text) if not (document.parent / name).exists()]
    assert missing == []


def picture() -> list[str]:
    """The folders and modules of the package in CONTRIBUTING's picture, in its order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = text.split("## How data flows")[1].split("```")[1].partition("tools/mlx_asv/\n")[2]
    return re.findall(r"\b[a-z_]+(?:/|\.py)", drawn)


def part(path: tuple[str, ...]) -> str:
    """The folder or module of the package that a module belongs to, as the picture has it."""
    return f"{path[0]}/" if (PACKAGE / path[0]).is_dir() else f"{path[0]}.py"


def imported(file: Path) -> set[str]:
    """The parts of the package that a module imports, wherever it does, but its own."""
    own = file.relative_to(PACKAGE).with_suffix("").parts
    found: list[tuple[str, ...]] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
            found += [name[1:] for name in names if name[0] == "mlx_asv"]
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                module = ("mlx_asv", *own[: -node.level], *module)
            if module[0] == "mlx_asv":
                found += [(*module[1:], alias.name) for alias in node.names]
    return {part(path) for path in found if path} - {part(own)}


def test_the_picture_is_of_the_package() -> None:
    """Every folder and every module, each once."""
    parts = {part(file.relative_to(PACKAGE).with_suffix("").parts) for file in MODULES}
    assert sorted(picture()) == sorted(parts - {"__init__.py", "__main__.py"})


@pytest.mark.parametrize("name", picture())
def test_data_flows_one_way(name: str) -> None:
    """A part imports only what stands before it in the picture."""
    before = set(picture()[: picture().index(name)])
    wrong = {
        str(file.relative_to(PACKAGE)): sorted(later)
        for file in MODULES
        if part(file.relative_to(PACKAGE).with_suffix("").parts) == name
        and (later := imported(file) - before)
    }
    assert wrong == {}


def test_one_folder_imports_asv() -> None:
    """asv_edge; and what is measured imports nothing of the tool."""
    asv = re.compile(r"^\s*(?:from|import) asv\b", re.MULTILINE)
    ours = re.compile(r"^\s*(?:from|import) (?:mlx_asv|tools)\b", re.MULTILINE)
    found = {part(f.relative_to(PACKAGE).parts) for f in MODULES if asv.search(f.read_text())}
    assert found == {"asv_edge/"}
    assert not [file for file in tracked("benchmarks/*.py") if ours.search(file.read_text())]
