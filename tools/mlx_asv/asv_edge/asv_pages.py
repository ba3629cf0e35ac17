"""Changes of asv's own pages: names stay text, ours are linked, nothing is loaded from elsewhere.

asv has no hooks for them: each change is made in a file that asv has just copied to the site.
"""

import base64
import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Script of asv's -> the expressions that it puts into HTML unchanged, each after the text before
#: it. Any of their values can come from a result file that somebody has sent in.
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

#: Script of asv's -> texts that are wrong where revisions are tags, each with the right one.
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

#: The folder of the site in which these files lie.
VENDOR = "vendor"

#: A tag that loads something from another host.
ELSEWHERE = re.compile(r'<(script|link)\b[^>]*?\b(src|href)="https?://[^"]*/([^"/]+)"[^>]*>')
INTEGRITY = re.compile(r'\bintegrity="(sha\d+)-([^"]+)"')

#: The script that shows an error page when a CDN is out of reach.
LOAD_FAILURE = re.compile(r"<script[^>]*>\s*function js_load_failure\(.*?</script>\s*", re.DOTALL)

#: Has the browser load and run nothing but the site's own files; flot needs styles in attributes.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'; '
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:\">"
)


class UnknownPage(Exception):
    """A file is not as the pinned asv writes it; the text names the file and what it lacks."""


def escape(pages: Path) -> None:
    """Make all names that asv's scripts show stay text, by ``as_text`` of static/as_text.js.

    Raises UnknownPage, and then no file is changed.
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
    """index.html that loads its files from `pages`, and not from CDNs.

    The files are copied to `pages` out of npm's `packages`. A file that equals the CDN's keeps the
    hash that asv states; the packages of all files were checked by npm. Raises UnknownPage.
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
    """The ``integrity`` attribute of a tag, if the file has that hash; else ""."""
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
