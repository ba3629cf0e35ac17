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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    """Every path in backquotes, from the top of the repository, and every link to a file."""
    text = document.read_text(encoding="utf-8")
    paths = {name for name in PATH.findall(text) if not name.startswith(MADE)}
    missing = [name for name in paths if not (ROOT / name).exists()]
    missing += [name for name in LINK.findall(text) if not (document.parent / name).exists()]
    assert missing == []
