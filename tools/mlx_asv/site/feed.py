"""Regressions as an Atom feed (RFC 4287)."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlx_asv.axes import Name
from mlx_asv.metric import METRICS, TIME
from mlx_asv.releases.lock import Lock

from .words import change, interval

ATOM = "http://www.w3.org/2005/Atom"
#: Entries of the feed: the newest.
ENTRIES = 100


def feed(
    title: str, cards: Sequence[Mapping[str, Any]], machines: Mapping[str, str], lock: Lock
) -> bytes:
    """An entry per card, newest release first. `machines`: titles by id.

    Links are relative to the feed, so that it need not know where it is served. An entry is as old
    as its release.
    """
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    shown = sorted(cards, key=lambda card: lock.by_tag[card["release"]].timestamp, reverse=True)
    updated = max((_date(card, lock) for card in shown), default="1970-01-01T00:00:00+00:00")
    _add(root, "title", f"{title}: what became slower")
    _add(root, "id", f"urn:mlx-asv:{lock.package}:regressions")
    _add(root, "updated", updated)
    _add(root, "author/name", "mlx-asv")
    _add(root, "link", rel="self", href="feed.xml", type="application/atom+xml")
    _add(root, "link", rel="alternate", href="regressions.html", type="text/html")
    for card in shown[:ENTRIES]:
        entry = _add(root, "entry")
        where = machines[card["machine"]]
        _add(entry, "title", f"{card['title']} on {where}")
        _add(entry, "id", f"urn:mlx-asv:{lock.package}:regressions:{card['id']}")
        _add(entry, "updated", _date(card, lock))
        _add(entry, "link", rel="alternate", href=_page(card))
        _add(entry, "content", "\n".join(_line(card, step) for step in card["steps"]), type="text")
    ET.indent(root)
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found + b"\n"


def _page(card: Mapping[str, Any]) -> str:
    """Where the card is shown; time is what the page shows unless told otherwise."""
    query = "" if card["metric"] == TIME.name else f"?metric={card['metric']}"
    return f"regressions.html{query}#{card['id']}"


def _line(card: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    metric = METRICS[card["metric"]]
    known = interval(step["low"], step["high"], metric)
    size = change(step["effect"], metric) + (f" (95 %: {known})" if known else "")
    standing = "" if metric.undisturbed else f"{step['standing']}, "
    return (
        f"{Name(step['b']).short} {step['c']} {step['backend']}: {size} since {step['before']}; "
        f"{standing}{step['state']}{_beside(step.get('beside'))}{_exact(step.get('exact'))}"
    )


def _beside(other: Mapping[str, Any] | None) -> str:
    """What another metric says of a step, and how the two are read."""
    if other is None:
        return ""
    metric = METRICS[other["metric"]]
    said = f"; {metric.label}: {change(other['effect'], metric)}, {other['verdict']}"
    return f"{said}; {other['reading']}" if other["reading"] else said


def _exact(found: Mapping[str, str] | None) -> str:
    """How much more exact results are since the same release."""
    return f"; its results are {found['told']} since then ({found['of']})" if found else ""


def _date(card: Mapping[str, Any], lock: Lock) -> str:
    date = datetime.fromisoformat(lock.by_tag[card["release"]].date)
    return date.astimezone(UTC).isoformat(timespec="seconds")


def _add(parent: ET.Element, path: str, text: str | None = None, **attributes: str) -> ET.Element:
    for name in path.split("/"):
        parent = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    parent.attrib.update(attributes)
    parent.text = _legal(text) if text is not None else None
    return parent


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 has no place for."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
