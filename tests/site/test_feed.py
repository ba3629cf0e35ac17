import xml.etree.ElementTree as ET
from math import log

from mlx_asv.site.feed import ENTRIES, feed
from mlx_asv.site.places import places
from mlx_asv.site.regressions import cards
from mlx_asv.verdicts.rule import Rule

from tests.site import played

NS = {"a": "http://www.w3.org/2005/Atom"}


def made(project, **kinds):
    """The feed of a machine where convolutions became slower twice."""
    played.keep(project, played.swept(log(1.15), 0.0, log(1.3), **kinds))
    found = [
        card for place in places(project, "mac", Rule()) for card in cards(place, project.lock, [])
    ]
    titles = {card["machine"]: "mac <b>" for card in found}
    return ET.fromstring(feed("MLX", found, titles, project.lock))


def test_an_entry_per_card_newest_first(project):
    """With what RFC 4287 asks for: title, id, date, author, links."""
    root = made(project)
    assert root.findtext("a:title", namespaces=NS) == "MLX: what became slower"
    assert root.findtext("a:author/a:name", namespaces=NS)
    entries = root.findall("a:entry", NS)
    titles = [entry.findtext("a:title", namespaces=NS) for entry in entries]
    assert titles == [f"convolutions slower in {tag} on mac <b>" for tag in ("v0.31.1", "v0.29.1")]
    dates = [entry.findtext("a:updated", namespaces=NS) for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert root.findtext("a:updated", namespaces=NS) == dates[0]
    assert len({entry.findtext("a:id", namespaces=NS) for entry in entries}) == 2
    (link,) = entries[0].findall("a:link", NS)
    assert link.get("href").startswith("regressions.html#mac-v0.31.1-convolutions")
    text = entries[0].findtext("a:content", namespaces=NS)
    assert "Conv2d 8x8 mlx_cpu: +" in text and "since v0.30.0; candidate, open" in text


def test_names_that_are_no_xml(project):
    """They are text; what XML has no place for is left out."""
    root = made(project, case="<script>\x00&")
    assert "<script>&" in root.find("a:entry", NS).findtext("a:content", namespaces=NS)


def test_only_the_newest(project):
    """A reader asks again and again."""
    played.keep(project, played.swept(log(1.15), 0.0, 0.0))
    (place,) = places(project, "mac", Rule())
    many = cards(place, project.lock, []) * (ENTRIES + 5)
    root = ET.fromstring(feed("MLX", many, {"mac": "mac"}, project.lock))
    assert len(root.findall("a:entry", NS)) == ENTRIES


def test_nothing_slower(project):
    """A feed without entries is a feed."""
    root = ET.fromstring(feed("MLX", [], {}, project.lock))
    assert root.findall("a:entry", NS) == []
    assert root.findtext("a:updated", namespaces=NS)
