"""asv's own pages, changed: names stay text, ours are linked, nothing is loaded from elsewhere.

asv has no hook for any of it; every change is one to a file that it has just copied to the site.
"""

import base64
import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Per script of asv's, what it puts into HTML as it is: what stands before it, and what it is.
#: Any of them can come from a result file that somebody sent in.
UNESCAPED: Mapping[str, Sequence[tuple[str, str]]] = {
    "asv_ui.js": [("panel-heading\">' + ", "heading")],
    "summarygrid.js": [
        ("href=\"#' + ", "bm.name"),
        ("id=\"summarygrid-' + ", "bm.name"),
        ("benchmark-text\">' + ", "display_name"),
        ("title: ", "bm.name"),
        ("title: ", "bm.code"),
        ("<h1>' + ", "group"),
    ],
    "summarylist.js": [("details.push(", "key + ': ' + val")],
    "graphdisplay.js": [
        ("caret-right\"/> ' + ", "parts[j]"),
        ("<a href=\"#' + ", "bm_name"),
        ("\">' + ", "name"),
        ("title: ", "bm.code"),
        ("details.push(", "key + ': ' + val"),
        ("", '$.asv.pretty_unit(y, unit) + " @ " + commit_hash'),
        ("font-size:smaller;'>\" + ", "tag"),
    ],
}

#: Per script, what is wrong where a revision is a tag, and what is right.
CORRECTED: Mapping[str, Sequence[tuple[str, str]]] = {
    # `commits=v0.30.6-v0.31.1`, in the regressions page's links, painted the whole graph red.
    "graphdisplay.js": [("/^([a-z0-9]+)-([a-z0-9]+)$/", r"/^([\w.]+)-([\w.]+)$/")],
}

#: Files that asv's index.html loads from CDNs, and where their npm packages have them.
PACKAGED: Mapping[str, str] = {
    "jquery-3.3.1.min.js": "jquery/dist/jquery.min.js",
    "jquery.flot.min.js": "flot/jquery.flot.js",
    "jquery.flot.time.min.js": "flot/jquery.flot.time.js",
    "jquery.flot.selection.min.js": "flot/jquery.flot.selection.js",
    "jquery.flot.categories.min.js": "flot/jquery.flot.categories.js",
    "jquery.flot.orderBars.js": "flot-orderbars/js/jquery.flot.orderBars.js",
    "stupidtable.min.js": "stupid-table-plugin/stupidtable.min.js",
    "md5.min.js": "blueimp-md5/js/md5.min.js",
    "bootstrap.min.js": "bootstrap/dist/js/bootstrap.min.js",
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
}

#: Where the site has them.
VENDOR = "vendor"

#: A tag that loads something from another host.
ELSEWHERE = re.compile(r'<(script|link)\b[^>]*?\b(src|href)="https?://[^"]*/([^"/]+)"[^>]*>')
INTEGRITY = re.compile(r'\bintegrity="(sha\d+)-([^"]+)"')

#: What is to happen when a CDN is out of reach.
LOAD_FAILURE = re.compile(r"<script[^>]*>\s*function js_load_failure\(.*?</script>\s*", re.DOTALL)

#: Nothing but the site's own files is loaded or run. Styles in attributes are flot's.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'; '
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:\">"
)


class UnknownPage(Exception):
    """A file is not what the pinned asv writes; says which, and what was looked for."""


def escape(pages: Path) -> None:
    """Make what asv's scripts show stay text, by ``as_text`` of static/as_text.js.

    Raises UnknownPage, having changed no file.
    """
    changed = {}
    for name in UNESCAPED:
        text = (pages / name).read_text(encoding="utf-8")
        for before, expression in UNESCAPED[name]:
            text = _replaced(name, text, before + expression, f"{before}as_text({expression})")
        for wrong, right in CORRECTED.get(name, ()):
            text = _replaced(name, text, wrong, right)
        changed[name] = text
    for name, text in changed.items():
        (pages / name).write_text(text, encoding="utf-8")


def with_script(index: str, source: str) -> str:
    """index.html with a script of ours, before all others; raises UnknownPage."""
    return _in_head(index, f'<script src="{source}"></script>')


def with_link(index: str, page: str, label: str) -> str:
    """index.html with `page` as the first of its navigation; raises UnknownPage."""
    first = '<li id="nav-li-" class="active">'
    link = f'<li><a href="{page}">{label}</a></li>'
    return _replaced("index.html", index, first, f"{link}\n        {first}")


def without_network(index: str, packages: Path, pages: Path) -> str:
    """index.html loading from `pages` what it loads from CDNs, copied there out of `packages`.

    A file that is the CDN's, byte for byte, keeps the hash that asv states of it; of the others
    npm has checked the package. Raises UnknownPage.
    """
    (pages / VENDOR).mkdir(exist_ok=True)

    def here(tag: re.Match[str]) -> str:
        element, attribute, name = tag.groups()
        if name not in PACKAGED:
            raise UnknownPage(f"asv's index.html loads {name}, of which no npm package is known")
        source = packages / PACKAGED[name]
        shutil.copyfile(source, pages / VENDOR / source.name)
        relation = ' rel="stylesheet"' if element == "link" else ""
        integrity = _integrity(tag[0], source)
        return f'<{element}{relation} {attribute}="{VENDOR}/{source.name}"{integrity}>'

    index = ELSEWHERE.sub(here, index)
    index = LOAD_FAILURE.sub("", index)
    return _in_head(index, POLICY)


def _integrity(tag: str, file: Path) -> str:
    """The tag's ``integrity``, if it is the file's."""
    stated = INTEGRITY.search(tag)
    if stated is None:
        return ""
    digest = hashlib.new(stated[1], file.read_bytes()).digest()
    return f" {stated[0]}" if base64.b64encode(digest).decode() == stated[2] else ""


def _in_head(index: str, tag: str) -> str:
    return _replaced("index.html", index, "<title>", f"{tag}\n    <title>")


def _replaced(name: str, text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise UnknownPage(f"asv's {name} has {text.count(old)} times {old!r}, not once")
    return text.replace(old, new)
