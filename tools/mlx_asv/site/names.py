"""Names of files and anchors for what may be called anything."""

import hashlib
import re

#: A name that is a file's as it is, on every system.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


def file_name(text: str) -> str:
    """A name of letters, digits, `_`, `.` and `-`; another one for each text."""
    if PLAIN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:40]
    return f"{kept}-{digest}" if kept else digest
