import pytest
from mlx_asv.releases.upstream import compare_page, release_page, web

from tests.site.played import lock_of


def test_upstream_pages():
    """Names are quoted; an upstream that is no web page has none."""
    lock = lock_of("v1")
    assert release_page(lock, "v1<b>") == (
        "https://github.com/ml-explore/mlx/releases/tag/v1%3Cb%3E"
    )
    for upstream in (None, "/a/local/clone", "javascript:alert(1)"):
        other = type(lock)(**{**vars(lock), "upstream": upstream})
        assert compare_page(other, "v1", "v2") is None
        assert release_page(other, "v1") is None


@pytest.mark.parametrize(
    ("link", "kept"),
    [("https://a.org", True), ("http://a.org", True), ("javascript:a", False), (None, False)],
)
def test_web_is_what_a_browser_may_open(link, kept):
    """Scripts and paths are no links."""
    assert web(link) == (link if kept else None)
